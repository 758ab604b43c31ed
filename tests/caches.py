"""A cache that every thread of this process shares, and that Waffle Iron takes for a memcached."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.locmem import LocMemCache


class SharedMemcached(LocMemCache):
    """LocMem under another name: the bell is rung in caches that are called memcached or Redis."""


class ForgetfulMemcached(SharedMemcached):
    """Takes everything and holds nothing."""

    # Any: the signature of Django's caches.
    def get(self, *args: Any, **kwargs: Any) -> None:
        return None


class BrokenMemcached(SharedMemcached):
    """Is away: each call raises what clients raise."""

    calls = 0

    def _fail(self, *args: Any, **kwargs: Any) -> Any:
        type(self).calls += 1
        raise ConnectionRefusedError("no server")

    get = set = add = _fail


class LeftMemcached(SharedMemcached):
    """Its connection may be gone, since its server was restarted: then each call fails, and says so."""

    is_left = False

    def _left_or(self, name: str) -> Any:
        if self.is_left:
            raise ConnectionResetError("gone")
        return getattr(super(), name)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._left_or("get")(*args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._left_or("set")(*args, **kwargs)
