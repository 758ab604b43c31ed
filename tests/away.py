"""A database that goes away, and comes back."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Away:
    """The database: while it is away each statement fails, and is counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.tries = 0

    def goes(self) -> None:
        self.monkeypatch.setattr(BaseDatabaseWrapper, "cursor", self.fail)
        for each in connections.all():
            # Django's SimpleTestCase leaves a cursor of its own behind on each.
            self.monkeypatch.setattr(each, "cursor", self.fail)

    def comes_back(self) -> None:
        self.monkeypatch.undo()

    def fail(self, *args: object) -> None:
        self.tries += 1
        raise OperationalError("no server")
