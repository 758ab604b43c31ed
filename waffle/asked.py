"""What a condition sees of whom or what is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Asked(Protocol):
    """Who or what is asked about, as a condition sees it."""

    # Any: requests, users, facts and attributes are the project's own.
    request: Any
    """None where a task or a command asks about a subject, or about nobody."""
    read_only: bool
    facts: dict[str, Any]

    @property
    def user(self) -> Any:
        """The user or None, for a condition that wants "user"."""

    @property
    def unit(self) -> str | None:
        """What a hash deals by or None, for a condition that wants "unit"."""

    @property
    def language(self) -> str | None:
        """The code of the language, None where none is known."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the subject was given for conditions of one's own."""

    def varies_on(self, *headers: str) -> None:
        """Tell caches that the answer depends on these headers of the request: `Vary`.

        That it depends on the cookies is told where a condition wants "user" or "unit".
        """

    def keep_private(self) -> None:
        """Tell shared caches not to keep the page: `Cache-Control: private`."""
