"""The caches that the sites have, and the servers behind them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# What Django's setting takes: values of many types.
Settings = dict[str, Any]


@dataclass(frozen=True)
class Cache:
    """A cache, as Django's CACHES has it."""

    name: str
    backend: str
    server: str = ""
    """What `tests.servers` calls its server; nothing: it has none."""
    location: str = ""

    @contextmanager
    def running(self) -> Iterator[Settings]:
        """Run a server of its own, if it has one; give the settings of the cache on it.

        Raises `tests.servers.start.NotInstalled` where the server is not on this machine.
        """
        if not self.server:
            yield self.settings()
            return
        # A worker has this module, too, but no servers.
        from tests.servers.start import HOST, SERVERS

        with SERVERS[self.server]() as server:
            yield self.settings(self.location.format(host=HOST, port=server.port))

    def settings(self, location: str = "") -> Settings:
        """Return what Django's CACHES takes for it."""
        # A site with more toggles than Django's 300 entries would not leave it at that.
        options = {} if location else {"OPTIONS": {"MAX_ENTRIES": 1_000_000}}
        return {"BACKEND": self.backend, "LOCATION": location, **options}


LOCMEM = Cache("LocMem", "django.core.cache.backends.locmem.LocMemCache")
MEMCACHED = Cache(
    "memcached", "django.core.cache.backends.memcached.PyMemcacheCache", "memcached", "{host}:{port}"
)
REDIS = Cache("Redis", "django.core.cache.backends.redis.RedisCache", "redis", "redis://{host}:{port}")

CACHES = (LOCMEM, MEMCACHED, REDIS)
