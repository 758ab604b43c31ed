"""What Django's own log of the admin says of a change: which field, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle.wording import added_and_removed

LONGEST_VALUE = 100  # characters
LONGEST_LIST = 10  # members that are named


# Any, throughout: toggles, forms and values are of the project's models.
def message(toggle: Any, before: Mapping[str, Any]) -> list[Any]:
    """Return a message for `LogEntry`; `before` has the old values of the fields that were changed."""
    fields = [
        f"{_label(toggle, name)} ({shown(old)} → {shown(getattr(toggle, name))})"
        for name, old in before.items()
    ]
    return [{"changed": {"fields": fields}}]


def of_form(form: Any) -> list[Any]:
    """Return a message for `LogEntry` of what a form has changed."""
    fields = []
    for name in form.changed_data:
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        is_list = getattr(form.fields[name], "queryset", None) is not None
        told = _of_list(before or (), after or ()) if is_list else f"{shown(before)} → {shown(after)}"
        fields.append(f"{form.fields[name].label or name} ({told})")
    return [{"changed": {"fields": fields}}]


def shown(value: Any) -> str:
    """Write a value as people read it."""
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return Truncator(str(localize(value))).chars(LONGEST_VALUE)


def _of_list(before: Iterable[Any], after: Iterable[Any]) -> str:
    old, new = ({member.pk: member for member in members} for members in (before, after))
    added = [str(member) for key, member in new.items() if key not in old]
    removed = [str(member) for key, member in old.items() if key not in new]
    return added_and_removed(*(", ".join(_few(names)) for names in (added, removed)))


def _few(names: list[str]) -> list[str]:
    rest = len(names) - LONGEST_LIST
    return [*names[:LONGEST_LIST], ngettext("and %d more", "and %d more", rest) % rest] if rest > 0 else names


def _label(toggle: Any, name: str) -> str:
    return str(capfirst(toggle._meta.get_field(name).verbose_name))
