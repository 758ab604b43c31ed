"""A write is put exactly between a read and its use: nothing may stay stale because the two crossed."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

import waffle
from tests.conftest import Clock
from tests.crossing import Thread, right_after, set_elsewhere, set_switch
from waffle import database, snapshots, stamps
from waffle.stamps import stamp_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_write_between_stamp_and_rows_costs_a_reload(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_elsewhere(False)

    with right_after(stamps.Stamp, "learn", lambda: set_elsewhere(True), monkeypatch):
        waffle.switch_is_active("x")
    clock.advance(0.125)

    assert waffle.switch_is_active("x") is True


def test_a_write_after_the_version_is_read_is_not_lost(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_elsewhere(False)

    with right_after(database, "fetch", lambda: set_elsewhere(True), monkeypatch):
        waffle.switch_is_active("x")
    clock.advance(0.125)

    assert waffle.switch_is_active("x") is True


def test_rows_that_were_read_before_their_bump_are_read_again_after_it(clock: Clock) -> None:
    set_elsewhere(False)
    assert waffle.switch_is_active("x") is False
    set_elsewhere(True, is_told=False)
    clock.advance(0.125)
    assert waffle.switch_is_active("x") is False

    stamps.Stamp.write(connection)
    clock.advance(0.125)

    assert waffle.switch_is_active("x") is True


def test_a_slow_look_across_an_own_commit_does_not_count(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_switch(False)
    waffle.switch_is_active("x")
    clock.advance(0.125)
    stamp = stamp_of("default")

    with right_after(database, "fetch", lambda: set_switch(True), monkeypatch):
        stamp.look()

    assert stamp.is_look_due()
    assert waffle.switch_is_active("x") is True


def test_a_look_across_the_start_of_an_own_bump_still_tells_of_what_others_did(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_switch(False)
    waffle.switch_is_active("x")
    set_elsewhere(True)
    clock.advance(0.125)
    stamp = stamp_of("default")

    def begin_a_bump() -> None:
        stamp._bumps += 1

    with right_after(database, "fetch", begin_a_bump, monkeypatch):
        assert waffle.switch_is_active("x") is True


def test_a_look_in_a_broken_transaction_does_not_count(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, in_thread: Thread
) -> None:
    monkeypatch.setattr(database, "may_hold_old_view", lambda connection: False)  # as at READ COMMITTED
    set_switch(False)
    waffle.switch_is_active("x")
    set_elsewhere(True)
    clock.advance(0.125)

    with transaction.atomic():
        transaction.set_rollback(True)
        own = waffle.switch_is_active("x")
        others = in_thread(lambda: waffle.switch_is_active("x"))

    assert (own, others) == (False, True)


def test_a_write_in_the_moment_of_the_load_is_seen_by_its_writer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, in_thread: Thread
) -> None:
    set_switch(False)

    with right_after(snapshots, "read", lambda: in_thread(lambda: set_switch(True)), monkeypatch):
        waffle.switch_is_active("x")

    assert waffle.switch_is_active("x") is True


def test_the_age_of_a_look_counts_from_its_start(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_switch(False)
    waffle.switch_is_active("x")
    clock.advance(0.125)

    with right_after(database, "fetch", lambda: clock.advance(0.125), monkeypatch):
        waffle.switch_is_active("x")
    set_elsewhere(True)

    assert waffle.switch_is_active("x") is True
