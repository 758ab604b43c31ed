"""Evaluation: from a question to a verdict, by one walk that plain code and coroutines drive alike.

Internal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.utils.translation import gettext as _

from waffle import database, facts, missing, pins, store
from waffle.conditions import OVERRIDE, Condition, Rosters
from waffle.conf import conf
from waffle.inquiries import Inquiry, inquiry_of
from waffle.kinds import FLAG, Entry, Kind, is_absent
from waffle.outages import Reminders
from waffle.overrides import find, in_force, over, seen
from waffle.picking import overrides, picked
from waffle.pins import Pin
from waffle.records import record
from waffle.snapshots import UNKNOWN, Snapshot, is_stale
from waffle.subjects import Subject
from waffle.unsettled import waiting
from waffle.verdicts import Reason, Verdict, stale_of, verdict_of

OFF = verdict_of(False, Reason.DEFAULT)
FAILED = verdict_of(False, Reason.ERROR)

IMAGINED = "_waffle_imagined"
"""The attribute of a flag at hand that goes by lists which are not saved: whom it would list."""

reminders = Reminders(60)
"""Of conditions that fail: a hot page would fill the log."""

logger = logging.getLogger("waffle")


# Any, throughout: toggles, requests and users are the project's own.
def check(
    kind: Kind,
    name: str,
    whom: Any = None,
    read_only: bool = False,
    in_words: bool = False,
    find_whom: Callable[[Any], Any] | None = None,
) -> Verdict:
    """Answer whether a toggle is active, and why; `whom` is a request, a subject, or None.

    With `find_whom` `whom` is something to find it in, a template's context for one: that takes as long as
    the check of a flag that is settled, which does not need it.
    No argument is keyword-only: Python calls such a function more slowly.
    """
    pin = pins.current()
    # What the store would ask first, too: most checks end their search here, with a call less.
    held = None if pin is None or waiting or in_force else pin.snapshots.get(kind)
    if held is None:
        held, entry = _found(pin, kind, name)
    else:
        entry = held.entries.get(name)
    if entry is not None and entry.settled is not None and not in_words and not conf.OVERRIDE:
        verdict = entry.settled
    elif entry is not None:
        whom = whom if find_whom is None else find_whom(whom)
        verdict = decide(*_case(kind, entry, held, whom, read_only, in_words))
    else:
        verdict = missing.answer(kind, name, held)
    if in_words:
        verdict = worded(kind, name, held, verdict)
    if pin is None or (kind, name) not in pin.records:
        record(pin, kind, name, verdict, held)
    return verdict


def _found(pin: Pin | None, kind: Kind, name: str) -> tuple[Snapshot, Entry | None]:
    """Return the entry that a check goes by, and its snapshot; None where there is no such toggle."""
    if in_force:
        return find(kind, name)
    snapshot = store.snapshot_in(pin, kind)
    return snapshot, snapshot.entries.get(name)


async def acheck(
    kind: Kind, name: str, whom: Any = None, read_only: bool = False, in_words: bool = False
) -> Verdict:
    """Answer as `check` does, in a coroutine."""
    if in_force:
        snapshot, entry = await sync_to_async(find)(kind, name)
    else:
        snapshot = store.snapshot_at_hand(kind) or await sync_to_async(store.snapshot)(kind)
        entry = snapshot.entries.get(name)
    if entry is None:
        if kind.creates_missing:
            verdict = await sync_to_async(missing.answer)(kind, name, snapshot)
        else:
            verdict = missing.answer(kind, name, snapshot)
    elif entry.settled is not None and not in_words and not conf.OVERRIDE:
        verdict = entry.settled
    else:
        verdict = await adecide(*_case(kind, entry, snapshot, whom, read_only, in_words))
    pin = pins.current()
    if in_words:
        verdict = worded(kind, name, snapshot, verdict)
    if pin is None or (kind, name) not in pin.records:
        record(pin, kind, name, verdict, snapshot)
    return verdict


def decide(toggle: Any, conditions: Iterable[Condition], inquiry: Inquiry) -> Verdict:
    """Walk through `conditions`; load each fact that one lacks."""
    while True:
        outcome = walk(toggle, conditions, inquiry)
        if isinstance(outcome, Verdict):
            return outcome
        try:
            facts.supply(outcome, toggle, inquiry)
        except SynchronousOnlyOperation as error:
            kind = toggle._waffle_kind
            raise SynchronousOnlyOperation(
                f"The {kind} {toggle.name!r} depends on {outcome.field or outcome.wants!r}, which must be "
                "loaded first, and a coroutine cannot wait for that. "
                f"Use `await waffle.a{kind}_is_active(…)`."
            ) from error
        except Exception as error:
            return _failed(toggle, outcome, inquiry, error)


async def adecide(toggle: Any, conditions: Iterable[Condition], inquiry: Inquiry) -> Verdict:
    """Walk through `conditions`; load each fact that one lacks in a thread."""
    while True:
        outcome = walk(toggle, conditions, inquiry)
        if isinstance(outcome, Verdict):
            return outcome
        try:
            await sync_to_async(facts.supply)(outcome, toggle, inquiry)
        except Exception as error:
            return _failed(toggle, outcome, inquiry, error)


def walk(toggle: Any, conditions: Iterable[Condition], inquiry: Inquiry) -> Verdict | Condition:
    """Return what the first condition that answers says, or the first condition that lacks its fact.

    Conditions are pure, so whoever supplies the fact walks again from the start.
    """
    known = inquiry.facts
    for condition in conditions:
        wanted = condition.wants
        if wanted is not None and wanted not in known:
            return condition
        try:
            active = condition.decide(toggle, inquiry)
        except Exception as error:
            return _failed(toggle, condition, inquiry, error)
        if active is not None:
            if inquiry.in_words:
                return Verdict(bool(active), condition.reason, described(condition, toggle, inquiry))
            return verdict_of(bool(active), condition.reason)
    return OFF


def _failed(toggle: Any, condition: Condition, inquiry: Inquiry, error: Exception) -> Verdict:
    """Let no page fail because a condition does: the toggle is off, and the log says why now and then."""
    if conf.STRICT or database.is_forbidden(error):
        raise error
    if reminders.is_due((type(toggle), toggle.name, str(condition))):
        logger.error(
            "%r is off: its condition %s has failed. The next failure is logged in %d seconds or later.",
            *(toggle, condition, reminders.seconds),
            exc_info=error,
        )
    return Verdict(False, Reason.ERROR, failure(condition, error)) if inquiry.in_words else FAILED


def failure(condition: Condition, error: Exception) -> str:
    """Say in words how a condition has failed, on one line: errors of databases have several."""
    words = {"condition": condition, "error": type(error).__name__, "text": " ".join(str(error).split())}
    return _("%(condition)s has failed (%(error)s: %(text)s)") % words


def described(condition: Condition, toggle: Any, inquiry: Inquiry) -> str:
    """Say in words what a condition has gone by."""
    try:
        return str(condition.describe(toggle, inquiry))  # a project's own may be a lazy text
    except Exception as error:  # the answer stands all the same
        words = {"condition": condition, "error": type(error).__name__, "text": error}
        return _("%(condition)s has no words for it (%(error)s: %(text)s)") % words


def worded(kind: Kind, name: str, snapshot: Snapshot, verdict: Verdict) -> Verdict:
    """Say in words what no condition has said: that the answer is stale, and why none of them answered."""
    words = {
        Reason.MISSING: missing.in_words(kind, name),
        Reason.DEFAULT: _("nothing applies"),
        Reason.ERROR: _("no store could be read, now or before"),
    }
    told = Verdict(verdict.active, verdict.reason, verdict.detail or words.get(verdict.reason, ""))
    return stale_of(told) if is_stale(kind, snapshot) else told


def _case(
    kind: Kind, entry: Entry, snapshot: Snapshot, whom: Any, read_only: bool, in_words: bool
) -> tuple[Any, Iterable[Condition], Inquiry]:
    conditions = with_override(kind, entry.conditions)
    if entry.is_custom or in_words:
        # Answers of a model's own methods are facts of this check alone.
        inquiry = Inquiry(snapshot, whom, read_only=read_only, in_words=in_words)
        return entry.own_toggle(), conditions, inquiry
    return entry.toggle, conditions, inquiry_of(snapshot, whom, read_only=read_only)


def with_override(kind: Kind, conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return the conditions of a toggle, with what `WAFFLE_OVERRIDE` puts before those of a flag."""
    return (OVERRIDE, *conditions) if kind is FLAG and conf.OVERRIDE else conditions


