"""`manage.py waffle_prune`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, router
from django.utils import timezone

from waffle.conf import conf
from waffle.kinds import KINDS
from waffle.models import Change

AT_ONCE = 5_000  # rows in one statement: others wait for it


class Command(BaseCommand):
    """Deletes what is old in the history of changes."""

    help = "Delete what is older than WAFFLE_HISTORY_DAYS from the history of flags, switches and samples."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=float, help="Keep what is younger than this, whatever the setting."
        )

    # Any: Django's own signature.
    def handle(self, *args: Any, **options: Any) -> None:
        days = conf.HISTORY_DAYS if options["days"] is None else options["days"]
        if days is None:
            self.stdout.write("WAFFLE_HISTORY_DAYS is not set: every change is kept.")
            return
        try:
            limit = timezone.now() - timedelta(days=float(days))
        except (OverflowError, TypeError, ValueError) as error:
            raise CommandError(f"{days!r} is no number of days.") from error
        if float(days) < 0:
            raise CommandError(f"{days!r} is no number of days: give 0 or more.")
        count = 0
        for alias in sorted({kind.write_alias() for kind in KINDS}):
            if router.allow_migrate_model(alias, Change):
                count += self._prune(alias, limit)
        self.stdout.write(f"Deleted {count} changes older than {days:g} days")

    def _prune(self, alias: str, limit: Any) -> int:
        rows = Change._base_manager.using(alias).order_by("at")
        count = 0
        try:
            while keys := list(rows.filter(at__lt=limit).values_list("pk", flat=True)[:AT_ONCE]):
                for start in range(0, len(keys), 500):
                    count += rows.filter(pk__in=keys[start : start + 500]).order_by().delete()[0]
        except Error as error:
            raise CommandError(f"The table {Change._meta.db_table} cannot be read: {error}") from error
        return count
