"""Facts: what conditions want to know of a subject, and how it is loaded. Internal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import Error
from django.utils.functional import SimpleLazyObject, empty

from waffle import pins, queries
from waffle.conditions import Condition, InLongList, InShortList, Method
from waffle.queries import outage
from waffle.subjects import Subject


# Any, throughout: requests, users, fields and primary keys are the project's own.
def supply(condition: Condition, toggle: Any, subject: Subject) -> None:
    """Load the fact that `condition` wants into `subject.facts`."""
    fact: Any
    if isinstance(condition, Method):
        fact = getattr(toggle, condition.name)(*(getattr(subject, name) for name in condition.takes))
    elif isinstance(condition, InShortList):
        fact = _keys(subject, condition.by)
    elif isinstance(condition, InLongList):
        fact = _once_per_pin(
            subject, "listing flags", lambda user: queries.listing_flags(user, subject.snapshot.alias)
        )
    else:
        fact = user_of(subject)
    subject.facts[condition.wants or ""] = fact


def user_of(subject: Subject) -> Any:
    """Return the subject's user, loaded; None where there is none, or none can be had."""
    if "user" not in subject.facts:
        subject.facts["user"] = _load_user(subject.request)
    return subject.facts["user"]


def _load_user(request: Any) -> Any:
    user = _unwrapped(getattr(request, "user", None))
    if type(user) is SimpleLazyObject:
        # `await request.auser()` may have loaded it already, and put it elsewhere.
        user = getattr(request, "_acached_user", user)
    try:
        getattr(user, "pk", None)
    except Error as error:
        outage.failed(error)
        return None
    return _unwrapped(user)


def _unwrapped(user: Any) -> Any:
    """Return what a lazy user holds, if it is loaded: through the proxy attributes take ten times as long."""
    inner = object.__getattribute__(user, "_wrapped") if type(user) is SimpleLazyObject else user
    return user if inner is empty else inner


def _keys(subject: Subject, by: str) -> frozenset[Any]:
    keys = queries.keys_at_hand(user_of(subject), by)
    return _once_per_pin(subject, by, lambda user: queries.linked_keys(user, by)) if keys is None else keys


def _once_per_pin(subject: Subject, what: str, load: Callable[[Any], Any]) -> Any:
    """Return `load(user)`, called at most once per user and pin."""
    user, pin = user_of(subject), pins.current()
    if pin is None:
        return load(user)
    key = (subject.snapshot, what, user.__class__, getattr(user, "pk", None))
    found = pin.memberships.get(key)
    if found is None:
        found = load(user)
        pin.memberships[key] = found
    return found
