"""A write is put exactly between a read and its use: nothing may stay stale because the two crossed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import caches
from django.db import DatabaseError, connection, connections, transaction

import waffle
from tests.conftest import Clock
from tests.process import after_each, before_each, elsewhere
from waffle import bells, database, snapshots, stamps, unsettled
from waffle.kinds import SWITCH
from waffle.models import Switch
from waffle.stamps import stamp_of

pytestmark = pytest.mark.django_db(transaction=True)

Thread = Callable[[Callable[[], Any]], Any]


def set_switch(active: bool) -> None:
    Switch.objects.update_or_create(name="x", defaults={"active": active})


def set_elsewhere(active: bool, *, is_told: bool = True) -> None:
    with elsewhere(is_told=is_told):
        set_switch(active)


@contextmanager
def right_after(
    target: Any, name: str, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Do something once, after the next call of `target.name` and before its caller goes on."""
    left = [do]
    with monkeypatch.context() as patch:
        after_each(target, name, lambda: left and left.pop()(), patch)
        yield
    assert not left, f"{name} was not called"


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


# --- the bell -------------------------------------------------------------------------------------


@pytest.fixture
def settled(clock: Clock, shared_cache: Any) -> Clock:
    """Let this process know that the switch is off, and have a bell that has told so."""
    set_switch(False)
    for _ in range(2):
        clock.advance(0.125)
        assert waffle.switch_is_active("x") is False
    clock.advance(0.125)
    return clock


