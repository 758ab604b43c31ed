"""`manage.py waffle_sample`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from waffle.kinds import SAMPLE
from waffle.management.base import ToggleCommand, percentage


# Any: options may be anything, a sample is an instance of the project's model.
class Command(ToggleCommand):
    """Sets the percentage of a sample, or lists all samples."""

    help = "Set the percentage of a sample, or list all samples."
    kind = SAMPLE

    def add_field_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("percent", nargs="?", help="In how many of 100 checks it is on, from 0 to 100.")

    def fields(self, options: Mapping[str, Any]) -> dict[str, Any]:
        if options["percent"] is None:
            raise CommandError("You need to specify a percentage, from 0 to 100.")
        return {"percent": percentage(SAMPLE, options["percent"])}

    def describe(self, toggle: Any) -> Iterable[str]:
        return [f"{toggle.name}: {toggle.percent}%"]
