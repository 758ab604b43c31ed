"""Facts: the user, and whom flags list; loaded when a condition wants them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import DatabaseError
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries

from test_app.models import Company
from waffle import facts, pins
from waffle.conditions import Claim, InLongList, InShortList, Listed
from waffle.inquiries import Inquiry
from waffle.picking import Method
from waffle.snapshots import UNKNOWN
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
