"""`waffle_flag` finds users and groups by the names that people call them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from test_app.models import Company, PlainFlag
from tests.commands import run
from waffle.management.members import called, find
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: options are of many types.


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", "bob@example.com")


@pytest.fixture
def editors() -> Group:
    return Group.objects.create(name="editors")


class NumberedUser(User):
    """A user who is called by number, and has no e-mail address."""

    USERNAME_FIELD = "id"
    EMAIL_FIELD = ""

    class Meta:
        app_label = "tests"
        proxy = True


def test_groups_and_users_replace_those_listed(ada: User, bob: User, editors: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(bob)
    flag.groups.add(Group.objects.create(name="old"))

    lines = run("waffle_flag", "x", "--group", "editors", "--user", "ada")

    assert list(flag.users.all()) == [ada]
    assert list(flag.groups.all()) == [editors]
    assert lines == ["Setting group(s): ['editors']", "Setting user(s): ['ada']"]


def test_groups_and_users_may_be_appended(ada: User, bob: User, editors: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(bob)
    flag.groups.add(Group.objects.create(name="old"))

    run("waffle_flag", "x", "-g", "editors", "-u", "ada@example.com", "--append")

    assert set(flag.users.all()) == {ada, bob}
    assert set(flag.groups.values_list("name", flat=True)) == {"old", "editors"}


@pytest.mark.parametrize("options", [{}, {"user": []}, {"user": None, "group": []}])
def test_lists_that_nobody_named_stay_as_they_are(ada: User, options: dict[str, Any]) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(ada)

    run("waffle_flag", "x", staff=True, **options)

    assert list(flag.users.all()) == [ada]


def test_one_member_may_be_passed_without_a_list_and_itself(ada: User, editors: Group) -> None:
    lines = run("waffle_flag", "x", create=True, user=ada, group="editors")

    assert lines[1:] == ["Setting group(s): ['editors']", "Setting user(s): ['ada']"]


def test_a_user_named_twice_is_listed_once(ada: User) -> None:
    lines = run("waffle_flag", "x", create=True, user=["ada", "ada@example.com"])

    assert lines[1:] == ["Setting user(s): ['ada']"]


def test_a_flag_whose_list_changes_is_modified(ada: User) -> None:
    before = Flag.objects.create(name="x")

    run("waffle_flag", "x", user=["ada"])

    assert Flag.objects.get().modified > before.modified


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": ["ada", "eve"]}, "User eve does not exist"),
        ({"user": [""]}, "User  does not exist"),
        ({"group": ["editors", "gods"]}, "Group gods does not exist"),
    ],
)
def test_a_name_that_nobody_has_changes_nothing(
    ada: User, editors: Group, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run("waffle_flag", "x", create=True, staff=True, **options)

    assert str(caught.value) == message
    assert not Flag.objects.exists()


def test_an_email_address_that_two_users_share_is_refused_with_their_names(ada: User, bob: User) -> None:
    User.objects.update(email="both@example.com")

    with pytest.raises(CommandError) as caught:
        run("waffle_flag", "x", create=True, user=["both@example.com"])

    names = f"ada (id {ada.pk}), bob (id {bob.pk})"
    told = f"User both@example.com may be any of these, by email: {names}. Pass what only one of them has."
    assert str(caught.value) == told
    assert not Flag.objects.exists()


def test_a_username_goes_before_an_email_address(ada: User) -> None:
    namesake = User.objects.create_user("ada@example.com")

    run("waffle_flag", "x", create=True, user=["ada@example.com"])

    assert list(Flag.objects.get().users.all()) == [namesake]


def test_a_username_need_not_be_text(ada: User) -> None:
    found = find(NumberedUser, "default", str(ada.pk), "User")

    assert found.pk == ada.pk
    assert called(found) == str(ada.pk)
    for name in ("ada", "ada@example.com", "9" * 30):
        with pytest.raises(CommandError, match=rf"^User {re.escape(name)} does not exist$"):
            find(NumberedUser, "default", name, "User")


def test_what_has_no_name_of_its_own_is_called_as_it_prints() -> None:
    entry = Flag(name="x").__class__.users.through(id=7)

    assert called(entry) == str(entry)
    assert called(Company(name="Acme")) == "Acme"


@pytest.mark.parametrize("options", [{"user": "ada"}, {"group": "editors"}])
def test_a_list_that_the_projects_flags_lack_is_named(
    settings: Settings, ada: User, editors: Group, options: dict[str, Any]
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"

    with pytest.raises(
        CommandError, match=r"have no (users|groups): test_app\.PlainFlag has no field of that name"
    ):
        run("waffle_flag", "x", create=True, **options)

    assert not PlainFlag.objects.exists()


def test_flags_without_lists_are_listed_with_empty_ones(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    run("waffle_flag", "x", create=True, everyone=True)

    lines = run("waffle_flag", "--list")

    assert lines[1] == "NAME: x"
    assert lines[-3:] == ["GROUPS: []", "USERS: []", ""]


def test_the_list_of_flags_shows_what_decides(ada: User, bob: User, editors: Group) -> None:
    Flag.objects.create(name="zebra", everyone=False, percent=Decimal("12.5"), staff=True)
    flag = Flag.objects.create(name="ant")
    flag.users.add(bob, ada)
    flag.groups.add(editors)

    lines = run("waffle_flag", "-l")

    assert lines == [
        "Flags:",
        "NAME: ant",
        "SUPERUSERS: True",
        "EVERYONE: None",
        "AUTHENTICATED: False",
        "PERCENT: None",
        "TESTING: False",
        "ROLLOUT: False",
        "STAFF: False",
        "GROUPS: ['editors']",
        "USERS: ['ada', 'bob']",
        "",
        "NAME: zebra",
        "SUPERUSERS: True",
        "EVERYONE: False",
        "AUTHENTICATED: False",
        "PERCENT: 12.5",
        "TESTING: False",
        "ROLLOUT: False",
        "STAFF: True",
        "GROUPS: []",
        "USERS: []",
        "",
    ]


def test_the_list_of_flags_costs_the_same_for_many(ada: User) -> None:
    for number in range(5):
        Flag.objects.create(name=f"flag {number}").users.add(ada)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        run("waffle_flag", list_flags=True)

    assert len(queries) == 3
