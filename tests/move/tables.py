"""What an SQLite file holds, read without Django: tables, columns, indexes, rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

SWAPPED = ("waffle_flag", "waffle_flag_groups", "waffle_flag_users", "waffle_sample", "waffle_switch")

# Any, throughout: columns hold what they hold.
Schema = dict[str, Any]
Rows = dict[str, list[Any]]


def schema_of(path: Path) -> Schema:
    """Return each column (type, not null, default, key), index and reference of the toggles' tables."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            key: value
            for table in tables(connection)
            if table.startswith(("waffle_", "clubs_")) and table not in ("waffle_stamp", "waffle_change")
            for key, value in _parts(connection, table)
        }


def _parts(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, Any]]:
    # Without its number: in a new database of ours the columns stand in another order.
    for _, name, *rest in connection.execute(f"PRAGMA table_info({table})").fetchall():
        yield f"{table}.{name}", rest
    for _, name, is_unique, origin, is_partial in connection.execute(
        f"PRAGMA index_list({table})"
    ).fetchall():
        columns = [row[2] for row in connection.execute(f"PRAGMA index_info({name})")]
        yield f"{table}, index {name}", [columns, is_unique, origin, is_partial]
    for _, _, other, here, there, *rest in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        yield f"{table}.{here} references", [other, there, *rest]


def rows_of(path: Path) -> Rows:
    """Return the rows of every table."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in tables(connection)
        }


def tables(connection: sqlite3.Connection) -> list[str]:
    """Return the names of all tables but SQLite's own."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in found if not name.startswith("sqlite_")]


def of_toggles(rows: Rows) -> Rows:
    """Return the rows of the toggles' tables alone."""
    return {
        table: found
        for table, found in rows.items()
        if table.startswith(("waffle_", "clubs_")) and table not in ("waffle_stamp", "waffle_change")
    }
