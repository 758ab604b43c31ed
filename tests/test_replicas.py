"""Replicas that lag: what was shown is not taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, transaction

import waffle
from tests.conftest import Clock
from tests.process import before_each, elsewhere
from tests.routers import ReadsAReplica
from waffle import snapshots
from waffle.kinds import SWITCH
from waffle.models import Switch


@pytest.fixture
def replica(clock: Clock, settings: Any) -> Clock:
    """Read from `other`, write to `default`; nothing copies rows but the test."""
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsAReplica"]
    return clock


def copy_to_replica() -> None:
    with elsewhere(is_told=False):
        Switch.objects.using("other").all().delete()
        for switch in Switch.objects.using("default"):
            switch.save(using="other")
    with connections["default"].cursor() as source, connections["other"].cursor() as target:
        source.execute("SELECT version FROM waffle_stamp")
        target.execute("DELETE FROM waffle_stamp")
        target.execute("INSERT INTO waffle_stamp (id, version) VALUES (1, %s)", source.fetchone())


two_databases = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@two_databases
def test_a_replica_that_has_caught_up_is_current(replica: Clock, django_assert_num_queries: Any) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    copy_to_replica()

    assert waffle.switch_is_active("x") is True
    with django_assert_num_queries(0, using="other"):
        assert waffle.switch_is_active("x") is True


@two_databases
def test_a_replica_that_lags_is_asked_again_ever_more_rarely(
    replica: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.using("default").create(name="x", active=False)
    copy_to_replica()
    waffle.switch_is_active("x")
    Switch.objects.using("default").update(active=True)
    reads: list[float] = []
    before_each(snapshots, "read", lambda: reads.append(replica.now), monkeypatch)

    began = replica.now
    for _ in range(400):
        assert waffle.switch_is_active("x") is False
        replica.advance(0.25)

    assert [moment - began for moment in reads] == [0, 1, 3, 7, 15, 31, 61, 91]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "The database 'other' lags behind"
    ]

    copy_to_replica()
    replica.advance(30)
    assert waffle.switch_is_active("x") is True


@two_databases
def test_an_older_replica_does_not_take_back_what_a_newer_one_has_shown(
    replica: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(ReadsAReplica, "reads", "default")
        assert waffle.switch_is_active("x") is True
    Switch.objects.using("default").update(note="another version")  # and the replica has nothing yet

    assert waffle.switch_is_active("x") is True


@two_databases
def test_rows_come_from_the_connection_that_was_asked_about(
    replica: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["other"]  # then, as a router may, another one, which is in a transaction
    monkeypatch.setattr(
        ReadsAReplica, "reads", property(lambda self: answers.pop() if answers else "default")
    )

    with pytest.raises(ZeroDivisionError), transaction.atomic(using="default"):
        with connections["default"].cursor() as cursor:
            columns, now = "name, active, note, created, modified", "CURRENT_TIMESTAMP"
            cursor.execute(
                f"INSERT INTO waffle_switch ({columns}) VALUES ('x', %s, '', {now}, {now})", [True]
            )
        waffle.switch_is_active("x")
        raise ZeroDivisionError

    assert snapshots.published[SWITCH].alias == "other"


@two_databases
def test_reading_from_the_other_database_counts_at_once(replica: Clock, settings: Any) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    before = waffle.switch_is_active("x")

    settings.WAFFLE_READ_FROM_WRITE_DB = True

    assert (before, waffle.switch_is_active("x")) == (False, True)


@two_databases
def test_after_the_maximum_age_an_older_label_counts(replica: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(ReadsAReplica, "reads", "default")
        assert waffle.switch_is_active("x") is True

    replica.advance(300)

    assert waffle.switch_is_active("x") is False
