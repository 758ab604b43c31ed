"""Rows that nobody else changes while a page compares what it has shown with what is there."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.db.models import F, QuerySet


# Any: the model and its keys are the project's own.
def hold(model: Any, key: Any, using: str) -> None:
    """Let nobody else change a toggle, nor whom it lists, until the open transaction ends."""
    row: Any = QuerySet(model, using=using).filter(pk=key)
    if connections[using].features.has_select_for_update:
        # An UPDATE would let others add members: PostgreSQL locks less for it.
        list(row.select_for_update().values_list("pk", "name"))
    else:
        # SQLite has one lock for all. A transaction that reads before it writes would fail there.
        row.update(name=F("name"))
