"""A herd: threads of one process that ask at the same instant; a peer counts what that makes it load."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import waffle
from waffle import snapshots, stamps

THREADS = 16

_executor = ThreadPoolExecutor(THREADS)


@contextmanager
def counted_loads() -> Iterator[list[str]]:
    """Yield the kinds that are loaded within, one for each time."""
    original, found = snapshots.read, []

    # Any: whatever it takes and returns.
    def read(kind: Any, *args: Any, **options: Any) -> Any:
        found.append(str(kind))
        return original(kind, *args, **options)

    snapshots.read = read
    try:
        yield found
    finally:
        snapshots.read = original


def wait_without_limit() -> None:
    """Let nobody give up waiting for another thread: how long that takes says how busy the machine is."""
    stamps.LONGEST_LOOK_WAIT = snapshots.LONGEST_LOAD_WAIT = 60.0


def rush(moment: float) -> tuple[list[bool], list[str]]:
    """Let all threads ask for the switch x at a moment; return what they saw, and what was loaded."""
    barrier = threading.Barrier(THREADS)

    def ask() -> bool:
        barrier.wait()  # all are there, though the moment be over
        sleep(max(0.0, moment - monotonic()))
        return waffle.switch_is_active("x")

    with counted_loads() as loads:
        seen = [asked.result() for asked in [_executor.submit(ask) for _ in range(THREADS)]]
    return seen, loads
