"""The stamp: one row whose version grows with every committed change, and the looks at it. Internal."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from time import monotonic, time

from django.db import Error, IntegrityError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle import bells, database
from waffle.conf import conf
from waffle.outages import Outage

TABLE = "waffle_stamp"
ROW_LOOK_SECONDS = 10.0  # the row is read this often though the bell says that nothing happened

LONGEST_LOOK_WAIT = 0.1  # seconds that a check waits for another thread's look

NEVER = float("-inf")


class Stamp:
    """What this process knows of the stamp of one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.known = 0
        """The newest version that this process has seen; 0: no row."""
        self.is_owed = False
        """A change was committed, but its bump failed: the next look tries again."""
        self.outage = Outage(
            f"The table {TABLE} of the database {alias!r}",
            "Checks go on from what was read last. If the table is missing, run `manage.py migrate`.",
        )
        self.writing = Outage(
            f"The table {TABLE} of the database {alias!r} for writing",
            "Other processes hear of changes when it is, or after WAFFLE_SNAPSHOT_MAX_AGE.",
        )
        self.looked = NEVER
        """When the last look that counts began."""
        self._confirmed = NEVER  # when the row was last seen at `known`
        self._row_looked = NEVER
        self._bell: str | None = None
        self._bumps = 0
        self._is_stuck = False
        self._learning = threading.Lock()
        self._looking = threading.Lock()

    def is_look_due(self) -> bool:
        """Say whether the last look began `WAFFLE_REFRESH_SECONDS` ago, or earlier."""
        return monotonic() - self.looked >= conf.REFRESH_SECONDS

    def look(self) -> None:
        """Find out whether something changed; who finds a look under way waits for it, but not for ever."""
        if not self._looking.acquire(timeout=0 if self._is_stuck else LONGEST_LOOK_WAIT):
            self._is_stuck = True  # the server hangs: nobody else need wait for that
            return
        self._is_stuck = False
        try:
            if self.is_look_due():
                self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        began = monotonic()
        # Bell before row: a ring in between costs one more look, never a missed change.
        bell = bells.listen()
        is_quiet = bell is not None and bell == self._bell and began - self._row_looked < ROW_LOOK_SECONDS
        pays = self.is_owed and self.writing.is_over()
        if (is_quiet and not pays) or not self.outage.is_over():
            self.looked = began
            return
        connection = connections[self.alias]
        if pays and not database.in_transaction(connection):
            self.bump(connection)
        bumps = self._bumps
        version = self.read(connection)
        if version is None:
            # In a transaction that is broken nobody can look: that is no answer for other threads.
            if not database.in_transaction(connection):
                self.looked = began
        elif bumps != self._bumps:
            # A look that began before this process's last bump may have seen less than the process knows.
            self.learn(version)
        else:
            self._take(version)
            self.looked = self._row_looked = began
            self._bell = bell

    def read(self, connection: BaseDatabaseWrapper) -> int | None:
        """Return the version that `connection` shows: 0 without a row, None where it cannot be read."""
        if connection.needs_rollback:
            return None
        sql = f"SELECT version FROM {connection.ops.quote_name(TABLE)} WHERE id = 1"
        try:
            rows = database.asked_again(
                connection, lambda: database.fetch(connection, TABLE, sql, is_optional=True)
            )
        except Error as error:
            database.failed(self.outage, error, connection)
            return None
        self.outage.worked()
        return int(rows[0][0]) if rows else 0

    def learn(self, version: int) -> None:
        """Note a version that a connection has shown."""
        with self._learning:
            if version >= self.known:
                self.known, self._confirmed = version, monotonic()

    def _take(self, version: int) -> None:
        """Note what the row holds now, also where it went back.

        No row where there was one means an emptied database. A lower version may be a server that lags,
        so it counts as a restored database only after `WAFFLE_SNAPSHOT_MAX_AGE` without the known one.
        """
        with self._learning:
            is_gone = version == 0 or monotonic() - self._confirmed >= conf.SNAPSHOT_MAX_AGE
            if version >= self.known or is_gone:
                self.known, self._confirmed = version, monotonic()

    def bump(self, connection: BaseDatabaseWrapper) -> bool:
        """Make the row's version grow, then ring; return False, and owe it, where that failed."""
        self._bumps += 1
        try:
            version = database.asked_again(connection, lambda: self.write(connection))
            if version is None:
                version = self.read(connection)
            else:
                self.outage.worked()
            self.writing.worked()
        except Error as error:
            self.writing.failed(error, is_told=self.read(connection) is None)
            version = None
        # Rung all the same: who hears it looks, and looks again for as long as the bump is owed.
        bells.ring()
        self.is_owed = version is None
        if version is None:
            return False
        self.learn(version)
        return True

    @staticmethod
    def write(connection: BaseDatabaseWrapper) -> int | None:
        """Make the row's version grow, as a part of whatever transaction is open; return it, if that is told.

        A version is the time in microseconds, or one more than the last if that is later: so a row that
        was emptied, or restored from a back-up, is ahead of all that anybody has seen.
        Never `update_or_create`: on an empty table it deadlocks on MariaDB and locks up on SQLite.
        """
        now = int(time() * 1_000_000)
        versions = _grown(connection, now)
        if not versions:
            try:
                with _undoable(connection), connection.cursor() as cursor:
                    table = connection.ops.quote_name(TABLE)
                    cursor.execute(f"INSERT INTO {table} (id, version) VALUES (1, %s)", [now])
            except IntegrityError:  # another process was first
                versions = _grown(connection, now)
        return versions[0] if versions else None


def _grown(connection: BaseDatabaseWrapper, now: int) -> list[int | None]:
    """Make the version grow of each row that is there: of one, or of none; None: it is not told."""
    table, answers = connection.ops.quote_name(TABLE), database.answers_updates(connection)
    update = f"UPDATE {table} SET version = CASE WHEN version < %s THEN %s ELSE version + 1 END WHERE id = 1"
    with connection.cursor() as cursor:
        cursor.execute(f"{update} RETURNING version" if answers else update, [now, now])
        # All are fetched: SQLite commits when there are no more.
        return [int(version) for (version,) in cursor.fetchall()] if answers else [None] * cursor.rowcount


def _undoable(connection: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """Return a savepoint where there is a transaction that a failure would spoil."""
    is_plain = not database.in_transaction(connection)
    return nullcontext() if is_plain else transaction.atomic(using=connection.alias)


_stamps: dict[str, Stamp] = {}


def stamp_of(alias: str) -> Stamp:
    """Return this process's one `Stamp` of a database."""
    return _stamps.get(alias) or _stamps.setdefault(alias, Stamp(alias))


def _renew_after_fork() -> None:
    """Give the child locks that nobody holds, and a cache client of its own."""
    for stamp in _stamps.values():
        stamp._learning = threading.Lock()
        stamp._looking = threading.Lock()
    bells.renew_after_fork()


os.register_at_fork(after_in_child=_renew_after_fork)
