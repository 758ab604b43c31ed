"""A project may swap its model: what bears a key then is another toggle than the one that bore it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import QuerySet

from test_app.models import CompanyAwareFlag
from waffle import history
from waffle.models import Change, Flag

pytestmark = pytest.mark.django_db

# Any, in this file: toggles of several models, and the settings of pytest-django.


@pytest.fixture
def old() -> list[Change]:
    """Return the changes of a flag of the stock model, the newest first: it was renamed."""
    flag = Flag.objects.create(pk=1000, name="first")
    flag.name, flag.staff = "old", True
    flag.save()
    return [*history.changes("flag", "old")]


@pytest.fixture(params=["heard", "by a migration"])
def new(request: Any, old: list[Change], settings: Any) -> Any:
    """Return a flag of the project's own model that bears the same key."""
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    flag = CompanyAwareFlag(pk=1000, name="new", staff=True)
    if request.param == "heard":
        flag.save()
    else:
        rows: Any = QuerySet(CompanyAwareFlag)
        rows.bulk_create([flag])
    return flag


def names(changes: Any) -> list[str]:
    return [change.name for change in changes]


def test_a_timeline_has_no_changes_of_another_toggle_with_the_same_key(old: list[Change], new: Any) -> None:
    CompanyAwareFlag.objects.update(note="x")

    created = Change.objects.filter(action="created", name="new").count()
    assert names(history.changes("flag", "new")) == ["new"] * (1 + created)
    assert names(history.changes("flag", "old")) == ["old"]


def test_a_toggle_that_has_no_change_yet_has_an_empty_timeline(old: list[Change], new: Any) -> None:
    Change.objects.filter(name="new").delete()

    assert names(history.changes("flag", "new")) == []


def test_a_change_of_the_old_toggle_does_not_revert_the_new_one(old: list[Change], new: Any) -> None:
    for change in old:
        with pytest.raises(history.Conflict, match="no longer exists"):
            history.revert(change, force=True)

    new.refresh_from_db()
    assert (new.name, new.staff) == ("new", True)


def test_a_toggle_is_made_anew_beside_the_one_that_has_its_key(
    old: list[Change], new: Any, settings: Any
) -> None:
    settings.WAFFLE_FLAG_MODEL = "waffle.Flag"
    Flag.objects.all().delete()
    gone = history.changes("flag", "old")[0]
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"

    back = history.revert(gone)

    assert (back.action, back.name, back.object_id != gone.object_id) == ("created", "old", True)
    assert {flag.name: flag.staff for flag in CompanyAwareFlag.objects.all()} == {"new": True, "old": True}


def test_a_name_that_was_given_up_leads_to_the_toggle_that_bore_it(old: list[Change]) -> None:
    assert names(history.changes("flag", "first")) == ["old", "first"]
    assert names(history.changes("flag", "never")) == []
