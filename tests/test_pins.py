"""Pins: what a unit of work holds, and lets go."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from waffle import pins
from waffle.kinds import SWITCH, Kind
from waffle.pins import Pin
from waffle.snapshots import UNKNOWN
from waffle.stamps import Stamp
from waffle.verdicts import Reason, Verdict, verdict_of


def held(pin: Pin) -> dict[str, Any]:  # Any: what it holds of each sort
    return {
        name: dict.fromkeys(getattr(pin, name))
        for name in ("looked_at", "snapshots", "inquiries", "memberships")
        if getattr(pin, name)
    }


@pytest.fixture
def pin() -> Pin:
    """Return a pin that holds something of each sort."""
    pin = Pin(None)
    pin.looked_at = (Stamp("default"),)
    pin.snapshots[SWITCH] = UNKNOWN
    pin.inquiries[False] = "an inquiry"
    pin.memberships["a key",] = {"a group"}
    return pin


def test_who_changes_something_forgets_all_that_was_told(pin: Pin) -> None:
    pin.forget()

    assert held(pin) == {}


def test_who_changes_a_user_forgets_what_is_known_of_users(pin: Pin) -> None:
    pin.doubt_users(connection)

    assert list(held(pin)) == ["looked_at", "snapshots"]


def test_what_a_transaction_shows_of_users_is_doubted_though_something_was_changed(pin: Pin) -> None:
    pin.doubt_users(connection)
    doubted = pin.inquiries, pin.memberships

    pin.forget()

    assert (pin.inquiries is doubted[0], pin.memberships is doubted[1]) == (True, True)


def test_a_pin_that_is_kept_full_is_filled_when_it_has_forgotten(pin: Pin) -> None:
    filled: list[tuple[Pin, dict[str, Any]]] = []
    pin.refill = lambda pin: filled.append((pin, held(pin)))

    pin.forget()

    assert filled == [(pin, {})]


def test_a_pin_that_is_closed_forgets_and_is_not_filled_again() -> None:
    pin = pins.enter()
    pin.snapshots[SWITCH] = UNKNOWN
    pin.refill = lambda pin: pin.snapshots.update({SWITCH: UNKNOWN})

    pins.leave(pin)

    assert held(pin) == {}


def test_what_another_thread_asks_while_a_block_ends_does_no_harm() -> None:
    class Meanwhile(dict[tuple[Kind, str], Verdict]):
        def setdefault(self, question: Any, verdict: Any = None) -> Any:
            inner.records[SWITCH, "late"] = verdict
            return super().setdefault(question, verdict)

    outer = Pin(None)
    inner = Pin(outer)
    inner.records[SWITCH, "x"] = verdict_of(True, Reason.ACTIVE)
    outer.records = Meanwhile()

    outer.absorb(inner)

    assert outer.records == {(SWITCH, "x"): verdict_of(True, Reason.ACTIVE)}
