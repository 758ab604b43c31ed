"""The checker: for every read, is there a committed state that explains it? Pure.

A read must show a state that is

- not older than the newest change that was told to all `Bounds.window` before the read began, and
- not newer than the newest change whose commit had begun when the read ended.

Writers note the beginning of a commit before it and the end of telling after it; readers note their beginning
before and their end after. However long a process sleeps between the clock and the deed, that only widens
what is allowed: what is found is never the machine's slowness. A fault smaller than that may slip through.

In a pin all answers about one part must be explained by one state.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from tests.exactness.journals import PIN, History, Reading, Unit
from tests.exactness.states import answer

STALE = "stale"
UNCOMMITTED = "uncommitted"
TORN = "torn"
FOR_EVER = "for ever"
RAISED = "raised"
HURRIED = "hurried"

VIOLATIONS = (STALE, UNCOMMITTED, TORN, FOR_EVER, RAISED)
"""Older than allowed; never committed; of two states where one is promised; old at the end; an exception."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a change must be known to all."""

    window: float
    """Seconds after it was told."""
    max_age: float
    """Seconds after its commit, though it never be told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a read, or with the answers of a pin."""

    sort: str
    """One of `VIOLATIONS`, or `HURRIED`: stale, for it gave up waiting for what another thread read."""
    unit: Unit
    reading: Reading
    allowed: tuple[int, int]
    """The serials of the oldest and of the newest change that it might have shown."""

    def __str__(self) -> str:
        asked, (oldest, newest) = self.reading.question, self.allowed
        shown = self.reading.raised or repr(self.reading.answer)
        begun = self.unit.begin if self.unit.hold else self.reading.begin
        return (
            f"{self.sort}: {self.unit.who} ({self.unit.hold or 'unpinned'}) asked {asked.form} of "
            f"{asked.name} at {begun:.6f}, got {shown} at {self.reading.end:.6f}; "
            f"allowed: changes {oldest} to {newest}"
        )


class Record:
    """One writer's history, ready to be searched."""

    def __init__(self, history: History, bounds: Bounds) -> None:
        changes = history.changes
        self.undone = history.undone
        self.serials = [change.serial for change in changes]
        self.states = [change.state for change in changes]
        self.told = [change.told if isfinite(change.told) else change.committed for change in changes]
        self._begins = [change.begin for change in changes]
        self._known = [
            min(change.told + bounds.window, change.committed + bounds.max_age) for change in changes
        ]
        self._index = {serial: index for index, serial in enumerate(self.serials)}

    @property
    def known_to_all(self) -> float:
        """When the last change must be known to all."""
        return self._known[-1]

    def oldest(self, begin: float) -> int:
        """Return the oldest change that a read may show which begins then."""
        return bisect_right(self._known, begin) - 1

    def newest(self, end: float) -> int:
        """Return the newest change that a read may show which ends then."""
        return bisect_right(self._begins, end) - 1

    def explaining(self, reading: Reading, oldest: int, newest: int) -> set[int]:
        """Return which of the changes have left a state that answers so."""
        return {
            index
            for index in range(oldest, newest + 1)
            if answer(self.states[index], reading.question) == reading.answer
        }

    def sort_of(self, reading: Reading, oldest: int, newest: int) -> str:
        """Say what is wrong with a read that no allowed state explains."""
        if any(self._is_uncommitted(serial, newest) for serial in _serials_in(reading)):
            return UNCOMMITTED
        if self.explaining(reading, 0, oldest - 1):
            return STALE
        return TORN if reading.question.form == "all" else UNCOMMITTED

    def is_own(self, reading: Reading, serial: int) -> bool:
        """Say whether a read shows what the writer has written up to a change."""
        state = self.undone[serial] if serial in self.undone else self.states[self._index[serial]]
        return bool(answer(state, reading.question) == reading.answer)

    def _is_uncommitted(self, serial: int, newest: int) -> bool:
        return self._index.get(serial, newest + 1) > newest


class Judge:
    """Judges units of work by the histories of the writers."""

    def __init__(self, histories: Mapping[int, History], bounds: Bounds) -> None:
        self.records = {writer: Record(history, bounds) for writer, history in histories.items()}
        self.latest = 0.0
        """The longest time for which a change was told and a read that began then did not show it."""

    def judge(self, unit: Unit) -> Iterator[Finding]:
        """Yield what is wrong with a unit of work."""
        if unit.serial is not None:
            yield from self._judge_own(unit, unit.serial)
            return
        explained: dict[tuple[int, str], set[int]] = {}
        for reading in unit.readings:
            found, explaining = self._judge_reading(unit, reading)
            if found is not None:
                yield found
            elif unit.hold == PIN:
                whose = reading.question.writer, reading.question.part
                before = explained.get(whose)
                explained[whose] = both = explaining if before is None else before & explaining
                if before and not both:
                    yield self._finding(TORN, unit, reading)

    def _judge_reading(self, unit: Unit, reading: Reading) -> tuple[Finding | None, set[int]]:
        if reading.raised:
            return self._finding(RAISED, unit, reading), set()
        record = self.records[reading.question.writer]
        oldest, newest = self._allowed(unit, reading)
        explaining = record.explaining(reading, oldest, newest)
        if not explaining:
            sort = record.sort_of(reading, oldest, newest)
            return self._finding(_as_it_counts(sort, unit), unit, reading), explaining
        if max(explaining) < newest:
            self.latest = max(self.latest, _begin_of(unit, reading) - record.told[max(explaining) + 1])
        return None, explaining

    def _judge_own(self, unit: Unit, serial: int) -> Iterator[Finding]:
        for reading in unit.readings:
            record = self.records[reading.question.writer]
            if reading.raised:
                yield self._finding(RAISED, unit, reading)
            elif not record.is_own(reading, serial):
                is_old = record.explaining(reading, 0, len(record.states) - 1)
                yield self._finding(STALE if is_old else UNCOMMITTED, unit, reading)

    def _allowed(self, unit: Unit, reading: Reading) -> tuple[int, int]:
        record = self.records[reading.question.writer]
        return record.oldest(_begin_of(unit, reading)), record.newest(reading.end)

    def _finding(self, sort: str, unit: Unit, reading: Reading) -> Finding:
        serials = self.records[reading.question.writer].serials
        oldest, newest = self._allowed(unit, reading)
        return Finding(sort, unit, reading, (serials[oldest], serials[newest]))


def _begin_of(unit: Unit, reading: Reading) -> float:
    return unit.begin if unit.hold else reading.begin


def _as_it_counts(sort: str, unit: Unit) -> str:
    if sort != STALE:
        return sort
    if unit.is_final:
        return FOR_EVER
    return HURRIED if unit.is_hurried else STALE


def _serials_in(reading: Reading) -> list[int]:
    """Return the serials that an answer shows by themselves."""
    shown: dict[str, Any] = {"note": lambda: [reading.answer], "all": lambda: reading.answer.values()}
    serials = shown.get(reading.question.form, list)()
    return [int(serial) for serial in serials if serial is not None]
