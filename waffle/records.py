"""Records: what a unit of work has asked, and what it was told. Internal, but for `evaluated`."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.dispatch import Signal

from waffle import pins
from waffle.kinds import KINDS, Kind
from waffle.outages import ongoing
from waffle.pins import Pin
from waffle.snapshots import Snapshot, is_stale
from waffle.verdicts import Reason, Verdict, stale_of


class Evaluated(Signal):
    """Sent at the first answer to each question of a unit of work; outside of any, at each check."""

    # Any: whatever may be called, and Django's own arguments.
    def connect(self, receiver: Any, *args: Any, **kwargs: Any) -> None:
        """Listen; raises `TypeError` for a coroutine function, which a check cannot wait for."""
        if iscoroutinefunction(receiver):
            raise TypeError(f"{receiver!r} must be a plain function: a check calls it, and does not wait.")
        super().connect(receiver, *args, **kwargs)


signal = Evaluated(use_caching=True)
"""`waffle.signals.evaluated`."""

logger = logging.getLogger("waffle")

_is_telling: ContextVar[bool] = ContextVar("waffle_is_telling", default=False)


def record(pin: Pin | None, kind: Kind, name: str, verdict: Verdict, snapshot: Snapshot) -> None:
    """Note the first answer to a question, and tell whoever listens; without a pin each is the first."""
    if pin is None and not signal.receivers:
        return
    if ongoing and verdict.reason is not Reason.STALE and is_stale(kind, snapshot):
        verdict = stale_of(verdict)
    if pin is not None:
        pin.records[kind, name] = verdict
    if signal.receivers and not _is_telling.get() and not _was_told(pin, kind, name):
        _tell(kind, name, verdict)


def _was_told(pin: Pin | None, kind: Kind, name: str) -> bool:
    """Say whether a unit of work around this one has had an answer."""
    while pin is not None:
        pin = pin.outer()
        if pin is not None and (kind, name) in pin.records:
            return True
    return False


def _tell(kind: Kind, name: str, verdict: Verdict) -> None:
    """Send the signal, but not for what a receiver asks: without a pin that would have no end."""
    token = _is_telling.set(True)
    try:
        signal.send_robust(kind.model, kind=kind.name, name=name, verdict=verdict)
    except Exception:  # Django cannot log a receiver that has no name, such as a partial
        logger.exception("A receiver of waffle.signals.evaluated has failed.")
    finally:
        _is_telling.reset(token)


def evaluated() -> dict[str, dict[str, Verdict]]:
    """Return what this request, or this block of `pinned()`, has asked so far, with the first answers.

    `{"flags": {name: verdict}, "switches": {…}, "samples": {…}}`; outside of both there is nothing.
    """
    pin = pins.current()
    told: dict[str, dict[str, Verdict]] = {kind.plural: {} for kind in KINDS}
    # Of a copy: other threads may work for the same request.
    for (kind, name), verdict in ({} if pin is None else pin.records.copy()).items():
        told[kind.plural][name] = verdict
    return told
