"""Questions to a database connection, and reads that do no harm to the transaction around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from time import monotonic
from typing import Any, TypeVar

from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle.outages import AT_ONCE, Outage

FORBIDDEN = (AssertionError, RuntimeError)
"""What Django's SimpleTestCase, and pytest-django, raise where a test may not ask the database."""

Answer = TypeVar("Answer")


def is_forbidden(error: BaseException) -> bool:
    """Say whether a test's guard has raised `error`: whoever wrote the test should hear of it.

    By their names: a site that runs imports neither `django.test` nor pytest-django.
    """
    classes = {ancestor.__name__ for ancestor in type(error).__mro__}
    return "DatabaseOperationForbidden" in classes or str(error).startswith("Database access not allowed")


# aliases of those in which this process has met a `TestCase`: a site that runs has met none
_test_databases: set[str] = set()

# (alias, table) that this process has read without an error
_readable: set[tuple[str, str]] = set()


def in_test_case(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a Django `TestCase` holds the transaction, to roll it back."""
    blocks = connection.atomic_blocks
    is_open = bool(blocks) and bool(getattr(blocks[0], "_from_testcase", False))
    if is_open:
        _test_databases.add(connection.alias)
    return is_open


def some_test_case_is_open() -> bool:
    """Say the same of all databases; a site that runs pays nothing for the question."""
    return bool(_test_databases) and any([in_test_case(connections[alias]) for alias in [*_test_databases]])


def autocommit_is_off(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the user, not `atomic`, decides when this connection commits."""
    if connection.in_atomic_block:
        return not connection.commit_on_exit
    if connection.connection is None:
        # Not connected yet; get_autocommit() would connect, and raise when the server is away.
        return not connection.settings_dict["AUTOCOMMIT"]
    return not connection.autocommit


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Say whether rows read now may be undone, or belong to a view that others have left behind."""
    return connection.in_atomic_block or autocommit_is_off(connection)


def may_hold_old_view(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a statement in this connection's transaction may not see what others have committed.

    PostgreSQL names its level READ_COMMITTED, MySQL "read committed"; a connection that names none
    (SQLite, a server's default) may hold one.
    """
    if not in_transaction(connection):
        return False
    level = getattr(connection, "isolation_level", None)
    name = str(getattr(level, "name", level)).lower().replace("_", " ")
    return name not in {"read committed", "read uncommitted"}


def answers_updates(connection: BaseDatabaseWrapper) -> bool:
    """Say whether an UPDATE can answer with its rows: SQLite's can since 3.35, as an INSERT can."""
    can_answer = connection.vendor in {"sqlite", "postgresql"}
    return can_answer and bool(connection.features.can_return_columns_from_insert)


@contextmanager
def reading(connection: BaseDatabaseWrapper, table: str, *, is_optional: bool = False) -> Iterator[None]:
    """Read `table` within; an error leaves the caller's transaction usable.

    A failed statement aborts a PostgreSQL transaction, so until `table` has once been read the block
    runs in a savepoint; with `is_optional`, for what a check can do without, it always does. A table that
    was read before can still fail: its server is lost, or `lock_timeout` passes while it is altered.
    """
    is_known = not is_optional and (connection.alias, table) in _readable
    is_safe = is_known or not _may_be_aborted(connection)
    _readable.discard((connection.alias, table))
    with nullcontext() if is_safe else transaction.atomic(using=connection.alias):
        yield
    _readable.add((connection.alias, table))


def _may_be_aborted(connection: BaseDatabaseWrapper) -> bool:
    """Say whether a failed statement would spoil what the caller has done.

    A `TestCase` is excepted: its tables are there, and its queries are counted.
    """
    is_forgiving = connection.vendor in {"sqlite", "mysql", "oracle"}
    return connection.in_atomic_block and not is_forgiving and not in_test_case(connection)


# Any: rows hold what the columns hold.
def fetch(
    connection: BaseDatabaseWrapper,
    table: str,
    sql: str,
    params: Sequence[Any] = (),
    *,
    is_optional: bool = False,
) -> list[tuple[Any, ...]]:
    """Return the rows that `sql`, which reads `table` first of all, answers."""
    with reading(connection, table, is_optional=is_optional), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())  # MySQL's clients answer with a tuple


def asked_again(connection: BaseDatabaseWrapper, ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` answers; ask once more, on a new connection, where the server has left this one.

    A server that was restarted has left the connections of all threads. Each finds that out for itself: as
    failures they would add up to a long wait for a server that is back. A time-out is not tried again.
    """
    began = monotonic()
    try:
        return ask()
    except Error:
        is_slow = monotonic() - began >= AT_ONCE
        if is_slow or in_transaction(connection) or not _was_left(connection):
            raise
    return ask()


def _was_left(connection: BaseDatabaseWrapper) -> bool:
    """Say whether its server has left a connection; then it is closed, and opens anew."""
    if connection.connection is None or connection.is_usable():
        return False
    with suppress(Error):  # a client may take it amiss that there is nothing left to close
        connection.close()
    return True


def failed(outage: Outage, error: Exception, connection: BaseDatabaseWrapper) -> None:
    """Note that a read has failed, and close a connection that its server has left.

    In a transaction neither: it may be broken by what the user did in it, which says nothing of the server.
    """
    if in_transaction(connection):
        return
    outage.failed(error)
    _was_left(connection)
