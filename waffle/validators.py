"""What a new toggle may be called, and how high a percentage may be. Old names are left alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 100  # characters: what the column holds

# Control characters, halves of a surrogate pair (no UTF-8), line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _has_unprintable(name: str) -> bool:
    return any(unicodedata.category(character) in _UNPRINTABLE for character in name)


# code: (what is wrong, what to do). Spaces, quotes, "%", ";", "@" and every script are right:
# cookies are percent-encoded, pages escape.
_RULES: dict[str, tuple[Callable[[str], bool], object]] = {
    "empty": (lambda name: not name, _("Enter a name: this one is empty.")),
    "too_long": (
        lambda name: len(name) > MAX_LENGTH,
        _("Choose a shorter name: at most %(limit)d characters, this one has %(length)d."),
    ),
    "unprintable": (
        _has_unprintable,
        _("Remove line breaks and other control characters from the name %(name)s."),
    ),
    # MySQL takes "x " for "x", and some forms take such spaces away.
    "outer_space": (
        lambda name: name != name.strip(),
        _("Remove the spaces before and after the name %(name)s."),
    ),
    "inverts": (
        lambda name: name.startswith("!"),
        _("Choose a name that does not begin with “!”: decorators read %(name)s as “not %(rest)s”."),
    ),
}


def validate_name(name: str) -> None:
    """Refuse a name that cannot work in a cookie, a table or a decorator.

    Raises `ValidationError` with a message that says what to do.
    """
    for code, (is_wrong, advice) in _RULES.items():
        if is_wrong(name):
            words = {"name": repr(name), "rest": repr(name[1:]), "length": len(name), "limit": MAX_LENGTH}
            raise ValidationError(str(advice), code=code, params=words)


# Any: a field of the project's own model.
def highest_percent(field: Any) -> Decimal:
    """Return the highest percentage that a decimal field holds: 100, or 99.9 in a narrower one."""
    whole_digits = field.max_digits - field.decimal_places
    return min(Decimal(100), Decimal(1).scaleb(whole_digits) - Decimal(1).scaleb(-field.decimal_places))
