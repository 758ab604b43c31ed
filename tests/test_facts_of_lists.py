"""Facts of long lists: which flags list a user; and the databases that tell."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from test_app.models import Company, CompanyAwareFlag
from tests.test_facts import SNAPSHOT, about, keys, listing
from waffle import facts, pins, queries
from waffle.inquiries import Inquiry
from waffle.models import Flag
from waffle.snapshots import UNKNOWN, Snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]


@pytest.fixture
def user() -> User:
    return User.objects.create(username="u")


@pytest.fixture
def group(user: User) -> Group:
    """Return the second of two groups: the user is a member of this one."""
    Group.objects.create(name="other")
    group = Group.objects.create(name="g")
    user.groups.add(group)
    return group


def test_one_query_tells_every_flag_that_lists_a_user(
    user: User, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by_name, by_group, by_both, _other = (Flag.objects.create(name=name) for name in "abcd")
    for flag in (by_name, by_both):
        flag.users.add(user)
    for flag in (by_group, by_both):
        flag.groups.add(group)

    with django_assert_num_queries(1):
        found = listing(about(user))

    assert found == {"users": {by_name.pk, by_both.pk}, "groups": {by_group.pk, by_both.pk}}


def test_the_one_query_asks_for_a_models_own_lists_too(
    user: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    member: Any = user
    company, other = Company.objects.create(name="c"), Company.objects.create(name="other")
    flag, other_flag = CompanyAwareFlag.objects.create(name="x"), CompanyAwareFlag.objects.create(name="y")
    flag.companies.add(company)
    other_flag.companies.add(other)

    found = []
    for value in (company, company.pk, None):
        member.company = value
        with django_assert_num_queries(1):
            found.append(listing(about(member))["companies"])

    assert found == [{flag.pk}, {flag.pk}, set()]


def test_in_a_pin_one_query_serves_all_long_lists(
    pin: pins.Pin, user: User, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert [listing(about(user)) for _ in range(3)] == [{"users": set(), "groups": set()}] * 3


def test_somebody_who_is_no_model_may_have_groups_where_lists_are_long(group: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.groups.add(group)
    stand_in = SimpleNamespace(pk=7, groups=Group.objects.filter(pk=group.pk))

    assert listing(about(stand_in)) == {"users": set(), "groups": {flag.pk}}


def test_a_key_of_another_sort_is_in_no_list(user: User) -> None:
    Flag.objects.create(name="x").users.add(user)
    stand_in = SimpleNamespace(pk="auth0|66b5")

    assert keys(about(stand_in), "user") == {"auth0|66b5"}
    assert listing(about(stand_in)) == {"users": set(), "groups": set()}


def test_a_key_of_another_sort_does_not_hide_what_else_lists_the_user(group: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.groups.add(group)
    stand_in = SimpleNamespace(pk="auth0|66b5", groups=Group.objects.filter(pk=group.pk))

    assert keys(about(stand_in), "groups") == {group.pk}
    assert listing(about(stand_in)) == {"users": set(), "groups": {flag.pk}}


def test_the_limit_of_what_lists_are_held_is_live(
    user: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Flag.objects.create(name="x").users.add(user)
    request = SimpleNamespace(user=user)
    waffle.flag_is_active(request, "x")
    settings.WAFFLE_ROSTER_LIMIT = 0
    waffle.flag_is_active(request, "x")

    with django_assert_num_queries(1):
        assert waffle.flag_is_active(request, "x") is True


class Person(SimpleNamespace):
    """Somebody who is no model."""


@pytest.mark.parametrize(
    ("snapshot", "what", "user"),
    [
        (UNKNOWN, "teams", Person(pk=1)),
        (SNAPSHOT, "groups", Person(pk=1)),
        (SNAPSHOT, "teams", Person(pk=2)),
        (SNAPSHOT, "teams", SimpleNamespace(pk=1)),
    ],
    ids=["snapshot", "fact", "key", "class"],
)
def test_in_a_pin_each_question_has_an_answer_of_its_own(
    pin: pins.Pin, snapshot: Snapshot, what: str, user: Any
) -> None:
    one, other = (
        Inquiry(SNAPSHOT, SimpleNamespace(user=Person(pk=1))),
        Inquiry(snapshot, SimpleNamespace(user=user)),
    )

    found = [
        facts._once_per_pin(one, "teams", lambda user: {"one"}),
        facts._once_per_pin(other, what, lambda user: {"other"}),
        facts._once_per_pin(one, "teams", lambda user: {"again"}),
    ]

    assert found == [{"one"}, {"other"}, {"one"}]


@pytest.fixture
def default_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what lets nobody ask the database `default`, nor write SQL for it."""

    def fail(*args: object) -> None:
        raise AssertionError("the wrong database was asked")

    def take_away() -> None:
        default, prepared = connections["default"], queries._prepared
        monkeypatch.setattr(default, "cursor", fail)
        monkeypatch.setattr(default.ops, "quote_name", fail)
        monkeypatch.setattr(
            queries, "_prepared", lambda *asked: fail() if asked[-1].alias == "default" else prepared(*asked)
        )
        # What was written for other tests need not be written again.
        queries._own_links.cache_clear()
        queries._branches.cache_clear()

    return take_away


@pytest.mark.django_db(databases=["default", "other"])
def test_groups_are_read_where_the_user_is(default_away: Callable[[], None]) -> None:
    user = User.objects.using("other").create(username="u")
    group = Group.objects.using("other").create(name="g")
    user.groups.add(group)
    default_away()

    assert keys(about(user), "groups") == {group.pk}


@pytest.mark.django_db(databases=["default", "other"])
def test_who_lists_a_user_is_read_where_the_flags_are(
    settings: Settings, default_away: Callable[[], None]
) -> None:
    settings.DATABASE_ROUTERS = ["tests.routers.TogglesElsewhere"]
    user = User.objects.using("other").create(username="u")
    flag = Flag.objects.create(name="x")
    flag.users.add(user)
    default_away()

    found = listing(Inquiry(UNKNOWN.replaced(alias="other"), SimpleNamespace(user=user)))

    assert found == {"users": {flag.pk}, "groups": set()}