def at_hand(kind: Kind, toggle: Any, whom: Any = None, read_only: bool = False) -> bool:
    """Answer for a toggle as its fields are now; one without a primary key counts as missing."""
    if seen(kind, toggle) is None:
        verdict = missing.answer(kind, toggle.name, store.snapshot(kind))
    else:
        verdict = _decide_at_hand(kind, toggle, whom, read_only=read_only)
    pin, is_stock = pins.current(), not overrides(type(toggle), "is_active")
    # The last word of a method of the model's own, which has asked its base, is not heard here.
    if is_stock and (pin is None or (kind, toggle.name) not in pin.records):
        record(pin, kind, toggle.name, verdict, UNKNOWN)
    return verdict.active


def part_of_flag(flag: Any, method: str, whom: Any = None, *, read_only: bool = False) -> bool | None:
    """Answer for the conditions that `method` of the flag model stands for: True, False, or None."""
    spoken_for = [condition for condition in type(flag).conditions if method in condition.stands_for]
    verdict = _decide_some(flag, spoken_for, whom, read_only=read_only)
    return None if verdict is OFF else verdict.active


def for_user(flag: Any, user: Any) -> bool | None:
    """Answer what a request of `user` would be told, as far as that is known without one.

    A custom model's own method calls this for its users and groups, and goes on from there: None for "nothing
    applies" is for it alone.
    """
    absent = _if_absent(flag)
    if absent is not None:
        return absent
    flag, subject = seen(FLAG, flag) or flag, Subject(user)
    is_overridden = overrides(type(flag), "is_active_for_user")
    if not is_overridden and not overrides(type(flag), "_is_active_for_user"):
        return _decide_at_hand(FLAG, flag, subject, read_only=True).active
    answer = beyond_users(flag, user)
    if answer is None:
        answer = part_of_flag(flag, "is_active_for_user", subject)
    return False if answer is None and not is_overridden else answer


