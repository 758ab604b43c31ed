"""What the database holds of a user: its groups and the like, and the flags that list it. Internal.

The SQL is written once per database, and run by a cursor: at each check the ORM would need ten times as
long to write it as the database needs to answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import Error, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field

from waffle import database
from waffle.kinds import FLAG
from waffle.outages import Outage

outage = Outage("What the database holds of a user", "Conditions that ask for it do not apply.")


# Any, throughout: users, fields and primary keys are the project's own.
def keys_of(user: Any, by: str) -> frozenset[Any]:
    """Return the primary keys of which a list holds one where `user` is listed by its attribute `by`."""
    if getattr(user, "pk", None) is None:
        return frozenset()
    if by == "user":
        return frozenset([user.pk])
    field = _field(user.__class__, by)
    if field is not None and field.many_to_many:
        alias = router.db_for_read(field.remote_field.through, instance=user)
        return frozenset(key for (key,) in _ask(_own_links(field, alias), alias, [user.pk]))
    has_key = field is not None and field.many_to_one and field.target_field.primary_key
    value: Any = getattr(user, field.attname if has_key else by, None)
    if hasattr(value, "values_list"):  # a relation from elsewhere, or something that stands in for a user
        return frozenset(value.values_list("pk", flat=True))
    return frozenset() if value is None else frozenset([getattr(value, "pk", value)])


def listing_flags(user: Any, alias: str) -> dict[str, set[Any]]:
    """Return `{list field: primary keys of the flags that list the user, or what is the user's}`."""
    lists = FLAG.lists()
    listing: dict[str, set[Any]] = {name: set() for name in lists}
    if getattr(user, "pk", None) is None:
        return listing
    keys = [
        [user.pk] if _joins(user.__class__, listed.by) else list(keys_of(user, listed.by))
        for listed in lists.values()
    ]
    query = _listing(FLAG.model, user.__class__, alias, tuple(map(len, keys)))
    names = list(lists)
    for number, flag in _ask(query, alias, [key for branch in keys for key in branch]):
        listing[names[number]].add(flag)
    return listing


@dataclass(frozen=True)
class Query:
    """SQL for one database, with the fields that its parameters are for and that its last column holds."""

    table: str
    sql: str
    parameters: tuple[Any, ...]
    answer: Any


def _ask(query: Query, alias: str, keys: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows that answer `query`; none where the database cannot be asked."""
    connection = connections[alias]
    if connection.needs_rollback or not outage.is_over():
        return iter(())
    try:
        parameters = zip(query.parameters, keys, strict=True)
        values = [field.get_db_prep_value(key, connection) for field, key in parameters]
    except (TypeError, ValueError, ValidationError):
        return iter(())  # a key of another sort than the list holds is in no list
    try:
        rows = database.fetch(connection, query.table, query.sql, values)
    except Error as error:
        outage.failed(error)
        database.after_failure(connection)
        return iter(())
    outage.worked()
    return _converted(rows, query.answer, connection)


def _converted(
    rows: list[tuple[Any, ...]], field: Any, connection: BaseDatabaseWrapper
) -> Iterator[tuple[Any, ...]]:
    """Turn the last column into what the field holds in Python: a UUID, for one, is text in SQLite."""
    column = field.get_col(field.model._meta.db_table)
    converters = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
    for *first, value in rows:
        for converter in converters:
            value = converter(value, column, connection)
        yield (*first, value)


@cache
def _field(model: Any, name: str) -> Any:
    """Return a field of the user model; None where the attribute is no field of its own."""
    try:
        field = model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None
    return field if isinstance(field, Field) else None


def _joins(user_model: Any, by: str) -> bool:
    """Say whether the user's own key finds the flags that list it by `by`: no key is asked for first."""
    field = _field(user_model, by)
    return by == "user" or (field is not None and bool(field.many_to_many))


def _link(field: Any) -> tuple[str, Any, Any]:
    """Return a many-to-many field's table, and the foreign keys in it: to this side, to the other."""
    meta = field.remote_field.through._meta
    ends = (field.m2m_field_name(), field.m2m_reverse_field_name())
    return (meta.db_table, *(meta.get_field(end) for end in ends))


@cache
def _own_links(field: Any, alias: str) -> Query:
    """Write the query for what a user has in a many-to-many field of its own, its groups for one."""
    quote = connections[alias].ops.quote_name
    table, user, other = _link(field)
    sql = f"SELECT {quote(other.column)} FROM {quote(table)} WHERE {quote(user.column)} = %s"
    return Query(table, sql, (user,), other)


@cache
def _listing(flag_model: Any, user_model: Any, alias: str, counts: tuple[int, ...]) -> Query:
    """Write the query for the flags that list a user: a branch per list field, `counts` keys in each."""
    quote = connections[alias].ops.quote_name
    branches: list[str] = []
    parameters: list[Any] = []
    for number, (name, listed) in enumerate(FLAG.lists().items()):
        table, flag, member = _link(flag_model._meta.get_field(name))
        column, join = f"l.{quote(member.column)}", ""
        if listed.by != "user" and _joins(user_model, listed.by):
            own_table, member, other = _link(_field(user_model, listed.by))
            join = f" INNER JOIN {quote(own_table)} u ON u.{quote(other.column)} = {column}"
            column = f"u.{quote(member.column)}"
        places = ", ".join(["%s"] * counts[number]) or "NULL"
        source = f"{quote(table)} l{join} WHERE {column} IN ({places})"
        branches.append(f"SELECT {number}, l.{quote(flag.column)} FROM {source}")
        parameters += [member] * counts[number]
    return Query(table, " UNION ALL ".join(branches), tuple(parameters), flag)
