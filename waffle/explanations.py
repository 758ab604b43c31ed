"""Explanations: what every condition of a toggle says, for people who ask why it is on or off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from asgiref.sync import sync_to_async
from django.utils.translation import gettext as _

from waffle import evaluation, facts, memory, missing, overrides, picking, store
from waffle.conditions import Condition, InShortList, Listed, Rosters
from waffle.inquiries import Inquiry
from waffle.kinds import KINDS, Entry, Kind
from waffle.snapshots import Snapshot
from waffle.verdicts import Reason, Text, Verdict
from waffle.wording import labelled

LONGEST_LIST = 10  # names of groups and the like that are told


class Outcome(Text):
    """What one condition says."""

    YES = "yes"
    """It turns the toggle on, unless one before it has decided."""
    NO = "no"
    """It does not hold, or it turns the toggle off: the step that decides says so."""
    UNKNOWN = "unknown"
    """It lacks something that was not given, a user for one."""
    UNSET = "unset"
    """Its field is not set, so it is not asked."""
    ERROR = "error"
    """It has failed: the toggle is off."""

    @property
    def label(self) -> str:
        """The outcome in a word."""
        words = {
            "yes": _("yes"),
            "no": _("no"),
            "unknown": _("unknown"),
            "unset": _("not set"),
            "error": _("error"),
        }
        return words[self.value]


@dataclass(frozen=True, slots=True)
class Step:
    """What one condition says, in the order in which they are asked."""

    condition: str
    """The field that it is about, or its own name where it is about none."""
    outcome: Outcome
    detail: str
    decides: bool = False

    def __str__(self) -> str:
        told = labelled(self.condition, self.detail) if self.detail else self.condition
        if self.outcome is not Outcome.UNSET:
            told += f" → {self.outcome.label}"
        return _("%s (decides)") % told if self.decides else told


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a toggle is on or off: as true as its verdict, and as a text for people to read."""

    kind: str
    """"flag", "switch" or "sample"."""
    name: str
    verdict: Verdict
    steps: tuple[Step, ...] = ()
    """Every condition, also those after the one that decides."""
    is_overridden: bool = False
    """Whether `waffle.testutils` has set it in this process."""

    def __bool__(self) -> bool:
        return self.verdict.active

    def __str__(self) -> str:
        kinds = {"flag": _("flag"), "switch": _("switch"), "sample": _("sample")}
        words = {"kind": kinds[self.kind], "name": self.name, "reason": self.verdict.reason.value}
        on, off = _("%(kind)s %(name)s is on (%(reason)s)"), _("%(kind)s %(name)s is off (%(reason)s)")
        answer = (on if self.verdict else off) % words
        if self.verdict.detail:
            answer = labelled(answer, self.verdict.detail)
        if self.is_overridden:
            answer = _("%s; overridden in this process") % answer
        return "\n".join([answer, *(f"    {step}" for step in self.steps)])

    def to_dict(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "active": self.verdict.active,
            "reason": self.verdict.reason.value,
            "detail": self.verdict.detail,
            "overridden": self.is_overridden,
            "steps": [
                {
                    "condition": step.condition,
                    "outcome": step.outcome.value,
                    "detail": step.detail,
                    "decides": step.decides,
                }
                for step in self.steps
            ],
        }


# Any, from here on: requests and toggles are the project's own.
def explain(request: Any, name: str, kind: str = "flag") -> Explanation:
    """Return why a toggle is on or off for this request or subject, condition by condition.

    It answers as a check with `read_only` does, and leaves no trace: nothing is dealt, noted, logged or
    created. A switch or a sample takes None for the request. Raises `ValueError` for another kind.
    """
    store.refuse_in_event_loop("await waffle.aexplain(…)")
    return explanation_of(kind_called(kind), name, request)


async def aexplain(request: Any, name: str, kind: str = "flag") -> Explanation:
    """Do what `explain` does, in a coroutine."""
    return await sync_to_async(explain)(request, name, kind)


def explanation_of(kind: Kind, name: str, whom: Any, *, unit: str | None = None) -> Explanation:
    """Explain a toggle of this kind; `unit` is what percentages go by in the place of the request's own."""
    snapshot, entry = overrides.find(kind, name)
    is_overridden = any(layer.kind is kind and layer.name == name for layer in tuple(overrides.in_force))
    steps: list[Step] = []
    if entry is None:
        verdict = _missing(kind, name, snapshot)
    else:
        with memory.undone(whom):
            verdict = _ask_all(kind, entry, _onlooker(snapshot, whom, unit), steps)
    verdict = evaluation.worded(kind, name, snapshot, verdict)
    return Explanation(kind.name, name, verdict, tuple(steps), is_overridden)


