"""Rosters: whom each flag lists, read for all flags at once. Internal.

The SQL is written once per database, and run by a cursor; lists with keys of the same type share one query.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle.conditions import Rosters
from waffle.conf import conf
from waffle.kinds import Kind
from waffle.values import Value


# Any, throughout: fields and primary keys are the project's own.
class Link(Value):
    """A list field's own table, and the foreign keys in it: to this side, to the other."""

    table: str
    near: Any
    far: Any


def link_of(field: Any) -> Link:
    """Return what links the two sides of a many-to-many field."""
    meta = field.remote_field.through._meta
    ends = (field.m2m_field_name(), field.m2m_reverse_field_name())
    return Link(meta.db_table, *(meta.get_field(end) for end in ends))


def from_database(keys: Iterable[Any], field: Any, connection: BaseDatabaseWrapper) -> list[Any]:
    """Return a column's values as Python has them: a UUID, for one, is text in SQLite."""
    found = list(keys)
    column, converters = _conversion(field, connection.alias)
    for converter in converters:
        found = [converter(key, column, connection) for key in found]
    return found


@cache
def _conversion(field: Any, alias: str) -> tuple[Any, list[Any]]:
    connection = connections[alias]
    column = field.get_col(field.model._meta.db_table)
    return column, connection.ops.get_db_converters(column) + column.get_db_converters(connection)


def read(kind: Kind, connection: BaseDatabaseWrapper) -> Rosters | None:
    """Read whom each flag lists; None where one list field has more links than `WAFFLE_ROSTER_LIMIT`."""
    rosters: dict[str, dict[Any, frozenset[Any]]] = {}
    most = conf.ROSTER_LIMIT
    for links, sql in _queries(kind.model, tuple(kind.lists()), connection.alias, most + 1):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall()
        for number, (name, link) in enumerate(links.items()):
            found = [(flag, member) for branch, flag, member in rows if branch == number]
            if len(found) > most:
                return None
            rosters[name] = _roster(found, link, connection)
    return rosters


def _roster(
    rows: list[tuple[Any, Any]], link: Link, connection: BaseDatabaseWrapper
) -> dict[Any, frozenset[Any]]:
    flags = from_database((flag for flag, _ in rows), link.near, connection)
    keys = from_database((key for _, key in rows), link.far, connection)
    members: dict[Any, set[Any]] = {}
    for flag, key in zip(flags, keys, strict=True):
        members.setdefault(flag, set()).add(key)
    return {flag: frozenset(keys) for flag, keys in members.items()}


@cache
def _queries(model: Any, names: tuple[str, ...], alias: str, limit: int) -> list[tuple[dict[str, Link], str]]:
    """Write the queries for the first links of some list fields; return each with the lists that it asks."""
    connection = connections[alias]
    alike: dict[tuple[str | None, ...], dict[str, Link]] = {}
    for name in names:
        link = link_of(model._meta.get_field(name))
        # One column of a UNION holds one type.
        types = (link.near.db_type(connection), link.far.db_type(connection))
        alike.setdefault(types, {})[name] = link
    return [(links, _union(links.values(), limit, connection)) for links in alike.values()]


def _union(links: Iterable[Link], limit: int, connection: BaseDatabaseWrapper) -> str:
    quote, first = connection.ops.quote_name, connection.ops.limit_offset_sql(0, limit)
    branches = []
    for number, link in enumerate(links):
        columns = f"{number}, {quote(link.near.column)}, {quote(link.far.column)}"
        # In brackets: the limit of the last branch would be the limit of all together.
        branches.append(f"SELECT * FROM (SELECT {columns} FROM {quote(link.table)} {first}) l{number}")
    return " UNION ALL ".join(branches)
