"""Rosters: whom each flag lists, read with as few queries as the keys allow."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from pytest_django import Settings

from waffle import rosters
from waffle.kinds import FLAG
from waffle.models import AbstractBaseFlag, Flag

pytestmark = pytest.mark.django_db


@pytest.fixture
def flags() -> list[Flag]:
    """Make three flags: one lists two users and two groups, one a user, one nobody."""
    users = [User.objects.create(username=f"user {number}") for number in range(2)]
    groups = [Group.objects.create(name=f"group {number}") for number in range(2)]
    made = [Flag.objects.create(name=f"flag {number}") for number in range(3)]
    made[0].users.add(*users)
    made[0].groups.add(*groups)
    made[1].users.add(users[1])
    return made


def test_a_roster_holds_whom_each_flag_lists(flags: list[Flag]) -> None:
    users, groups = (
        list(model.objects.order_by("pk").values_list("pk", flat=True)) for model in (User, Group)
    )

    assert rosters.read(FLAG, connection) == {
        "users": {flags[0].pk: frozenset(users), flags[1].pk: frozenset(users[1:])},
        "groups": {flags[0].pk: frozenset(groups)},
    }


@pytest.mark.parametrize(("limit", "is_held"), [(3, True), (2, False)])
def test_the_limit_is_for_each_list(flags: list[Flag], settings: Settings, limit: int, is_held: bool) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit  # the flags have five links, three of them to users

    assert (rosters.read(FLAG, connection) is not None) is is_held


def test_lists_with_keys_of_one_type_share_a_query(flags: list[Flag]) -> None:
    with CaptureQueriesContext(connection) as asked:
        rosters.read(FLAG, connection)

    assert len(asked) == 1


@isolate_apps("tests")
def test_lists_with_keys_of_another_type_have_a_query_of_their_own() -> None:
    class Person(models.Model):
        class Meta:
            app_label = "tests"

        def __str__(self) -> str:
            return str(self.pk)

    class Team(models.Model):
        id = models.UUIDField(primary_key=True)

        class Meta:
            app_label = "tests"

        def __str__(self) -> str:
            return str(self.pk)

    class TeamFlag(AbstractBaseFlag):
        people = models.ManyToManyField(Person, related_name="+")
        teams = models.ManyToManyField(Team, related_name="+")
        friends = models.ManyToManyField(Person, related_name="+")

        class Meta(AbstractBaseFlag.Meta):
            app_label = "tests"

    queries = rosters._queries(TeamFlag, ("people", "teams", "friends"), "default", 3)

    assert [list(links) for links, _ in queries] == [["people", "friends"], ["teams"]]