def verdicts_for(kind: Kind, whom: Any, *, unit: str | None = None) -> dict[str, Verdict]:
    """Return what decides each toggle of this kind, in words, by name; it leaves no trace either."""
    verdicts = {}
    for name, entry in overrides.entries(kind).items():
        snapshot, _ = overrides.find(kind, name)
        conditions = evaluation.with_override(kind, entry.conditions)
        with memory.undone(whom):
            verdict = evaluation.decide(entry.own_toggle(), conditions, _onlooker(snapshot, whom, unit))
        verdicts[name] = evaluation.worded(kind, name, snapshot, verdict)
    return verdicts


def kind_called(name: str) -> Kind:
    """Return the kind of this name; raises `ValueError` for another."""
    for kind in KINDS:
        if name == kind.name:
            return kind
    raise ValueError(f"{name!r} is no kind of toggle: use {', '.join(repr(kind.name) for kind in KINDS)}.")


class _Onlooker(Inquiry):
    """An inquiry that tells caches nothing: no page depends on it."""

    __slots__ = ()

    def varies_on(self, *headers: str) -> None:
        """Leave it untold."""

    def keep_private(self) -> None:
        """Leave it untold."""


def _missing(kind: Kind, name: str, snapshot: Snapshot) -> Verdict:
    if not snapshot.is_known:
        return Verdict(kind.default, Reason.ERROR)
    return Verdict(kind.default, Reason.MISSING, missing.with_nearest(kind, name, snapshot))


def _onlooker(snapshot: Snapshot, whom: Any, unit: str | None) -> _Onlooker:
    inquiry = _Onlooker(snapshot, whom, read_only=True, in_words=True)
    if unit is not None:
        inquiry.facts["unit"] = unit
    return inquiry


def _ask_all(kind: Kind, entry: Entry, inquiry: Inquiry, steps: list[Step]) -> Verdict:
    """Add to `steps` what each condition says; return what the first that answers says."""
    snapshot = inquiry.snapshot
    toggle, layer = entry.own_toggle(), overrides.over(kind, entry.toggle)
    rosters = snapshot.rosters if layer is None else layer.rosters(toggle, snapshot.rosters)
    # A method that decides alone stands in the entry only.
    conditions = entry.conditions if picking.overrides(type(toggle), "is_active") else kind.conditions()
    verdict: Verdict | None = None
    for condition in evaluation.with_override(kind, conditions):
        if condition.field and not hasattr(type(toggle), condition.field):
            continue  # a custom model need not have every field
        step, answer = _ask(condition, toggle, rosters, inquiry)
        steps.append(replace(step, decides=verdict is None and answer is not None))
        verdict = answer if verdict is None else verdict
    return evaluation.OFF if verdict is None else verdict


def _ask(
    condition: Condition, toggle: Any, rosters: Rosters | None, inquiry: Inquiry
) -> tuple[Step, Verdict | None]:
    title = condition.field or str(condition)
    try:
        asked = condition.pick(toggle, rosters)
        if asked is None:
            detail = _("lists nobody") if isinstance(condition, Listed) else _("not set")
            return Step(title, Outcome.UNSET, detail), None
        if asked.wants is not None and asked.wants not in inquiry.facts:
            facts.supply(asked, toggle, inquiry)
        active = asked.decide(toggle, inquiry)
        lack = asked.lacks(inquiry) if active is None else ""
    except Exception as error:
        detail = evaluation.failure(condition, error)
        return Step(title, Outcome.ERROR, detail), Verdict(False, Reason.ERROR, detail)
    detail = lack or evaluation.described(asked, toggle, inquiry) + _names(asked, toggle, inquiry)
    if active is None:
        return Step(title, Outcome.UNKNOWN if lack else Outcome.NO, detail), None
    verdict = Verdict(bool(active), asked.reason, detail)
    return Step(title, Outcome.YES if active else Outcome.NO, detail), verdict


def _names(asked: Condition, toggle: Any, inquiry: Inquiry) -> str:
    """Name the groups, or the like, by which a short list holds the user: it takes one query."""
    if not isinstance(asked, InShortList) or asked.by == "user":
        return ""
    model = toggle._meta.get_field(asked.field).related_model
    try:
        members = model._default_manager.filter(pk__in=asked.members & inquiry.facts[asked.keys])
        names = [str(member) for member in members.order_by("pk")[:LONGEST_LIST]]
    except Exception:  # a database that is away, or forbidden to a test: it is said without names
        return ""
    return f" ({', '.join(names)})" if names else ""
