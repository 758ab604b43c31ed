"""A commit and its hooks: what is committed is told, whatever fails on the way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

import waffle
from tests.conftest import Clock
from tests.crossing import Thread, set_switch
from waffle import stamps, unsettled
from waffle.models import Switch
from waffle.stamps import stamp_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hook_that_raises_before_ours_does_not_lose_the_change(
    clock: Clock, in_thread: Thread, caplog: pytest.LogCaptureFixture
) -> None:
    set_switch(False)
    assert in_thread(lambda: waffle.switch_is_active("x")) is False

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        transaction.on_commit(lambda: 1 / 0)
        set_switch(True)

    assert waffle.switch_is_active("x") is True
    assert in_thread(lambda: waffle.switch_is_active("x")) is True
    assert not unsettled.waiting


def test_a_hook_before_ours_reads_what_was_committed(clock: Clock) -> None:
    set_switch(False)
    seen: list[bool] = []

    with transaction.atomic():
        transaction.on_commit(lambda: seen.append(waffle.switch_is_active("x")))
        set_switch(True)

    assert seen == [True]


def test_a_rollback_leaves_nothing_unsettled_after_the_next_check(clock: Clock) -> None:
    set_switch(False)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        set_switch(True)
        raise ZeroDivisionError

    assert waffle.switch_is_active("x") is False
    assert not unsettled.waiting


def test_work_that_ends_settles_what_a_failed_hook_left(clock: Clock, in_thread: Thread) -> None:
    set_switch(False)
    assert in_thread(lambda: waffle.switch_is_active("x")) is False

    with waffle.pinned(), pytest.raises(ZeroDivisionError), transaction.atomic():
        transaction.on_commit(lambda: 1 / 0)
        set_switch(True)

    assert in_thread(lambda: waffle.switch_is_active("x")) is True


def test_a_transaction_after_an_unsettled_one_sees_what_is_committed(clock: Clock) -> None:
    set_switch(False)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        transaction.on_commit(lambda: 1 / 0)
        set_switch(True)

    with transaction.atomic():
        inside = waffle.switch_is_active("x")

    assert inside is True
    assert waffle.switch_is_active("x") is True
    assert not unsettled.waiting


def test_a_thread_that_ends_in_a_transaction_leaves_nothing_behind(clock: Clock) -> None:
    set_switch(False)

    def write_and_vanish() -> None:
        transaction.atomic().__enter__()
        Switch.objects.update(active=True)
        connection.connection.close()

    thread = threading.Thread(target=write_and_vanish)
    thread.start()
    thread.join()
    del thread
    import gc

    gc.collect()

    assert not unsettled.waiting
    assert waffle.switch_is_active("x") is False


def test_without_autocommit_the_writer_sees_its_rows_and_others_after_the_commit(
    clock: Clock, in_thread: Thread
) -> None:
    set_switch(False)
    assert in_thread(lambda: waffle.switch_is_active("x")) is False
    transaction.set_autocommit(False)
    try:
        Switch.objects.update(active=True)
        inside = waffle.switch_is_active("x")
        transaction.rollback()
        undone = waffle.switch_is_active("x")
        Switch.objects.update(active=True)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    clock.advance(0.125)

    assert (inside, undone) == (True, False)
    assert in_thread(lambda: waffle.switch_is_active("x")) is True
    assert waffle.switch_is_active("x") is True
    assert not unsettled.waiting


def test_sixteen_first_bumps_at_once_all_count(cold: None) -> None:
    barrier = threading.Barrier(16)

    def bump() -> None:
        barrier.wait()
        stamps.Stamp.write(connection)
        connections.close_all()

    with ThreadPoolExecutor(16) as executor:
        for done in [executor.submit(bump) for _ in range(16)]:
            done.result()

    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM waffle_stamp")
        assert cursor.fetchone() == (1,)


def test_a_bump_that_fails_is_owed_and_paid(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, in_thread: Thread
) -> None:
    set_switch(False)
    waffle.switch_is_active("x")
    before = stamp_of("default").known
    with monkeypatch.context() as patch:
        patch.setattr(stamps.Stamp, "write", staticmethod(_locked))
        set_switch(True)

    own = waffle.switch_is_active("x"), in_thread(lambda: waffle.switch_is_active("x"))
    clock.advance(1)
    waffle.switch_is_active("x")

    assert own == (True, True)
    assert stamp_of("default").is_owed is False
    assert stamp_of("default").read(connection) == stamp_of("default").known > before


def test_a_bump_that_goes_on_failing_is_tried_ever_more_rarely(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    set_switch(False)
    tries: list[float] = []

    def fail(connection: Any) -> None:
        tries.append(clock.now)
        _locked(connection)

    monkeypatch.setattr(stamps.Stamp, "write", staticmethod(fail))
    began = clock.now
    Switch.objects.update(active=True)
    for _ in range(80):
        clock.advance(0.125)
        assert waffle.switch_is_active("x") is True

    assert [moment - began for moment in tries] == [0, 1, 3, 7]
    assert [record.getMessage().split(" is ")[1][:13] for record in caplog.records] == ["not available"]


def _locked(connection: Any) -> None:
    raise DatabaseError("database is locked")