def beyond_users(flag: Any, user: Any) -> bool | None:
    """Answer what no method for users changes: conditions that go first, and `everyone`."""
    absent = _if_absent(flag)
    if absent is not None:
        return absent
    flag = seen(FLAG, flag) or flag
    first = [condition for condition in type(flag).conditions if condition.is_first]
    verdict = _decide_some(flag, first, Subject(user)) if first else OFF
    if verdict is not OFF:
        return verdict.active
    return None if flag.everyone is None else bool(flag.everyone)


def _if_absent(flag: Any) -> bool | None:
    """Answer for a flag that `get` has found no row for; None for others, those made by hand too."""
    if not is_absent(flag) or over(FLAG, flag) is not None:
        return None
    return missing.answer(FLAG, flag.name, store.snapshot(FLAG)).active


# A flag model's own `is_active_for_user`.
ForUser = Callable[[Any, Any], "bool | None"]


def heeding_others(method: ForUser) -> ForUser:
    """Return a custom model's `is_active_for_user` that asks first what it must not overrule."""

    @wraps(method)
    def is_active_for_user(flag: Any, user: Any) -> bool | None:
        answer = beyond_users(flag, user)
        return method(flag, user) if answer is None else answer

    is_active_for_user.__dict__["unheeding"] = method
    return is_active_for_user


def by_own_method(flag: Any, request: Any) -> bool | None:
    """Ask a custom model's `is_active_for_user` for a walk, which has asked already what that must heed."""
    user, method = getattr(request, "user", None), type(flag).is_active_for_user
    return None if user is None else getattr(method, "unheeding", method)(flag, user)


def _decide_at_hand(kind: Kind, toggle: Any, whom: Any, *, read_only: bool) -> Verdict:
    toggle, snapshot, rosters = _at_hand(kind, toggle)
    conditions = picked(toggle, rosters, kind.conditions(type(toggle)))
    return decide(toggle, with_override(kind, conditions), Inquiry(snapshot, whom, read_only=read_only))


def _decide_some(
    flag: Any, conditions: Iterable[Condition], whom: Any, *, read_only: bool = False
) -> Verdict:
    flag, snapshot, rosters = _at_hand(FLAG, flag)
    return decide(flag, picked(flag, rosters, conditions), Inquiry(snapshot, whom, read_only=read_only))


def _at_hand(kind: Kind, toggle: Any) -> tuple[Any, Snapshot, Rosters | None]:
    """Return a toggle as overrides show it, with the snapshot and the lists that it goes by."""
    layer = over(kind, toggle)
    if layer is not None:
        snapshot, toggle = layer.snapshot(), layer.toggle(toggle)
        return toggle, snapshot, layer.rosters(toggle, snapshot.rosters)
    if kind is not FLAG:
        return toggle, UNKNOWN, {}  # it lists nobody: no row need be read
    snapshot = store.snapshot(kind)
    if IMAGINED in toggle.__dict__:
        return toggle, snapshot, toggle.__dict__[IMAGINED]
    return toggle, snapshot, snapshot.rosters if type(toggle) is kind.model else _own_rosters(toggle)


def _own_rosters(flag: Any) -> Rosters:
    """Read whom a flag lists that is of another model than the project's."""
    lists = {condition.field for condition in type(flag).conditions if hasattr(condition, "by")}
    members = {
        name: getattr(flag, name).values_list("pk", flat=True) for name in lists if hasattr(flag, name)
    }
    return {name: {flag.pk: frozenset(keys)} for name, keys in members.items()}
