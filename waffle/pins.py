"""The pin: one unit of work's hold on what it was told, so that a flag does not change under it. Internal."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.http import HttpRequest

    from waffle.kinds import Kind
    from waffle.snapshots import Snapshot
    from waffle.stamps import Stamp
    from waffle.verdicts import Verdict


class Pin:
    """What one request, task or loop has been told."""

    __slots__ = (
        "inquiries",
        "is_closed",
        "is_private",
        "looked_at",
        "memberships",
        "previous",
        "records",
        "refill",
        "request",
        "snapshots",
    )

    def __init__(self, previous: Pin | None) -> None:
        self.previous = previous
        self.is_closed = False
        self.is_private = False
        """Whether dice have decided: what comes of this work is for one visitor alone."""
        self.request: HttpRequest | None = None
        """The request that is being answered, if the middleware has opened this pin."""
        self.refill: Callable[[Pin], None] | None = None
        """Set where coroutines ask, who cannot load for themselves: fills the pin again."""
        self.looked_at: tuple[Stamp, ...] = ()
        self.snapshots: dict[Kind, Snapshot] = {}
        # Any: inquiries belong to the ring above; memberships are keyed by snapshot and user.
        self.inquiries: dict[bool, Any] = {}
        self.memberships: dict[tuple[Any, ...], Any] = {}
        self.records: dict[tuple[Kind, str], Verdict] = {}
        """By kind and name, the first answer to each question."""

    def forget(self) -> None:
        """Let go of all that was told: this unit of work has changed something itself."""
        self.looked_at = ()
        self.snapshots.clear()
        # Emptied, not replaced: `doubt_users` may have put them there.
        self.inquiries.clear()
        self.memberships.clear()
        if self.refill is not None:
            self.refill(self)

    def outer(self) -> Pin | None:
        """Return the open pin that this one was opened within; a request that is over is passed by."""
        pin = self.previous
        while pin is not None and pin.is_closed:
            pin = pin.previous
        return pin

    def absorb(self, inner: Pin) -> None:
        """Take over what a part of this unit of work, in a pin of its own, has asked."""
        self.is_private |= inner.is_private
        # Of a copy: other threads may work for that part, and not have noticed that it has ended.
        for question, verdict in inner.records.copy().items():
            self.records.setdefault(question, verdict)

    def doubt_users(self, connection: BaseDatabaseWrapper) -> None:
        """Let go of what is known of users, their groups for one: now, and whenever this connection's
        transaction ends or goes back to a savepoint.
        """
        self.inquiries = _Provisional(connection)
        self.memberships = _Provisional(connection)


# Any: whatever is put there.
class _Provisional(dict[Any, Any]):
    """Holds what a transaction shows until it ends, or goes back to a savepoint.

    Django then puts a new list at `run_on_commit`, and tells nobody else.
    """

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        super().__init__()
        self.connection = connection
        self.queue = connection.run_on_commit

    def get(self, key: Any, default: Any = None) -> Any:
        if self.queue is not self.connection.run_on_commit:
            self.queue = self.connection.run_on_commit
            self.clear()
        return super().get(key, default)


_current: ContextVar[Pin | None] = ContextVar("waffle_pin", default=None)


def current() -> Pin | None:
    """Return the pin of this context, None where there is none or it is closed."""
    pin = _current.get()
    # A background task keeps the context of a request that is over.
    return pin.outer() if pin is not None and pin.is_closed else pin


def keep_private() -> None:
    """Note that dice have decided, in the current pin."""
    pin = current()
    if pin is not None:
        pin.is_private = True


def enter() -> Pin:
    """Open a pin within the current one."""
    pin = Pin(_current.get())
    _current.set(pin)
    return pin


def leave(pin: Pin) -> None:
    """Close a pin.

    Not by `ContextVar.reset`: streams and generators may end in another context than they began in.
    """
    pin.is_closed = True
    if pin.previous is not None and (outer := pin.outer()) is not None:
        outer.absorb(pin)
    pin.records.clear()
    pin.refill = pin.request = None
    pin.forget()  # a task that outlives the request may hold the context, and should hold no more
    _current.set(pin.previous)
