"""The taking back of changes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, router, transaction
from django.utils.translation import gettext as _

from waffle.history import members, rows
from waffle.history.authors import reverting
from waffle.history.changes import Action, Row, is_capped, is_of_list
from waffle.history.reading import beginning, field_called, in_order, kind_called, label_of_field
from waffle.history.writing import change_model
from waffle.kinds import Kind


# Any, throughout: changes, and toggles and members of the project's own models.
class Conflict(Exception):
    """A change cannot be taken back as it is: what it changed has changed since, or is gone."""

    def __init__(self, message: str, fields: list[str], changes: list[Any]) -> None:
        super().__init__(message)
        self.fields = fields
        """What people call the fields that have changed since."""
        self.changes = changes
        """The changes since, the newest first; fifty at most."""


def conflicts(change: Any) -> list[str]:
    """Return what people call the fields that have changed since, so that a revert would overwrite them.

    There is none in a list: who was added is removed, who was removed is added, and all others stay. But
    where a change does not name them all, its list is among the conflicts.
    """
    kind, using = kind_called(change.kind), _alias_of(change)
    found = _row_of(kind, change, using, is_held=False)
    return _conflicts(kind, change, found, using)


def revert(change: Any, *, force: bool = False) -> Any:
    """Take a change back, as a change of its own, which is returned; None where there was nothing to do.

    Raises `Conflict` where something has changed since, unless `force` says that it may be overwritten, and
    `ValidationError` where the toggle would be wrong.
    """
    kind, using = kind_called(change.kind), _alias_of(change)
    try:
        with transaction.atomic(using=using), reverting(change) as block:
            _check(kind, change, using, force=force)
            _take_back(kind, change, using)
    except (IntegrityError, ValidationError):
        _check(kind, change, using, force=force)  # somebody was quicker, and has committed since
        raise
    model = change_model()
    return model._base_manager.using(using).filter(pk=block.written[-1]).first() if block.written else None


def _check(kind: Kind, change: Any, using: str, *, force: bool) -> None:
    """Raise `Conflict` where a change cannot be taken back; in a transaction nobody else changes the row."""
    found = _row_of(kind, change, using, is_held=True)
    fields = _conflicts(kind, change, found, using)
    is_possible = (found is None) == (change.action == Action.DELETED)
    if not is_possible or (fields and not force):
        raise Conflict(_message(change, found, fields), fields, _changes_since(change, using))


def _take_back(kind: Kind, change: Any, using: str) -> None:
    if change.action == Action.CREATED:
        kind.model._base_manager.using(using).get(pk=key_of(kind, change)).delete()
    elif change.action == Action.DELETED:
        _make_anew(kind, change, using)
    else:
        _set_back(kind, change, using)


def _alias_of(change: Any) -> str:
    """Return the database in which the toggle is, or was."""
    alias: str = router.db_for_write(kind_called(change.kind).model, instance=change)
    return alias


def key_of(kind: Kind, change: Any) -> Any:
    """Return the key of the toggle that was changed; None where the project has keys of another type now."""
    try:
        return kind.model._meta.pk.to_python(change.object_id)
    except (TypeError, ValueError, ValidationError):
        return None


def toggle_of(change: Any) -> Any:
    """Return the toggle that was changed; None where it is gone, or another one bears its key now."""
    kind, using = kind_called(change.kind), change._state.db
    toggle = kind.model._base_manager.using(using).filter(pk=key_of(kind, change)).first()
    return toggle if toggle is not None and _is_of(change, toggle.name, using) else None


def _is_of(change: Any, name: str, using: str) -> bool:
    """Say whether a change is of the toggle that bears its key, and this name, now."""
    changes = change_model()._base_manager.using(using).filter(kind=change.kind)
    first = beginning(changes, change.object_id, name)
    return first is not None and first <= change.pk


def _row_of(kind: Kind, change: Any, using: str, *, is_held: bool) -> Row | None:
    key = key_of(kind, change)
    found = rows.read_keys(kind.model, [key], connections[using], is_held=is_held).get(key)
    return found if found is not None and _is_of(change, found["name"], using) else None


def _conflicts(kind: Kind, change: Any, found: Row | None, using: str) -> list[str]:
    if change.action == Action.DELETED:
        name = change.before.get("name", change.name)
        is_taken = found is not None or kind.model._base_manager.using(using).filter(name=name).exists()
        names = ["name"] if is_taken else []
        names += [name for name, value in change.before.items() if is_capped(value)]
    elif found is None:
        return []
    else:
        names = [
            name
            for name, value in change.after.items()
            if (is_capped(value) if is_of_list(value) else name in found and found[name] != value)
        ]
        if change.action == Action.CREATED:
            names += _lists_since(kind, change, using)
    return [label_of_field(kind, name) for name in in_order(kind, names)]


def _lists_since(kind: Kind, change: Any, using: str) -> list[str]:
    """Return the lists of a toggle that hold somebody whom its making did not put there."""
    emptied = members.all_removed(kind.model, [key_of(kind, change)], using)[key_of(kind, change)]
    return [
        name
        for name, said in emptied.items()
        if any(each not in change.after.get(name, {}).get("added", ()) for each in said["removed"])
    ]


def _message(change: Any, found: Row | None, fields: list[str]) -> str:
    if change.action == Action.DELETED and found is not None:
        return _("“%(name)s” exists again.") % {"name": change.name}
    if change.action != Action.DELETED and found is None:
        return _("“%(name)s” no longer exists.") % {"name": change.name}
    return _("Changed since then: %s.") % ", ".join(fields)


def _changes_since(change: Any, using: str) -> list[Any]:
    later = change_model()._base_manager.using(using).filter(kind=change.kind, object_id=change.object_id)
    return list(later.filter(pk__gt=change.pk).order_by("-id")[:50])


def _set_back(kind: Kind, change: Any, using: str) -> None:
    toggle = kind.model._base_manager.using(using).get(pk=key_of(kind, change))
    changed = []
    for name, value in change.before.items():
        field = field_called(kind, name)
        if field is not None:
            setattr(toggle, field.attname, rows.from_json(field, value))
            changed.append(name)
    toggle.full_clean()
    if changed:
        toggle.save(using=using, update_fields=changed)
    for name, said in change.after.items():
        if is_of_list(said):
            _list(kind, toggle, name, said["removed"], using)
            _unlist(kind, toggle, name, said["added"], using)


def _make_anew(kind: Kind, change: Any, using: str) -> None:
    """Make a toggle as it was, under the key that it had, if no other has it: so its history goes on."""
    toggle = kind.model()
    toggle._state.db = using
    key = key_of(kind, change)
    if key and not kind.model._base_manager.using(using).filter(pk=key).exists():
        toggle.pk = key
    for name, value in change.before.items():
        field = field_called(kind, name)
        if field is not None and not is_of_list(value):
            setattr(toggle, field.attname, rows.from_json(field, value))
    toggle.full_clean()
    toggle.save(using=using, force_insert=True)
    for name, said in change.before.items():
        if is_of_list(said):
            _list(kind, toggle, name, said["removed"], using)


def _list(kind: Kind, toggle: Any, name: str, names: list[Any], using: str) -> None:
    found = _members(kind, name, names, using)
    if found:
        getattr(toggle, name).add(*found)


def _unlist(kind: Kind, toggle: Any, name: str, names: list[Any], using: str) -> None:
    found = _members(kind, name, names, using)
    if found:
        getattr(toggle, name).remove(*found)


def _members(kind: Kind, name: str, names: list[Any], using: str) -> list[Any]:
    """Return whom a change names, as far as they are still there."""
    field = field_called(kind, name)
    if field is None:
        return []
    found = (members.member_called(each, field.related_model, using) for each in names)
    return [member for member in found if member is not None]
