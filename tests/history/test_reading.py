"""Changes in words, and the history of one toggle."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import translation

from test_app.models import TailoredFlag
from waffle import history
from waffle.history.reading import in_words
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db


def last() -> Change:
    change: Change = history.changes().first()
    return change


def names(kind: str | None = None, name: str | None = None) -> list[str]:
    return [f"{change.kind} {change.name} {change.action}" for change in history.changes(kind, name)]


def test_changes_come_newest_first_of_all_kinds_or_one() -> None:
    Switch.objects.create(name="x")
    Flag.objects.create(name="x")

    assert names() == ["flag x created", "switch x created"]
    assert names("switch") == ["switch x created"]
    assert names(name="x") == names()


def test_the_history_of_a_toggle_follows_its_renames() -> None:
    flag = Flag.objects.create(name="old")
    for name in ("middle", "new"):
        flag.name = name
        flag.save()
    Flag.objects.create(name="other")

    assert names("flag", "new") == ["flag new changed", "flag middle changed", "flag old created"]
    assert names("switch", "new") == []


def test_the_history_of_a_name_has_all_that_bore_it() -> None:
    Flag.objects.create(name="x").delete()
    Flag.objects.create(name="x")

    assert names("flag", "x") == ["flag x created", "flag x deleted", "flag x created"]


def test_the_history_of_a_toggle_that_is_gone_is_there() -> None:
    flag = Flag.objects.create(name="old")
    flag.name = "x"
    flag.save()
    flag.delete()

    assert names("flag", "x") == ["flag x deleted", "flag x changed", "flag old created"]


def test_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="'toggle' is no kind: use one of flag, switch, sample"):
        history.changes("toggle")


def test_a_change_is_told_line_by_line() -> None:
    flag = Flag.objects.create(name="x", percent="12.5", note="first\nsecond")
    with transaction.atomic():
        flag.everyone, flag.percent, flag.staff, flag.note = True, None, True, ""
        flag.save()

    assert history.describe(last()) == [
        "Note: first ↵ second → empty",
        "Everyone: not set → yes",
        "Percent: 12.5 → not set",
        "Staff: no → yes",
    ]
    assert str(last()) == "Flag x changed"


def test_a_toggle_that_is_made_or_deleted_is_told_with_what_somebody_has_set() -> None:
    flag = Flag.objects.create(name="x", percent="12.5", superusers=False)
    made = history.describe(last())
    flag.groups.add(Group.objects.create(name="beta"))
    flag.delete()

    assert made == ["Name: x", "Percent: 12.5", "Superusers: no"]
    assert history.describe(last()) == [*made, "Groups: removed beta"]


def test_members_are_named_and_many_of_them_counted() -> None:
    flag = Flag.objects.create(name="x")
    users = [User.objects.create(username=f"user {number:02}") for number in range(25)]
    flag.users.set(users[:2])
    flag.users.set(users[1:3])
    both = history.describe(last())
    flag.users.add(*users)

    assert both == ["Users: added user 02; removed user 00"]
    [line] = history.describe(last())
    assert line.startswith("Users: added user 00, user 03, ")
    assert line.endswith("user 21, 3 more")


def test_words_are_in_the_language_that_is_active() -> None:
    Sample.objects.create(name="x", percent="12.5")

    with translation.override("de"):
        assert history.describe(last())[1].endswith(": 12,5")


def test_fields_and_kinds_that_are_no_more_are_told_all_the_same() -> None:
    change = Change(kind="flag", name="x", action="changed", before={"gone": 1}, after={"gone": {"a": 2}})
    other = Change(kind="toggle", name="x", action="created", after={"percent": "1.0", "note": ""})

    assert history.describe(change) == ["gone: 1 → {'a': 2}"]
    assert history.describe(other) == ["percent: 1.0"]


def test_a_value_that_its_field_would_not_take_is_told_as_it_is() -> None:
    assert in_words(Flag._meta.get_field("percent"), "many") == "many"


def test_members_without_a_natural_key_are_told_by_what_they_are_called() -> None:
    said = {"added": [{"pk": "7", "label": "Acme"}, {"pk": "8"}, ["a", 1]], "removed": []}
    after = {"companies": {**said, "count": {"added": 3, "removed": 0}}}
    change = Change(kind="flag", name="x", action="changed", before={}, after=after)

    assert history.describe(change) == ["companies: added Acme, 8, a 1"]


def test_times_and_days_are_told_as_people_read_them(settings: Any) -> None:
    from datetime import date

    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"
    flag = TailoredFlag.objects.create(name="x", first_day=date(2026, 1, 2))
    TailoredFlag.objects.update(created=flag.created.replace(year=2020, month=3, day=4))

    assert history.describe(last())[0].startswith("Created: ")
    assert "March 4, 2020" in history.describe(last())[0]
    made = Change.objects.order_by("id")[0]
    assert "First day: Jan. 2, 2026" in history.describe(made)
