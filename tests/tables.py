"""Tables that tests take away for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def table_away(name: str) -> Iterator[None]:
    """Take a table away within the block."""
    quote = connection.ops.quote_name
    rename = "ALTER TABLE {} RENAME TO {}"
    with connection.cursor() as cursor:
        cursor.execute(rename.format(quote(name), quote("away")))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(rename.format(quote("away"), quote(name)))
