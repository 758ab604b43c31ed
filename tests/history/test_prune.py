"""`waffle_prune`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from tests.commands import run
from tests.tables import table_away
from waffle.management.commands import waffle_prune
from waffle.models import Change, Switch

pytestmark = pytest.mark.django_db


@pytest.fixture
def ages() -> None:
    for days in (0, 5, 10):
        Switch.objects.create(name=f"{days} days")
        Change.objects.filter(name=f"{days} days").update(at=timezone.now() - timedelta(days=days))


def left() -> list[str]:
    return sorted(Change.objects.values_list("name", flat=True))


def test_nothing_is_deleted_unless_a_setting_or_an_option_says_so(ages: None) -> None:
    assert run("waffle_prune") == ["WAFFLE_HISTORY_DAYS is not set: every change is kept."]
    assert len(left()) == 3


def test_what_is_older_than_the_setting_says_is_deleted(
    ages: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAFFLE_HISTORY_DAYS = 7
    monkeypatch.setattr(waffle_prune, "AT_ONCE", 1)

    assert run("waffle_prune") == ["Deleted 1 changes older than 7 days"]
    assert left() == ["0 days", "5 days"]


def test_the_option_goes_before_the_setting(ages: None, settings: Any) -> None:
    settings.WAFFLE_HISTORY_DAYS = 7

    assert run("waffle_prune", "--days", "2.5") == ["Deleted 2 changes older than 2.5 days"]
    assert left() == ["0 days"]


@pytest.mark.parametrize("days", [-1, 1e300, float("nan"), "many"])
def test_what_is_no_number_of_days_is_an_error(ages: None, days: Any) -> None:
    with pytest.raises(CommandError, match="is no number of days"):
        run("waffle_prune", days=days)

    assert len(left()) == 3


def test_a_database_that_has_no_history_is_passed_by(settings: Any) -> None:
    settings.DATABASE_ROUTERS = ["tests.history.test_missing_table.NoHistory"]

    assert run("waffle_prune", "--days", "1") == ["Deleted 0 changes older than 1 days"]


@pytest.mark.django_db(transaction=True)
def test_a_missing_table_is_an_error_of_the_command() -> None:
    with table_away("waffle_change"), pytest.raises(CommandError, match="waffle_change cannot be read"):
        run("waffle_prune", "--days", "1")
