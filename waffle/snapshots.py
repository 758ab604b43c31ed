"""Snapshots: all toggles of one kind as this process last read them, and the reading. Internal."""

from __future__ import annotations

import logging
import os
import threading
from functools import partial
from time import monotonic
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle import database, rosters
from waffle.conditions import Rosters
from waffle.conf import conf
from waffle.kinds import KINDS, Entry, Kind
from waffle.outages import FIRST_WAIT, LONGEST_WAIT, Outage
from waffle.stamps import Stamp, stamp_of
from waffle.values import Value

LONGEST_LOAD_WAIT = 1.0  # seconds that a check waits for another thread's load

WRONG_COLUMN = (TypeError, ValueError, ArithmeticError)
"""What reading a column raises that holds what its field cannot: SQLite's may hold anything."""

logger = logging.getLogger("waffle")


class Snapshot(Value):
    """All toggles of one kind, as this process last read them."""

    alias: str
    """The database that was read."""
    stamp: Stamp
    label: int | None
    """The version that the same connection showed before the rows were read; None: it showed none."""
    entries: dict[str, Entry]
    rosters: Rosters | None
    """Whom each flag lists; None: too many to hold."""
    loaded: float
    known: int = 0
    """The newest version that was known before the connection was asked."""
    is_behind: bool = False
    """The connection showed less than was known before it was asked: a replica that lags, or an old view."""
    grace_ends: float = 0.0
    """Until then it serves though its label is not what is known: reading again would tell no more."""
    grace: float = 0.0
    is_known: bool = True
    """False: no store could be read, so that a missing entry says nothing."""

    def is_ready(self, now: float) -> bool:
        """Say whether a check may go by it, and no look is due: what the hot path asks, of one clock."""
        stamp = self.stamp
        if now - stamp.looked >= conf.REFRESH_SECONDS:
            return False
        return self.label == stamp.known and now - self.loaded < conf.SNAPSHOT_MAX_AGE

    def is_current(self) -> bool:
        """Say whether a check may go by it."""
        return self._serves(monotonic())

    def _serves(self, now: float) -> bool:
        if self.label == self.stamp.known and now - self.loaded < conf.SNAPSHOT_MAX_AGE:
            return True
        # Without a label, what this process changes itself is all that tells of a change.
        is_unchanged = self.label is not None or self.known == self.stamp.known
        return is_unchanged and now < self.grace_ends

    def is_old(self) -> bool:
        """Say whether it has outlived `WAFFLE_SNAPSHOT_MAX_AGE`, which bounds whatever nobody hears of."""
        return monotonic() - self.loaded >= conf.SNAPSHOT_MAX_AGE


published: dict[Kind, Snapshot] = {}
"""The snapshots that every thread goes by."""

UNKNOWN = Snapshot("", Stamp(""), None, {}, {}, 0.0, is_known=False)
"""What stands for "no store could be read, now or before"."""


class Loading:
    """One kind's loads: one thread at a time, and when to try again after a failure."""

    def __init__(self, kind: Kind) -> None:
        self.lock = threading.Lock()
        self.is_stuck = False
        self.outage = Outage(
            f"The store of {kind.plural}",
            f"Checks answer from what was read last, else with WAFFLE_{kind.name.upper()}_DEFAULT.",
        )


_loading = {kind: Loading(kind) for kind in KINDS}


def last_known(kind: Kind) -> Snapshot:
    """Return what was published last, however old."""
    return published.get(kind, UNKNOWN)


def distrust() -> None:
    """Let each snapshot be read anew before it serves; it goes on serving while that cannot be done."""
    for kind, held in list(published.items()):
        published[kind] = held.replaced(label=None, known=-1, grace_ends=0.0)


def is_stale(kind: Kind, snapshot: Snapshot) -> bool:
    """Say whether rows may have changed since, and nobody can tell: the store is away."""
    cannot_look = snapshot.label is not None and snapshot.stamp.outage.is_on
    return snapshot.is_known and (cannot_look or _loading[kind].outage.is_on)


