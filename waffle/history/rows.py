"""Rows of toggles as values of JSON, and the reading of what a write is going to change. Internal.

The query for one row is written once per database, and run by a cursor: a save pays for it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import format_number
from django.db.models import BooleanField, QuerySet

from waffle import database
from waffle.history.changes import Row
from waffle.values import Value

NAME = "name"  # is told of, though a project may make it the key
MODIFIED = "modified"  # changes with all the others, and is never told of
CREATED = "created"  # is told of with a row that comes or goes
AT_ONCE = 500  # keys in one query


# Any, throughout: models, fields, keys and what fields hold are the project's own.
@cache
def fields_of(model: Any) -> tuple[Any, ...]:
    """Return the fields that tell of a row: all that the table holds but its key, and times of saves."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if (not field.primary_key or field.name == NAME)
        and field.name != MODIFIED
        and not getattr(field, "auto_now", False)
        and not getattr(field, "generated", False)
        and not getattr(field.remote_field, "parent_link", False)
    )


@cache
def changing_fields_of(model: Any) -> tuple[Any, ...]:
    """Return those of them of which a change of a row tells."""
    return tuple(field for field in fields_of(model) if field.name != CREATED)


def as_json(field: Any, value: Any) -> Any:
    """Return a field's value as JSON has it, the same for all values that the column cannot tell apart."""
    kind = type(value)
    if value is None or (kind is bool and isinstance(field, BooleanField)):
        return value  # quickly: a save asks for each field, twice
    value = field.to_python(value)
    if isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (dict, list)):
        return json.loads(json.dumps(value, cls=getattr(field, "encoder", None) or DjangoJSONEncoder))
    if isinstance(value, Decimal) and value.is_finite():
        places = getattr(field, "decimal_places", None)
        return str(value) if places is None else format_number(value, field.max_digits, places)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, datetime):
        return (value.astimezone(timezone.utc) if value.tzinfo else value).isoformat()
    return None if value is None else field.value_to_string(SimpleNamespace(**{field.attname: value}))


def as_read(field: Any, value: Any) -> Any:
    """Return the same of a value that was read: a field that cannot convert it hinders no write."""
    try:
        return as_json(field, value)
    except Exception:  # a field's own conversion
        return str(value)


def from_json(field: Any, value: Any) -> Any:
    """Return a value of JSON as the field holds it."""
    return field.to_python(value)


def row_of(toggle: Any, fields: Iterable[Any]) -> Row | None:
    """Return what an instance holds in these fields; None where only the database knows."""
    row: Row = {}
    held = toggle.__dict__
    for field in fields:
        if field.attname not in held or hasattr(held[field.attname], "resolve_expression"):
            return None
        try:
            row[field.name] = as_json(field, held[field.attname])
        except Exception:  # a field's own conversion; what the database took, the database shows
            return None
    return row


def differences(before: Row, after: Row) -> tuple[Row, Row]:
    """Return what is not the same in both, as it was and as it is."""
    changed = [name for name, value in before.items() if name in after and after[name] != value]
    return {name: before[name] for name in changed}, {name: after[name] for name in changed}


class _Reader(Value):
    """The query for one row, and what makes Python's values of its columns."""

    sql: str
    columns: list[tuple[Any, Any, list[Any]]]


def read(model: Any, key: Any, connection: BaseDatabaseWrapper) -> Row | None:
    """Return what may change of one row; nobody else changes it before the end of the open transaction."""
    model = model._meta.concrete_model
    if model._meta.parents:  # its columns are in more than one table
        return next(iter(read_keys(model, [key], connection).values()), None)
    is_locking = _needs_lock(connection)
    if is_locking and not (connection.features.has_select_for_update or database.answers_updates(connection)):
        is_locking = lock(model, connection)
    reader = _reader(model, connection.alias, is_locking)
    with connection.cursor() as cursor:
        cursor.execute(reader.sql, [model._meta.pk.get_db_prep_value(key, connection)])
        found = cursor.fetchone()
    if found is None:
        return None
    row: Row = {}
    for value, (field, column, converters) in zip(found, reader.columns, strict=True):
        for converter in converters:
            value = converter(value, column, connection)
        row[field.name] = as_read(field, value)
    return row


def read_all(rows: Any, connection: BaseDatabaseWrapper, *, is_held: bool = True) -> dict[Any, Row]:
    """Return rows as they are now, by their keys, and hold them likewise."""
    fields = fields_of(rows.model._meta.concrete_model)
    is_locking = is_held and lock(rows.model, connection)
    found: Any = QuerySet(rows.model, using=connection.alias).filter(pk__in=rows.order_by().values("pk"))
    if is_locking:
        found = found.select_for_update(no_key=connection.features.has_select_for_no_key_update)
    columns = found.values_list("pk", *(field.attname for field in fields))
    return {
        key: {field.name: as_read(field, value) for field, value in zip(fields, values, strict=True)}
        for key, *values in columns
    }


def read_keys(
    model: Any, keys: Iterable[Any], connection: BaseDatabaseWrapper, *, is_held: bool = True
) -> dict[Any, Row]:
    """Return the rows with these keys as they are now."""
    found: dict[Any, Row] = {}
    for some in portions(keys):
        wanted: Any = QuerySet(model, using=connection.alias).filter(pk__in=some)
        found.update(read_all(wanted, connection, is_held=is_held))
    return found


def portions(keys: Iterable[Any]) -> Iterable[list[Any]]:
    """Return keys in portions of which one query asks."""
    every = list(keys)
    return [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]


def lock(model: Any, connection: BaseDatabaseWrapper) -> bool:
    """Make ready to read what is then written; return whether the query itself must lock its rows.

    SQLite has one lock for all. A transaction that reads first, and would write after somebody else has
    written, fails at once; one that writes first waits for its turn. So this writes, and changes nothing.
    """
    if not _needs_lock(connection):
        return False
    if connection.vendor != "sqlite":
        return bool(connection.features.has_select_for_update)
    table, column = _quoted(model, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE 1 = 0")
    return False


def _needs_lock(connection: BaseDatabaseWrapper) -> bool:
    return database.in_transaction(connection) and not database.in_test_case(connection)


def _quoted(model: Any, connection: BaseDatabaseWrapper) -> tuple[str, str]:
    meta, quote = model._meta.concrete_model._meta, connection.ops.quote_name
    return quote(meta.db_table), quote(meta.pk.column)


def _plainest(model: Any) -> Any:
    """Return a field in no index, if there is one: SQLite writes an index though nothing in it changes."""
    fields = [field for field in fields_of(model) if not (field.unique or field.db_index)]
    return next(iter(fields), model._meta.pk)


@cache
def _reader(model: Any, alias: str, is_locking: bool) -> _Reader:
    connection = connections[alias]
    ops, (table, key) = connection.ops, _quoted(model, connection)
    columns = []
    for field in changing_fields_of(model):
        column = field.get_col(model._meta.db_table)
        converters = ops.get_db_converters(column) + column.get_db_converters(connection)
        columns.append((field, column, converters))
    names = ", ".join(ops.quote_name(field.column) for field, _, _ in columns)
    sql = f"SELECT {names} FROM {table} WHERE {key} = %s"
    if is_locking and connection.features.has_select_for_update:
        # As an UPDATE locks it, no more: whoever adds a member to a flag need not wait.
        sql = f"{sql} {ops.for_update_sql(no_key=connection.features.has_select_for_no_key_update)}"
    elif is_locking:
        column = ops.quote_name(_plainest(model).column)
        sql = f"UPDATE {table} SET {column} = {column} WHERE {key} = %s RETURNING {names}"
    return _Reader(sql, columns)
