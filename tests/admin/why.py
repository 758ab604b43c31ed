"""The pages that say why, as tests visit them."""

from __future__ import annotations

from typing import Any

from tests.admin.forms import address
from waffle.kinds import FLAG

# Any, in this file: flags and responses.

FLAGS = "/admin/waffle/flag/why/"


def why(flag: Any) -> str:
    return address(FLAG, "why", flag.pk)


def decided_by(page: Any) -> list[str]:
    return [step.label for step in page.context["steps"] if step.decides]
