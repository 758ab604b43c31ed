"""Facts: the user, and whom flags list; loaded when a condition wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import DatabaseError, connections
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from test_app.models import Company, CompanyAwareFlag
from waffle import facts, pins, queries
from waffle.conditions import Claim, InLongList, InShortList, Listed
from waffle.inquiries import Inquiry
from waffle.models import Flag
from waffle.picking import Method
from waffle.snapshots import UNKNOWN, Snapshot
from waffle.verdicts import Reason

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

SNAPSHOT = UNKNOWN.replaced(alias="default")
STAFF = Claim("staff", of_user="is_staff", reason=Reason.STAFF)


# Any, throughout: users, requests and what they belong to are of every sort.
def about(user: Any) -> Inquiry:
    return Inquiry(SNAPSHOT, SimpleNamespace(user=user))


def keys(subject: Inquiry, by: str) -> frozenset[Any]:
    """Return what a short list is compared with."""
    facts.supply(InShortList(Listed("list", by=by), frozenset()), None, subject)
    found: frozenset[Any] = subject.facts[f"keys of {by}"]
    return found


def listing(subject: Inquiry) -> dict[str, set[Any]]:
    """Return the flags that list the subject, where lists are too long to hold."""
    facts.supply(InLongList(Listed("users")), None, subject)
    found: dict[str, set[Any]] = subject.facts["listing flags"]
    return found


@pytest.fixture
def pin() -> Iterator[pins.Pin]:
    pin = pins.enter()
    yield pin
    pins.leave(pin)


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


def away() -> User:
    raise DatabaseError("away")


def test_the_user_is_the_requests(user: User) -> None:
    subject = about(user)

    facts.supply(STAFF, None, subject)

    assert subject.facts == {"user": user, "unit": str(user.pk)}


@pytest.mark.parametrize("request_", [None, SimpleNamespace(), SimpleNamespace(user=None)])
def test_without_a_user_the_fact_is_none(request_: Any) -> None:
    subject = Inquiry(SNAPSHOT, request_)

    assert facts.user_of(subject) is None
    assert subject.facts == {"user": None, "unit": None}


def test_a_lazy_user_is_loaded_and_once(user: User) -> None:
    loads = []

    def load() -> User:
        loads.append(1)
        return user

    subject = about(SimpleLazyObject(load))

    assert facts.user_of(subject).pk == user.pk
    assert facts.user_of(subject).pk == user.pk
    assert loads == [1]


def test_a_user_that_was_awaited_is_not_loaded_again(user: User) -> None:
    subject = about(SimpleLazyObject(away))
    subject.request._acached_user = user  # what `await request.auser()` leaves

    assert facts.user_of(subject) is user


def test_a_lazy_user_that_is_loaded_already_is_taken(user: User) -> None:
    lazy = SimpleLazyObject(lambda: user)
    assert lazy.pk == user.pk
    subject = about(lazy)
    subject.request._acached_user = AnonymousUser()

    assert facts.user_of(subject) is user


def test_a_user_that_cannot_be_loaded_is_none_and_one_line_tells(caplog: pytest.LogCaptureFixture) -> None:
    assert facts.user_of(about(SimpleLazyObject(away))) is None
    assert facts.user_of(about(SimpleLazyObject(away))) is None

    assert [(record.levelname, record.message) for record in caplog.records] == [
        (
            "WARNING",
            "What the database holds of a user is not available (DatabaseError: away). "
            "Conditions that ask for it do not apply.",
        )
    ]


def test_a_method_is_called_with_what_it_takes() -> None:
    calls: list[tuple[object, ...]] = []

    def is_active(*arguments: object) -> str:
        calls.append(arguments)
        return "answer"

    toggle = SimpleNamespace(is_active=is_active)
    subject = about(None)

    facts.supply(Method("is_active"), toggle, subject)
    facts.supply(Method("is_active", arguments=()), toggle, subject)

    assert calls == [(subject.request, False), ()]
    assert subject.facts == {"is_active": "answer"}


def test_a_user_is_listed_by_its_primary_key(user: User) -> None:
    assert keys(about(user), "user") == {user.pk}


@pytest.mark.parametrize("by", ["user", "groups", "company"])
@pytest.mark.parametrize(
    "nobody",
    [None, AnonymousUser(), User(username="unsaved"), SimpleNamespace(pk=None, company=1), object()],
    ids=["none", "anonymous", "unsaved", "a stand-in", "an object"],
)
def test_who_has_no_primary_key_is_in_no_list(
    nobody: Any, by: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert keys(about(nobody), by) == frozenset()
        assert listing(about(nobody)) == {"users": set(), "groups": set()}


def test_groups_are_asked_for_in_one_query(
    user: User, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert keys(about(user), "groups") == {group.pk}


def test_an_attribute_may_be_an_object_a_key_or_nothing(user: User) -> None:
    member: Any = user
    company = Company.objects.create(name="c")

    found = []
    for value in (company, company.pk, None):
        member.company = value
        found.append(keys(about(member), "company"))

    assert found == [{company.pk}, {company.pk}, frozenset()]
    assert keys(about(user), "no_attribute") == frozenset()


def test_somebody_who_is_no_model_may_have_groups(group: Group) -> None:
    stand_in = SimpleNamespace(pk=7, groups=Group.objects.filter(pk=group.pk))

    assert keys(about(stand_in), "groups") == {group.pk}
    assert keys(about(stand_in), "user") == {7}
    assert keys(about(SimpleNamespace(pk=7)), "groups") == frozenset()


def test_in_a_pin_a_user_is_asked_about_once(
    pin: pins.Pin, user: User, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert [keys(about(user), "groups") for _ in range(3)] == [{group.pk}] * 3


def test_in_a_pin_users_do_not_mix(pin: pins.Pin, user: User, group: Group) -> None:
    other = User.objects.create(username="other")

    assert [keys(about(who), "groups") for who in (user, other, AnonymousUser(), user)] == [
        *({group.pk}, frozenset(), frozenset(), {group.pk})
    ]
    assert keys(about(SimpleNamespace(pk=user.pk)), "groups") == frozenset()


def test_in_a_pin_another_company_of_the_user_is_noticed(pin: pins.Pin, user: User) -> None:
    member: Any = user

    found = []
    for member.company in Company.objects.create(name="c"), None:
        found.append(keys(about(member), "company"))

    assert found == [{Company.objects.get().pk}, frozenset()]


@pytest.mark.parametrize("clear", ["clear", "remove", "set", "other side"])
def test_in_a_pin_a_change_of_the_users_groups_is_noticed(
    clear: str, pin: pins.Pin, user: User, group: Group
) -> None:
    before = keys(about(user), "groups")

    if clear == "clear":
        user.groups.clear()
    elif clear == "remove":
        user.groups.remove(group)
    elif clear == "set":
        user.groups.set([])
    else:
        group.user_set.clear()

    assert before == {group.pk}
    assert keys(about(user), "groups") == frozenset()


def test_without_a_pin_a_user_is_asked_about_each_time(
    user: User, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        assert [keys(about(user), "groups") for _ in range(2)] == [{group.pk}] * 2


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
