"""Overrides: what toggles are for a while in this process, whatever their rows say. Internal.

They are for tests: see `waffle.testutils`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from waffle import store
from waffle.conditions import Rosters
from waffle.kinds import Entry, Kind, copy_of
from waffle.snapshots import UNKNOWN, Snapshot
from waffle.values import Value


# Any, throughout: toggles and what their fields hold are the project's own.
class Layer(Value):
    """Fields of one toggle, laid over whatever is there."""

    kind: Kind
    name: str
    fields: Mapping[str, Any]
    lists: Mapping[str, frozenset[Any]]
    """For each list field the primary keys that it lists."""

    def toggle(self, base: Any = None) -> Any:
        """Return a copy of `base`, or a toggle without a row, with the fields set."""
        toggle = self.kind.model(name=self.name) if base is None else copy_of(base)
        for field, value in self.fields.items():
            setattr(toggle, field, value)
        return toggle

    def rosters(self, toggle: Any, known: Rosters | None) -> Rosters:
        """Return whom `toggle` lists: what is set, else what is `known`, else what its links say."""
        members: dict[str, frozenset[Any]] = {}
        for field in self.kind.lists():
            if field in self.lists:
                members[field] = self.lists[field]
            elif known is None and toggle.pk is not None:
                members[field] = frozenset(getattr(toggle, field).values_list("pk", flat=True))
            else:
                members[field] = (known or {}).get(field, {}).get(toggle.pk, frozenset())
        return {field: {toggle.pk: keys} for field, keys in members.items()}

    def entry(self, snapshot: Snapshot) -> Entry:
        """Return the toggle as a snapshot would hold it, laid over what `snapshot` holds."""
        below = snapshot.entries.get(self.name)
        toggle = self.toggle(None if below is None else below.toggle)
        return self.kind.entry(toggle, self.rosters(toggle, snapshot.rosters))

    def snapshot(self) -> Snapshot:
        """Return what it is laid over: nothing where it decides alone, for then no row is asked for."""
        return UNKNOWN if self.decides_alone() else _rows(self.kind)

    def decides_alone(self) -> bool:
        """Say whether no row could change the answer."""
        entry, given = self.entry(UNKNOWN), {*self.fields, *self.lists}
        if any(condition.settles and condition.field in given for condition in entry.conditions[:1]):
            return True
        return not entry.is_custom and all(condition.field in given for condition in self.kind.conditions())


in_force: list[Layer] = []
"""All layers of this process, the innermost last. Adding and removing are atomic, and need no lock."""


def put(kind: Kind, name: str, fields: Mapping[str, Any]) -> Layer:
    """Lay `fields` over a toggle, for every thread of this process.

    Raises `FieldDoesNotExist`, or for a wrong value `ValidationError`, which names it.
    """
    lists: dict[str, frozenset[Any]] = {}
    values: dict[str, Any] = {}
    for field, value in fields.items():
        try:
            if field in kind.lists():
                lists[field] = _keys(kind, field, value)
            else:
                values[field] = _value(kind, field, value)
        except (TypeError, ValueError, ValidationError) as error:
            problem = " ".join(getattr(error, "messages", [str(error)]))
            raise ValidationError(f"The {kind} {name!r} cannot have {field}={value!r}: {problem}") from error
    layer = Layer(kind, name, values, lists)
    layer.toggle()  # what cannot be set fails here, not in a check
    in_force.append(layer)
    return layer


def lift(layer: Layer) -> None:
    """Take a layer away, whichever others lie over it."""
    in_force.remove(layer)


def find(kind: Kind, name: str) -> tuple[Snapshot, Entry | None]:
    """Return the entry that a check goes by, and its snapshot; None where there is no such toggle."""
    layer = _merged(kind, name)
    snapshot = store.snapshot(kind) if layer is None else layer.snapshot()
    return snapshot, snapshot.entries.get(name) if layer is None else layer.entry(snapshot)


def entries(kind: Kind) -> Mapping[str, Entry]:
    """Return all toggles, also those that are there by an override alone.

    While any toggle is overridden, a test that may not ask the database has no others.
    """
    if not in_force:
        return store.snapshot(kind).entries
    names = dict.fromkeys(layer.name for layer in tuple(in_force) if layer.kind is kind)
    snapshot = _rows(kind)
    layers = {name: layer for name in names if (layer := _merged(kind, name))}
    return {**snapshot.entries, **{name: layer.entry(snapshot) for name, layer in layers.items()}}


def over(kind: Kind, toggle: Any) -> Layer | None:
    """Return what lies over a toggle at hand, None for nothing."""
    return _merged(kind, toggle.name) if in_force and type(toggle) is kind.model else None


def seen(kind: Kind, toggle: Any) -> Any:
    """Return a toggle at hand as overrides show it; None where there is neither a row nor an override."""
    layer = over(kind, toggle)
    if layer is not None:
        return layer.toggle(toggle)
    return None if toggle.pk is None else toggle


def _merged(kind: Kind, name: str) -> Layer | None:
    """Return what all layers over a toggle come to: the innermost has the last word on each field."""
    layers = [layer for layer in tuple(in_force) if layer.kind is kind and layer.name == name]
    if not layers:
        return None
    fields = {field: value for layer in layers for field, value in layer.fields.items()}
    lists = {field: keys for layer in layers for field, keys in layer.lists.items()}
    return Layer(kind, name, fields, lists)


def _rows(kind: Kind) -> Snapshot:
    """Return the rows; none in a test that may not ask the database."""
    try:
        return store.snapshot(kind)
    except (AssertionError, RuntimeError):  # by these Django's SimpleTestCase and pytest-django forbid it
        return UNKNOWN


def _value(kind: Kind, name: str, value: Any) -> Any:
    """Return a value as the field would hold it; raises `FieldDoesNotExist`, `ValidationError`."""
    field = kind.model._meta.get_field(name)
    if field.is_relation:
        return value
    found = field.to_python(value)
    if found is None and not field.null:
        raise ValidationError(field.error_messages["null"])
    # Up to 100 also for a flag, whose column ends at 99.9: a test may want it dealt to all.
    if name == "percent" and found is not None and not 0 <= found <= 100:
        raise ValidationError("Enter a percentage from 0 to 100.")
    return found


def _keys(kind: Kind, name: str, members: Any) -> frozenset[Any]:
    """Return the primary keys of what is to be listed: objects, or their keys."""
    target = kind.model._meta.get_field(name).related_model._meta.pk
    keys = frozenset(target.to_python(getattr(member, "pk", member)) for member in members)
    if None in keys:
        raise ValueError("An object without a primary key cannot be listed: save it, or make it with pk=1.")
    return keys
