"""A revert takes back what a change did, and overwrites nothing that has changed since."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from test_app.models import CompanyAwareFlag, TailoredFlag
from tests.each import each_kind
from waffle import history
from waffle.history import reverting
from waffle.kinds import Kind
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db


def last() -> Change:
    change: Change = history.changes().first()
    return change


def state(flag: Any) -> tuple[Any, ...]:
    flag = Flag.objects.get(pk=flag.pk)
    listed = sorted(user.username for user in flag.users.all())
    return flag.name, flag.percent, flag.note, listed


@pytest.fixture
def users() -> list[User]:
    return [User.objects.create(username=f"user {number}") for number in range(3)]


@pytest.fixture
def flag(users: list[User]) -> Flag:
    flag: Flag = Flag.objects.create(name="x", percent=5, note="n")
    flag.users.set(users[:2])
    return flag


def change_all(flag: Flag, users: list[User]) -> Change:
    with transaction.atomic():
        flag.name, flag.percent = "y", None
        flag.save()
        flag.users.set(users[1:])
    return last()


def test_what_was_changed_is_as_it_was_and_the_revert_is_a_change(flag: Flag, users: list[User]) -> None:
    before = state(flag)
    change = change_all(flag, users)

    with history.by(users[0], comment="oops"):
        back = history.revert(change)

    assert state(flag) == before
    assert (back.reverts, back.user, back.comment) == (change, users[0], "oops")
    assert back.after == change.before | {
        "users": {"added": ["user 0"], "removed": ["user 2"], "count": {"added": 1, "removed": 1}}
    }


def test_a_revert_can_be_reverted(flag: Flag, users: list[User]) -> None:
    change = change_all(flag, users)
    changed = state(flag)

    again = history.revert(history.revert(change))

    assert state(flag) == changed
    assert again.reverts.reverts == change


def test_what_has_changed_since_is_a_conflict_and_nothing_is_overwritten(
    flag: Flag, users: list[User]
) -> None:
    change = change_all(flag, users)
    Flag.objects.update(percent=75)
    since, before = last(), state(flag)

    with pytest.raises(history.Conflict, match=r"Changed since then: Percent\.") as caught:
        history.revert(change)

    assert history.conflicts(change) == caught.value.fields == ["Percent"]
    assert caught.value.changes == [since]
    assert state(flag) == before


def test_by_force_it_is_overwritten(flag: Flag, users: list[User]) -> None:
    before = state(flag)
    change = change_all(flag, users)
    Flag.objects.update(percent=75, staff=True)

    back = history.revert(change, force=True)

    assert state(flag) == before
    assert Flag.objects.get().staff is True
    assert back.before["percent"] == "75.0"


def test_what_has_changed_beside_it_stays(flag: Flag, users: list[User]) -> None:
    Flag.objects.update(percent=7)
    change = last()
    Flag.objects.update(note="new")
    flag.users.clear()

    assert history.conflicts(change) == []
    history.revert(change)

    assert state(flag) == ("x", 5, "new", [])


def test_members_who_came_and_went_since_are_no_conflict(flag: Flag, users: list[User]) -> None:
    flag.users.add(users[2])
    change = last()
    flag.users.remove(users[0])
    users[2].delete()

    assert history.conflicts(change) == []
    assert history.revert(change) is None
    assert state(flag)[-1] == ["user 1"]


@each_kind
def test_a_toggle_that_was_made_is_deleted_and_made_again(kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", note="n", **kind.created_as(True))
    made = last()

    gone = history.revert(made)

    assert kind.model.objects.count() == 0
    assert (gone.action, gone.reverts) == ("deleted", made)

    back = history.revert(gone)

    found = kind.model.objects.get()
    assert (found.pk, found.note, found.created) == (toggle.pk, "n", toggle.created)
    assert (back.action, back.object_id) == ("created", made.object_id)


def test_a_toggle_that_has_changed_since_it_was_made_is_not_deleted(flag: Flag) -> None:
    made = history.changes().last()
    Flag.objects.update(note="new")

    assert history.conflicts(made) == ["Note", "Users"]
    with pytest.raises(history.Conflict):
        history.revert(made)
    history.revert(made, force=True)

    assert Flag.objects.count() == 0


def test_a_toggle_that_was_made_with_its_members_is_deleted(users: list[User]) -> None:
    with transaction.atomic():
        Flag.objects.create(name="x").users.set(users)

    assert history.conflicts(last()) == []
    history.revert(last())

    assert Flag.objects.count() == 0


def test_a_toggle_that_was_deleted_has_its_members_again(flag: Flag, users: list[User]) -> None:
    flag.groups.add(Group.objects.create(name="g"))
    before = state(flag)
    Flag.objects.get().delete()
    users[2].delete()

    history.revert(last())

    assert state(flag) == before
    assert Flag.objects.get().groups.get().name == "g"


def test_a_name_that_is_taken_is_a_conflict_and_by_force_an_error(flag: Flag) -> None:
    Flag.objects.all().delete()
    gone = last()
    Flag.objects.create(name="x")

    assert history.conflicts(gone) == ["Name"]
    with pytest.raises(history.Conflict):
        history.revert(gone)
    with pytest.raises(ValidationError):
        history.revert(gone, force=True)


def test_what_is_there_again_is_not_made_again(flag: Flag) -> None:
    Flag.objects.all().delete()
    gone = last()
    history.revert(gone)

    with pytest.raises(history.Conflict, match="“x” exists again"):
        history.revert(gone, force=True)


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_gone_cannot_be_set_back(flag: Flag, which: int) -> None:
    Flag.objects.update(note="new")
    change = [*history.changes()][which]
    Flag.objects.all().delete()

    assert history.conflicts(change) == []
    with pytest.raises(history.Conflict, match="“x” no longer exists"):
        history.revert(change, force=True)


def test_a_value_that_would_be_wrong_now_is_an_error_and_nothing_is_changed(flag: Flag) -> None:
    flag.name = "y"
    flag.save()
    change = last()
    Flag.objects.create(name="x")

    with pytest.raises(ValidationError):
        history.revert(change)

    assert state(flag)[0] == "y"


def test_a_change_that_does_not_name_all_its_members_is_taken_back_by_force_only(flag: Flag) -> None:
    flag.users.add(*User.objects.bulk_create(User(username=f"many {number:04}") for number in range(1_010)))
    change = last()

    assert history.conflicts(change) == ["Users"]
    history.revert(change, force=True)

    assert flag.users.count() == 2 + 10
    Flag.objects.all().delete()
    assert history.conflicts(last()) == []


def test_of_a_deleted_flag_with_many_members_the_list_is_a_conflict(flag: Flag) -> None:
    flag.users.add(*User.objects.bulk_create(User(username=f"many {number:04}") for number in range(1_010)))
    flag.delete()

    assert history.conflicts(last()) == ["Users"]
    history.revert(last(), force=True)

    assert Flag.objects.get().users.count() == 1_000


def test_fields_that_are_no_more_are_left_out(flag: Flag) -> None:
    gone = {"added": ["a"], "removed": ["b"], "count": {"added": 1, "removed": 1}}
    change = Change.objects.create(
        source="code",
        kind="flag",
        name="x",
        object_id=str(flag.pk),
        action="changed",
        before={"plan": "a"},
        after={"plan": "b", "friends": gone},
    )

    assert history.revert(change) is None

    Flag.objects.all().delete()
    change = last()
    change.before.update(plan="a", friends=gone)
    history.revert(change)
    assert Flag.objects.get().percent == 5


def test_members_are_found_by_what_a_change_calls_them(settings: Any) -> None:
    from test_app.models import Company

    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    flag = CompanyAwareFlag.objects.create(name="x")
    companies = [Company.objects.create(name=name) for name in ("Acme", "Bolt")]
    flag.companies.set(companies)
    flag.companies.clear()
    change = last()
    companies[0].delete()

    history.revert(change)

    assert [company.name for company in flag.companies.all()] == ["Bolt"]


def test_values_of_every_type_come_back(settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"
    flag = TailoredFlag.objects.create(name="x", first_day=date(2026, 1, 2), plans="a,b")
    flag.first_day = None
    flag.save()
    history.revert(last())
    flag.refresh_from_db()
    assert flag.first_day == date(2026, 1, 2)

    flag.delete()
    history.revert(last())

    found = TailoredFlag.objects.get()
    assert (found.first_day, found.plans, found.created) == (date(2026, 1, 2), "a,b", flag.created)


def test_without_a_history_a_change_can_be_taken_back_and_that_is_not_told(flag: Flag, settings: Any) -> None:
    Flag.objects.update(note="new")
    change = last()
    settings.WAFFLE_HISTORY = False

    assert history.revert(change) is None
    assert state(flag)[2] == "n"
    assert json.dumps(last().after) == json.dumps(change.after)


def test_switches_and_samples_are_set_back_too() -> None:
    Switch.objects.create(name="s")
    Switch.objects.update(active=True)
    history.revert(last())
    Sample.objects.create(name="m", percent="12.5")
    Sample.objects.update(percent=100)
    history.revert(last())

    assert (Switch.objects.get().active, str(Sample.objects.get().percent)) == (False, "12.5")


@each_kind
def test_who_makes_a_toggle_anew_a_moment_too_late_is_told_of_a_conflict(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(True))
    key = toggle.pk
    toggle.delete()
    gone, save, check = last(), kind.model.save, reverting._check

    def find_it_there(self: Any, *args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(kind.model, "save", save)
        raise IntegrityError("It is there.")

    def check_after_the_other_commit(*args: Any, **kwargs: Any) -> None:
        if kind.model.save is save:
            kind.model.objects.create(pk=key, name="x", **kind.created_as(False))
        check(*args, **kwargs)

    monkeypatch.setattr(kind.model, "save", find_it_there)
    monkeypatch.setattr(reverting, "_check", check_after_the_other_commit)
    with pytest.raises(history.Conflict):
        history.revert(gone)

    assert kind.model.objects.count() == 1


def test_what_a_database_refuses_otherwise_is_no_conflict(
    flag: Flag, users: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise IntegrityError("A rule of the project's own.")

    change = change_all(flag, users)
    monkeypatch.setattr(Flag, "save", refuse)

    with pytest.raises(IntegrityError, match="A rule"):
        history.revert(change)
