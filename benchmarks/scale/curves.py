"""What grows, how far, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.rows import Scene, of_every_sort

LONGEST_LOAD = 0.3  # seconds, for 10,000 flags
MOST_KEPT = 25e6  # bytes, for as many
FLAT = 2.0  # the dearest check costs at most so many times what one on the smallest site does


@dataclass(frozen=True)
class Curve:
    """Something that grows while everything else stays as it is."""

    name: str
    sizes: Sequence[int]
    scene: Callable[[int], Scene]
    checks: Callable[[int], Sequence[str]]
    """The flags that a request checks."""


@dataclass(frozen=True)
class Point:
    """What it costs at one size. Times are seconds, the quickest of many."""

    size: int
    first: float
    """A check in a request, the middleware included: all of the request by the number of checks."""
    again: float
    """A further check in it."""
    queries: float
    cache_reads: float
    load: float
    """A check for which all flags are read again, since one has changed."""
    kept: float
    """Bytes that stay in use after the first check of all."""


Measured = tuple[Curve, Sequence[Point]]


@dataclass(frozen=True)
class Verdict:
    """What was to be reached, and whether it was."""

    told: str
    is_reached: bool

    def __str__(self) -> str:
        return f"{self.told}: {'reached' if self.is_reached else 'MISSED'}"


_MANY = Scene({"users": 334, "staff": 333, "everyone": 333})
_NAMES = tuple(f"{sort}_{number}" for number in range(334) for sort in _MANY.flags)[:1000]

USERS = Curve(
    "users that a flag lists",
    (10, 100, 1_000, 10_000, 100_000, 1_000_000),
    lambda size: Scene({"everyone": 10}, crowd=size),
    lambda size: ("crowd_0",),
)
FLAGS = Curve("flags", (10, 100, 1_000, 10_000), of_every_sort, lambda size: ("users_0",))
GROUPS = Curve(
    "groups of the user",
    (1, 5, 50, 500),
    lambda size: Scene({"groups": 10}, groups=size),
    lambda size: ("groups_0",),
)
CHECKS = Curve("checks in a request", (1, 10, 100, 1_000), lambda size: _MANY, lambda size: _NAMES[:size])

CURVES = (USERS, FLAGS, GROUPS, CHECKS)


def growth(points: Sequence[Point], cost: Callable[[Point], float]) -> float:
    """Return how many times as much the dearest check costs as one at the smallest size.

    A list that grows too long for the memory costs one query for each request, which is a step and no slope:
    so sizes are compared with the smallest of as many queries.
    """
    steps = [list(step) for _, step in groupby(points, key=lambda point: point.queries)]
    return max(cost(point) / cost(step[0]) for step in steps for point in step)


def verdicts(curve: Curve, points: Sequence[Point]) -> Iterator[Verdict]:
    """Judge a curve."""
    for name, cost in (("a check", _first), ("a further check", _again)):
        grown = growth(points, cost)
        told = f"{curve.name}: {name} costs up to {grown:.1f} × as much ({FLAT:g} × allowed)"
        yield Verdict(told, grown <= FLAT)
    most = max(point.queries for point in points)
    yield Verdict(f"{curve.name}: {most:g} queries in a request (1 allowed)", most <= 1)
    if curve is FLAGS:
        yield from _largest(points[-1])


def _largest(point: Point) -> Iterator[Verdict]:
    load = f"in {point.load:.2f} s ({LONGEST_LOAD} s allowed)"
    yield Verdict(f"flags: {point.size:,} are read {load}", point.load <= LONGEST_LOAD)
    kept = f"{point.kept / 1e6:.1f} MB ({MOST_KEPT / 1e6:g} MB allowed)"
    yield Verdict(f"flags: {point.size:,} keep {kept}", point.kept <= MOST_KEPT)


def _first(point: Point) -> float:
    return point.first


def _again(point: Point) -> float:
    return point.again
