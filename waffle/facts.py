"""Facts: what conditions want to know of a subject, and how it is loaded. Internal.

A user's groups, and the flags that list a user, are asked for by SQL that is written once per database:
at each check the ORM would need ten times as long to write it as the database needs to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import Error, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import SimpleLazyObject, empty

from waffle import database, pins
from waffle.conditions import Condition, InLongList, InShortList, Listed, Method
from waffle.kinds import FLAG
from waffle.outages import Outage
from waffle.subjects import Subject

outage = Outage("What the database holds of a user", "Conditions that ask for it do not apply.")


# Any, throughout: requests, users, fields and primary keys are the project's own.
def supply(condition: Condition, toggle: Any, subject: Subject) -> None:
    """Load the fact that `condition` wants into `subject.facts`."""
    fact: Any
    if isinstance(condition, Method):
        fact = getattr(toggle, condition.name)(*(getattr(subject, name) for name in condition.takes))
    elif isinstance(condition, InShortList):
        fact = _once_per_pin(subject, condition.by, lambda user: _keys(user, condition.by))
    elif isinstance(condition, InLongList):
        fact = _once_per_pin(
            subject, "listing flags", lambda user: _listing_flags(user, subject.snapshot.alias)
        )
    else:
        fact = user_of(subject)
    subject.facts[condition.wants or ""] = fact


def user_of(subject: Subject) -> Any:
    """Return the subject's user, loaded; None where there is none, or none can be had."""
    if "user" not in subject.facts:
        subject.facts["user"] = _load_user(subject.request)
    return subject.facts["user"]


def _load_user(request: Any) -> Any:
    user = getattr(request, "user", None)
    if type(user) is SimpleLazyObject and user.__dict__["_wrapped"] is empty:
        # `await request.auser()` may have loaded it already, and put it elsewhere.
        user = getattr(request, "_acached_user", user)
    try:
        getattr(user, "pk", None)
    except Error as error:
        outage.failed(error)
        return None
    return user


def _once_per_pin(subject: Subject, what: str, load: Callable[[Any], Any]) -> Any:
    """Return `load(user)`, called at most once per user and pin."""
    user, pin = user_of(subject), pins.current()
    if pin is None:
        return load(user)
    key = (subject.snapshot, what, user.__class__, getattr(user, "pk", None))
    if key not in pin.memberships:
        pin.memberships[key] = load(user)
    return pin.memberships[key]


def _keys(user: Any, by: str) -> frozenset[Any]:
    """Return the primary keys of which a list holds one where `user` is listed."""
    if getattr(user, "pk", None) is None:
        return frozenset()
    if by == "user":
        return frozenset([user.pk])
    field = _user_field(user.__class__, by)
    if field is not None and field.many_to_many:
        alias = router.db_for_read(field.remote_field.through, instance=user)
        return frozenset(key for (key,) in _ask(_user_query(field, alias), alias, [user.pk]))
    value: Any = getattr(user, by if field is None else field.attname, None)
    if hasattr(value, "values_list"):  # no model, but something that stands in for one
        return frozenset(value.values_list("pk", flat=True))
    return frozenset() if value is None else frozenset([getattr(value, "pk", value)])


def _listing_flags(user: Any, alias: str) -> dict[str, set[Any]]:
    """Return `{list field: primary keys of the flags that list the user, or what is the user's}`."""
    listing: dict[str, set[Any]] = {name: set() for name in FLAG.lists()}
    if getattr(user, "pk", None) is None:
        return listing
    query = _listing_query(FLAG.model, user.__class__, alias)
    keys = [_branch_key(user, listed) for listed in FLAG.lists().values()]
    names = list(listing)
    for number, flag in _ask(query, alias, keys):
        listing[names[number]].add(flag)
    return listing


def _branch_key(user: Any, listed: Listed) -> Any:
    field = None if listed.by == "user" else _user_field(user.__class__, listed.by)
    if listed.by == "user" or (field is not None and field.many_to_many):
        return user.pk
    value = getattr(user, listed.by if field is None else field.attname, None)
    return getattr(value, "pk", value)


@dataclass(frozen=True)
class Query:
    """SQL for one database, with the fields that its parameters are for and that its last column holds."""

    table: str
    sql: str
    parameters: tuple[Any, ...]
    answer: Any


def _ask(query: Query, alias: str, keys: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows that answer `query`; none where the database cannot be asked."""
    connection = connections[alias]
    if connection.needs_rollback or not outage.is_over():
        return iter(())
    try:
        values = [
            field.get_db_prep_value(key, connection)
            for field, key in zip(query.parameters, keys, strict=True)
        ]
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
def _user_field(model: Any, name: str) -> Any:
    """Return a field of the user model; None where the attribute is no field, or the user no model."""
    try:
        return model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        return None


def _link(field: Any) -> tuple[str, Any, Any]:
    """Return a many-to-many field's table, and the foreign keys in it: to this side, to the other."""
    meta = field.remote_field.through._meta
    return (
        meta.db_table,
        meta.get_field(field.m2m_field_name()),
        meta.get_field(field.m2m_reverse_field_name()),
    )


@cache
def _user_query(field: Any, alias: str) -> Query:
    """Write the query for what a user has in a many-to-many field of its own, its groups for one."""
    quote = connections[alias].ops.quote_name
    table, user, other = _link(field)
    sql = f"SELECT {quote(other.column)} FROM {quote(table)} WHERE {quote(user.column)} = %s"
    return Query(table, sql, (user,), other)


@cache
def _listing_query(flag_model: Any, user_model: Any, alias: str) -> Query:
    """Write the one query for the flags that list a user, or what belongs to it: a branch per list field."""
    quote = connections[alias].ops.quote_name
    branches, parameters, table, flag = [], [], "", None
    for number, (name, listed) in enumerate(FLAG.lists().items()):
        table, flag, member = _link(flag_model._meta.get_field(name))
        column, parameter, join = f"l.{quote(member.column)}", member, ""
        field = None if listed.by == "user" else _user_field(user_model, listed.by)
        if field is not None and field.many_to_many:
            own_table, parameter, other = _link(field)
            join = f" INNER JOIN {quote(own_table)} u ON u.{quote(other.column)} = {column}"
            column = f"u.{quote(parameter.column)}"
        branches.append(
            f"SELECT {number}, l.{quote(flag.column)} FROM {quote(table)} l{join} WHERE {column} = %s"
        )
        parameters.append(parameter)
    return Query(table, " UNION ALL ".join(branches), tuple(parameters), flag)
