"""The floor: one look-up in a dictionary. Nothing that answers for a name can be quicker."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from benchmarks.contenders import Contender
from benchmarks.site import FlagSpec


class Dictionary(Contender):
    """It asks nobody about anything."""

    def __init__(self) -> None:
        self.values: dict[str, bool] = {}
        self.switch = self.values.__getitem__

    def flag(self, request: HttpRequest, name: str) -> object:
        """Look a flag up."""
        return self.values[name]

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Note each value."""
        self.values.update({"switch": True}, **{spec.name: spec.is_on for spec in flags})


CONTENDER = Dictionary()
