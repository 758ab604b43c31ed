"""How long requests wait while another process changes a flag again and again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from time import perf_counter, sleep
from typing import Any
from unittest import mock

from django.db import connection
from django.http import HttpRequest, HttpResponse

from benchmarks import site
from benchmarks.contenders import Contender
from benchmarks.places import checking
from benchmarks.rows import Scene
from benchmarks.scale.curves import Verdict
from waffle import snapshots

THREADS = 4
QUIET = 1.0  # seconds before the first change
PAUSE = 0.3  # seconds after each change
LONG = 0.001  # seconds: shorter requests have not waited for anything

_work = checking("everyone_0", "users_0")


@dataclass(frozen=True)
class Span:
    """A load, or a request, from its beginning to its end; seconds."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began

    def holds(self, other: Span) -> bool:
        """Say whether the other one begins and ends in this one."""
        return self.began <= other.began and other.ended <= self.ended


@dataclass(frozen=True)
class Waits:
    """What was seen."""

    changes: int
    changed: float
    """When the changes began."""
    requests: int
    longs: Sequence[Span]
    """The requests that were not short."""
    loads: Sequence[Span]

    def most_loads(self) -> int:
        """Return how many loads the request held that held the most."""
        return max((sum(map(request.holds, self.loads)) for request in self.longs), default=0)

    def __str__(self) -> str:
        before = _longest(span for span in self.longs if span.ended <= self.changed)
        after = _longest(span for span in self.longs if span.ended > self.changed)
        return (
            f"{THREADS} threads answered {self.requests:,} requests while another process made "
            f"{self.changes} changes, and read all flags {len(self.loads)} times. The longest request took "
            f"{after}, the longest load {_longest(self.loads)}; before the changes the longest request took "
            f"{before}."
        )

    def verdict(self) -> Verdict:
        """Judge them."""
        most = self.most_loads()
        return Verdict(f"after a change a request waits for {most} loads (1 allowed)", most <= 1)


def watch(contender: Contender, scene: Scene, changes: int) -> Waits:
    """Let threads answer requests; after a while let another process change a flag."""
    site.fill(contender, scene)
    stop, loads = Event(), list[Span]()
    with _noting(loads), ThreadPoolExecutor(THREADS) as executor:
        answering = [executor.submit(_answer, contender, site.request(), stop) for _ in range(THREADS)]
        try:
            sleep(QUIET)
            changed = perf_counter()
            writer = [sys.executable, "-m", "benchmarks.scale.writer", str(changes), str(PAUSE)]
            subprocess.run(writer, check=True)
        finally:
            stop.set()
    counts, longs = zip(*(each.result() for each in answering), strict=True)
    return Waits(changes, changed, sum(counts), [span for spans in longs for span in spans], loads)


def _answer(contender: Contender, request: HttpRequest, stop: Event) -> tuple[int, list[Span]]:
    """Answer a request again and again; return how often, and those that took long."""

    def view(request: HttpRequest) -> HttpResponse:
        _work(contender, request)
        return response

    response, middleware, number = HttpResponse(), contender.middleware(view), 0
    longs: list[Span] = []
    while not stop.is_set():
        began = perf_counter()
        middleware(request)
        span = Span(began, perf_counter())
        if span.seconds > LONG:
            longs.append(span)
        number += 1
    connection.close()
    return number, longs


@contextmanager
def _noting(loads: list[Span]) -> Iterator[None]:
    """Note each load."""
    read = snapshots.read

    # Any: whatever it takes and returns.
    def noted(*args: Any, **kwargs: Any) -> Any:
        began = perf_counter()
        try:
            return read(*args, **kwargs)
        finally:
            loads.append(Span(began, perf_counter()))

    with mock.patch.object(snapshots, "read", noted):
        yield


def _longest(spans: Iterable[Span]) -> str:
    return f"{max((span.seconds for span in spans), default=0):.3f} s"
