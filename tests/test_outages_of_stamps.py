"""A check never raises because the stamp's table is missing: rows are read, and one log line tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

import waffle
from tests.conftest import Clock
from tests.logs import messages
from tests.process import elsewhere
from waffle.kinds import SWITCH
from waffle.models import Flag, Switch
from waffle.stamps import Stamp
from waffle.verdicts import Reason, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stamp_is_missing(clock: Clock) -> Iterator[Clock]:
    """New code, and nobody has run `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE waffle_stamp RENAME TO waffle_stamp_away")
    yield clock
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE waffle_stamp_away RENAME TO waffle_stamp")


def test_without_the_stamp_table_flags_keep_their_stored_values(
    stamp_is_missing: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    with elsewhere(is_told=False):
        Switch.objects.update(active=False)
    stamp_is_missing.advance(1)

    assert waffle.switch_is_active("x") is False
    assert len(messages(caplog)) == 1
    assert "manage.py migrate" in messages(caplog)[0]


def test_without_the_stamp_table_a_process_sees_its_own_changes_at_once(stamp_is_missing: Clock) -> None:
    switch = Switch.objects.create(name="x", active=True)
    seen = [waffle.switch_is_active("x")]
    switch.delete()

    assert [*seen, waffle.switch_is_active("x")] == [True, False]


def test_an_own_commit_is_seen_though_what_is_held_has_no_label(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = Switch.objects.create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(Stamp, "read", lambda *args: None)
        assert waffle.switch_is_active("x") is True

    switch.delete()

    assert waffle.switch_is_active("x") is False


def test_a_row_that_holds_what_its_field_cannot_is_left_out_alone(
    clock: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite lets a column hold anything")
    settings.WAFFLE_CREATE_MISSING_FLAGS = True
    Flag.objects.create(name="right", everyone=True)
    wrong = Flag.objects.create(name="wrong")
    with connection.cursor() as cursor:
        # As django-waffle's command does it.
        cursor.execute("UPDATE waffle_flag SET percent = 100 WHERE name = 'wrong'")

    assert waffle.flag_verdict(None, "right") == Verdict(True, Reason.EVERYONE)
    assert waffle.flag_verdict(None, "wrong") == Verdict(False, Reason.MISSING)
    left_out, not_created = [record.getMessage() for record in caplog.records]
    assert left_out.startswith(f"The flag with the key {wrong.pk} is left out: a column holds what its field")
    assert not_created.startswith("The missing flag 'wrong' could not be created")


def test_without_the_stamp_table_rows_are_read_once_a_second(
    stamp_is_missing: Clock, django_assert_max_num_queries: Any
) -> None:
    waffle.switch_is_active("x")

    with django_assert_max_num_queries(2 * 10):  # at the worst the stamp and the rows
        for _ in range(80):
            stamp_is_missing.advance(0.125)
            waffle.switch_is_active("x")


def test_without_the_stamp_table_a_transaction_goes_on(stamp_is_missing: Clock) -> None:
    with elsewhere(is_told=False):
        Switch.objects.create(name="x", active=True)

    with transaction.atomic():
        assert waffle.switch_is_active("x") is True
        Switch.objects.create(name="y", active=True)
        assert waffle.switch_is_active("y") is True

    assert waffle.switch_is_active("y") is True
    assert SWITCH.model.objects.count() == 2
