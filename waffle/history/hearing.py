"""What hears of writes, and has them recorded. Internal.

A write is told of in its own transaction; where there is none, one is opened. No check comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from waffle import database
from waffle.conf import conf
from waffle.history import members, rows
from waffle.history.changes import Action, Draft, Row, of_list
from waffle.history.writing import is_kept, record
from waffle.kinds import KINDS, Kind

BEFORE = "_waffle_before"
"""Where an instance that comes out of a fixture holds what the row was before; None: there was none."""

SAVING = "_waffle_saving"
"""Where a connection holds the same of instances that are being saved, by their ids."""

LOADED = "_waffle_loaded"
"""Where an instance that came out of a fixture says so: its links come after it."""

DELETING = "_waffle_deleting"
"""Where a connection holds the keys of the rows that a query set deletes, and has told of."""


# Any, throughout: toggles, keys and query sets are of the project's own models.
def kind_of(model: Any, using: str) -> Kind | None:
    """Return the kind of a model that history tells of: one in use, where the router allows it."""
    if not conf.HISTORY:
        return None
    kind: Kind = model._waffle_kind
    is_in_use = kind.model._meta.concrete_model is model._meta.concrete_model
    return kind if is_in_use and is_kept(using) else None


def _alias_of(toggles: Any) -> str:
    """Return the database that a query set writes to: its `db` is the one that it reads, until it writes."""
    alias: str = toggles._db or router.db_for_write(toggles.model, **toggles._hints)
    return alias


def _transaction(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """Return a transaction, unless one is open: a save is in none of its own."""
    is_open = database.in_transaction(connection)
    return nullcontext() if is_open else transaction.atomic(using=connection.alias)


@contextmanager
def saving(toggle: Any, using: str | None) -> Iterator[None]:
    """Let a save within be told of; without `using` it is where the router says."""
    using = using or (router.db_for_write(type(toggle), instance=toggle) if conf.HISTORY else "")
    if kind_of(type(toggle), using) is None:
        yield
        return
    connection = connections[using]
    rows_before = _rows_before(using)
    if id(toggle) in rows_before:  # a receiver of its signals saves it once more
        yield
        return
    with _transaction(connection):
        rows_before[id(toggle)] = _row_before(toggle, connection)
        try:
            yield
        finally:
            del rows_before[id(toggle)]


def _rows_before(using: str) -> dict[int, Row | None]:
    found: dict[int, Row | None] = connections[using].__dict__.setdefault(SAVING, {})
    return found


def _row_before(toggle: Any, connection: BaseDatabaseWrapper) -> Row | None:
    return None if toggle.pk is None else rows.read(type(toggle), toggle.pk, connection)


def before_save(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Read what a fixture is going to overwrite: it calls no `save`."""
    if id(instance) not in _rows_before(using) and kind_of(sender, using):
        instance.__dict__[BEFORE] = _row_before(instance, connections[using])


