"""The subject of a check: who or what is asked about, and what is known of it so far. Internal."""

from __future__ import annotations

from typing import Any

from waffle import pins
from waffle.snapshots import Snapshot


# Any: requests and users are the project's own.
class Subject:
    """A request, or a user alone, and the facts that conditions have wanted so far."""

    __slots__ = ("facts", "read_only", "request", "snapshot", "user_seen")

    def __init__(self, snapshot: Snapshot, request: Any, *, read_only: bool = False) -> None:
        self.snapshot = snapshot
        self.request = request
        self.read_only = read_only
        self.user_seen = _user_seen(request)
        self.facts: dict[str, Any] = {}

    def is_about(self, request: Any, snapshot: Snapshot) -> bool:
        """Say whether it serves for a check of this request by this snapshot.

        A view may sign a user in; a user that cannot be seen without a touch is taken for another one.
        """
        is_same = self.request is request and self.snapshot is snapshot
        return is_same and self.user_seen is not None and self.user_seen is _user_seen(request)


def subject_of(snapshot: Snapshot, request: Any, *, read_only: bool) -> Subject:
    """Return the subject of a check: in one pin the same one, while request and user are the same."""
    pin = pins.current()
    if pin is None or request is None:
        return Subject(snapshot, request, read_only=read_only)
    known: Subject | None = pin.subjects.get(read_only)
    if known is not None and known.is_about(request, snapshot):
        return known
    pin.subjects[read_only] = subject = Subject(snapshot, request, read_only=read_only)
    return subject


def _user_seen(request: Any) -> Any:
    """Return what the request holds as its user, without a touch: it is lazy, and costs queries."""
    return getattr(request, "__dict__", {}).get("user")
