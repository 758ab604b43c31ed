"""`manage.py waffle_delete`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from waffle.history import authors
from waffle.kinds import KINDS
from waffle.management.base import as_names, rows_named


class Command(BaseCommand):
    """Deletes toggles by name, all or nothing. A name that is not there is no error: scripts run twice."""

    help = "Delete flags, switches and samples."

    def add_arguments(self, parser: CommandParser) -> None:
        for kind in KINDS:
            parser.add_argument(
                f"--{kind.plural}",
                action="extend",
                nargs="*",
                default=[],
                dest=f"{kind.name}_names",
                metavar="NAME",
                help=f"The names of the {kind.plural} to delete.",
            )

    # Any: Django's own signature.
    def handle(self, *args: Any, **options: Any) -> None:
        named = {kind: set(as_names(options[f"{kind.name}_names"])) for kind in KINDS}
        wanted = {kind: names for kind, names in named.items() if names}
        deleted = {}
        with authors.command(), ExitStack() as stack:
            for alias in sorted({kind.write_alias() for kind in wanted}):
                stack.enter_context(transaction.atomic(using=alias))
            for kind, names in wanted.items():
                rows = rows_named(kind, names)
                deleted[kind] = set(rows.values_list("name", flat=True))
                rows.delete()
        for kind, names in deleted.items():
            self.stdout.write(f"Deleted {len(names)} {kind.plural.capitalize()}")
            for name in sorted(wanted[kind] - names):
                self.stderr.write(f"There is no {kind.name} {name!r}.")
