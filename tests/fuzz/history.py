"""What was committed, in its order, and what may be shown of it: the yardstick of the fuzz tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.fuzz.naive import State


class History:
    """Committed states, and from when on this process must show each."""

    def __init__(self, first: State) -> None:
        self.states = [first]
        self.certain = 0
        """The number of the oldest state that may still be shown: it was looked at, or made here."""
        self._made = [0.0]
        self._due = [0.0]

    @property
    def last(self) -> int:
        """The number of the newest state."""
        return len(self.states) - 1

    def commit(self, state: State, now: float, due: float) -> None:
        """Add a state, to be seen by looks from `due` on."""
        self.states.append(state)
        self._made.append(now)
        self._due.append(due)

    def hasten(self, due: float) -> None:
        """Let all that was committed be seen from `due` on: its bump has come."""
        self._due = [min(due, before) for before in self._due]

    def delay(self, seconds: float) -> None:
        """Let what was not seen yet be seen only so long after its commit: its ring was lost."""
        for number in range(self.certain + 1, len(self.states)):
            self._due[number] = max(self._due[number], self._made[number] + seconds)

    def look(self, now: float) -> None:
        """Note that this process looks now, if that is due."""
        self.certain = max(self.certain, *(number for number, due in enumerate(self._due) if due <= now))

    def know(self) -> None:
        """Note that this process knows of everything: it has made a change itself."""
        self.certain = self.last


@dataclass
class Held:
    """What one unit of work has been told: it may have been any of these states."""

    floor: int
    """The oldest state that it may be told at its first question."""
    live_floor: int
    """The oldest state that may be shown of what is not in a snapshot: groups, and long lists."""
    told: dict[str, list[State]] = field(default_factory=dict)
    """By kind."""
    live: dict[object, list[State]] = field(default_factory=dict)
    """By user, and by whether lists are long."""
    doubtful: set[str] = field(default_factory=set)
    """The kinds that it may have let go of."""

    def may_tell(self, kind: str, history: History) -> list[State]:
        """Return the states that may stand behind its next answer."""
        new = history.states[self.floor :]
        if kind not in self.told:
            return new
        return distinct([*self.told[kind], *new]) if kind in self.doubtful else self.told[kind]

    def may_show(self, key: object, history: History) -> list[State]:
        """Return the same, for what is not in a snapshot."""
        return self.live.get(key) or history.states[self.live_floor :]

    def forget(self, history: History) -> None:
        """Let go of all that was told; what is told next is as new as can be."""
        self.told.clear()
        self.doubtful.clear()
        self.floor = history.last
        self.forget_users(history)

    def forget_users(self, history: History) -> None:
        """Let go of what is not in a snapshot."""
        self.live.clear()
        self.live_floor = history.last

    def doubt(self) -> None:
        """Take it that all may have been let go of, or nothing: there was a write that changed nothing."""
        self.doubtful |= self.told.keys()
        self.live.clear()


def distinct(states: Iterable[State]) -> list[State]:
    """Return the states without repetitions."""
    found: list[State] = []
    for state in states:
        if state not in found:
            found.append(state)
    return found
