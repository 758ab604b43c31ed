"""What the database holds of a user: its groups and the like, and the flags that list it. Internal.

The SQL is written once per database, and run by a cursor: at each check the ORM would need ten times as
long to write it as the database needs to answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import Error, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field

from waffle import database, pins
from waffle.kinds import FLAG
from waffle.outages import Outage
from waffle.rosters import from_database, link_of
from waffle.values import Value

outage = Outage("What the database holds of a user", "Conditions that ask for it do not apply.")


# Any, throughout: users, fields and primary keys are the project's own.
def keys_at_hand(user: Any, by: str) -> frozenset[Any] | None:
    """Return the primary keys of which a list holds one where `user` is listed by its attribute `by`.

    None: the database must be asked.
    """
    if getattr(user, "pk", None) is None:
        return frozenset()
    if by == "user":
        return frozenset([user.pk])
    field = _field(user.__class__, by)
    if field is not None and field.many_to_many:
        return None
    has_key = field is not None and field.many_to_one and field.target_field.primary_key
    value: Any = getattr(user, field.attname if has_key else by, None)
    if hasattr(value, "values_list"):  # a relation from elsewhere, or something that stands in for a user
        return None
    return frozenset() if value is None else frozenset([getattr(value, "pk", value)])


def linked_keys(user: Any, by: str) -> frozenset[Any]:
    """Return such keys from the database: of the groups of `user`, for one."""
    field = _field(user.__class__, by)
    if field is None:
        return _keys_by_manager(getattr(user, by))
    alias = router.db_for_read(field.remote_field.through, instance=user)
    query = _own_links(field, alias)
    values = _prepared(query.parameter, [user.pk], connections[alias])
    return frozenset(key for (key,) in _ask(query, alias, values)) if values else frozenset()


def linked_keys_of(users: Sequence[Any], by: str, *, is_span: bool) -> list[tuple[Any, frozenset[Any]]]:
    """Return such keys for each of some users, by one query; nothing where there is no list to ask for.

    With `is_span` they are all users there are from the first to the last: a shorter question.
    """
    field = _field(users[0].__class__, by)
    if field is None or not field.many_to_many:
        return []
    link = link_of(field)
    asked = {"in": [user.pk for user in users]}
    if is_span:
        asked = {"gte": users[0].pk, "lte": users[-1].pk}
    links = field.remote_field.through._default_manager.filter(
        **{f"{link.near.name}__{lookup}": value for lookup, value in asked.items()}
    )
    keys: dict[Any, set[Any]] = {}
    for user, key in links.values_list(link.near.attname, link.far.attname):
        keys.setdefault(user, set()).add(key)
    return [(user, frozenset(keys.get(user.pk, ()))) for user in users]


def listing_flags(user: Any, alias: str) -> dict[str, set[Any]]:
    """Return `{list field: primary keys of the flags that list the user, or what is the user's}`."""
    listing: dict[str, set[Any]] = {name: set() for name in FLAG.lists()}
    if getattr(user, "pk", None) is None:
        return listing
    parts: list[str] = []
    values: list[Any] = []
    branches = _branches(FLAG.model, user.__class__, alias)
    for branch in branches:
        own = _prepared(branch.query.parameter, branch.keys(user), connections[alias])
        if own:
            parts.append(f"{branch.query.sql} IN ({', '.join(['%s'] * len(own))})")
            values += own
    if parts:
        query = Query(branch.query.table, " UNION ALL ".join(parts), None, branch.query.answer)
        for number, flag in _ask(query, alias, values):
            listing[branches[number].name].add(flag)
    return listing


class Query(Value):
    """SQL for one database, the field that its parameters are for, and the one that its last column holds."""

    table: str
    sql: str
    parameter: Any
    answer: Any


class Branch(Value):
    """The part of the query for listing flags that asks one list; its SQL ends before the keys."""

    name: str
    by: str
    is_joined: bool
    """The list is joined with the user's own links, so that the user's key is all that is needed."""
    query: Query

    def keys(self, user: Any) -> Iterable[Any]:
        """Return the keys to ask for."""
        if self.is_joined:
            return [user.pk]
        keys = keys_at_hand(user, self.by)
        return linked_keys(user, self.by) if keys is None else keys


def _keys_by_manager(manager: Any) -> frozenset[Any]:
    try:
        return frozenset(manager.values_list("pk", flat=True))
    except Error as error:
        outage.failed(error)
        return frozenset()


def _prepared(field: Any, keys: Iterable[Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """Return keys as the database takes them; a key of another sort than the list holds is in no list."""
    values = []
    for key in keys:
        try:
            values.append(field.get_db_prep_value(key, connection))
        except (TypeError, ValueError, ValidationError):
            continue
    return values


def _ask(query: Query, alias: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows that answer `query`; none where the database cannot be asked."""
    connection = connections[alias]
    if connection.needs_rollback:
        _doubt(connection)
        return []
    if not outage.is_over():
        return []
    try:
        rows = database.asked_again(
            connection, lambda: database.fetch(connection, query.table, query.sql, values)
        )
    except Error as error:
        database.failed(outage, error, connection)
        if database.in_transaction(connection):
            _doubt(connection)
        return []
    outage.worked()
    keys = from_database((row[-1] for row in rows), query.answer, connection)
    return [(*row[:-1], key) for row, key in zip(rows, keys, strict=True)]


def _doubt(connection: BaseDatabaseWrapper) -> None:
    """Let this unit of work ask again after the transaction: that is wrong, not the server."""
    pin = pins.current()
    if pin is not None:
        pin.doubt_users(connection)


@cache
def _field(model: Any, name: str) -> Any:
    """Return a field of the user model; None where the attribute is no field of its own."""
    try:
        field = model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None
    return field if isinstance(field, Field) else None


@cache
def _own_links(field: Any, alias: str) -> Query:
    """Write the query for what a user has in a many-to-many field of its own, its groups for one."""
    quote = connections[alias].ops.quote_name
    link = link_of(field)
    sql = f"SELECT {quote(link.far.column)} FROM {quote(link.table)} WHERE {quote(link.near.column)} = %s"
    return Query(link.table, sql, link.near, link.far)


@cache
def _branches(flag_model: Any, user_model: Any, alias: str) -> tuple[Branch, ...]:
    """Write the parts of the one query for the flags that list a user: a branch for each list."""
    quote = connections[alias].ops.quote_name
    branches = []
    for number, (name, listed) in enumerate(FLAG.lists().items()):
        link = link_of(flag_model._meta.get_field(name))
        source, column, member = f"{quote(link.table)} l", f"l.{quote(link.far.column)}", link.far
        field = None if listed.by == "user" else _field(user_model, listed.by)
        is_joined = listed.by == "user" or (field is not None and bool(field.many_to_many))
        if field is not None and field.many_to_many:
            own, member = link_of(field), link_of(field).near
            source += f" INNER JOIN {quote(own.table)} u ON u.{quote(own.far.column)} = {column}"
            column = f"u.{quote(member.column)}"
        sql = f"SELECT {number}, l.{quote(link.near.column)} FROM {source} WHERE {column}"
        branches.append(Branch(name, listed.by, is_joined, Query(link.table, sql, member, link.near)))
    return tuple(branches)
