"""The reading of changes: whole histories, and one change in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q
from django.utils.formats import localize
from django.utils.text import Truncator, capfirst
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle.history.changes import Action, is_of_list
from waffle.history.members import label_of
from waffle.history.rows import CREATED, from_json
from waffle.history.writing import change_model
from waffle.kinds import KINDS, Kind

MOST_NAMES = 20  # members that a line names
LONGEST_TEXT = 200  # characters of a value


def kind_called(name: str) -> Kind:
    """Return the kind of that name; raises `ValueError` for any other."""
    for kind in KINDS:
        if kind.name == str(name):
            return kind
    raise ValueError(f"{name!r} is no kind: use one of {', '.join(kind.name for kind in KINDS)}.")


# Any, throughout: a change, query sets of changes, and what toggles hold.
def changes(kind: str | None = None, name: str | None = None) -> Any:
    """Return a query set of changes, the newest first: all, those of one kind, or those of one toggle.

    With `kind` and `name` it follows the toggle that bears the name, or bore it last, through its renames.
    """
    manager = change_model()._base_manager
    if kind is None:
        rows = manager.all()
    else:
        wanted = kind_called(kind)
        rows = manager.using(wanted.read_alias()).filter(kind=wanted.name)
    if name is not None:
        rows = rows.filter(Q(name=name) | Q(object_id=_key_of(kind, name, rows)) if kind else Q(name=name))
    return rows.order_by("-id")


def _key_of(kind: str | None, name: str, rows: Any) -> str | None:
    """Return the key of the toggle that bears a name, or bore it last."""
    model = kind_called(str(kind)).model
    key = model._default_manager.using(rows.db).filter(name=name).values_list("pk", flat=True).first()
    if key is not None:
        return str(key)
    last: str | None = rows.filter(name=name).order_by("-id").values_list("object_id", flat=True).first()
    return last


def describe(change: Any) -> list[str]:
    """Return what a change did, a line for each field, in the language that is active. It is plain text."""
    kind = next((kind for kind in KINDS if kind.name == change.kind), None)
    lines: list[str] = []
    for name in dict.fromkeys([*change.before, *change.after]):
        field = field_called(kind, name)
        if change.action == Action.CHANGED or is_of_list(change.before.get(name, change.after.get(name))):
            lines += _line(field, name, change)
        elif name != CREATED:
            lines += _line_of_row(field, name, change)
    return lines


def field_called(kind: Kind | None, name: str) -> Any:
    """Return the field of that name; None where the model has none any more."""
    try:
        return None if kind is None else kind.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def label_of_field(kind: Kind | None, name: str) -> str:
    """Return what people call a field."""
    field = field_called(kind, name)
    return str(capfirst(field.verbose_name)) if field is not None else name


def _line(field: Any, name: str, change: Any) -> Iterator[str]:
    label = str(capfirst(field.verbose_name)) if field is not None else name
    of_list = change.before.get(name) if change.action == Action.DELETED else change.after.get(name)
    if is_of_list(of_list):
        parts = [part for part in (_side(of_list, "added"), _side(of_list, "removed")) if part]
        yield f"{label}: {'; '.join(parts)}"
        return
    before = in_words(field, change.before.get(name))
    yield f"{label}: {before} → {in_words(field, change.after.get(name))}"


def _line_of_row(field: Any, name: str, change: Any) -> Iterator[str]:
    """Tell of a field of a row that came or went, if it is not what it is unless somebody sets it."""
    value = (change.after if change.action == Action.CREATED else change.before).get(name)
    is_usual = field is not None and field.has_default() and value == field.get_default()
    if not is_usual and value not in (None, ""):
        label = str(capfirst(field.verbose_name)) if field is not None else name
        yield f"{label}: {in_words(field, value)}"


def _side(of_list: Any, side: str) -> str:
    names, count = [label_of(name) for name in of_list[side]], of_list["count"][side]
    if not count:
        return ""
    shown = names[:MOST_NAMES]
    text = ", ".join(shown)
    if count > len(shown):
        more = ngettext("%(count)d more", "%(count)d more", count - len(shown)) % {
            "count": count - len(shown)
        }
        text = f"{text}, {more}" if shown else more
    return (_("added %s") if side == "added" else _("removed %s")) % text


def in_words(field: Any, value: Any) -> str:
    """Return a value of a change as people read it."""
    if value is None:
        return _("not set")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value == "":
        return _("empty")
    try:
        held = from_json(field, value) if field is not None else value
    except Exception:  # a field's own conversion; it may be of another type than it was
        held = value
    if hasattr(held, "tzinfo") and is_aware(held):
        held = localtime(held)
    text = held if isinstance(held, str) else str(localize(held))
    return Truncator(" ↵ ".join(text.splitlines())).chars(LONGEST_TEXT)
