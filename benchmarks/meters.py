"""What is read off while a row runs: the time, or the queries and the cache reads, or the memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from time import perf_counter
from typing import Any
from unittest import mock

from django.core.cache import caches
from django.db import connection


class Meter(AbstractContextManager[None, None]):
    """Reads something off between entry and exit."""

    seconds = 0.0
    queries = 0
    cache_reads = 0
    kept = 0
    """Bytes that stay in use."""


class Stopwatch(Meter):
    """Takes the time, by whatever clock."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(self, *error: object) -> None:
        self.seconds = self._clock() - self._began


class Counter(Meter):
    """Counts the queries and the cache reads: a read of many keys at once is one."""

    def __enter__(self) -> None:
        self.queries = self.cache_reads = 0
        self._is_reading = False
        self._stack = ExitStack()
        self._stack.enter_context(connection.execute_wrapper(self._count_query))
        backend = type(caches["default"])
        for name in ("get", "get_many"):
            counting = self._counting(getattr(backend, name))
            self._stack.enter_context(mock.patch.object(backend, name, counting))

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    # Any, here and below: Django's own signatures.
    def _count_query(self, execute: Any, *arguments: Any) -> Any:
        self.queries += 1
        return execute(*arguments)

    def _counting(self, read: Any) -> Any:
        def counting(*args: Any, **kwargs: Any) -> Any:
            if self._is_reading:  # `get_many` of some caches calls `get`
                return read(*args, **kwargs)
            self.cache_reads += 1
            self._is_reading = True
            try:
                return read(*args, **kwargs)
            finally:
                self._is_reading = False

        return counting


class CountingStopwatch(Counter):
    """Takes the time, too, of what cannot be done twice."""

    def __enter__(self) -> None:
        super().__enter__()
        self._began = perf_counter()

    def __exit__(self, *error: object) -> None:
        self.seconds = perf_counter() - self._began
        super().__exit__(*error)


class Scales(Meter):
    """Weighs what Python has allocated since the entry and still keeps."""

    def __enter__(self) -> None:
        tracemalloc.start()

    def __exit__(self, *error: object) -> None:
        gc.collect()
        self.kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
