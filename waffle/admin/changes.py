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
