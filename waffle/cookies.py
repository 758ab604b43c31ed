"""What a browser remembers: cookies, read and written."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.core import signing

from waffle.conf import conf

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""What the name of a cookie, or of a header, may be: RFC 9110, section 5.6.2."""

# A token, and ":", which browsers hold from django-waffle; "%" only where it escapes nothing.
_COOKIE_NAME = r"(?:[!#$&'*+.:^_`|~0-9A-Za-z-]|%(?![0-9A-F]{2}))+"
_SALT = "waffle.visitor"


@lru_cache(maxsize=1024)
def cookie_name(pattern: str, flag_name: str) -> str:
    """Return the cookie for a flag, percent-encoded where the plain name is no cookie name.

    `pattern` is `WAFFLE_COOKIE` or `WAFFLE_TEST_COOKIE`.
    """
    name = pattern % flag_name
    if re.fullmatch(_COOKIE_NAME, name):
        return name
    return quote(name, safe="!#$&'*+^`|", errors="surrogatepass")


# Any, throughout: Django's requests and responses, or a framework's wrapper of one.
def cookie(request: Any, pattern: str, flag_name: str) -> bool | None:
    """Return what the browser's cookie says of a flag, None where it holds none."""
    value = _cookies(request).get(cookie_name(pattern, flag_name))
    return None if value is None else value == "True"


def visitor_id(request: Any) -> str | None:
    """Return the id that the visitor's cookie holds; None where there is none, or it is not of our making."""
    value = _cookies(request).get(conf.VISITOR_COOKIE or "")
    try:
        return None if value is None else str(signing.loads(value, salt=_SALT))
    except signing.BadSignature:
        return None


def new_visitor_id() -> str:
    """Return an id that nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)


def set_flag_cookie(response: Any, pattern: str, flag_name: str, active: bool, max_age: int | None) -> None:
    """Send what was decided of a flag."""
    _set_cookie(response, cookie_name(pattern, flag_name), str(bool(active)), max_age, conf.COOKIE_HTTPONLY)


def set_visitor_cookie(response: Any, identity: str) -> None:
    """Send the visitor's id, signed; no script can read it."""
    if conf.VISITOR_COOKIE is not None:
        value = signing.dumps(identity, salt=_SALT)
        _set_cookie(response, conf.VISITOR_COOKIE, value, conf.MAX_AGE, is_http_only=True)


def _cookies(request: Any) -> Mapping[str, str]:
    cookies: Mapping[str, str] = getattr(request, "COOKIES", {})
    return cookies


def _set_cookie(response: Any, name: str, value: str, max_age: int | None, is_http_only: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=conf.COOKIE_PATH,
        domain=conf.COOKIE_DOMAIN,
        secure=conf.SECURE,
        httponly=is_http_only,
        samesite=conf.COOKIE_SAMESITE,
    )
