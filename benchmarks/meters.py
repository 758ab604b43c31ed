"""What is read off while a row runs: the time, or else the queries and the cache reads."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from time import perf_counter
from typing import Any
from unittest import mock

from django.core.cache.backends.locmem import LocMemCache
from django.db import connection


class Meter(AbstractContextManager[None, None]):
    """Reads something off between entry and exit."""

    seconds = 0.0
    queries = 0
    cache_reads = 0


class Stopwatch(Meter):
    """Takes the time."""

    def __enter__(self) -> None:
        self._began = perf_counter()

    def __exit__(self, *error: object) -> None:
        self.seconds = perf_counter() - self._began


class Counter(Meter):
    """Counts the queries and the cache reads."""

    def __enter__(self) -> None:
        self.queries = self.cache_reads = 0
        self._stack = ExitStack()
        self._stack.enter_context(connection.execute_wrapper(self._count_query))
        # `get_many` of this cache comes here too, once for each key.
        self._stack.enter_context(mock.patch.object(LocMemCache, "get", self._counting(LocMemCache.get)))

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    # Any, twice: Django's own signatures.
    def _count_query(self, execute: Any, *arguments: Any) -> Any:
        self.queries += 1
        return execute(*arguments)

    def _counting(self, get: Any) -> Any:
        def counting(*args: Any, **kwargs: Any) -> Any:
            self.cache_reads += 1
            return get(*args, **kwargs)

        return counting
