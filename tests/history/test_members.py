"""Who is added to a list of a flag, and who is removed, is named in the history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from test_app.models import CompanyAwareFlag
from tests.history.test_writing import gained, lost, told
from waffle.models import Change, Flag

pytestmark = pytest.mark.django_db


@pytest.fixture
def users() -> list[User]:
    return [User.objects.create(username=f"user {number}") for number in range(3)]


LISTINGS: dict[str, Callable[[Flag, list[User]], object]] = {
    "add": lambda flag, users: flag.users.add(*users),
    "set": lambda flag, users: flag.users.set(users),
    "from the other side": lambda flag, users: users[0].flag_set.add(flag),
    "set from the other side": lambda flag, users: users[0].flag_set.set([flag]),
}


@pytest.mark.parametrize("how", LISTINGS)
def test_who_is_listed_is_named(flag: Flag, users: list[User], how: str) -> None:
    LISTINGS[how](flag, users[:1])

    assert told() == [("x", "changed", {}, {"users": gained("user 0")})]


UNLISTINGS: dict[str, Callable[[Flag, list[User]], object]] = {
    "remove": lambda flag, users: flag.users.remove(*users),
    "clear": lambda flag, users: flag.users.clear(),
    "set": lambda flag, users: flag.users.set([]),
    "from the other side": lambda flag, users: users[0].flag_set.remove(flag),
    "clear from the other side": lambda flag, users: users[0].flag_set.clear(),
}


@pytest.mark.parametrize("how", UNLISTINGS)
def test_who_is_listed_no_more_is_named(flag: Flag, users: list[User], how: str) -> None:
    flag.users.add(users[0])
    told()

    UNLISTINGS[how](flag, users)

    assert told() == [("x", "changed", {}, {"users": lost("user 0")})]


def test_a_list_that_is_set_is_one_change(flag: Flag, users: list[User]) -> None:
    flag.users.add(*users[:2])
    told()

    flag.users.set(users[1:])

    [(_, _, _, after)] = told()
    assert after == {
        "users": {"added": ["user 2"], "removed": ["user 0"], "count": {"added": 1, "removed": 1}}
    }


@pytest.mark.parametrize("change", ["add", "remove", "clear"])
def test_a_list_that_stays_as_it_is_is_not_told_of(flag: Flag, users: list[User], change: str) -> None:
    if change == "add":
        flag.users.add(users[0])
        told()

    getattr(flag.users, change)(*([] if change == "clear" else users[:1]))

    assert told() == []


def test_links_of_many_flags_from_one_user_are_told_of_flag_by_flag(users: list[User]) -> None:
    flags = [Flag.objects.create(name=name) for name in "ab"]
    told()

    users[0].flag_set.add(*flags)

    assert told() == [
        ("a", "changed", {}, {"users": gained("user 0")}),
        ("b", "changed", {}, {"users": gained("user 0")}),
    ]


def test_of_many_members_the_first_are_named_and_all_are_counted(
    flag: Flag, django_assert_max_num_queries: Any
) -> None:
    users = User.objects.bulk_create(User(username=f"user {number:05}") for number in range(1_500))

    with django_assert_max_num_queries(15):  # most are Django's own: portions of the links
        flag.users.add(*users)

    [(_, _, _, after)] = told()
    assert after["users"]["count"] == {"added": 1_500, "removed": 0}
    assert after["users"]["added"] == [f"user {number:05}" for number in range(1_000)]

    flag.users.clear()

    [(_, _, _, after)] = told()
    assert after["users"]["count"] == {"added": 0, "removed": 1_500}
    assert len(after["users"]["removed"]) == 1_000

    flag.users.add(*users)
    told()
    flag.delete()

    [(_, _, before, _)] = told()
    assert before["users"]["count"] == {"added": 0, "removed": 1_500}


def test_a_list_of_a_custom_model_is_told_of(settings: Any) -> None:
    from test_app.models import Company

    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    flag = CompanyAwareFlag.objects.create(name="x")
    company = Company.objects.create(name="Acme")
    told()

    flag.companies.add(company)

    assert told() == [
        ("x", "changed", {}, {"companies": gained({"pk": str(company.pk), "label": "Acme"})}),
    ]


def test_a_user_who_is_listed_and_told_of_can_be_deleted(flag: Flag, users: list[User]) -> None:
    from waffle import history

    with history.by(users[0]):
        flag.users.add(users[0])

    users[0].delete()

    change = Change.objects.get()
    assert (change.user_label, change.user) == ("user 0", None)
