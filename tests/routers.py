"""Database routers."""

from __future__ import annotations

from typing import Any

import waffle


# Any, throughout: Django's own signatures.
class TogglesElsewhere:
    """The tables of Waffle Iron are in the database `other`."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "other" if model._meta.app_label == "waffle" else None

    db_for_write = db_for_read


class AsksASwitch:
    """Asks a switch before each answer."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        waffle.switch_is_active("router")
        return None

    db_for_write = db_for_read


class ReadsAReplica:
    """The toggles are read from `other`, or where a test says, and written to `default`."""

    reads = "other"

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self.reads if model._meta.app_label == "waffle" else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "default" if model._meta.app_label == "waffle" else None
