"""What a request and a browser remember of flags: notes on the request, cookies behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from waffle.conf import conf

# An RFC 6265 token, and ":", which browsers hold from django-waffle; "%" only where it escapes nothing.
_COOKIE_NAME = r"(?:[!#$&'*+.:^_`|~0-9A-Za-z-]|%(?![0-9A-F]{2}))+"


@lru_cache(maxsize=1024)
def cookie_name(pattern: str, flag_name: str) -> str:
    """Return the cookie for a flag, percent-encoded where the plain name is no cookie name.

    `pattern` is `WAFFLE_COOKIE` or `WAFFLE_TEST_COOKIE`.
    """
    name = pattern % flag_name
    return (
        name if re.fullmatch(_COOKIE_NAME, name) else quote(name, safe="!#$&'*+^`|", errors="surrogatepass")
    )


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


def cookie(request: Any, pattern: str, flag_name: str) -> bool | None:
    """Return what the browser's cookie says of a flag, None where it holds none."""
    cookies: Mapping[str, str] = getattr(request, "COOKIES", {})
    value = cookies.get(cookie_name(pattern, flag_name))
    return None if value is None else value == "True"


def query(request: Any, name: str) -> str | None:
    """Return a parameter of the query string, None where it is not there."""
    parameters: Mapping[str, str] = getattr(request, "GET", {})
    return parameters.get(name)


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
    notes: dict[str, Any] = found if isinstance(found, dict) else {}
    if notes is not found:
        with suppress(AttributeError):  # what cannot take notes stands in for a request
            setattr(request, attribute, notes)
    return notes


def write_cookies(request: Any, response: Any) -> None:
    """Turn the notes on `request` into cookies of `response`."""
    request = inner_request(request)
    for name, (active, session_only) in getattr(request, "waffles", {}).items():
        # In rollout mode whoever came out inactive is asked again in the next session.
        max_age = None if session_only and not active else conf.MAX_AGE
        _set_cookie(response, conf.COOKIE, name, active, max_age)
    for name, active in getattr(request, "waffle_tests", {}).items():
        _set_cookie(response, conf.TEST_COOKIE, name, active, None)


def _set_cookie(response: Any, pattern: str, flag_name: str, active: bool, max_age: int | None) -> None:
    response.set_cookie(
        cookie_name(pattern, flag_name), value=str(bool(active)), max_age=max_age, secure=conf.SECURE
    )
