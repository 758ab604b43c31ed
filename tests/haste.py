"""What makes the databases of the tests quicker than those of a site."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.management import create_contenttypes
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate


# Any, here and below: the signature of Django's signals, and rows of any model.
def hasten(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Let a new connection to SQLite not wait for the disk: what it writes need not survive the machine."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")


class Kept:
    """The content types and permissions of a database, to be put back after a flush.

    A test with real transactions ends with a flush, and that would let Django work them out: in some forty
    queries, which take as long as many a test.
    """

    def __init__(self) -> None:
        models = apps.get_model("contenttypes.ContentType"), apps.get_model("auth.Permission")
        self.rows: dict[str, list[list[Any]]] = {}
        for alias in connections:
            with suppress(DatabaseError):  # where no test wants a database it is not there
                self.rows[alias] = [list(model._default_manager.using(alias)) for model in models]
        post_migrate.disconnect(create_contenttypes)
        post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
        post_migrate.disconnect(dispatch_uid="waffle.permissions", sender=apps.get_app_config("waffle"))
        post_migrate.connect(self.put_back, sender=apps.get_app_config("auth"))

    def put_back(self, *, using: str, **kwargs: Any) -> None:
        """Put them back, where there are none."""
        for rows in self.rows[using]:
            manager = type(rows[0])._default_manager.using(using)
            if not manager.exists():
                manager.bulk_create(rows)
