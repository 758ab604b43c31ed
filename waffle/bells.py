"""The bell: a random value in a shared cache. Another value than last time means "look at the row"."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches

from waffle.conf import conf
from waffle.outages import AT_ONCE, Outage

KEY = "bell"

outage = Outage("Waffle's cache", "Every look reads the database until it is back.")

# Clients that a fork has passed on: kept, for closing one would say good-bye on its parent's connection.
_inherited: list[BaseCache] = []


class Away:
    """What this process knows of a cache that is away."""

    hangs = False
    """It has let a client wait in vain."""
    is_owed = False
    """A ring has failed: who hears the bell has not heard of a change."""


away = Away()


def listen() -> str | None:
    """Return the bell's value; None where there is no bell, or it cannot be heard: look at the row."""
    value = _ask(_hear) if outage.is_over() else None
    if not isinstance(value, str):
        # Nothing is held. A client that has failed may swallow errors for a while: that ends no outage.
        return None
    outage.worked()
    if away.is_owed:
        ring()
    return value


def ring() -> None:
    """Change the bell's value, after a change of the row.

    Where that fails, the next look that hears the bell makes up for it. A commit does not wait for a cache
    that hangs; where the last try has failed at once it tries: others may hear what this client does not.
    """
    away.is_owed = True
    if outage.is_over() or not away.hangs:
        away.is_owed = _ask(_change) is False


# Any, here and below: a cache may hold anything.
def _hear(cache: BaseCache) -> Any:
    value = cache.get(_key())
    if value is None:
        # Whoever adds second hears the first one's value.
        cache.add(_key(), secrets.token_hex(8), timeout=None)
        value = cache.get(_key())
    return value


def _change(cache: BaseCache) -> bool:
    cache.set(_key(), secrets.token_hex(8), timeout=None)
    # A client that swallows an error says nothing. Another value is right: somebody else has rung meanwhile.
    if cache.get(_key()) is None:
        raise LookupError("the cache does not keep the bell")
    return True


def _ask(ask: Callable[[BaseCache], Any]) -> Any:
    """Return what `ask` answers of the shared cache; None where there is none, False where it is away.

    What fails at once is tried again, by a new client: when its server has been restarted, each thread's
    holds a connection that is gone, and some shun the server for a minute. A time-out is not tried again.
    """
    began = monotonic()
    try:
        try:
            return _ask_client(ask)
        except Exception:
            if monotonic() - began >= AT_ONCE:
                raise
        _drop_client()
        return _ask_client(ask)
    # Clients raise what they like: an OSError, a class of their own, a ValueError for what is no pickle.
    except Exception as error:
        outage.failed(error)
        away.hangs = monotonic() - began >= AT_ONCE
        return False


def _ask_client(ask: Callable[[BaseCache], Any]) -> Any:
    if conf.CACHE_NAME is None:
        return None
    # Resolved at each use: a client belongs to one thread.
    cache = caches[conf.CACHE_NAME]
    return ask(cache) if _is_shared(type(cache)) else None


def _drop_client() -> None:
    with suppress(AttributeError):  # this thread had none
        del caches[str(conf.CACHE_NAME)]


def renew_after_fork() -> None:
    """Leave the inherited client to the parent: two that read one connection get each other's replies."""
    if not settings.configured or conf.CACHE_NAME is None:
        return
    _inherited.extend(caches.all(initialized_only=True))
    _drop_client()


def _key() -> str:
    return f"{conf.CACHE_PREFIX}{KEY}"


def _is_shared(backend: type) -> bool:
    """Say whether every process sees the same values: memcached and Redis, by whatever client.

    LocMem and Dummy are private, a file or a table is no quicker than the row, and of an unknown backend
    nothing is known: a look at the row is always right. (LocMemCache has "memcache" in its name.)
    """
    names = " ".join(f"{base.__module__}.{base.__qualname__}" for base in backend.__mro__).lower()
    return any(server in names for server in ("memcached", "pymemcache", "pylibmc", "redis", "valkey"))
