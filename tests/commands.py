"""The commands, called as tests call them."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

# Arguments that make or change a toggle of each kind.
SET = {"flag": ["--staff"], "switch": ["on"], "sample": ["34"]}


def run(name: str, *arguments: object, **options: object) -> list[str]:
    """Call a command, and return the lines that it writes."""
    output = StringIO()
    call_command(name, *arguments, stdout=output, **options)
    return output.getvalue().splitlines()