def after_save(
    sender: Any, instance: Any, using: str, raw: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    """Record what a save has changed."""
    kind, rows_before = kind_of(sender, using), _rows_before(using)
    is_saving = id(instance) in rows_before
    if kind is None or not (is_saving or BEFORE in instance.__dict__):
        return
    before: Row | None = rows_before[id(instance)] if is_saving else instance.__dict__.pop(BEFORE)
    after = rows.row_of(instance, _fields_of_save(sender._meta.concrete_model, before, update_fields))
    if after is None:  # an expression, or a default that the database has made
        after = rows.read_keys(sender, [instance.pk], connections[using])[instance.pk]
    record(using, [_draft(kind, instance.pk, before, after)], is_loaded=raw)
    if raw:
        instance.__dict__[LOADED] = True
    if is_saving:
        rows_before[id(instance)] = {**(before or {}), **after}


def _fields_of_save(model: Any, before: Row | None, update_fields: Any) -> Any:
    if before is None:
        return rows.fields_of(model)
    fields = rows.changing_fields_of(model)
    if update_fields is None:
        return fields
    return [field for field in fields if field.name in update_fields or field.attname in update_fields]


def _draft(kind: Kind, key: Any, before: Row | None, after: Row) -> Draft:
    """Return the change between two states of a row, by what is not the same in both."""
    if before is None:
        return Draft(kind.name, after["name"], str(key), Action.CREATED, {}, after)
    name = str(after.get("name", before["name"]))
    return Draft(kind.name, name, str(key), Action.CHANGED, *rows.differences(before, after))


def before_delete(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Record that a toggle goes, with what it was."""
    kind = kind_of(sender, using)
    if kind and (kind, instance.pk) not in connections[using].__dict__.get(DELETING, ()):
        found = rows.read_keys(sender, [instance.pk], connections[using])
        record(using, _deleted(kind, found, using))


def _deleted(kind: Kind, found: dict[Any, Row], using: str) -> list[Draft]:
    lists = members.all_removed(kind.model, found, using)
    return [
        Draft(kind.name, row["name"], str(key), Action.DELETED, {**row, **lists[key]}, {})
        for key, row in found.items()
    ]


@contextmanager
def deleting(toggles: Any) -> Iterator[None]:
    """Record that the rows of a query set go: in a few queries, however many they are."""
    kind = kind_of(toggles.model, using := _alias_of(toggles))
    if kind is None or toggles.query.is_sliced or toggles.query.combinator:
        yield
        return
    connection = connections[using]
    with _transaction(connection):
        drafts = _deleted(kind, found := rows.read_all(toggles, connection), connection.alias)
        outer = connection.__dict__.get(DELETING, frozenset())
        connection.__dict__[DELETING] = outer | {(kind, key) for key in found}
        try:
            yield
        finally:
            connection.__dict__[DELETING] = outer
        record(connection.alias, drafts)


@contextmanager
def updating(toggles: Any, values: dict[str, Any]) -> Iterator[None]:
    """Record what an `update` within changes, row by row."""
    kind = kind_of(toggles.model, using := _alias_of(toggles))
    told = {field.name: field for field in rows.fields_of(toggles.model._meta.concrete_model)}
    named = {_name_of(toggles.model, name): value for name, value in values.items()}
    told = {name: field for name, field in told.items() if name in named}
    if kind is None or not told or toggles.query.is_sliced or toggles.query.combinator:
        yield
        return
    connection = connections[using]
    with _transaction(connection):
        before = rows.read_all(toggles, connection)
        yield
        after = _plain_values(told, named)
        if after is not None:
            states = {key: {**row, **after} for key, row in before.items()}
        else:
            states = rows.read_keys(toggles.model, before, connection)
        record(connection.alias, [_draft(kind, key, before[key], row) for key, row in states.items()])


def _name_of(model: Any, name: str) -> str:
    """Return the name of a field, which an `update` may call by its column's."""
    return next((f.name for f in model._meta.concrete_fields if name in (f.name, f.attname)), name)


def _plain_values(fields: dict[str, Any], values: dict[str, Any]) -> Row | None:
    """Return what an update sets, as changes tell it; None where only the database knows."""
    held = {
        field.attname: _key_of(field, values[name]) if field.is_relation else values[name]
        for name, field in fields.items()
    }
    return rows.row_of(_Holder(held), fields.values())


def _key_of(field: Any, value: Any) -> Any:
    """Return what the column of a relation holds: an instance, or what refers to it, may be given."""
    return getattr(value, field.target_field.attname) if isinstance(value, Model) else value


class _Holder:
    """An object that has attributes, and nothing else."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.__dict__.update(held)


@contextmanager
def creating(toggles: Any, made: list[Any], *, may_exist: bool) -> Iterator[None]:
    """Record what a `bulk_create` within creates; with `may_exist` it may change rows, or leave some out."""
    kind = kind_of(toggles.model, using := _alias_of(toggles))
    if kind is None:
        yield
        return
    connection = connections[using]
    with _transaction(connection):
        names = [toggle.name for toggle in made]
        before: dict[Any, Row] = {}
        if may_exist:
            before = _named(toggles.model, names, connection)
            keys = [toggle.pk for toggle in made if toggle.pk is not None]
            before.update(rows.read_keys(toggles.model, keys, connection))
        yield
        states = None if may_exist else _states(toggles.model, made)
        if states is None:
            states = _named(toggles.model, names, connection)
        drafts = [_draft(kind, key, before.get(key), row) for key, row in states.items()]
        record(connection.alias, drafts)


def _named(model: Any, names: Iterable[str], connection: BaseDatabaseWrapper) -> dict[Any, Row]:
    found: dict[Any, Row] = {}
    for some in rows.portions(names):
        wanted = model._base_manager.using(connection.alias).filter(name__in=some)
        found.update(rows.read_all(wanted, connection))
    return found


def _states(model: Any, made: list[Any]) -> dict[Any, Row] | None:
    """Return what instances hold, by their keys; None where only the database knows it all."""
    fields = rows.fields_of(model._meta.concrete_model)
    states = {toggle.pk: rows.row_of(toggle, fields) for toggle in made}
    known = {key: row for key, row in states.items() if row is not None}
    return known if len(known) == len(made) and None not in known else None


def list_changed(
    sender: Any, instance: Any, action: str, reverse: bool, pk_set: Any, using: str, **kwargs: Any
) -> None:
    """Record that toggles list more or fewer, whichever side it was said from.

    What is taken away is told of before: afterwards nobody knows who was listed.
    """
    is_added = action == "post_add"
    if not is_added and action not in ("pre_remove", "pre_clear"):
        return
    kind, field = _list_of(sender, using)
    if kind is None:
        return
    keys = pk_set if action != "pre_clear" else None
    near, far = (keys, [instance.pk]) if reverse else ([instance.pk], keys)
    if is_added:
        pairs = {(flag, member) for flag in near or () for member in far or ()}
    else:
        rows.lock(kind.model, connections[using])
        pairs = members.linked(field, near, far, using)
    if pairs:
        told = _listings(kind, field, instance, pairs, using, is_added=is_added, reverse=reverse)
        record(using, told, is_loaded=LOADED in instance.__dict__)


def _list_of(through: Any, using: str) -> tuple[Kind | None, Any]:
    """Return the list field of a model in use whose links `through` holds, and its kind."""
    for kind in KINDS if conf.HISTORY else ():
        for field in kind.model._meta.many_to_many:
            if field.remote_field.through is through:
                return kind_of(kind.model, using), field
    return None, None


def _listings(
    kind: Kind,
    field: Any,
    instance: Any,
    pairs: set[tuple[Any, Any]],
    using: str,
    *,
    is_added: bool,
    reverse: bool,
) -> Iterator[Draft]:
    by_toggle: dict[Any, list[Any]] = {}
    for toggle, member in pairs:
        by_toggle.setdefault(toggle, []).append(member)
    if reverse:
        toggles = kind.model._base_manager.using(using).filter(pk__in=[*by_toggle])
        called = dict(toggles.values_list("pk", "name"))
    else:
        called = {instance.pk: instance.name}
    for toggle in sorted(called):
        keys = by_toggle[toggle]
        names = [members.name_of(instance)] if reverse else members.names_of(field, keys, using)
        said = of_list(names, [], (len(keys), 0)) if is_added else of_list([], names, (0, len(keys)))
        yield Draft(kind.name, called[toggle], str(toggle), Action.CHANGED, {}, {field.name: said})
