"""The rounds: every worker is asked in turn, so that what else the machine does troubles all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from statistics import median
from time import perf_counter
from typing import Any, Protocol

from benchmarks.caches import Cache
from benchmarks.libraries import Library
from benchmarks.readings import Failed, Figures, Finding
from benchmarks.rows import BYTES, Row, Scene

FEWEST = 3  # rounds, of a row that takes long
PATIENCE = 10.0  # seconds for a row: after them there are no more rounds than those


class Asked(Protocol):
    """What a worker is to the rounds."""

    # Read only, as `Worker` has them.
    @property
    def library(self) -> Library: ...
    @property
    def cache(self) -> Cache: ...

    # Any: what JSON can say.
    def ask(self, *question: object) -> Any:
        """Ask something, and return the answer; raise `Failed` where the library raises an error."""

    def say(self, *question: object) -> None:
        """Ask something; the answer is heard later."""

    def hear(self) -> Any:
        """Return the next answer."""


class Reading:
    """What one worker tells of one row."""

    def __init__(self, worker: Asked, row: Row) -> None:
        self._worker, self._row = worker, row
        self._error = ""
        self._counts = (0.0, 0.0)
        self._amounts: list[float] = []

    def begin(self) -> None:
        """Count or weigh what the row asks for: once will do."""
        try:
            if self._row.measures == BYTES:
                self._amounts.append(self._worker.ask("weigh", self._row.key))
            else:
                self._counts = self._worker.ask("count", self._row.key)
        except Failed as error:
            self._error = str(error)

    def take(self, budget: float) -> None:
        """Take the time once more."""
        if not self._error:
            self._amounts.append(self._worker.ask("measure", self._row.key, budget))

    def finding(self) -> Finding:
        """Return what came of it: medians."""
        figures = None if self._error else Figures(median(self._amounts), *self._counts)
        return Finding(self._row, self._worker.library, self._worker.cache, figures, self._error)


def measure(
    workers: Sequence[Asked],
    rows: Iterable[Row],
    rounds: int,
    budget: float,
    tell: Callable[[Row], None] = lambda row: None,
) -> list[Finding]:
    """Measure all rows, `budget` seconds with each worker in each round; `tell` is called before each."""
    findings: list[Finding] = []
    for scene, group in _by_scene(rows):
        _fill([worker for worker in workers if any(_is_asked(worker, row) for row in group)], scene)
        for row in group:
            tell(row)
            readings = [Reading(worker, row) for worker in _asked(workers, row)]
            _take_turns(readings, rounds if row.measures != BYTES else 0, budget)
            findings += [reading.finding() for reading in readings]
    return findings


def _by_scene(rows: Iterable[Row]) -> Iterator[tuple[Scene, list[Row]]]:
    """Return rows of one site together, large ones last; first what is weighed: nothing is known then."""
    ordered = sorted(rows, key=lambda row: (_size(row.scene), row.measures != BYTES))
    for scene, group in groupby(ordered, key=lambda row: row.scene):
        yield scene, list(group)


def _size(scene: Scene) -> int:
    return sum(scene.flags.values()) + scene.crowd


def _is_asked(worker: Asked, row: Row) -> bool:
    return not row.needs or row.needs in worker.library.offers


def _asked(workers: Iterable[Asked], row: Row) -> Iterator[Asked]:
    """Return who is measured for a row: one worker of each library, or one for each cache too."""
    libraries = set()
    for worker in workers:
        if _is_asked(worker, row) and (row.asks_cache or worker.library not in libraries):
            libraries.add(worker.library)
            yield worker


def _fill(workers: Sequence[Asked], scene: Scene) -> None:
    """Let all make the same site, side by side."""
    for worker in workers:
        worker.say("fill", asdict(scene))
    for worker in workers:
        worker.hear()


def _take_turns(readings: Sequence[Reading], rounds: int, budget: float) -> None:
    for reading in readings:
        reading.begin()
    began = perf_counter()
    for number in range(rounds):
        # Now this one is the first, now that one.
        for reading in readings if number % 2 == 0 else reversed(readings):
            reading.take(budget)
        if number + 1 >= FEWEST and perf_counter() - began > PATIENCE:
            break
