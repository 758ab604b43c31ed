"""Facts: what conditions want to know of whom they are asked about, and how it is loaded.

Internal, but for `subject_of` and `asubject_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import Error
from django.utils.functional import SimpleLazyObject, empty

from waffle import pins, queries
from waffle.conditions import Condition, InLongList, InShortList
from waffle.conf import conf, function_of
from waffle.dealing import unit_of
from waffle.inquiries import Inquiry
from waffle.picking import Method
from waffle.queries import outage
from waffle.snapshots import UNKNOWN
from waffle.subjects import Subject


# Any, throughout: requests, users, fields and primary keys are the project's own.
def subject_of(request: Any, attributes: Mapping[str, Any] | None = None) -> Subject:
    """Return whom a request is about, to be asked about where the request is not: in a task, or an e-mail.

    The user is loaded. A visitor whom `WAFFLE_VISITOR_COOKIE` does not know yet is given an id. What the
    browser's cookies say of a single flag stays behind.
    """
    if request is None or isinstance(request, Subject):
        return _with_attributes(request or Subject(), attributes)
    inquiry = Inquiry(UNKNOWN, request)
    inquiry.varies_on("Accept-Language")
    try:
        user, unit = user_of(inquiry), _carried_unit(inquiry)
    except SynchronousOnlyOperation as error:
        raise SynchronousOnlyOperation(
            "The user of this request must be loaded first, and a coroutine cannot wait for that. Use "
            "`await waffle.asubject_of(…)`."
        ) from error
    return Subject(user, language=inquiry.language, unit=unit, attributes=attributes)


async def asubject_of(request: Any, attributes: Mapping[str, Any] | None = None) -> Subject:
    """Do what `subject_of` does, in a coroutine."""
    return await sync_to_async(subject_of)(request, attributes)


def _with_attributes(subject: Subject, attributes: Mapping[str, Any] | None) -> Subject:
    if attributes is None:
        return subject
    return Subject(subject.user, language=subject.language, unit=subject.unit, attributes=attributes)


def supply(condition: Condition, toggle: Any, inquiry: Inquiry) -> None:
    """Load the fact that `condition` wants into `inquiry.facts`."""
    fact: Any
    if isinstance(condition, Method):
        inquiry.varies_on("Cookie")  # what it reads nobody knows: the user, most likely
        fact = getattr(toggle, condition.name)(*(getattr(inquiry, name) for name in condition.takes))
    elif isinstance(condition, InShortList):
        fact = _keys(inquiry, condition.by)
    elif isinstance(condition, InLongList):
        fact = _once_per_pin(
            inquiry, "listing flags", lambda user: queries.listing_flags(user, inquiry.snapshot.alias)
        )
    elif condition.wants == "unit":
        fact = _unit_of(inquiry)
    else:
        fact = user_of(inquiry)
    inquiry.facts[condition.wants or ""] = fact


def user_of(inquiry: Inquiry) -> Any:
    """Return the user, loaded; None where there is none, or none can be had."""
    if "user" not in inquiry.facts:
        inquiry.varies_on("Cookie")
        inquiry.facts["user"] = _load_user(inquiry)
        # Then it is known as well, and no coroutine need wait for it in a thread.
        if conf.UNIT is None and "unit" not in inquiry.facts:
            inquiry.facts["unit"] = _unit_of(inquiry)
    return inquiry.facts["user"]


def _load_user(inquiry: Inquiry) -> Any:
    user = _unwrapped(getattr(inquiry.whom, "user", None))
    if type(user) is SimpleLazyObject:
        # `await request.auser()` may have loaded it already, and put it elsewhere.
        user = getattr(inquiry.whom, "_acached_user", user)
    try:
        getattr(user, "pk", None)
    except Error as error:
        outage.failed(error)
        inquiry.read_only = True  # dealt as a visitor, the user would keep that long after the outage
        return None
    return _unwrapped(user)


def _unwrapped(user: Any) -> Any:
    """Return what a lazy user holds, if it is loaded: through the proxy attributes take ten times as long."""
    inner = object.__getattribute__(user, "_wrapped") if type(user) is SimpleLazyObject else user
    return user if inner is empty else inner


def _unit_of(inquiry: Inquiry) -> str | None:
    """Return what a hash deals by; None where there is nothing that would be the same next time."""
    if inquiry.subject is not None and inquiry.subject.unit is not None:
        return inquiry.subject.unit
    if conf.UNIT is None:
        return _primary_key(user_of(inquiry))
    if inquiry.request is None:
        return None  # a user's key is not what the same user's request would be dealt by
    inquiry.varies_on("Cookie")  # what it reads nobody knows
    unit = function_of("UNIT")(inquiry.request)
    return _primary_key(user_of(inquiry)) if unit is None else str(unit)


def _carried_unit(inquiry: Inquiry) -> str | None:
    """Return the unit of a subject: none where it is the user's own key, which is gone with the user."""
    inquiry.facts["unit"] = unit = _unit_of(inquiry)
    return None if unit is not None and conf.UNIT is None else unit_of(inquiry)


def _primary_key(user: Any) -> str | None:
    key = getattr(user, "pk", None) if getattr(user, "is_authenticated", False) else None
    return None if key is None else str(key)


def _keys(inquiry: Inquiry, by: str) -> frozenset[Any]:
    keys = queries.keys_at_hand(user_of(inquiry), by)
    return _once_per_pin(inquiry, by, lambda user: queries.linked_keys(user, by)) if keys is None else keys


def _once_per_pin(inquiry: Inquiry, what: str, load: Callable[[Any], Any]) -> Any:
    """Return `load(user)`, called at most once per user and pin."""
    user, pin = user_of(inquiry), pins.current()
    if pin is None:
        return load(user)
    key = (inquiry.snapshot, what, user.__class__, getattr(user, "pk", None))
    found = pin.memberships.get(key)
    if found is None:
        found = load(user)
        pin.memberships[key] = found
    return found
