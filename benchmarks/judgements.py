"""What was to be reached, and was it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.caches import Cache
from benchmarks.libraries import DJANGO_WAFFLE, WAFFLE_IRON
from benchmarks.readings import Comparison
from benchmarks.rows import QUERIES, Faster, Goal, Row, Within
from benchmarks.tables import amount, times


@dataclass(frozen=True)
class Judgement:
    """A goal, and whether it was reached."""

    goal: str
    is_reached: bool

    def __str__(self) -> str:
        return f"{self.goal} {'reached' if self.is_reached else 'missed'}"


def judgements(comparison: Comparison, row: Row, cache: Cache) -> Iterator[Judgement]:
    """Judge the goals of a row for which there are figures."""
    for goal in row.goals:
        judgement = _judge(comparison, goal, row, cache)
        if judgement is not None:
            yield judgement


def _judge(comparison: Comparison, goal: Goal, row: Row, cache: Cache) -> Judgement | None:
    if isinstance(goal, Faster):
        return _judge_ratio(comparison, goal, row, cache)
    return _judge_bound(comparison, goal, row, cache)


def _judge_ratio(comparison: Comparison, goal: Faster, row: Row, cache: Cache) -> Judgement | None:
    ratio, bound = comparison.ratio(row, goal.than, cache), goal.times[cache.name]
    name = "" if goal.than == DJANGO_WAFFLE else f" {goal.than.name}"
    return None if ratio is None else Judgement(f"≥ {bound:g} ×{name}", ratio >= bound)


def _judge_bound(comparison: Comparison, goal: Within, row: Row, cache: Cache) -> Judgement | None:
    ours = comparison.figures(row, WAFFLE_IRON, cache)
    if ours is None:
        return None
    if goal.what == QUERIES:
        return Judgement(f"≤ {goal.bound:g} queries", ours.queries <= goal.bound)
    return Judgement(f"≤ {amount(goal.bound, goal.what)}", ours.amount <= goal.bound)


def missed(comparison: Comparison) -> Iterator[str]:
    """Return each row of which goals were missed, with those."""
    for row in comparison.rows:
        found = [
            f"{judgement.goal} with {cache.name}"
            for cache in comparison.caches_of(row)
            for judgement in judgements(comparison, row, cache)
            if not judgement.is_reached
        ]
        if found:
            yield f"{row.name} ({', '.join(found)})"


def ahead(comparison: Comparison) -> Iterator[str]:
    """Return each row in which another library for Django is ahead, with the ratios."""
    for row in comparison.rows:
        for library in comparison.rivals():
            ratios = {cache: comparison.ratio(row, library, cache) for cache in comparison.caches_of(row)}
            found = [
                f"{times(ratio)} with {cache.name}"
                for cache, ratio in ratios.items()
                if ratio is not None and ratio < 1
            ]
            if found:
                yield f"{row.name}, {library.name} ({', '.join(found)})"
