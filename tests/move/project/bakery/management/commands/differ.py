"""`manage.py differ FILE`: writes what the packages answer otherwise to a file. It empties the tables."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...differing import ask_all
from ...settings import FOLDER


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    # Any: Django's own signature.
    def handle(self, *args: Any, **options: Any) -> None:
        (FOLDER / options["file"]).write_text(json.dumps(ask_all()))
