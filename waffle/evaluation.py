"""Evaluation: from a question to a verdict, by one walk that plain code and coroutines drive alike.

Internal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation

from waffle import facts, missing, store
from waffle.conditions import OVERRIDE, Condition, Rosters, conditions_of, overrides, picked
from waffle.conf import conf
from waffle.kinds import FLAG, Entry, Kind
from waffle.overrides import find, in_force, over, seen
from waffle.snapshots import UNKNOWN, Snapshot
from waffle.subjects import Subject, subject_of
from waffle.verdicts import Reason, Verdict, verdict_of

OFF = verdict_of(False, Reason.DEFAULT)


# Any, throughout: toggles, requests and users are the project's own.
def check(
    kind: Kind,
    name: str,
    request: Any = None,
    read_only: bool = False,
    find_request: Callable[[Any], Any] | None = None,
) -> Verdict:
    """Answer whether a toggle is active, and why.

    With `find_request` `request` is something to find it in, a template's context for one: that takes
    as long as the check of a flag that is settled, which does not need it.
    """
    if in_force:
        snapshot, entry = find(kind, name)
    else:
        snapshot = store.snapshot(kind)
        entry = snapshot.entries.get(name)
    if entry is None:
        return missing.answer(kind, name, snapshot)
    if entry.settled is not None and not conf.OVERRIDE:
        return entry.settled
    if find_request is not None:
        request = find_request(request)
    return decide(*_case(kind, entry, snapshot, request, read_only))


async def acheck(kind: Kind, name: str, request: Any = None, read_only: bool = False) -> Verdict:
    """Answer as `check` does, in a coroutine."""
    if in_force:
        snapshot, entry = await sync_to_async(find)(kind, name)
    else:
        snapshot = store.snapshot_at_hand(kind) or await sync_to_async(store.snapshot)(kind)
        entry = snapshot.entries.get(name)
    if entry is None:
        if kind.creates_missing:
            return await sync_to_async(missing.answer)(kind, name, snapshot)
        return missing.answer(kind, name, snapshot)
    if entry.settled is not None and not conf.OVERRIDE:
        return entry.settled
    return await adecide(*_case(kind, entry, snapshot, request, read_only))


def decide(toggle: Any, conditions: Iterable[Condition], subject: Subject) -> Verdict:
    """Walk through `conditions`; load each fact that one lacks."""
    while True:
        outcome = walk(toggle, conditions, subject)
        if isinstance(outcome, Verdict):
            return outcome
        try:
            facts.supply(outcome, toggle, subject)
        except SynchronousOnlyOperation as error:
            raise SynchronousOnlyOperation(
                f"The flag {toggle.name!r} depends on {outcome.field or outcome.wants!r}, which must be "
                "loaded first, and a coroutine cannot wait for that. Use `await waffle.aflag_is_active(…)`."
            ) from error


async def adecide(toggle: Any, conditions: Iterable[Condition], subject: Subject) -> Verdict:
    """Walk through `conditions`; load each fact that one lacks in a thread."""
    while True:
        outcome = walk(toggle, conditions, subject)
        if isinstance(outcome, Verdict):
            return outcome
        await sync_to_async(facts.supply)(outcome, toggle, subject)


def walk(toggle: Any, conditions: Iterable[Condition], subject: Subject) -> Verdict | Condition:
    """Return what the first condition that answers says, or the first condition that lacks its fact.

    Conditions are pure, so whoever supplies the fact walks again from the start.
    """
    known = subject.facts
    for condition in conditions:
        if condition.wants is not None and condition.wants not in known:
            return condition
        active = condition.decide(toggle, subject)
        if active is not None:
            return verdict_of(bool(active), condition.reason)
    return OFF


def _case(
    kind: Kind, entry: Entry, snapshot: Snapshot, request: Any, read_only: bool
) -> tuple[Any, Iterable[Condition], Subject]:
    conditions = _with_override(entry.conditions) if kind is FLAG else entry.conditions
    if entry.is_custom:
        # Answers of a model's own methods are facts of this check alone.
        return entry.own_toggle(), conditions, Subject(snapshot, request, read_only=read_only)
    return entry.toggle, conditions, subject_of(snapshot, request, read_only=read_only)


def _with_override(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return (OVERRIDE, *conditions) if conf.OVERRIDE else conditions


def toggle_at_hand(kind: Kind, toggle: Any) -> bool:
    """Answer for a switch or a sample as its fields are now; one without a primary key counts as missing."""
    shown = seen(kind, toggle)
    if shown is None:
        return missing.answer(kind, toggle.name, store.snapshot(kind)).active
    return decide(shown, kind.stock_conditions, Subject(UNKNOWN, None)).active


def flag_at_hand(flag: Any, request: Any, read_only: bool) -> bool:
    """Answer for a flag as its fields are now; one without a primary key counts as missing."""
    if seen(FLAG, flag) is None:
        return missing.answer(FLAG, flag.name, store.snapshot(FLAG)).active
    flag, snapshot, rosters = _at_hand(flag)
    model: Any = type(flag)
    conditions = picked(flag, rosters, conditions_of(model))
    return decide(flag, _with_override(conditions), Subject(snapshot, request, read_only=read_only)).active


def part_of_flag(
    flag: Any, method: str, request: Any = None, *, user: Any = None, read_only: bool = False
) -> bool | None:
    """Answer for the conditions that `method` of the flag model stands for: True, False, or None."""
    flag, snapshot, rosters = _at_hand(flag)
    subject = Subject(snapshot, request, read_only=read_only)
    if user is not None:
        subject.facts["user"] = user
    spoken_for = (condition for condition in type(flag).conditions if method in condition.stands_for)
    verdict = decide(flag, picked(flag, rosters, spoken_for), subject)
    return None if verdict is OFF else verdict.active


def part_for_user(flag: Any, user: Any) -> bool | None:
    """Answer for a user without a request.

    None for "nothing applies" is for a custom model, which goes on from there; everybody else gets False.
    """
    flag = seen(FLAG, flag) or flag
    if flag.everyone is not None:
        return bool(flag.everyone)
    nothing = None if overrides(type(flag), "is_active_for_user") else False
    return part_of_flag(flag, "is_active_for_user", user=user) or nothing


def _at_hand(flag: Any) -> tuple[Any, Snapshot, Rosters | None]:
    """Return a flag as overrides show it, with the snapshot and the lists that it goes by."""
    layer = over(FLAG, flag)
    if layer is None:
        snapshot = store.snapshot(FLAG)
        return flag, snapshot, _rosters(flag, snapshot)
    snapshot, flag = layer.snapshot(), layer.toggle(flag)
    return flag, snapshot, layer.rosters(flag, snapshot.rosters)


def _rosters(flag: Any, snapshot: Snapshot) -> Rosters | None:
    if type(flag) is FLAG.model:
        return snapshot.rosters
    lists = {condition.field for condition in type(flag).conditions if hasattr(condition, "by")}
    members = {
        name: getattr(flag, name).values_list("pk", flat=True) for name in lists if hasattr(flag, name)
    }
    return {name: {flag.pk: frozenset(keys)} for name, keys in members.items()}
