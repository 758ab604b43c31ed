"""Changes that wait for their commit, and what is done after it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

import waffle
from tests.conftest import Clock
from tests.process import before_each
from waffle import stamps, unsettled
from waffle.models import Switch
from waffle.unsettled import changed, is_waiting, settle, settle_all, unsettled_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


def test_what_a_custom_model_flushes_is_flushed_after_the_commit() -> None:
    flushed: list[str] = []

    with transaction.atomic():
        changed("default", lambda: flushed.append("x"))
        before = list(flushed)

    assert (before, flushed) == ([], ["x"])


def test_a_flush_that_fails_keeps_the_change_from_nobody(caplog: pytest.LogCaptureFixture) -> None:
    known = stamps.stamp_of("default").known

    changed("default", lambda: 1 / 0)

    assert stamps.stamp_of("default").known > known
    assert "custom model" in caplog.text
    assert not unsettled.waiting


def test_a_flush_that_reports_a_change_makes_one_bump(monkeypatch: pytest.MonkeyPatch) -> None:
    bumps: list[None] = []
    before_each(stamps.Stamp, "bump", lambda: bumps.append(None), monkeypatch)

    changed("default", lambda: changed("default"))

    assert len(bumps) == 1


@pytest.mark.django_db
def test_hooks_that_a_test_runs_flush_and_do_not_settle(django_capture_on_commit_callbacks: Any) -> None:
    flushed: list[str] = []

    with django_capture_on_commit_callbacks(execute=True):
        changed("default", lambda: flushed.append("x"))

    assert flushed == ["x"]
    assert is_waiting(connections["default"])


def test_what_is_settled_is_not_settled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    changed("default")
    monkeypatch.setattr(stamps.Stamp, "bump", lambda *args: pytest.fail("bumped again"))

    settle("default")
    settle_all()


def test_settling_all_leaves_an_open_transaction_alone() -> None:
    with transaction.atomic():
        changed("default")
        settle_all()

        assert is_waiting(connections["default"])


def test_a_stamp_that_cannot_be_written_without_autocommit_does_not_stop_the_user(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=False)

    def fail(connection: object) -> None:
        raise DatabaseError("no such table")

    transaction.set_autocommit(False)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(stamps.Stamp, "write", staticmethod(fail))
            Switch.objects.update(active=True)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)

    assert waffle.switch_is_active("x") is True
    assert "waffle_stamp" in caplog.text


def test_the_notes_of_a_connection_are_the_same_each_time() -> None:
    assert unsettled_of(connections["default"]) is unsettled_of(connections["default"])


def test_hooks_of_the_projects_own_are_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    bumps: list[None] = []
    before_each(stamps.Stamp, "bump", lambda: bumps.append(None), monkeypatch)

    with transaction.atomic():
        transaction.on_commit(partial(list))
        changed("default")

    assert len(bumps) == 1
