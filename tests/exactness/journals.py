"""Journals: what a process writes down of its changes and its reads, a line of JSON each.

Times are those of `time.monotonic()`, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from tests.exactness.states import Question, State


# Any, here and below: answers go through JSON.
@dataclass(frozen=True, slots=True)
class Reading:
    """One check, and what it answered between `begin` and `end`."""

    question: Question
    answer: Any
    begin: float
    end: float
    raised: str = ""
    """What it raised instead."""


PIN = "pin"
VIEW = "view"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of work: some checks of one thread."""

    who: str
    begin: float
    """Before its pin, its transaction, or its first check."""
    readings: tuple[Reading, ...]
    hold: str = ""
    """`PIN`: nothing changes in it; `VIEW`: a transaction that may be behind; else each check is alone."""
    is_hurried: bool = False
    """One of its checks gave up waiting for what another thread was reading."""
    is_final: bool = False
    """It began when the last change must have been known to all."""
    serial: int | None = None
    """A writer's own: it must see exactly what it has written up to this change, committed or not."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was committed."""

    serial: int
    begin: float
    """Before its commit."""
    state: State
    """What the writer's tables hold from then on."""
    committed: float = inf
    """After its commit."""
    told: float = inf
    """After the row was bumped and the bell rung, for this change or a later one."""


@dataclass(slots=True)
class History:
    """One writer's changes, in their order."""

    changes: list[Change]
    undone: dict[int, State] = field(default_factory=dict)
    """What transactions that were rolled back would have left."""


class Journal:
    """Writes; threads may share it. A line that is written survives the process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)
        self._lock = Lock()

    def close(self) -> None:
        """Close its file."""
        self._file.close()

    def note(self, what: str, **details: Any) -> None:
        """Write a line."""
        with self._lock:
            # Written out at once: what is noted survives the process.
            self._file.write(json.dumps({"what": what, "at": monotonic(), **details}) + "\n")

    def note_unit(self, unit: Unit) -> None:
        """Write down a unit of work."""
        readings = [
            [reading.question.as_json(), reading.answer, reading.begin, reading.end, reading.raised]
            for reading in unit.readings
        ]
        rest = {name: getattr(unit, name) for name in Unit.__dataclass_fields__ if name != "readings"}
        self.note("unit", readings=readings, **rest)


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a journal; the last one may be half there, where the process was killed."""
    with path.open() as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def units_in(lines: Iterable[dict[str, Any]]) -> Iterator[Unit]:
    """Yield the units of work that a journal tells of."""
    for line in lines:
        if line.pop("what") == "unit":
            del line["at"]
            readings = [Reading(Question(*asked), *rest) for asked, *rest in line.pop("readings")]
            yield Unit(readings=tuple(readings), **line)


def history_in(lines: Iterable[dict[str, Any]], first: State) -> History:
    """Return the changes that a writer's journal tells of; `first` is what it found."""
    begun: dict[int, dict[str, Any]] = {}
    undone: dict[int, State] = {}
    after: dict[str, dict[int, float]] = {"committed": {}, "told": {}}
    for line in lines:
        what, serial = line["what"], int(line.get("serial") or 0)
        if what == "committing":
            begun[serial] = {"begin": line["at"], "state": line["state"]}
        elif what == "undone":
            undone[serial] = line["state"]
        elif what in after:
            after[what].setdefault(serial, line["at"])
    for serial, change in begun.items():
        change.update({what: at[serial] for what, at in after.items() if serial in at})
    changes = [Change(serial, **begun[serial]) for serial in sorted(begun.keys() - undone.keys())]
    return History([Change(0, -inf, first, -inf, -inf), *_told_in_turn(changes)], undone)


def _told_in_turn(changes: list[Change]) -> list[Change]:
    """Return the changes, each told when it or a later one was."""
    told = inf
    found = []
    for change in reversed(changes):
        told = min(told, change.told)
        found.append(Change(change.serial, change.begin, change.state, change.committed, told))
    return found[::-1]
