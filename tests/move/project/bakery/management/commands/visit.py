"""`manage.py visit FILE`: visits the site as many people, and writes what they saw to a file."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...settings import FOLDER
from ...visiting import visit_all


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    # Any: Django's own signature.
    def handle(self, *args: Any, **options: Any) -> None:
        (FOLDER / options["file"]).write_text(json.dumps(visit_all()))
