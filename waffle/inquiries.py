"""The inquiry, one question to the toggles: about whom, by which snapshot, and the facts so far. Internal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from waffle import memory, pins
from waffle.snapshots import Snapshot
from waffle.subjects import Subject

NO_ATTRIBUTES: Mapping[str, Any] = {}


# Any: requests and users are the project's own.
class Inquiry:
    """A request or a subject, and the facts that conditions have wanted so far."""

    __slots__ = (
        *("facts", "in_words", "read_only", "request", "snapshot", "subject", "user_seen", "varies", "whom"),
    )

    def __init__(
        self, snapshot: Snapshot, whom: Any, *, read_only: bool = False, in_words: bool = False
    ) -> None:
        self.snapshot = snapshot
        self.read_only = read_only
        self.in_words = in_words
        """Whether the verdict is to say in words what decided."""
        self.whom = whom
        """What was passed to the check: a request, a subject, or None."""
        self.subject = whom if isinstance(whom, Subject) else None
        self.request: Any = whom if self.subject is None else None
        self.user_seen = _user_seen(whom)
        self.facts: dict[str, Any] = {}
        self.varies: set[str] = set()

    @property
    def user(self) -> Any:
        """The user, None where there is none; for a condition that wants "user"."""
        return self._wanted("user")

    @property
    def unit(self) -> str | None:
        """What a hash deals by; for a condition that wants "unit"."""
        unit: str | None = self._wanted("unit")
        return unit

    @property
    def language(self) -> str | None:
        """The code of the language, None where none is known."""
        language: str | None = (
            getattr(self.request, "LANGUAGE_CODE", None) if self.subject is None else self.subject.language
        )
        return language

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What the subject was given for conditions of one's own; nothing where a request is asked about."""
        return NO_ATTRIBUTES if self.subject is None else self.subject.attributes

    def _wanted(self, fact: str) -> Any:
        try:
            return self.facts[fact]
        except KeyError:
            raise LookupError(f"A condition that reads the {fact} says so: wants = {fact!r}.") from None

    def varies_on(self, *headers: str) -> None:
        """Note for caches which headers of the request the answer depends on."""
        if self.request is not None and not self.varies.issuperset(headers):
            self.varies.update(headers)
            memory.varies_on(self.request, *headers)

    def keep_private(self) -> None:
        """Note for shared caches that the answer is for this visitor alone."""
        if self.request is not None:
            memory.keep_private(self.request)
        else:
            pins.keep_private()  # a sample is asked without a request

    def is_about(self, whom: Any, snapshot: Snapshot) -> bool:
        """Say whether it serves for a check of the same by this snapshot.

        A view may sign a user in; a user that cannot be seen without a touch is taken for another one.
        """
        is_same = self.whom is whom and self.snapshot is snapshot
        return is_same and self.user_seen is not None and self.user_seen is _user_seen(whom)


def inquiry_of(snapshot: Snapshot, whom: Any, *, read_only: bool) -> Inquiry:
    """Return the inquiry of a check: in one pin the same one, while whom it is about and the user are."""
    pin = pins.current()
    if pin is None or whom is None:
        return Inquiry(snapshot, whom, read_only=read_only)
    known: Inquiry | None = pin.inquiries.get(read_only)
    if known is not None and known.is_about(whom, snapshot):
        return known
    pin.inquiries[read_only] = inquiry = Inquiry(snapshot, whom, read_only=read_only)
    return inquiry


def _user_seen(whom: Any) -> Any:
    """Return what is held as the user, without a touch: it is lazy, and costs queries."""
    return getattr(whom, "__dict__", {}).get("user")
