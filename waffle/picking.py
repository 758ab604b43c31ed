"""Picking: which conditions a toggle makes use of, and what stands in for some of them. Internal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from waffle.asked import Asked
from waffle.conditions import Condition, Rosters

Function = TypeVar("Function", bound=Callable[..., object])


# Any, throughout: a toggle is an instance of whatever model the project has set.
class Method(Condition):
    """A method that a custom model overrides; its answer, loaded as a fact, stands in for the conditions."""

    arguments: Mapping[str, tuple[str, ...]] = {
        "is_active": ("whom", "read_only"),
        "_is_active_for_user": ("whom",),
        "_is_active_for_language": ("whom",),
        "_is_active_for_percent": ("whom", "read_only"),
    }

    def __init__(self, name: str, arguments: tuple[str, ...] | None = None) -> None:
        super().__init__()
        self.wants = self.name = name
        self.takes = self.arguments[name] if arguments is None else arguments

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        answer = subject.facts[self.name]
        return None if answer is None else bool(answer)

    def __str__(self) -> str:
        return f"{self.name}()"

    def describe(self, toggle: Any, subject: Asked) -> str:
        # str(): the answer may be a tuple.
        return _("the model’s own method says %s") % str(subject.facts[self.name])


class Unpicked(Condition):
    """A condition whose `pick` has failed: so it fails whenever it is asked."""

    def __init__(self, condition: Condition, error: Exception) -> None:
        super().__init__(condition.field)
        self.condition = condition
        self.error = error
        self.traceback = error.__traceback__

    def __str__(self) -> str:
        return str(self.condition)

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        # Each `raise` would make the traceback longer.
        raise self.error.with_traceback(self.traceback)


def stock(method: Function) -> Function:
    """Mark a method of a base model that the conditions speak for, until a custom model overrides it."""
    method.__dict__["is_stock"] = True
    return method


def overrides(model: type, name: str) -> bool:
    """Say whether `model` has its own version of a `stock` method."""
    return not getattr(getattr(model, name), "is_stock", False)


def _rank(condition: Condition) -> tuple[bool, bool]:
    """Return what the order of conditions goes by, where they do not just follow each other."""
    return not condition.is_first, condition.is_last


def in_order(conditions: Iterable[Condition]) -> list[Condition]:
    """Return conditions in the order in which they are asked."""
    return sorted(conditions, key=_rank)


@cache
def conditions_of(model: Any) -> tuple[Condition, ...]:
    """Return the conditions of a flag model; overridden methods stand in for theirs."""
    conditions: list[Condition] = []
    asked_by_method: set[str] = set()
    for condition in in_order(model.conditions):
        if not any(overrides(model, name) for name in condition.stands_for):
            conditions.append(condition)
        elif condition.stands_for[0] not in asked_by_method:
            asked_by_method.add(condition.stands_for[0])
            conditions.append(Method(condition.stands_for[0]))
    return tuple(conditions)


def picked(toggle: Any, rosters: Rosters | None, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return those of `conditions` that `toggle` makes use of, prepared, up to one that settles it."""
    picks: list[Condition] = []
    for condition in conditions:
        pick = _pick(condition, toggle, rosters)
        if pick is not None:
            picks.append(pick)
            if pick.settles:
                break
    return tuple(picks)


def _pick(condition: Condition, toggle: Any, rosters: Rosters | None) -> Condition | None:
    try:
        return condition.pick(toggle, rosters)
    except Exception as error:  # no toggle is lost because one of them has a bad field
        return Unpicked(condition, error)
