"""The answer to a check, and its reason."""

from __future__ import annotations

from enum import Enum
from functools import cache

from django.utils.translation import gettext as _

from waffle.values import Value


class Text(str, Enum):
    """Internal. One of several texts: within another text it is its value, on every version of Python."""

    # Enum's own is written in Python, and each check would call it.
    __hash__ = str.__hash__
    __str__ = str.__str__
    __format__ = str.__format__  # type: ignore[assignment]  # that of a text has no name for its argument


class Reason(Text):
    """What decided a check."""

    MISSING = "missing"
    """No row of that name: the default of its kind."""
    OVERRIDE = "override"
    """`WAFFLE_OVERRIDE` is on and the query string names the flag."""
    EVERYONE = "everyone"
    """The flag is on, or off, for everyone."""
    TESTING = "testing"
    """The flag is in testing mode, and a query string, header or cookie speaks for this visitor."""
    LANGUAGE = "language"
    """The language of the request is listed."""
    AUTHENTICATED = "authenticated"
    """The user is signed in."""
    STAFF = "staff"
    """The user is staff."""
    SUPERUSER = "superuser"
    """The user is a superuser."""
    USER = "user"
    """The user is listed."""
    GROUP = "group"
    """A group of the user is listed."""
    PERCENT = "percent"
    """The percentage: by a hash, by dice, or as remembered. A sample is drawn at each check."""
    CUSTOM = "custom"
    """A condition, or a method, of the project's own model."""
    ACTIVE = "active"
    """A switch is what it is set to."""
    DEFAULT = "default"
    """Nothing applies: off."""
    ERROR = "error"
    """A condition failed: off. Or no store could be read, now or before: the default of its kind."""
    STALE = "stale"
    """The store is away, and what was read last has answered; `detail` says what decided."""


class Verdict(Value):
    """An answer, true or false in an `if`, and what decided it."""

    active: bool
    reason: Reason
    detail: str = ""
    """Why, in words for people: they may change. Empty where nobody has asked for a reason."""

    def __bool__(self) -> bool:
        return self.active

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and (self.active, self.reason) == (other.active, other.reason)

    def __hash__(self) -> int:
        return hash((self.active, self.reason))


@cache
def verdict_of(active: bool, reason: Reason) -> Verdict:
    """Return the one verdict that says this: a check makes no object."""
    return Verdict(active, reason)


def stale_of(verdict: Verdict) -> Verdict:
    """Return what `verdict` is while the store is away: it may have changed since."""
    words = {"reason": verdict.reason.value, "detail": verdict.detail}
    told = _("as last read, %(reason)s: %(detail)s") if verdict.detail else _("as last read, %(reason)s")
    return Verdict(verdict.active, Reason.STALE, told % words)


def on_or_off(active: object) -> str:
    """Say in words what a toggle is."""
    return "on" if active else "off"
