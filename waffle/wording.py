"""What texts for people have in common, in the language that is active. Internal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

# What is so of a user, and what is where it does not hold.
SIGNED_IN = (gettext_lazy("the user is signed in"), gettext_lazy("the user is not signed in"))
STAFF = (gettext_lazy("the user is staff"), gettext_lazy("the user is not staff"))
SUPERUSER = (gettext_lazy("the user is a superuser"), gettext_lazy("the user is not a superuser"))
IS_SO = (gettext_lazy("the user is {what}"), gettext_lazy("the user is not {what}"))
LISTED: dict[str, tuple[Any, ...]] = {  # Any: the stubs type lazy texts otherwise than Django does
    "user": (gettext_lazy("the user is listed"), gettext_lazy("the user is not listed")),
    "groups": (gettext_lazy("the user is in a listed group"), gettext_lazy("the user is in no listed group")),
}
LISTED_BY = (gettext_lazy("the user is listed by {by}"), gettext_lazy("the user is not listed by {by}"))


def labelled(label: object, detail: object) -> str:
    """Write "label: detail": French has a space before the colon."""
    return _("%(label)s: %(detail)s") % {"label": label, "detail": detail}


def together(parts: Iterable[object]) -> str:
    """Write parts that have commas of their own one after the other."""
    return pgettext("between parts of a sentence", "; ").join(map(str, parts))


# Any number: a field's, or one that was calculated.
def number(value: object) -> str:
    """Write a number with no more digits than it has, six at most."""
    return str(number_format(f"{float(str(value)):g}"))


def added_and_removed(added: str, removed: str) -> str:
    """Say whom a list gained and lost; either may be empty."""
    if added and removed:
        return _("added %(added)s; removed %(removed)s") % {"added": added, "removed": removed}
    if removed:
        return _("removed %s") % removed
    return _("added %s") % added if added else ""
