"""Each change is written down once, whatever made it, with what it was and what it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Value

from test_app.models import CompanyAwareFlag, CustomSwitch, PlainFlag
from tests.each import each_kind
from waffle.kinds import Kind
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db


# Any, throughout: what changes hold, and toggles of whatever kind.
def told() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Return what the history tells, the oldest first, and let it tell that once."""
    rows = Change.objects.order_by("id")
    found = [(row.name, row.action, row.before, row.after) for row in rows]
    rows.delete()
    return found


def gained(*names: object) -> dict[str, Any]:
    return {"added": [*names], "removed": [], "count": {"added": len(names), "removed": 0}}


def lost(*names: object) -> dict[str, Any]:
    return {"added": [], "removed": [*names], "count": {"added": 0, "removed": len(names)}}


@pytest.fixture
def flag() -> Flag:
    flag: Flag = Flag.objects.create(name="x", percent=5)
    told()
    return flag


@pytest.fixture
def users() -> list[User]:
    return [User.objects.create(username=f"user {number}") for number in range(3)]


@each_kind
def test_a_new_toggle_is_told_of_with_all_its_fields(kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", note="n", **kind.created_as(True))

    [(name, action, before, after)] = told()

    assert (name, action, before) == ("x", "created", {})
    assert after["note"] == "n"
    assert after["created"] == toggle.created.isoformat()
    names = {field.name for field in kind.model._meta.concrete_fields}
    assert names - after.keys() == {"id", "modified"}


CHANGES: dict[str, Callable[[Flag], object]] = {
    "save": lambda flag: flag.save(),
    "save of some fields": lambda flag: flag.save(update_fields=["percent", "note"]),
    "update": lambda flag: Flag.objects.filter(pk=flag.pk).update(percent=flag.percent, note=flag.note),
    "update by an expression": lambda flag: Flag.objects.update(percent=F("percent") + 2, note=Value("new")),
    "bulk_update": lambda flag: Flag.objects.bulk_update([flag], ["percent", "note"]),
    "update_or_create": lambda flag: Flag.objects.update_or_create(
        name="x", defaults={"percent": flag.percent, "note": flag.note}
    ),
    "bulk_create over what is there": lambda flag: Flag.objects.bulk_create(
        [Flag(name="x", percent=flag.percent, note=flag.note)],
        update_conflicts=True,
        update_fields=["percent", "note"],
        unique_fields=["name"] if needs_unique_fields() else None,
    ),
}


def needs_unique_fields() -> bool:
    from django.db import connection

    return bool(connection.features.supports_update_conflicts_with_target)


@pytest.mark.parametrize("percent", [7, 7.0, "7"])
@pytest.mark.parametrize("how", CHANGES)
def test_a_change_tells_of_what_has_changed_and_of_nothing_else(flag: Flag, how: str, percent: Any) -> None:
    flag.percent, flag.note = percent, "new"

    CHANGES[how](flag)

    assert told() == [("x", "changed", {"percent": "5.0", "note": ""}, {"percent": "7.0", "note": "new"})]


@pytest.mark.parametrize("how", CHANGES)
def test_what_changes_nothing_is_not_told(flag: Flag, how: str) -> None:
    flag.percent, flag.note = "7", "new"
    CHANGES[how](flag)
    told()
    if how == "update by an expression":
        Flag.objects.update(percent=5)
        told()
        Flag.objects.update(percent=F("percent"), note=F("note"))
    else:
        CHANGES[how](flag)

    assert told() == []


def test_a_save_of_other_fields_does_not_tell_of_what_it_leaves(flag: Flag) -> None:
    flag.percent, flag.note = 7, "new"

    flag.save(update_fields=["note"])

    assert told() == [("x", "changed", {"note": ""}, {"note": "new"})]


def test_a_save_tells_what_the_row_was_and_not_what_the_instance_has_read(flag: Flag) -> None:
    stale = Flag.objects.get()
    Flag.objects.update(percent=75)
    told()
    stale.note = "new"

    stale.save()

    assert told() == [("x", "changed", {"percent": "75.0", "note": ""}, {"percent": "5.0", "note": "new"})]


def test_a_save_of_an_expression_tells_what_came_of_it(flag: Flag) -> None:
    flag.percent = F("percent") + 1

    flag.save()

    assert told() == [("x", "changed", {"percent": "5.0"}, {"percent": "6.0"})]


def test_a_save_of_an_instance_that_was_read_in_part_tells_of_that_part(flag: Flag) -> None:
    partial = Flag.objects.only("name", "note").get()
    partial.note = "new"

    partial.save()

    assert told() == [("x", "changed", {"note": ""}, {"note": "new"})]


def test_a_rename_bears_the_new_name(flag: Flag) -> None:
    flag.name = "y"

    flag.save()

    assert told() == [("y", "changed", {"name": "x"}, {"name": "y"})]


def test_an_update_tells_of_each_row_that_it_changes(flag: Flag) -> None:
    Flag.objects.create(name="same", staff=True)
    told()

    Flag.objects.update(staff=True)

    assert told() == [("x", "changed", {"staff": False}, {"staff": True})]


@pytest.mark.parametrize("values", [{"modified": None}, {}])
def test_an_update_of_no_field_that_is_told_of_asks_nothing(
    flag: Flag, values: dict[str, Any], django_assert_num_queries: Any
) -> None:
    values = {"modified": flag.modified} if values else {}

    with django_assert_num_queries(len(values)):
        Flag.objects.update(**values)

    assert told() == []


def test_an_update_that_fails_is_not_told(flag: Flag) -> None:
    with pytest.raises(TypeError):
        Flag.objects.all()[:1].update(staff=True)

    assert told() == []


def test_toggles_that_are_made_at_once_are_each_told_of() -> None:
    Sample.objects.bulk_create(Sample(name=name, percent=5) for name in "ab")

    assert [(name, action, after["percent"]) for name, action, _, after in told()] == [
        ("a", "created", "5.0"),
        ("b", "created", "5.0"),
    ]


def test_toggles_that_are_not_made_because_they_are_there_are_not_told_of(flag: Flag) -> None:
    Flag.objects.bulk_create([Flag(name="x"), Flag(name="y")], ignore_conflicts=True)

    assert [(name, action) for name, action, *_ in told()] == [("y", "created")]


def test_toggles_whose_keys_the_database_does_not_tell_are_found_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("waffle.history.hearing._states", lambda model, made: None)

    Switch.objects.bulk_create([Switch(name="a"), Switch(name="b", active=True)])

    assert [(name, after["active"]) for name, _, _, after in told()] == [("a", False), ("b", True)]


DELETIONS: dict[str, Callable[[Flag], object]] = {
    "delete": lambda flag: flag.delete(),
    "delete of a query set": lambda flag: Flag.objects.all().delete(),
}


@pytest.mark.parametrize("how", DELETIONS)
def test_a_deletion_tells_what_there_was_and_whom_it_listed(flag: Flag, users: list[User], how: str) -> None:
    flag.users.add(*users[:2])
    flag.groups.add(Group.objects.create(name="g"))
    told()
    flag.percent = 99  # and not saved

    DELETIONS[how](flag)

    [(name, action, before, after)] = told()
    assert (name, action, after) == ("x", "deleted", {})
    assert (before["percent"], before["users"], before["groups"]) == (
        "5.0",
        lost("user 0", "user 1"),
        lost("g"),
    )
    assert Flag.objects.count() == 0


def test_a_deletion_of_a_part_that_cannot_be_deleted_is_not_told(flag: Flag) -> None:
    with pytest.raises(TypeError):
        Flag.objects.all()[:1].delete()

    assert told() == []


def test_a_deletion_in_a_few_queries_tells_of_each_toggle() -> None:
    Switch.objects.bulk_create(Switch(name=f"{number}") for number in range(50))
    told()

    Switch.objects.filter(name__lt="2").delete()

    assert len(told()) == 12


def test_a_thousand_rows_are_told_of_in_few_queries(django_assert_max_num_queries: Any) -> None:
    Switch.objects.bulk_create(Switch(name=f"{number}") for number in range(1_000))
    Change.objects.all().delete()

    # SQLite takes few rows at once, in older versions of Django.
    with django_assert_max_num_queries(20):
        Switch.objects.update(active=True)

    assert Change.objects.filter(action="changed").count() == 1_000


@pytest.mark.parametrize("name", ["it's", '"quoted"', "ünïcode ☃ 漢字", "100 %s %% {}", "a\\b", "<b>&"])
def test_odd_names_are_kept_as_they_are(name: str) -> None:
    user, group = User.objects.create(username=name), Group.objects.create(name=name)
    flag = Flag.objects.create(name=name, note=name)

    with transaction.atomic():
        flag.users.add(user)
        flag.groups.add(group)

    change = Change.objects.first()
    assert change is not None
    assert (change.name, change.after) == (name, {"users": gained(name), "groups": gained(name)})


def test_a_fixture_that_is_loaded_is_told_of(flag: Flag, tmp_path: Any) -> None:
    fixture = tmp_path / "toggles.json"
    rows = [
        {"model": "waffle.switch", "fields": {"name": "new", "active": True}},
        {"model": "waffle.flag", "pk": flag.pk, "fields": {"name": "x", "percent": "9.0"}},
    ]
    fixture.write_text(json.dumps(rows))

    call_command("loaddata", str(fixture), verbosity=0)

    [(first, created, *_), second] = told()
    assert (first, created) == ("new", "created")
    assert second == ("x", "changed", {"percent": "5.0"}, {"percent": "9.0"})


def test_a_fixture_of_toggles_holds_no_history(flag: Flag, tmp_path: Any) -> None:
    flag.save()
    Flag.objects.update(note="new")
    dumped, with_history = tmp_path / "toggles.json", tmp_path / "all.json"

    call_command("dumpdata", "waffle", natural_foreign=True, natural_primary=True, output=str(dumped))
    call_command("dumpdata", "waffle.Change", use_base_manager=True, output=str(with_history))

    assert [row["model"] for row in json.loads(dumped.read_text())] == ["waffle.flag"]
    Change.objects.all().delete()
    call_command("loaddata", str(with_history), verbosity=0)
    assert Change.objects.get().after == {"note": "new"}


def test_models_that_are_not_in_use_are_not_told_of() -> None:
    CompanyAwareFlag.objects.create(name="x")
    CustomSwitch.objects.create(name="x")

    assert told() == []


def test_a_custom_model_without_users_is_told_of(settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    flag = PlainFlag.objects.create(name="x")
    told()
    flag.staff = True
    flag.save()
    flag.delete()

    assert [(name, action) for name, action, *_ in told()] == [("x", "changed"), ("x", "deleted")]


WRITES: dict[str, Callable[[], object]] = {
    "save": lambda: Flag(name="new").save(),
    "update": lambda: Flag.objects.update(staff=True),
    "bulk_create": lambda: Flag.objects.bulk_create([Flag(name="new")]),
    "delete": lambda: Flag.objects.get().delete(),
    "delete of a query set": lambda: Flag.objects.all().delete(),
    "lists": lambda: Flag.objects.get().groups.add(Group.objects.create(name="g")),
    "loaded": lambda: Flag(name="new").save_base(raw=True),
}


@pytest.mark.parametrize("how", WRITES)
def test_without_a_history_nothing_is_asked_for_it(flag: Flag, settings: Any, how: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    settings.WAFFLE_HISTORY = False

    with CaptureQueriesContext(connection) as captured:
        WRITES[how]()

    assert not any("waffle_change" in query["sql"] or "FOR UPDATE" in query["sql"] for query in captured)
    assert told() == []
