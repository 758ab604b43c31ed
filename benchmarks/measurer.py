"""What a worker does."""

from __future__ import annotations

import sys
from importlib.metadata import version
from time import perf_counter
from typing import Any

import django
from django.core.cache import cache

from benchmarks import site
from benchmarks.contenders import Contender
from benchmarks.libraries import library_here
from benchmarks.meters import Counter, CountingStopwatch, Scales, Stopwatch
from benchmarks.places import around_requests, checking
from benchmarks.rows import ROWS, Scene
from benchmarks.works import WORKS

TIMES = {row.key: row.times for row in ROWS}

VERIFIED = 50  # flags whose answers are compared, in each site
SLOW = 0.5  # seconds


def introduction() -> dict[str, str]:
    """Return what the tables say of this process."""
    distribution = library_here().distribution
    return {
        "python": sys.version.split()[0],
        "django": django.get_version(),
        "version": version(distribution) if distribution else "",
    }


class Measurer:
    """Does what a worker is asked: its public methods are the questions."""

    def __init__(self, asked: Contender) -> None:
        self._contender = asked
        self._unverified: list[site.FlagSpec] = []

    # Any: what JSON can say.
    def answer(self, question: str, *arguments: Any) -> dict[str, Any]:
        """Return the answer to one question, or the error that the library raised instead."""
        try:
            return {"answer": getattr(self, question)(*arguments)}
        except Exception as error:  # whatever: the others go on
            return {"error": f"{type(error).__name__}: {error}"}

    # Any, likewise.
    def fill(self, fields: dict[str, Any]) -> None:
        """Make the site of the scene that has these fields."""
        scene = Scene(**fields)
        site.fill(self._contender, scene)
        self._unverified = site.specs(scene)[:VERIFIED]

    def weigh(self, key: str) -> float:
        """Return how many bytes stay in use after a row."""
        scales = Scales()
        WORKS[key](self._contender, scales)
        return scales.kept

    def count(self, key: str) -> tuple[float, float]:
        """Return the queries and the cache reads of a row; it is run once before."""
        site.verify(self._contender, self._unverified)
        self._unverified = []
        run, stopwatch = WORKS[key], Stopwatch()
        run(self._contender, stopwatch)
        counters = [Counter(), Counter()] if stopwatch.seconds < SLOW else [Counter()]
        for counter in counters:
            run(self._contender, counter)
        # The lesser: a look that is due falls into one of many runs.
        counted = min(counters, key=lambda counter: counter.queries + counter.cache_reads)
        return counted.queries / TIMES[key], counted.cache_reads / TIMES[key]

    def measure(self, key: str, budget: float) -> float:
        """Run a row for `budget` seconds, once at least, and return the time of the quickest run.

        What else the machine does makes a run longer, never shorter.
        """
        seconds: list[float] = []
        run, stopwatch, end = WORKS[key], Stopwatch(), perf_counter() + budget
        while not seconds or perf_counter() < end:
            run(self._contender, stopwatch)
            seconds.append(stopwatch.seconds)
        return min(seconds) / TIMES[key]

    def cold(self) -> tuple[float, int, int]:
        """Check 50 mixed flags before an empty cache: seconds, queries, cache reads. In a new process."""
        meter = CountingStopwatch()
        cache.clear()
        around_requests(checking(*site.MIXED), 1)(self._contender, meter)
        return meter.seconds, meter.queries, meter.cache_reads
