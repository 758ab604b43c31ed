"""A save goes on where there is no table for the history."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.history.test_writing import told
from tests.tables import table_away
from waffle import history
from waffle.history import writing
from waffle.models import Flag, Switch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


def save(flag: Flag) -> None:
    flag.note = "new"
    flag.save()


def in_transaction(flag: Flag) -> None:
    with transaction.atomic():
        save(flag)
        Flag.objects.update(staff=True)


@pytest.mark.parametrize("write", [save, in_transaction])
def test_without_its_table_a_save_goes_on_and_the_log_names_migrate(
    flag: Flag, write: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_writable", set())

    with table_away("waffle_change"), history.by("ada") as block:
        write(flag)
        Switch.objects.create(name="s")

    assert (Flag.objects.get().note, Switch.objects.count(), block.written) == ("new", 1, [])
    [line] = [record.getMessage() for record in caplog.records if "waffle_change" in record.getMessage()]
    assert "manage.py migrate" in line
    assert told() == []

    Flag.objects.update(testing=True)

    assert [after for *_, after in told()] == [{"testing": True}]
    assert "available again" in caplog.records[-1].getMessage()


def test_a_table_that_goes_in_a_process_that_knew_it_costs_one_save_at_most(flag: Flag) -> None:
    Flag.objects.update(note="known")
    with table_away("waffle_change"):
        try:
            save(flag)
        except DatabaseError:
            assert connection.vendor == "postgresql"
        save(flag)

    assert Flag.objects.get().note == "new"


def test_an_error_that_is_not_for_lack_of_a_table_is_raised(
    flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(writing, "_write", fail)
    flag.note = "new"

    with pytest.raises(DatabaseError, match="disk is full"):
        flag.save()

    assert Flag.objects.get().note == ""


def test_an_error_of_a_transaction_that_can_be_asked_nothing_is_raised(
    flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise DatabaseError("first")

    monkeypatch.setattr(writing, "_write", fail)
    monkeypatch.setattr(connection.introspection, "table_names", fail)

    with pytest.raises(DatabaseError, match="first"):
        Flag.objects.update(note="new")


class NoHistory:
    """A router that wants no changes anywhere."""

    def allow_migrate(self, db: str, app_label: str, model_name: str = "", **hints: object) -> bool | None:
        return False if model_name == "change" else None


def test_where_a_router_wants_no_table_nothing_is_written(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.NoHistory"]

    Flag.objects.create(name="x")

    assert told() == []
