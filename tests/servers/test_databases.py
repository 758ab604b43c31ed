"""The database that `WAFFLE_TEST_DATABASE` names: many writers at once, old views, failing statements."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

import waffle
from tests.conftest import Clock
from tests.process import elsewhere
from tests.tables import table_away
from waffle import database
from waffle.models import Switch
from waffle.stamps import Stamp

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 16


def empty_stamp() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM waffle_stamp")


def stamp_rows() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, version FROM waffle_stamp")
        return list(cursor.fetchall())


def at_once(work: Callable[[], object]) -> None:
    """Do some work in many threads, released together; raise what one of them raises."""
    barrier = threading.Barrier(WRITERS)

    def wait_and_work() -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as executor:
        for done in [executor.submit(wait_and_work) for _ in range(WRITERS)]:
            done.result()


def test_sixteen_first_bumps_at_once_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waffle.stamps.time", lambda: 1_800_000_000.0)
    rows = []

    for _ in range(10):
        empty_stamp()
        at_once(lambda: Stamp.write(connection))
        rows += stamp_rows()

    assert rows == [(1, 1_800_000_000_000_000 + WRITERS - 1)] * 10


def test_sixteen_threads_that_change_toggles_at_once_are_all_seen(cold: None, settings: Any) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    names = iter(range(WRITERS * 5))

    for _ in range(5):
        empty_stamp()
        at_once(lambda: Switch.objects.create(name=f"{next(names)}", active=True))

    assert [waffle.switch_is_active(f"{number}") for number in range(WRITERS * 5)] == [True] * WRITERS * 5


def test_a_look_that_fails_leaves_the_users_transaction_as_it_was(clock: Clock) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True
    clock.advance(1)
    database._readable.clear()

    with transaction.atomic():
        User.objects.create(username="ada")
        with table_away("waffle_stamp"):
            answer = waffle.switch_is_active("x")
        User.objects.create(username="bob")

    assert answer is True
    assert User.objects.count() == 2


@pytest.fixture
def repeatable_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a transaction see what was there at its first read; SQLite knows nothing else."""
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "postgresql":
        from psycopg import IsolationLevel

        monkeypatch.setitem(options, "isolation_level", IsolationLevel.REPEATABLE_READ)
    elif connection.vendor == "mysql":
        monkeypatch.setitem(options, "isolation_level", "repeatable read")
    connections.close_all()
    yield
    connections.close_all()


def test_a_long_transaction_does_not_tell_the_process_what_it_sees(
    repeatable_read: None, clock: Clock, in_thread: Callable[[Callable[[], Any]], Any]
) -> None:
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")

    def set_elsewhere(active: bool) -> None:
        with elsewhere():
            Switch.objects.update(active=active)
        clock.advance(1)

    def ask() -> bool:
        return waffle.switch_is_active("x")

    seen = []
    with transaction.atomic():
        view = [User.objects.count(), *Switch.objects.values_list("active", flat=True)]
        for active in (True, False, True):
            in_thread(partial(set_elsewhere, active))
            seen.append((ask(), in_thread(ask))[1])
        view += Switch.objects.values_list("active", flat=True)

    assert view == [0, False, False]
    assert [*seen, ask()] == [True, False, True, True]
