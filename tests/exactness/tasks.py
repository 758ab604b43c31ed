"""What a process of a run is told to do."""

from __future__ import annotations

from dataclasses import dataclass

from tests.exactness.states import PARTS

WRITERS = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A process's task; it goes through JSON."""

    role: str
    """`writer`, or one of `readers.ROLES`."""
    number: int
    journal: str
    seed: str
    seconds: float
    """How long writers write."""
    parts: tuple[str, ...] = PARTS
    """What is asked about."""
    asks_own: bool = True
    """A writer asks about its own changes."""
    dies: bool = False
    """A writer is killed at its end, between a commit and its bump."""
    sabotage: str = ""
    """How Waffle Iron is broken on purpose; see `sabotage.SABOTAGES`."""
