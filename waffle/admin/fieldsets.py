"""The fields of a flag, in the order in which they decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from waffle.conditions import CLASSIC, Condition, Everyone, Language, Percent, Testing
from waffle.picking import in_order
from waffle.values import Value

SIDE_BY_SIDE = ("authenticated", "staff", "superusers")
HEAD = ("name", "note")
"""What comes before all that decides."""
FOOT = ("created", "modified")
"""What comes after it."""


class Step(Value):
    """Some conditions that stand together, with one sentence on them."""

    title: Any  # a lazy text, here and below
    sentence: Any


EVERYONE = Step(
    gettext_lazy("Everyone"),
    gettext_lazy("While this is unknown, the steps below decide."),
)
TESTING = Step(
    gettext_lazy("Testing"),
    gettext_lazy("Try the flag out before others see it."),
)
LANGUAGES = Step(
    gettext_lazy("Languages"),
    gettext_lazy("For all other languages the next steps decide."),
)
PEOPLE = Step(
    gettext_lazy("Users and groups"),
    gettext_lazy("Any one of these is enough. For everyone else the next steps decide."),
)
PERCENTAGE = Step(
    gettext_lazy("Percentage"),
    gettext_lazy("On for a share of everyone who is not covered above."),
)
FIRST = Step(
    gettext_lazy("First of all"),
    gettext_lazy("Conditions of this project that win over everything below."),
)
OWN = Step(
    gettext_lazy("Conditions of this project"),
    gettext_lazy("What this project checks as well."),
)
MORE = Step(gettext_lazy("More"), gettext_lazy("Fields that this project has added to its flags."))

BY_CLASS = {Everyone: EVERYONE, Testing: TESTING, Language: LANGUAGES, Percent: PERCENTAGE}


# Any, from here on: models are the project's own, and fieldsets are as Django's signatures have them.
def fieldsets_of(model: Any, fields: Sequence[Any]) -> list[tuple[Any, dict[str, Any]]]:
    """Return `fields` as Django's fieldsets, each with its number and its sentence."""
    rest = [field for field in fields if field not in HEAD and field not in FOOT]
    steps: list[tuple[Step, list[Any]]] = []
    for step, names in _steps(model.conditions):
        chosen = [name for name in names if name in rest]
        if chosen:
            steps.append((step, chosen))
        rest = [field for field in rest if field not in chosen]
    _place(rest, steps)
    head = (None, {"fields": [field for field in HEAD if field in fields]})
    told = [
        (f"{number}. {step.title}", {"fields": _in_rows(names), "description": step.sentence})
        for number, (step, names) in enumerate(steps, 1)
    ]
    foot = (_("Dates"), {"fields": [field for field in FOOT if field in fields]})
    return [fieldset for fieldset in (head, *told, foot) if fieldset[1]["fields"]]


def _steps(conditions: Iterable[Condition]) -> Iterator[tuple[Step, list[str]]]:
    """Return the steps with the names of their fields."""
    for step, together in groupby(in_order(conditions), key=step_of):
        names = [condition.field for condition in together]
        yield step, [*names, "rollout"] if step is PERCENTAGE else names


def step_of(condition: Condition) -> Step:
    """Return the step that a condition belongs to."""
    if condition.is_first:
        return FIRST
    if condition in CLASSIC:
        return BY_CLASS.get(type(condition), PEOPLE)
    return BY_CLASS.get(type(condition), OWN)


def _in_rows(names: list[Any]) -> list[Any]:
    """Put the fields to tick, which come one after the other, into one row."""
    ticks = tuple(name for name in names if name in SIDE_BY_SIDE)
    if len(ticks) < 2:
        return names
    others = [name for name in names if name not in ticks]
    at = names.index(ticks[0])
    return [*others[:at], ticks, *others[at:]]


def _place(rest: list[Any], steps: list[tuple[Step, list[Any]]]) -> None:
    """Put fields that no condition names with the project's own: a condition may read more than one."""
    if not rest:
        return
    for step, names in reversed(steps):
        if step in (OWN, FIRST):
            names += rest
            return
    steps.append((MORE, rest))
