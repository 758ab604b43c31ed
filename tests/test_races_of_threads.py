"""Threads and processes that look and load at once, or wait for each other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, connections

import waffle
from tests.conftest import Clock
from tests.crossing import Thread, right_after, set_elsewhere, set_switch
from tests.process import before_each
from waffle import bells, database, snapshots, stamps
from waffle.kinds import SWITCH
from waffle.stamps import stamp_of

pytestmark = pytest.mark.django_db(transaction=True)


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