def test_a_bell_that_was_not_rung_saves_the_query(settled: Clock, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert waffle.switch_is_active("x") is False


def test_a_ring_is_heard_at_the_next_look(settled: Clock) -> None:
    set_elsewhere(True)
    bells.ring()

    assert waffle.switch_is_active("x") is True


def test_a_lost_ring_costs_ten_seconds_at_worst(settled: Clock) -> None:
    set_elsewhere(True)
    settled.advance(9.5)
    before = waffle.switch_is_active("x")
    settled.advance(0.5)

    assert before is False
    assert waffle.switch_is_active("x") is True


def test_rings_that_cross_lose_nothing(settled: Clock) -> None:
    set_elsewhere(False)  # writer A is slow to ring
    set_elsewhere(True)  # writer B
    bells.ring()  # of B
    assert waffle.switch_is_active("x") is True
    bells.ring()  # of A
    set_elsewhere(False)  # writer C, not rung yet
    settled.advance(0.125)
    waffle.switch_is_active("x")
    bells.ring()  # of C
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is False


def test_a_ring_between_bell_and_row_costs_one_more_look(
    settled: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_ring() -> None:
        set_elsewhere(True)
        bells.ring()

    with right_after(bells, "listen", write_and_ring, monkeypatch):
        waffle.switch_is_active("x")
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is True


@pytest.mark.parametrize(
    "do", [lambda cache: cache.clear(), lambda cache: cache.set("waffle:bell", ["what", 1])]
)
def test_a_cache_that_lost_or_garbled_the_bell_makes_a_look(
    settled: Clock, shared_cache: Any, do: Any
) -> None:
    set_elsewhere(True)
    do(shared_cache)

    assert waffle.switch_is_active("x") is True


def test_a_cache_that_goes_back_to_an_old_bell_stays_exact(settled: Clock, shared_cache: Any) -> None:
    old = shared_cache.get("waffle:bell")
    set_elsewhere(True)
    bells.ring()
    assert waffle.switch_is_active("x") is True
    set_elsewhere(False)
    shared_cache.set("waffle:bell", old)
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is False


@pytest.mark.parametrize("value", ["", 0, b"bytes", {"a": 1}, object])
def test_a_bell_of_any_type_is_no_error(settled: Clock, shared_cache: Any, value: object) -> None:
    shared_cache.set("waffle:bell", value)

    assert waffle.switch_is_active("x") is False


def test_a_cache_that_holds_nothing_means_row_looks(clock: Clock, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.ForgetfulMemcached"}}
    set_switch(False)
    assert waffle.switch_is_active("x") is False
    set_elsewhere(True)
    clock.advance(0.125)

    assert waffle.switch_is_active("x") is True


# --- commits and their hooks ----------------------------------------------------------------------


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


def test_a_load_that_hangs_makes_one_check_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "LONGEST_LOAD_WAIT", 0.01)
    set_switch(False)
    waffle.switch_is_active("x")
    set_elsewhere(True)
    clock.advance(0.125)
    watched = Watched()
    monkeypatch.setattr(snapshots._loading[SWITCH], "lock", watched)

    with watched.lock:
        answers = [waffle.switch_is_active("x") for _ in range(3)]

    assert answers == [False] * 3
    assert watched.waits == [0.01, 0, 0]


def _locked(connection: Any) -> None:
    raise DatabaseError("database is locked")


# --- threads and processes ------------------------------------------------------------------------


def test_a_cold_herd_loads_once(cold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "LONGEST_LOOK_WAIT", 30)
    monkeypatch.setattr(snapshots, "LONGEST_LOAD_WAIT", 30)
    set_switch(True)
    reads: list[None] = []
    before_each(snapshots, "read", lambda: reads.append(None), monkeypatch)
    barrier = threading.Barrier(16)

    def check() -> bool:
        barrier.wait()
        try:
            return waffle.switch_is_active("x")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as executor:
        answers = [done.result() for done in [executor.submit(check) for _ in range(16)]]

    assert answers == [True] * 16
    assert len(reads) == 1


class Watched:
    """A lock that says when somebody has come for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.has_visitor = threading.Event()
        self.waits: list[float] = []

    def acquire(self, timeout: float) -> bool:
        self.has_visitor.set()
        self.waits.append(timeout)
        return self.lock.acquire(timeout=timeout)

    def release(self) -> None:
        self.lock.release()


def test_whoever_finds_a_look_under_way_sees_what_it_finds(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamps, "LONGEST_LOOK_WAIT", 30)
    set_switch(False)
    waffle.switch_is_active("x")
    set_elsewhere(True)
    clock.advance(0.125)
    stamp = stamp_of("default")
    watched = Watched()
    monkeypatch.setattr(stamp, "_looking", watched)

    def check() -> bool:
        try:
            return waffle.switch_is_active("x")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as executor:

        def come_too_late() -> None:
            watched.has_visitor.clear()
            others.append(executor.submit(check))
            assert watched.has_visitor.wait(30)

        others: list[Future[bool]] = []
        with right_after(database, "fetch", come_too_late, monkeypatch):
            stamp.look()

        assert others[0].result() is True


def test_a_look_that_hangs_makes_one_check_wait(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, in_thread: Thread
) -> None:
    monkeypatch.setattr(stamps, "LONGEST_LOOK_WAIT", 0.01)
    set_switch(False)
    waffle.switch_is_active("x")
    clock.advance(0.125)
    watched = Watched()
    monkeypatch.setattr(stamp_of("default"), "_looking", watched)

    with watched.lock:
        answers = [in_thread(lambda: waffle.switch_is_active("x")) for _ in range(3)]

    assert answers == [False] * 3
    assert watched.waits == [0.01, 0, 0]


def test_who_waits_too_long_for_a_load_uses_the_last_snapshot(
    clock: Clock, in_thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_switch(False)
    waffle.switch_is_active("x")
    monkeypatch.setattr(snapshots, "LONGEST_LOAD_WAIT", 0.01)
    set_elsewhere(True)
    clock.advance(0.125)

    with snapshots._loading[SWITCH].lock:
        assert waffle.switch_is_active("x") is False

    assert waffle.switch_is_active("x") is True


def test_a_router_may_ask_a_switch(cold: None, settings: Any) -> None:
    set_switch(True)
    settings.DATABASE_ROUTERS = ["tests.routers.AsksASwitch"]

    assert waffle.switch_is_active("x") is True
    assert waffle.switch_is_active("router") is False


def fork_and_ask(ask: Callable[[], bool]) -> bool:
    """Return what `ask` answers in a forked child, True or False."""
    child = os.fork()
    if not child:
        os._exit(0 if ask() else 1)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_forks_after_a_check_goes_on_on_both_sides(
    cold: None, shared_cache: Any, settings: Any
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    set_switch(True)
    assert waffle.switch_is_active("x") is True
    inherited = caches["shared"]
    stamp = stamp_of("default")

    def ask() -> bool:
        is_renewed = caches["shared"] is not inherited
        connections.close_all()
        set_switch(False)
        return is_renewed and not waffle.switch_is_active("x")

    with stamp._looking, stamp._learning, snapshots._loading[SWITCH].lock:
        connection.close()
        assert fork_and_ask(ask) is True
    bells.ring()  # LocMem is not shared with the child

    assert waffle.switch_is_active("x") is False
