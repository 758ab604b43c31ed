"""The store: which snapshot a check goes by, here and now. Internal."""

from __future__ import annotations

import os
import threading
from asyncio import _get_running_loop
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

from django.core.exceptions import SynchronousOnlyOperation
from django.core.signals import setting_changed
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle import database, pins, snapshots, unsettled
from waffle.kinds import KINDS, Kind
from waffle.pins import Pin
from waffle.snapshots import Snapshot, last_known, published
from waffle.stamps import stamp_of

_SETTINGS_OF_ROWS = (
    "WAFFLE_ROSTER_LIMIT",
    "WAFFLE_READ_FROM_WRITE_DB",
    "DATABASE_ROUTERS",
    *(f"WAFFLE_{kind.name.upper()}_MODEL" for kind in KINDS),
)
"""Settings that say which rows are read, and how."""


class _Thread(threading.local):
    """What is known of this thread."""

    is_reading = False
    """It finds a snapshot already: the router or the manager that this asks may ask a switch."""


_thread = _Thread()
_wanted: set[Kind] = set()
"""The kinds that this process has been asked about; no others are published."""


def snapshot(kind: Kind) -> Snapshot:
    """Return the snapshot that a check goes by, here and now."""
    return snapshot_in(pins.current(), kind)


def snapshot_in(pin: Pin | None, kind: Kind) -> Snapshot:
    """Return the same for whoever knows the current pin."""
    if not unsettled.waiting:
        if pin is not None:
            held = pin.snapshots.get(kind)
            if held is not None:
                return held
        elif _get_running_loop() is None:
            held = published.get(kind)
            if held is not None and held.is_ready(monotonic()):
                return held
    return _find(kind, pin)


def snapshot_at_hand(kind: Kind) -> Snapshot | None:
    """Return the pin's snapshot, None where a cache, a database or a connection must be asked first."""
    pin = pins.current()
    # Changes of others do not matter here: only a thread that works for this pin may see its own.
    if pin is None or any(notes.pin is pin for notes in list(unsettled.waiting)):
        return None
    return pin.snapshots.get(kind)


def _find(kind: Kind, pin: Pin | None) -> Snapshot:
    held = pin.snapshots.get(kind) if pin is not None else None
    if _get_running_loop() is not None:
        if held is not None:
            return held
        refuse_in_event_loop(f"await waffle.a{kind.name}_is_active(…)")
    if _thread.is_reading:
        return last_known(kind)
    with _reading():
        connection = connections[kind.write_alias()]
        if unsettled.is_waiting(connection) and database.in_transaction(connection):
            return _private(kind, connection)
    if unsettled.is_waiting(connection):
        # Not while it is reading: a pin that is kept full is filled again.
        unsettled.settle(connection.alias)
        held = pin.snapshots.get(kind) if pin is not None else None
    if held is not None:
        return held
    with _reading():
        if database.in_test_case(connection):
            return _private(kind, connection)
        return _touch(kind, pin, connection)


def _touch(kind: Kind, pin: Pin | None, connection: BaseDatabaseWrapper) -> Snapshot:
    """Look if that is due, load if something has changed; a pin takes what there is."""
    _wanted.add(kind)
    found = _current(kind, pin, connection)
    # A transaction that is broken shows nothing: that is no answer for what comes after it.
    if pin is not None and not connection.needs_rollback:
        pin.snapshots[kind] = found
        for other, held in list(published.items()):
            if held.is_current():
                pin.snapshots.setdefault(other, held)  # what it holds already it keeps
    return found


def _look_if_due(connection: BaseDatabaseWrapper, pin: Pin | None) -> None:
    """Look, but once for each pin: what it takes later is as current as what it took first."""
    stamp = stamp_of(connection.alias)
    # An old view shows an old version, and on SQLite a look would even begin the user's transaction.
    if not stamp.is_look_due() or database.may_hold_old_view(connection):
        return
    if pin is None:
        stamp.look()
    elif stamp not in pin.looked_at:
        pin.looked_at = (*pin.looked_at, stamp)
        stamp.look()