def load(kind: Kind, held: Snapshot, connection: BaseDatabaseWrapper) -> Snapshot:
    """Return a newer snapshot than `held`: one thread reads and publishes, the others wait, not for ever."""
    loading = _loading[kind]
    if not loading.outage.is_over():
        return last_known(kind)
    if not loading.lock.acquire(timeout=0 if loading.is_stuck else LONGEST_LOAD_WAIT):
        loading.is_stuck = True  # the server hangs: nobody else need wait for that
        return last_known(kind)
    loading.is_stuck = False
    try:
        latest = last_known(kind)
        if latest is not held and latest.is_current():
            return latest
        found = read(kind, connection)
        if found is None:
            return latest
        if connection.alias == found.stamp.alias and found.label is not None and not found.is_behind:
            found.stamp.looked = max(found.stamp.looked, found.loaded)
        published[kind] = chosen = _choose(kind, latest, found)
        return chosen
    finally:
        loading.lock.release()


def read(kind: Kind, connection: BaseDatabaseWrapper, *, is_labelled: bool = True) -> Snapshot | None:
    """Read a snapshot from `connection`; None where it cannot be read."""
    if connection.needs_rollback:
        return None
    loading, stamp, now = _loading[kind], stamp_of(kind.write_alias()), monotonic()
    known = stamp.known
    # Stamp before rows: a write in between costs one reload, never a stale answer.
    label = stamp.read(connection) if is_labelled and stamp.outage.is_over() else None
    try:
        toggles, lists = database.asked_again(connection, partial(_read_rows, kind, connection))
    except (Error, *WRONG_COLUMN) as error:
        database.failed(loading.outage, error, connection)
        return None
    loading.outage.worked()
    if label is not None:
        stamp.learn(label)
    entries = {toggle.name: kind.entry(toggle, lists) for toggle in toggles}
    # Without a label nothing tells when rows change: they are read again after a second.
    grace_ends = now + FIRST_WAIT if label is None else 0.0
    is_behind = label is not None and label < known
    return Snapshot(connection.alias, stamp, label, entries, lists, now, known, is_behind, grace_ends)


# Any, from here on: toggles, and their keys, are the project's own.
def _read_rows(kind: Kind, connection: BaseDatabaseWrapper) -> tuple[list[Any], Rosters | None]:
    with database.reading(connection, kind.model._meta.db_table):
        toggles = _read_toggles(kind, connection)
        return toggles, rosters.read(kind, connection) if toggles else {}


def _read_toggles(kind: Kind, connection: BaseDatabaseWrapper) -> list[Any]:
    rows = kind.model._default_manager.using(connection.alias)
    try:
        return list(rows)
    except WRONG_COLUMN:
        alone = (_read_alone(kind, rows, key) for key in rows.values_list("pk", flat=True))
        return [toggle for toggle in alone if toggle is not None]


def _read_alone(kind: Kind, rows: Any, key: Any) -> Any:
    """Read one row; None for the one that cannot be read: the others go on deciding."""
    try:
        return rows.filter(pk=key).first()
    except WRONG_COLUMN as error:
        told = "The %s with the key %s is left out: a column holds what its field cannot (%r)."
        logger.warning(told, kind.name, key, error)
        return None


def _choose(kind: Kind, held: Snapshot, found: Snapshot) -> Snapshot:
    """Return what to publish: an older label never replaces a newer one, unless that is old itself."""
    if found.label is None or not found.is_behind:
        return found
    # Asked again at once, a replica that lags would tell the same.
    grace = min(held.grace * 2 or FIRST_WAIT, LONGEST_WAIT) if held.label == found.label else FIRST_WAIT
    if not held.grace:
        logger.warning(
            "The database %r lags behind: it shows version %s of the %s, but %s is known. Set "
            "WAFFLE_READ_FROM_WRITE_DB = True to read from the database that is written to.",
            *(found.alias, found.label, kind.plural, found.stamp.known),
        )
    is_older = held.label is not None and held.label > found.label and not held.is_old()
    chosen = held if is_older else found
    return chosen.replaced(grace=grace, grace_ends=monotonic() + grace)


def _renew_after_fork() -> None:
    """Give the child locks that nobody holds."""
    for loading in _loading.values():
        loading.lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_after_fork)
