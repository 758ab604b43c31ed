"""The bell: a random value in a shared cache. Another value than last time means "look at the row"."""

from __future__ import annotations

import secrets
from contextlib import suppress

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.cache.backends.base import InvalidCacheBackendError

from waffle.conf import conf
from waffle.outages import Outage

KEY = "bell"

outage = Outage("Waffle's cache", "Every look reads the database until it is back.")

# Clients that a fork has passed on: kept, for closing one would say good-bye on its parent's connection.
_inherited: list[BaseCache] = []


def listen() -> str | None:
    """Return the bell's value; None where there is no bell, or it cannot be heard: look at the row."""
    cache = _cache() if outage.is_over() else None
    if cache is None:
        return None
    try:
        value = cache.get(_key())
        if value is None:
            # Whoever adds second hears the first one's value.
            cache.add(_key(), secrets.token_hex(8), timeout=None)
            value = cache.get(_key())
    # Clients raise what they like: an OSError, a class of their own, a ValueError for what is no pickle.
    except Exception as error:
        outage.failed(error)
        return None
    outage.worked()
    return value if isinstance(value, str) else None


def ring() -> None:
    """Change the bell's value, after a change of the row."""
    cache = _cache()
    if cache is None:
        return
    try:
        cache.set(_key(), secrets.token_hex(8), timeout=None)
    except Exception as error:
        outage.failed(error)


def renew_after_fork() -> None:
    """Leave the inherited client to the parent: two that read one connection get each other's replies."""
    if not settings.configured or conf.CACHE_NAME is None:
        return
    _inherited.extend(caches.all(initialized_only=True))
    with suppress(AttributeError):  # this thread had none
        del caches[conf.CACHE_NAME]


def _key() -> str:
    return f"{conf.CACHE_PREFIX}{KEY}"


def _cache() -> BaseCache | None:
    """Return the shared cache, None where `WAFFLE_CACHE_NAME` names none."""
    if conf.CACHE_NAME is None:
        return None
    try:
        # Resolved at each use: a client belongs to one thread.
        cache = caches[conf.CACHE_NAME]
    except InvalidCacheBackendError as error:
        outage.failed(error)
        return None
    return cache if _is_shared(type(cache)) else None


def _is_shared(backend: type) -> bool:
    """Say whether every process sees the same values: memcached and Redis, by whatever client.

    LocMem and Dummy are private, a file or a table is no quicker than the row, and of an unknown backend
    nothing is known: a look at the row is always right. (LocMemCache has "memcache" in its name.)
    """
    names = " ".join(f"{base.__module__}.{base.__qualname__}" for base in backend.__mro__).lower()
    return any(server in names for server in ("memcached", "pymemcache", "pylibmc", "redis", "valkey"))
