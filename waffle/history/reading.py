"""The reading of changes: whole histories, and one change in words."""

from __future__ import annotations

from collections.abc import Iterable
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
from waffle.history.writing import LONGEST, change_model
from waffle.kinds import KINDS, Kind
from waffle.values import Value
from waffle.wording import added_and_removed, labelled

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
    What another toggle did under its key is left out: a project may have swapped its model.
    """
    manager = change_model()._base_manager
    if kind is None:
        rows = manager.all()
    else:
        wanted = kind_called(kind)
        rows = manager.using(wanted.read_alias()).filter(kind=wanted.name)
    if name is not None:
        rows = rows.filter(_of_toggle(kind_called(kind), name, rows) if kind else Q(name=name))
    return rows.order_by("-id")


def _of_toggle(kind: Kind, name: str, rows: Any) -> Q:
    """Return which changes are of the toggle that bears a name, or bore it last."""
    toggles = kind.model._default_manager.using(rows.db)
    key, now, last = toggles.filter(name=name).values_list("pk", flat=True).first(), name, None
    if key is None:
        last = rows.filter(name=name).order_by("-id").first()
        if last is None:
            return Q(name=name)
        key = last.object_id
        now = rows.filter(object_id=key).order_by("-id").values_list("name", flat=True)[0]
    first = beginning(rows, str(key), now)
    if first is None or (last is not None and last.pk < first):
        return Q(name=name)
    return Q(name=name) | Q(object_id=str(key), pk__gte=first)


def beginning(rows: Any, key: str, name: str) -> int | None:
    """Return the first change of the toggle that bears a key, and a name now; None where there is none.

    What is older is of another toggle, which bore the key in the table of a model that is in use no more.
    """
    of_key = rows.filter(object_id=key).order_by("-id")
    # One that a revert has made anew is the one that it was.
    made = of_key.filter(action=Action.CREATED, reverts=None).values_list("pk", flat=True).first()
    if made is not None:
        of_key = of_key.filter(pk__gte=made)
    first = None
    for change in of_key.only("name", "before").iterator():
        if change.name != name[:LONGEST]:
            break
        first, name = change.pk, change.before.get("name", name)
    return first


class Line(Value):
    """What a change did to one field, in words; of a list whom it lost, and whom it gained."""

    label: str
    before: str
    after: str
    is_list: bool = False

    def __str__(self) -> str:
        if not self.is_list:
            parts = [part for part in (self.before, self.after) if part]
            return labelled(self.label, " → ".join(parts))
        return labelled(self.label, added_and_removed(self.after, self.before))


def describe(change: Any) -> list[str]:
    """Return what a change did, a line for each field, in the language that is active. It is plain text."""
    return [str(line) for line in lines_of(change)]


def lines_of(change: Any) -> list[Line]:
    """Return the same in parts, for a table."""
    kind = next((kind for kind in KINDS if kind.name == change.kind), None)
    names = in_order(kind, [*change.before, *change.after])
    return [line for name in names if (line := _line(field_called(kind, name), name, change))]


def in_order(kind: Kind | None, names: Iterable[str]) -> list[str]:
    """Return names of fields in the order of the model: a database keeps JSON in an order of its own."""
    meta = None if kind is None else kind.model._meta
    fields = [] if meta is None else [field.name for field in (*meta.concrete_fields, *meta.many_to_many)]
    rest = [*dict.fromkeys(names)]
    return [*(name for name in fields if name in rest), *(name for name in rest if name not in fields)]


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


def _line(field: Any, name: str, change: Any) -> Line | None:
    label = str(capfirst(field.verbose_name)) if field is not None else name
    before, after = change.before.get(name), change.after.get(name)
    said = before if change.action == Action.DELETED else after
    if is_of_list(said):
        return Line(label, _side(said, "removed"), _side(said, "added"), is_list=True)
    if change.action == Action.CHANGED:
        return Line(label, in_words(field, before), in_words(field, after))
    # Of a row that came or went: what somebody has set.
    is_usual = field is not None and field.has_default() and said == field.get_default()
    if name == CREATED or is_usual or said in (None, ""):
        return None
    word = in_words(field, said)
    return Line(label, word, "") if change.action == Action.DELETED else Line(label, "", word)


def _side(of_list: Any, side: str) -> str:
    """Return the names on one side of a list's change, of many the first."""
    count, shown = of_list["count"][side], [label_of(name) for name in of_list[side][:MOST_NAMES]]
    more = count - len(shown)
    if more > 0:
        shown.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    return ", ".join(shown)


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
