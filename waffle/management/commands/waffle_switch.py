"""`manage.py waffle_switch`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser

from waffle.kinds import SWITCH
from waffle.management.base import ToggleCommand

STATES = {"on": True, "off": False}


# Any: options may be anything, a switch is an instance of the project's model.
class Command(ToggleCommand):
    """Turns a switch on or off, or lists all switches."""

    help = "Turn a switch on or off, or list all switches."
    kind = SWITCH

    def add_field_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("state", nargs="?", metavar="on|off", help="What to turn it to.")

    def fields(self, options: Mapping[str, Any]) -> dict[str, Any]:
        state = str(options["state"])
        if state not in STATES:
            raise CommandError("Say what to turn the switch to: on or off.")
        return {"active": STATES[state]}

    def describe(self, toggle: Any) -> Iterable[str]:
        return [f"{toggle.name}: {'on' if toggle.active else 'off'}"]
