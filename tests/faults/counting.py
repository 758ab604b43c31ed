"""Caches whose failures are written down: which process, and how long it waited in vain."""

from __future__ import annotations

import os
from time import monotonic
from typing import Any

from django.core.cache.backends.memcached import PyMemcacheCache
from django.core.cache.backends.redis import RedisCache


def note(*cells: object) -> None:
    """Write a line into the journal of all processes."""
    with open(os.environ.get("WAFFLE_FAULTS_JOURNAL", os.devnull), "a") as journal:
        journal.write("\t".join(map(str, (os.getpid(), *cells))) + "\n")


# Any, throughout: the signatures of Django's caches.
class Counting:
    """Notes each call that raises."""

    def get(self, *args: Any, **options: Any) -> Any:
        return self._noted("get", args, options)

    def add(self, *args: Any, **options: Any) -> Any:
        return self._noted("add", args, options)

    def set(self, *args: Any, **options: Any) -> Any:
        return self._noted("set", args, options)

    def _noted(self, name: str, args: Any, options: Any) -> Any:
        began = monotonic()
        try:
            return getattr(super(), name)(*args, **options)
        except Exception:
            note("failed", monotonic() - began)
            raise


class CountingMemcached(Counting, PyMemcacheCache):
    """memcached, by pymemcache."""


class CountingRedis(Counting, RedisCache):
    """Redis."""
