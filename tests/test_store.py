"""Which snapshot a check goes by where something is in the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext

import waffle
from tests.conftest import Clock
from tests.process import elsewhere
from waffle import bells, snapshots, stamps, store
from waffle.kinds import SWITCH
from waffle.models import Flag, Switch

pytestmark = pytest.mark.django_db(transaction=True)


def fail(*args: object) -> None:
    raise OperationalError("no server")


def test_a_transaction_that_cannot_read_goes_by_what_is_published(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Switch.objects.create(name="x", active=True)
    waffle.switch_is_active("x")
    stamps.stamp_of("default").learn(stamps.stamp_of("default").known + 1)  # what is published is old

    with transaction.atomic(), monkeypatch.context() as patch:
        patch.setattr(connections["default"], "cursor", fail)
        assert waffle.switch_is_active("x") is True


def test_a_writer_that_cannot_read_goes_by_what_is_published(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Switch.objects.create(name="x", active=True)
    waffle.switch_is_active("x")

    with transaction.atomic():
        Switch.objects.update(active=False)
        with monkeypatch.context() as patch:
            patch.setattr(connections["default"], "cursor", fail)
            assert waffle.switch_is_active("x") is True


def test_a_broken_transaction_is_not_read(clock: Clock) -> None:
    connection = connections["default"]

    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        transaction.set_rollback(True)
        found = snapshots.read(SWITCH, connection)
        transaction.set_rollback(False)

    assert found is None
    assert len(queries) == 0


def test_work_within_a_transaction_does_not_look_ahead(clock: Clock) -> None:
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")
    with elsewhere():
        Switch.objects.update(active=True)
    clock.advance(0.125)

    with transaction.atomic(), CaptureQueriesContext(connections["default"]) as queries, waffle.pinned():
        pass

    assert len(queries) == 0


def test_kinds_that_nobody_asks_for_are_not_looked_for(clock: Clock) -> None:
    with CaptureQueriesContext(connections["default"]) as queries, waffle.pinned():
        pass

    assert len(queries) == 0
    assert store._wanted == set()


def test_groups_that_change_outside_of_any_work_are_no_error(clock: Clock) -> None:
    user = User.objects.create(username="u")
    group = user.groups.create(name="g")
    Flag.objects.create(name="x").groups.add(group)

    user.groups.remove(group)

    assert Flag.objects.get(name="x").is_active_for_user(user) is False


def test_a_child_without_a_bell_keeps_its_caches(settings: Any) -> None:
    settings.WAFFLE_CACHE_NAME = None
    before = caches["default"]

    bells.renew_after_fork()

    assert caches["default"] is before
