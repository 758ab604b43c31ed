"""Waffle Iron broken on purpose: the checker must find it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

from django.core.cache import cache
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from waffle import bells, database, pins, snapshots, store, unsettled
from waffle.kinds import Kind
from waffle.managers import ToggleQuerySet
from waffle.snapshots import Snapshot
from waffle.stamps import ROW_LOOK_SECONDS, Stamp, stamp_of

# Any, throughout: what replaces a function takes whatever that takes.


def copy_the_version_into_the_cache() -> None:
    """Believe a copy of the row's version in the cache, which writers delete and readers put there."""
    key = "waffle:version"

    def look(stamp: Stamp) -> None:
        began, version = monotonic(), cache.get(key)
        if version is None:
            version = stamp.read(connections[stamp.alias])
            cache.set(key, version, timeout=None)
        stamp.known, stamp.looked = version, began

    def read(kind: Kind, connection: BaseDatabaseWrapper, **options: Any) -> Snapshot | None:
        known = stamp_of(kind.write_alias()).known
        found = original(kind, connection, **options)
        return found and found.replaced(label=known, is_behind=False)

    original = snapshots.read
    replace(bells, "ring", lambda: cache.delete(key))
    replace(Stamp, "_look", look)
    replace(snapshots, "read", read)


def label_after_rows() -> None:
    """Read the version after the rows."""

    def read(kind: Kind, connection: BaseDatabaseWrapper, **options: Any) -> Snapshot | None:
        found = original(kind, connection, **options)
        sleep(0.005)
        label = found and found.label and found.stamp.read(connection)
        if found is None or not label:
            return found
        found.stamp.learn(label)
        return found.replaced(label=label)

    original = snapshots.read
    replace(snapshots, "read", read)


def row_before_bell() -> None:
    """Listen to the bell after the row was read."""

    def look(stamp: Stamp) -> None:
        began, version = monotonic(), stamp.read(connections[stamp.alias])
        bell = bells.listen()
        stamp.looked = began
        if bell is not None and bell == stamp._bell and began - stamp._row_looked < ROW_LOOK_SECONDS:
            return
        stamp._take(version or 0)
        stamp._bell, stamp._row_looked = bell, began

    replace(Stamp, "_look", look)


def ring_before_commit() -> None:
    """Ring when a change is made, and not when it is committed."""

    def changed(using: str, flush: Callable[[], object] | None = None) -> None:
        original(using, flush)
        ring()

    original, ring = unsettled.changed, bells.ring
    replace(unsettled, "changed", changed)
    replace(bells, "ring", lambda: None)


def no_ring() -> None:
    """Change the row, and ring for nobody: whoever hears the old bell has ten seconds of peace."""
    replace(bells, "ring", lambda: None)


def look_in_old_views() -> None:
    """Look, and publish what was read, in any transaction."""
    replace(database, "may_hold_old_view", lambda connection: False)
    replace(store, "_view", lambda kind, connection, held: snapshots.load(kind, held, connection))


def publish_private_reads() -> None:
    """Show everybody what a writer sees in its own transaction."""

    def private(kind: Kind, connection: BaseDatabaseWrapper) -> Snapshot:
        found = original(kind, connection)
        snapshots.published[kind] = found.replaced(label=found.stamp.known)
        return found

    original = store._private
    replace(store, "_private", private)


def no_pins() -> None:
    """Let each check of a unit of work look for itself."""
    replace(pins, "current", lambda: None)


def deaf_to_query_sets() -> None:
    """Hear nothing of `update()` and the like."""
    replace(ToggleQuerySet, "_report", lambda self: None)


SABOTAGES: dict[str, Callable[[], None]] = {
    "version in the cache": copy_the_version_into_the_cache,
    "label after rows": label_after_rows,
    "row before bell": row_before_bell,
    "ring before commit": ring_before_commit,
    "no ring": no_ring,
    "look in old views": look_in_old_views,
    "publish private reads": publish_private_reads,
    "no pins": no_pins,
    "deaf to query sets": deaf_to_query_sets,
}


def apply(name: str) -> None:
    """Break this process's Waffle Iron; an empty name leaves it whole."""
    if name:
        SABOTAGES[name]()


def replace(target: Any, name: str, replacement: Callable[..., Any]) -> None:
    """Put `replacement` in the place of `target.name`."""
    setattr(target, name, replacement)
