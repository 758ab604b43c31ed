"""`manage.py steps STEP…`: runs several commands in one process; each step is a command line."""

import shlex
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("steps", nargs="+")

    # Any: Django's own signature.
    def handle(self, *args: Any, **options: Any) -> None:
        for step in options["steps"]:
            call_command(*shlex.split(step), stdout=self.stdout, stderr=self.stderr)
