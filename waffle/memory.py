"""What a request remembers of flags: notes on it, which become cookies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any

from django.core.exceptions import SuspiciousOperation

from waffle import cookies
from waffle.conf import conf

NOTES = ("waffles", "waffle_tests", "waffle_visitor", "waffle_varies", "waffle_is_private")
"""The attributes of a request that hold notes."""

NOTHING: Mapping[str, Any] = {}
"""What an object has that is not there: shared, for the making takes time."""


# Any: a Django request, or a framework's wrapper of one.
def inner_request(request: Any) -> Any:
    """Return the request that the middleware sees: Django REST framework wraps it."""
    return getattr(request, "_request", request)


def dealt(request: Any) -> dict[str, list[bool]]:
    """Return the notes on percentages, `{flag name: [active, session_only]}`, to read or to add to."""
    return _notes(request, "waffles")


def tested(request: Any) -> dict[str, bool]:
    """Return the notes on testing mode, `{flag name: active}`, to read or to add to."""
    return _notes(request, "waffle_tests")


def parameters(request: Any) -> Mapping[str, str]:
    """Return the query string's parameters: none where Django refuses it."""
    try:
        found: Mapping[str, str] = getattr(request, "GET", {})
    except SuspiciousOperation:  # too many of them
        return {}
    return found


def query(request: Any, name: str) -> str | None:
    """Return a parameter of the query string, None where it is not there."""
    return parameters(request).get(name)


def header(request: Any, name: str) -> str | None:
    """Return a header, None where it is not there."""
    headers: Mapping[str, str] = getattr(request, "headers", {})
    return headers.get(name)


def set_flag(request: Any, flag_name: str, active: bool = True, session_only: bool = False) -> None:
    """Decide a flag's percentage for this visitor.

    A cookie keeps it; with `session_only` an inactive one is kept until the browser closes.
    """
    dealt(request)[flag_name] = [bool(active), session_only]


# Any: the caller's annotation says what the notes hold.
def _notes(request: Any, attribute: str) -> dict[str, Any]:
    request = inner_request(request)
    found = getattr(request, attribute, None)
    if isinstance(found, dict):
        return found
    notes: dict[str, Any] = {}
    with suppress(AttributeError):  # what cannot take notes stands in for a request
        setattr(request, attribute, notes)
    return notes


def visitor(request: Any, *, read_only: bool) -> str | None:
    """Return the visitor's id, None for an unknown visitor.

    Unless `read_only`, a visitor who has none is given one, and the cookie that holds it is sent.
    """
    notes = _notes(request, "waffle_visitor")
    if "id" not in notes:
        notes["id"] = cookies.visitor_id(request)
    if not read_only:
        notes["is_sent"] = True
        if notes["id"] is None:
            notes["id"] = cookies.new_visitor_id()
            keep_private(request)  # a random id decides as dice do
    identity: str | None = notes["id"]
    return identity


def varies_on(request: Any, *headers: str) -> None:
    """Note that the answer to this request depends on these headers of it."""
    _notes(request, "waffle_varies").update(dict.fromkeys(headers))


def keep_private(request: Any) -> None:
    """Note that the answer to this request is for this visitor alone: dice have decided."""
    with suppress(AttributeError):  # what cannot take notes stands in for a request
        inner_request(request).waffle_is_private = True


@contextmanager
def undone(request: Any) -> Iterator[None]:
    """Take every note back that is made on `request` within the block."""
    fields: dict[str, Any] = getattr(inner_request(request), "__dict__", {})
    notes = {name: fields[name] for name in NOTES if name in fields}
    fields.update({name: copy(note) for name, note in notes.items()})
    try:
        yield
    finally:
        for name in NOTES:
            fields.pop(name, None)
        fields.update(notes)


def has_notes(request: Any) -> bool:
    """Say whether there are notes on `request`: on most there are none."""
    fields = getattr(getattr(request, "_request", request), "__dict__", NOTHING)
    # Unrolled: a loop takes three times as long.
    return (
        "waffles" in fields
        or "waffle_tests" in fields
        or "waffle_visitor" in fields
        or "waffle_varies" in fields
        or "waffle_is_private" in fields
    )


def write_cookies(request: Any, response: Any) -> None:
    """Turn the notes on `request` into cookies of `response`."""
    request = inner_request(request)
    for name, (active, session_only) in getattr(request, "waffles", {}).items():
        # In rollout mode whoever came out inactive is asked again in the next session.
        max_age = None if session_only and not active else conf.MAX_AGE
        cookies.set_flag_cookie(response, conf.COOKIE, name, active, max_age)
    for name, active in getattr(request, "waffle_tests", {}).items():
        cookies.set_flag_cookie(response, conf.TEST_COOKIE, name, active, None)
    visitor_notes = getattr(request, "waffle_visitor", {})
    if visitor_notes.get("is_sent"):
        cookies.set_visitor_cookie(response, visitor_notes["id"])
