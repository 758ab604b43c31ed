"""What Django's own log of the admin says of a change: which field, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _


# Any, throughout: toggles and values are of the project's models.
def message(toggle: Any, before: Mapping[str, Any]) -> list[Any]:
    """Return a message for `LogEntry`; `before` has the old values of the fields that were changed."""
    fields = [
        f"{toggle._meta.get_field(name).verbose_name} ({shown(old)} → {shown(getattr(toggle, name))})"
        for name, old in before.items()
    ]
    return [{"changed": {"fields": fields}}]


def shown(value: Any) -> str:
    """Write a value as people read it."""
    if value is None:
        return _("unknown")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(localize(value))


def of_form(form: Any) -> list[Any]:
    """Return such a message for a form that was sent: of lists it says how many were added and removed."""
    fields = []
    for name in form.changed_data:
        label = form.fields[name].label or name
        fields.append(f"{label} ({_change(form.initial.get(name), form.cleaned_data.get(name))})")
    return [{"changed": {"fields": fields}}]


def _change(before: Any, after: Any) -> str:
    if not hasattr(after, "values_list"):
        return f"{shown(before)} → {shown(after)}"
    old, new = ({member.pk for member in members} for members in (before or (), after))
    counts = [f"+{len(new - old)}" if new - old else "", f"-{len(old - new)}" if old - new else ""]
    return ", ".join(count for count in counts if count)