def _current(kind: Kind, pin: Pin | None, writer: BaseDatabaseWrapper) -> Snapshot:
    is_first = kind not in published
    if not is_first:
        _look_if_due(writer, pin)
    held = last_known(kind)
    if held.is_current():
        return held
    reader = connections[kind.read_alias()]
    is_open = database.in_transaction(reader)
    # The first load of all is a look itself, if it reads where the stamp is.
    if is_first and (is_open or reader.alias != writer.alias):
        _look_if_due(writer, pin)
    return _view(kind, reader, held) if is_open else snapshots.load(kind, held, reader)


def _view(kind: Kind, connection: BaseDatabaseWrapper, held: Snapshot) -> Snapshot:
    """Return what a transaction shows, or what is published where that is newer.

    Never published: the view may be old, and what it shows may yet be undone.
    """
    found = _read_privately(kind, connection, is_labelled=True)
    return held if found is None or (held.label or 0) > (found.label or 0) else found


def _private(kind: Kind, connection: BaseDatabaseWrapper) -> Snapshot:
    """Return what the writer itself sees, and nobody else."""
    return _read_privately(kind, connection, is_labelled=False) or last_known(kind)


def _read_privately(kind: Kind, connection: BaseDatabaseWrapper, *, is_labelled: bool) -> Snapshot | None:
    notes = unsettled.unsettled_of(connection)
    found = notes.kept(connection, kind)
    if found is None or (is_labelled and _shows_more_now(connection, found)):
        found = snapshots.read(kind, connection, is_labelled=is_labelled)
    if found is not None:
        notes.keep(connection, kind, found)
    return found


def _shows_more_now(connection: BaseDatabaseWrapper, found: Snapshot) -> bool:
    is_behind = found.label is not None and found.label != found.stamp.known
    return is_behind and not database.may_hold_old_view(connection)


@contextmanager
def _reading() -> Iterator[None]:
    _thread.is_reading = True
    try:
        yield
    finally:
        _thread.is_reading = False


def refuse_in_event_loop(instead: str) -> None:
    """Raise `SynchronousOnlyOperation` in a coroutine, with the hint to use `instead`."""
    if _get_running_loop() is None or os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE"):
        return
    raise SynchronousOnlyOperation(
        f"This must ask the database, which a coroutine cannot wait for. Use `{instead}`; in an async view "
        "waffle.middleware.WaffleMiddleware, if it is in MIDDLEWARE, has read all toggles before."
    )


def look_ahead(pin: Pin) -> None:
    """Look, and load what changed, before the work begins: its transactions may hold an old view."""
    if _take_ready(pin, len(_wanted)):
        return
    refuse_in_event_loop("async with waffle.apinned()")
    for kind in list(_wanted):
        with suppress(*database.FORBIDDEN), _reading():
            connection = connections[kind.write_alias()]
            if database.in_transaction(connection) or unsettled.is_waiting(connection):
                continue
            _current(kind, pin, connection)


def keep_full(pin: Pin) -> None:
    """Give `pin` a snapshot of every kind, now and after each change: coroutines cannot load."""
    pin.refill = _fill
    _fill(pin)


def keep_full_at_once(pin: Pin) -> bool:
    """Do the same without asking a cache or a database; return False where that cannot be done."""
    if not _take_ready(pin, len(KINDS)):
        return False
    pin.refill = _fill
    return True


def _fill(pin: Pin) -> None:
    for kind in KINDS:
        with suppress(*database.FORBIDDEN):
            pin.snapshots[kind] = _find(kind, pin)


def _take_ready(pin: Pin, number: int) -> bool:
    """Give `pin` what is published, of so many kinds; return False where something must be asked first."""
    held = published.copy()
    if unsettled.waiting or len(held) < number or database.some_test_case_is_open():
        return False
    now = monotonic()
    for snapshot in held.values():
        if not snapshot.is_ready(now):
            return False
    pin.snapshots = held
    return True


def _forget_rows(*, setting: str, **kwargs: object) -> None:
    """Read anew after a setting has changed that says which rows are read."""
    if setting in _SETTINGS_OF_ROWS:
        published.clear()
        for connection in connections.all(initialized_only=True):
            unsettled.unsettled_of(connection).writes += 1


setting_changed.connect(_forget_rows, dispatch_uid="waffle.store")
