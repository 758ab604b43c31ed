"""The writing of changes, in the transaction of what they tell of. Internal.

The statement for one row is written once per database, and run by a cursor: a save pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import Error, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils import timezone

from waffle import database
from waffle.history import authors
from waffle.history.authors import Author
from waffle.history.changes import Draft, Row
from waffle.outages import Outage
from waffle.values import Value

TABLE = "waffle_change"
LONGEST = 255  # characters of a name or a key
ATTRIBUTE = "_waffle_history"

outage = Outage(
    f"The table {TABLE}",
    "Changes are made, and the history does not tell of them. Run `manage.py migrate`.",
)

# aliases of databases in which this process has written a change
_writable: set[str] = set()


@cache
def change_model() -> Any:  # Any: the model is further down; its fields are wanted here
    """Return the model of changes."""
    return apps.get_model("waffle", "Change")


def is_kept(using: str) -> bool:
    """Say whether a database is one that changes go to: routers may have their say."""
    return bool(router.allow_migrate_model(using, change_model()))


class Last(Value):
    """The last change of a toggle that a transaction has written."""

    change: int
    author: Author
    draft: Draft


class Written:
    """What the transaction of one connection has written."""

    def __init__(self, scope: Any, queue: Any) -> None:
        self.scope = scope
        self.queue = queue
        self.last: dict[tuple[str, str], Last] = {}


def record(using: str, drafts: Iterable[Draft], *, is_loaded: bool = False) -> None:
    """Write changes to the database `using`; with `is_loaded` they come out of a fixture.

    A change that follows another one of the same toggle in the same transaction, by the same author, becomes
    a part of that one: history tells of what was committed.
    """
    telling = [draft for draft in drafts if not draft.says_nothing()]
    if not telling:
        return
    connection = connections[using]
    author = authors.current(connection, is_loaded=is_loaded)
    try:
        with _undoable(connection):
            if len(telling) == 1:
                _write(telling[0], author, connection)
            else:
                _write_all(telling, author, connection)
    except Error as error:
        _writable.discard(using)
        if _is_there(connection):
            raise
        outage.failed(error)
    else:
        _writable.add(using)
        outage.worked()


def _undoable(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """Return a savepoint until it is known that the table is there: a failure would spoil the transaction.

    A `TestCase` is excepted: its tables are there, and its queries are counted.
    """
    if connection.alias in _writable or database.in_test_case(connection):
        return nullcontext()
    return transaction.atomic(using=connection.alias)


def _is_there(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the table is there, or cannot be asked for because the transaction is broken."""
    try:
        return connection.needs_rollback or TABLE in connection.introspection.table_names()
    except Error:
        return True


def _write(draft: Draft, author: Author, connection: BaseDatabaseWrapper) -> None:
    key = draft.kind, draft.object_id
    written = _written(connection)
    last = written.last.pop(key, None) if written else None
    joined = last.draft.followed_by(draft) if last and last.author.is_same(author) else None
    if last is None or joined is None:
        joined, change = draft, _insert(draft, author, connection)
    else:
        change = last.change
        _rewrite(change, joined, connection)
    if joined.says_nothing():
        authors.forget(change)
        return
    if written:
        written.last[key] = Last(change, author, joined)
    authors.note(change)


def _written(connection: BaseDatabaseWrapper) -> Written | None:
    """Return the notes on what the open transaction has written; None where it is not known when that ends.

    Django puts a new list at `run_on_commit` when a transaction ends, or goes back to a savepoint. The first
    block that is no `TestCase`'s is a transaction of its own in a test.
    """
    blocks: list[Any] = connection.atomic_blocks  # Any: of its attributes the stubs do not know all
    scope = next((block for block in blocks if not block._from_testcase), None)
    if scope is None:
        return None
    found: Written | None = connection.__dict__.get(ATTRIBUTE)
    if found is None or found.scope is not scope or found.queue is not connection.run_on_commit:
        found = connection.__dict__[ATTRIBUTE] = Written(scope, connection.run_on_commit)
    return found


def _insert(draft: Draft, author: Author, connection: BaseDatabaseWrapper) -> int:
    """Write one row, and return its key."""
    insert, ops = _statement(connection.alias), connection.ops
    at, *texts, before, after, comment, reverts = _values(draft, author)
    values = [
        ops.adapt_datetimefield_value(at),
        *texts,
        *(_json(before, ops), _json(after, ops), comment, reverts),
    ]
    with connection.cursor() as cursor:
        cursor.execute(insert.sql, values)
        return int(cursor.fetchone()[0] if insert.returns else cursor.lastrowid)


def _json(row: Row, ops: BaseDatabaseOperations) -> Any:
    """Return a row's values as a column of JSON takes them."""
    try:
        return ops.adapt_json_value(row, None)  # by an encoder that is there already: half the time
    except TypeError:
        return ops.adapt_json_value(row, DjangoJSONEncoder)


class _Insert(Value):
    """The statement that writes one row."""

    sql: str
    returns: bool
    """It answers with the key; else the cursor knows that."""


COLUMNS = (
    *("at", "user_id", "user_label", "source", "kind", "name", "object_id", "action"),
    *("before", "after", "comment", "reverts_id"),
)


# Any: columns hold values of many types.
def _values(draft: Draft, author: Author) -> tuple[Any, ...]:
    """Return what a row holds, in the order of `COLUMNS`."""
    return (
        *(timezone.now(), author.user_id, author.user_label, author.source),
        *(draft.kind, draft.name[:LONGEST], draft.object_id[:LONGEST], draft.action),
        *(draft.before, draft.after, author.comment, author.reverts),
    )


@cache
def _statement(alias: str) -> _Insert:
    connection = connections[alias]
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, COLUMNS)), ", ".join(["%s"] * len(COLUMNS))
    sql = f"INSERT INTO {quote(TABLE)} ({names}) VALUES ({places})"
    returns = connection.vendor not in {"sqlite", "mysql"}
    return _Insert(f"{sql} RETURNING {quote('id')}" if returns else sql, returns)


def _rewrite(change: int, draft: Draft, connection: BaseDatabaseWrapper) -> None:
    """Let a row say what the draft says; one that says nothing goes."""
    rows = change_model()._base_manager.using(connection.alias).filter(pk=change)
    if draft.says_nothing():
        rows.delete()
    else:
        rows.update(name=draft.name[:LONGEST], before=draft.before, after=draft.after)


def _write_all(drafts: list[Draft], author: Author, connection: BaseDatabaseWrapper) -> None:
    """Write many rows in few statements; what follows in the same transaction is not joined to them."""
    written = _written(connection)
    model = change_model()
    rows = [model(**dict(zip(COLUMNS, _values(draft, author), strict=True))) for draft in drafts]
    if written:
        for draft in drafts:
            written.last.pop((draft.kind, draft.object_id), None)
    made = model._base_manager.using(connection.alias).bulk_create(rows, batch_size=500)
    for key in [row.pk for row in made if row.pk is not None]:  # MySQL does not tell
        authors.note(key)
