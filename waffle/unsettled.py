"""Changes: what a connection has written and nobody was told yet, and the telling. Internal."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle import database, pins, snapshots
from waffle.kinds import Kind
from waffle.pins import Pin
from waffle.snapshots import Snapshot
from waffle.stamps import stamp_of
from waffle.values import Value

logger = logging.getLogger("waffle")

ATTRIBUTE = "_waffle_unsettled"


class Kept(Value):
    """A snapshot that is good for one state of one transaction."""

    # Any: what Django puts there differs between its versions.
    queue: list[Any]
    writes: int
    snapshot: Snapshot


class Unsettled:
    """What one connection has written, and what it has read for itself."""

    def __init__(self) -> None:
        self.writes = 0
        self.is_of_test = False
        """The writes were made in a `TestCase`, which takes them back."""
        self.is_settling = False
        self.pin: Pin | None = None
        """The unit of work that has written."""
        self.flushes: list[Callable[[], object]] = []
        """What else is to be done after the commit: a custom model flushes keys of its own."""
        self._kept: dict[Kind, Kept] = {}

    def kept(self, connection: BaseDatabaseWrapper, kind: Kind) -> Snapshot | None:
        """Return the snapshot kept for this transaction; None if rows may have changed since.

        Django puts a new list at `run_on_commit` whenever a transaction ends or goes back to a
        savepoint: the list itself stands for "the same transaction, and nothing of it undone".
        """
        kept = self._kept.get(kind)
        if kept is None or kept.queue is not connection.run_on_commit or kept.writes != self.writes:
            return None
        return kept.snapshot

    def keep(self, connection: BaseDatabaseWrapper, kind: Kind, snapshot: Snapshot) -> None:
        """Keep a snapshot for as long as nothing more is written or undone.

        Without autocommit Django does not say when a transaction ends, so nothing is kept.
        """
        if not database.autocommit_is_off(connection):
            self._kept[kind] = Kept(connection.run_on_commit, self.writes, snapshot)


waiting: set[Unsettled] = set()
"""Of every connection of this process that has changes to settle; the hot path asks if it is empty."""

# Who forks tells of its changes itself. Its other threads are not there in the child: nobody would settle.
os.register_at_fork(after_in_child=waiting.clear)


def unsettled_of(connection: BaseDatabaseWrapper) -> Unsettled:
    """Return the notes on a connection.

    They hang on the connection, not on the context: a coroutine sees other connections than the
    thread that works for it.
    """
    found: Unsettled | None = connection.__dict__.get(ATTRIBUTE)
    if found is None:
        found = connection.__dict__[ATTRIBUTE] = Unsettled()
        # The thread may end, and its connection with it, in the middle of a transaction.
        weakref.finalize(connection, waiting.discard, found)
    return found


def is_waiting(connection: BaseDatabaseWrapper) -> bool:
    """Say whether this connection has changes to settle."""
    return connection.__dict__.get(ATTRIBUTE) in waiting


def changed(using: str, flush: Callable[[], object] | None = None) -> None:
    """Note a change of toggles in the database `using`; after the commit every process hears of it.

    `flush` is called then too.
    """
    connection = connections[using]
    notes = unsettled_of(connection)
    notes.writes += 1
    notes.is_of_test = database.in_test_case(connection)
    if flush is not None:
        notes.flushes.append(flush)
    waiting.add(notes)
    if database.autocommit_is_off(connection):
        _write_along(connection)
    # A test may run the hooks of one block alone, so there each change has its own.
    elif notes.is_of_test or not _is_queued(connection):
        transaction.on_commit(partial(settle, using), using=using, robust=True)
    notes.pin = pin = pins.current()
    if notes.is_of_test and pin is not None:
        pin.forget()


def _write_along(connection: BaseDatabaseWrapper) -> None:
    """Change the stamp in the user's transaction: nobody tells when that ends. A bell would ring early."""
    stamp = stamp_of(connection.alias)
    try:
        with transaction.atomic(using=connection.alias):
            stamp.write(connection)
    except Error as error:
        stamp.outage.failed(error)


def _is_queued(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the commit of all that is open now is going to settle already.

    A hook goes only with a savepoint that takes its change back, and all that was changed in it since.
    """
    hooks: list[Any] = connection.run_on_commit  # Any: (levels, function, robust), the stubs know two of them
    return any(isinstance(function, partial) and function.func is settle for _, function, _ in hooks)


def settle(using: str) -> None:
    """Tell every process of what this connection has committed.

    Called after the commit, and by whoever finds that this did not happen: an earlier hook has raised,
    earlier hooks are still at work, or there was a rollback, which costs one needless bump.
    """
    connection = connections[using]
    notes = unsettled_of(connection)
    if notes not in waiting or notes.is_settling:
        return
    notes.is_settling = True
    try:
        _flush(notes)
        if database.in_transaction(connection):
            return  # a test runs the hooks of a transaction that it is going to roll back
        if not notes.is_of_test and not stamp_of(using).bump(connection):
            snapshots.distrust()  # the bump is owed; this process, at least, reads again
        waiting.discard(notes)
        notes.pin = None
    finally:
        notes.is_settling = False
    pin = pins.current()
    if pin is not None:
        pin.forget()


def _flush(notes: Unsettled) -> None:
    while notes.flushes:
        flush = notes.flushes.pop()
        try:
            flush()
        except Exception:  # a custom model's own code, or its cache: neither may keep the change from others
            logger.exception("Flushing the keys of a custom model failed.")


def settle_all() -> None:
    """Settle what connections of this thread have committed and nobody has told."""
    for connection in connections.all(initialized_only=True):
        if is_waiting(connection) and not database.in_transaction(connection):
            settle(connection.alias)
