"""A gate: the toggle that a view stands behind, as decorators and mixins name it. Internal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waffle.evaluation import acheck, check
from waffle.kinds import Kind


@dataclass(frozen=True, slots=True)
class Gate:
    """Open while its toggle is active; where it is inverted, while its toggle is not."""

    kind: Kind
    name: str
    is_inverted: bool

    # Any, twice: a Django request, or a framework's wrapper of one.
    def is_open(self, request: Any) -> bool:
        """Say whether this request may pass."""
        return check(self.kind, self.name, request).active is not self.is_inverted

    async def ais_open(self, request: Any) -> bool:
        """Do what `is_open` does, in a coroutine."""
        return (await acheck(self.kind, self.name, request)).active is not self.is_inverted


def gate_of(kind: Kind, name: str) -> Gate:
    """Return the gate that `name` describes: "new_basket", or inverted "!new_basket"."""
    return Gate(kind, name.removeprefix("!"), name.startswith("!"))
