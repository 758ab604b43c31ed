"""Snapshots: when a check may go by one, and when something must be asked first."""

from __future__ import annotations

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

import waffle
from tests.conftest import Clock
from tests.process import before_each, elsewhere, run_python
from waffle import rosters, snapshots, stamps
from waffle.kinds import SWITCH
from waffle.models import Switch
from waffle.snapshots import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def snapshot(clock: Clock) -> Snapshot:
    """Return what a check has just read."""
    Switch.objects.create(name="x", active=True)
    waffle.switch_is_active("x")
    return snapshots.published[SWITCH]


def queries_of_a_check() -> int:
    with CaptureQueriesContext(connections["default"]) as asked:
        waffle.switch_is_active("x")
    return len(asked)


def test_a_snapshot_is_ready_until_a_look_is_due(clock: Clock, snapshot: Snapshot) -> None:
    seen = [snapshot.is_ready(clock())]
    for seconds in (0.0625, 0.0625):
        clock.advance(seconds)
        seen.append(snapshot.is_ready(clock()))

    assert seen == [True, True, False]


def test_a_snapshot_is_ready_until_something_has_changed(clock: Clock, snapshot: Snapshot) -> None:
    snapshot.stamp.learn(snapshot.stamp.known + 1)

    assert snapshot.is_ready(clock()) is False


def test_a_snapshot_is_ready_until_it_is_old(clock: Clock, settings: Settings, snapshot: Snapshot) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 1000
    seen = []
    for seconds in (299, 1):
        clock.advance(seconds)
        seen.append(snapshot.is_ready(clock()))

    assert seen == [True, False]


def test_the_first_load_is_a_look_that_began_when_the_load_did(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each(rosters, "read", lambda: clock.advance(0.0625), monkeypatch)
    Switch.objects.create(name="x")

    counts = [queries_of_a_check()]
    for seconds in (0.03125, 0.03125):
        clock.advance(seconds)
        counts.append(queries_of_a_check())

    # The version, the rows; nothing; a look, for the load began an eighth of a second ago.
    assert counts == [2, 0, 1]


def test_a_load_does_not_take_back_a_look_that_began_later(clock: Clock, snapshot: Snapshot) -> None:
    snapshots.published.clear()
    snapshot.stamp.looked = clock.now + 1

    waffle.switch_is_active("x")

    assert snapshot.stamp.looked == clock.now + 1


def test_a_first_load_without_a_version_is_no_look(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps.Stamp, "read", lambda stamp, connection: None)

    waffle.switch_is_active("x")

    assert stamps.stamp_of("default").is_look_due() is True


def test_a_first_check_in_a_transaction_looks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[None] = []
    monkeypatch.setattr("waffle.database.may_hold_old_view", lambda connection: False)
    before_each(stamps.Stamp, "look", lambda: looks.append(None), monkeypatch)

    with transaction.atomic():
        waffle.switch_is_active("x")

    assert len(looks) == 1


def test_a_version_that_went_back_is_no_look(clock: Clock, snapshot: Snapshot) -> None:
    with elsewhere():
        Switch.objects.update(active=False)
    snapshots.published.clear()
    snapshot.stamp.known += 10**9  # the server has lost what it had told
    snapshot.stamp.looked = stamps.NEVER

    waffle.switch_is_active("x")

    assert snapshot.stamp.is_look_due() is True


@pytest.fixture
def replica(clock: Clock, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsAReplica"]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_before_the_first_load_from_a_replica_the_stamp_is_looked_at(replica: None) -> None:
    with CaptureQueriesContext(connections["default"]) as asked:
        waffle.switch_is_active("x")

    assert len(asked) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_load_from_a_replica_is_no_look(replica: None) -> None:
    snapshots.load(SWITCH, snapshots.UNKNOWN, connections["other"])

    assert stamps.stamp_of("default").is_look_due() is True


def test_a_child_has_locks_that_nobody_holds() -> None:
    loading = snapshots._loading[SWITCH]

    with loading.lock:
        snapshots._renew_after_fork()

        assert loading.lock.locked() is False


def test_a_fork_in_the_middle_of_a_load_and_a_look_does_not_hold_the_child_up() -> None:
    program = """
import os
from waffle import snapshots, stamps
from waffle.kinds import SWITCH

loading, stamp = snapshots._loading[SWITCH], stamps.stamp_of("default")
with loading.lock, stamp._looking:
    child = os.fork()
    if not child:
        os._exit(loading.lock.locked() + stamp._looking.locked())
    print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
"""

    assert run_python(program) == 0
