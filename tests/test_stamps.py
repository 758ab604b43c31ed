"""The stamp: its row grows with every bump, whoever bumps, and its reading harms nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from tests.conftest import Clock
from tests.process import before_each
from waffle import bells, stamps
from waffle.models import Stamp as StampRow
from waffle.models import Switch
from waffle.stamps import Stamp, stamp_of

pytestmark = pytest.mark.django_db(transaction=True)


def row() -> list[Any]:  # Any: what a column holds
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, version FROM waffle_stamp")
        return list(cursor.fetchall())


@pytest.fixture
def stamp(clock: Clock) -> Stamp:
    """Return a stamp whose row is not there yet."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM waffle_stamp")
    return Stamp("default")


def test_a_database_has_one_stamp() -> None:
    assert stamp_of("default") is stamp_of("default")
    assert stamp_of("other") is not stamp_of("default")


def test_no_row_is_version_zero(stamp: Stamp) -> None:
    assert stamp.read(connection) == 0


def test_bumps_grow_by_one_at_least_where_the_clock_stands_still(
    stamp: Stamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waffle.stamps.time", lambda: 1_800_000_000.0)

    for _ in range(3):
        stamp.write(connection)

    assert row() == [(1, 1_800_000_000_000_002)]


@pytest.mark.parametrize("answers", [True, False])
def test_a_bump_learns_the_version_that_it_has_made(
    stamp: Stamp, monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    if not answers:
        monkeypatch.setattr("waffle.database.answers_updates", lambda connection: False)
    known = []

    for _ in range(2):
        assert stamp.bump(connection) is True
        known.append(stamp.known)
        assert row() == [(1, stamp.known)]

    assert known[0] < known[1]


def test_bumps_grow_though_the_clock_goes_back(stamp: Stamp, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (1_800_000_000.0, 1_700_000_000.0):
        monkeypatch.setattr("waffle.stamps.time", lambda now=now: now)
        stamp.write(connection)

    assert row() == [(1, 1_800_000_000_000_001)]


def test_who_comes_second_to_the_first_row_updates_it(stamp: Stamp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waffle.stamps.time", lambda: 1_800_000_000.0)
    original = CursorWrapper.execute
    statements: list[str] = []

    # Any: the signature of Django's cursors.
    def execute(self: Any, sql: str, params: Any = None) -> Any:
        if sql.startswith("INSERT INTO") and not statements:
            statements.append(sql)
            original(self, "INSERT INTO waffle_stamp (id, version) VALUES (1, 5)")
            raise IntegrityError("the other one was first")
        return original(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", execute)
    stamp.write(connection)

    assert row() == [(1, 1_800_000_000_000_000)]


def test_a_broken_transaction_is_not_asked(stamp: Stamp) -> None:
    with transaction.atomic():
        transaction.set_rollback(True)

        assert stamp.read(connection) is None


def test_a_look_while_the_row_cannot_be_read_waits_for_its_next_try(
    stamp: Stamp, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[float] = []

    def fail(*args: object, **kwargs: object) -> None:
        reads.append(clock.now)
        raise DatabaseError("no server")

    monkeypatch.setattr("waffle.database.fetch", fail)
    for _ in range(8):
        stamp.look()
        clock.advance(0.25)

    assert len(reads) == 2


def test_a_debt_is_not_paid_within_a_transaction(stamp: Stamp, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp.is_owed = True
    monkeypatch.setattr(connection, "isolation_level", "read committed", raising=False)
    with transaction.atomic():
        stamp.look()
    owed_within = stamp.is_owed

    stamp.looked = float("-inf")
    stamp.look()

    assert (owed_within, stamp.is_owed) == (True, False)
    assert len(row()) == 1


def test_the_row_is_no_content_to_be_dumped(stamp: Stamp) -> None:
    stamp.write(connection)

    assert list(StampRow.objects.all()) == []
    assert list(StampRow._base_manager.all()) == []  # what `serialized_rollback` and `dumpdata --all` go by
    assert str(StampRow(id=1, version=17)) == "version 17"


def test_a_stamp_learns_only_what_is_newer(stamp: Stamp) -> None:
    stamp.learn(7)
    stamp.learn(5)

    assert stamp.known == 7


def test_a_change_makes_the_next_look_needless_for_who_made_it(clock: Clock) -> None:
    Switch.objects.create(name="x")

    assert stamp_of("default").known == row()[0][1]


def test_the_first_row_may_come_with_a_transaction(stamp: Stamp) -> None:
    with transaction.atomic():
        stamp.write(connection)

    assert len(row()) == 1


def test_a_look_that_somebody_else_has_just_ended_is_not_repeated(
    stamp: Stamp, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[None] = []
    before_each(stamp, "read", lambda: reads.append(None), monkeypatch)
    stamp.looked = clock.now  # while this thread has waited for its turn

    stamp.look()

    assert reads == []


def test_a_bump_that_fails_rings_all_the_same(
    stamp: Stamp, shared_cache: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError("no server")

    before = bells.listen()
    monkeypatch.setattr(stamp, "write", fail)

    assert stamp.bump(connection) is False
    assert bells.listen() not in (before, None)


def test_a_child_has_locks_that_nobody_holds(clock: Clock) -> None:
    stamp = stamp_of("default")

    with stamp._looking, stamp._learning:
        stamps._renew_after_fork()

        assert (stamp._looking.locked(), stamp._learning.locked()) == (False, False)


def test_a_child_has_a_cache_client_of_its_own(shared_cache: Any) -> None:
    stamps._renew_after_fork()

    assert caches["shared"] is not shared_cache
