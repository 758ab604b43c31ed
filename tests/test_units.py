"""Units: a percentage may be dealt by what a setting names, such as the tenant of a request."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from pytest_django import Settings

from tests.test_dealing import VISITOR, held_after, request_of
from tests.worlds import Visit, each_flag_verdict, each_visit
from waffle import Reason, Subject
from waffle.models import Flag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold", "dice")]


@pytest.fixture
def checkout() -> Flag:
    """Return a flag for 40 percent: user 1 has bucket 65057, user 2 has 4971, user 42 has 38659."""
    flag: Flag = Flag.objects.create(name="checkout", percent=40, superusers=False)
    return flag


@pytest.fixture
def visitors(settings: Settings) -> None:
    """Let visitors have an id."""
    settings.WAFFLE_VISITOR_COOKIE = VISITOR


def tenant(request: Any) -> Any:
    """Return what a request is dealt by: a setting names this function."""
    calls.append(request)
    found = request.headers.get("Tenant")
    if found == "broken":
        raise LookupError("no such tenant")
    return None if found is None else int(found)


async def no_tenant(request: Any) -> None: ...


calls: list[Any] = []


@pytest.fixture
def tenants(settings: Settings) -> None:
    """Let requests be dealt by their tenants."""
    settings.WAFFLE_UNIT = f"{__name__}.tenant"
    calls.clear()


def request_of_tenant(key: str, user: Any = None) -> Any:
    request = RequestFactory().get("/", headers={"Tenant": key})
    request.user = user or AnonymousUser()
    return request


@each_visit
@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize(("key", "text"), [("1", b""), ("2", b"checkout"), ("42", b"checkout")])
@pytest.mark.parametrize("user", [None, User(pk=1), User(pk=2)], ids=["visitor", "user 1", "user 2"])
def test_a_unit_of_the_projects_own_comes_before_the_user(
    user: Any, key: str, text: bytes, visit: Visit, checkout: Flag
) -> None:
    response = visit(request_of_tenant(key, user), "checkout")

    assert response.content == text
    assert held_after(response) == {}


@each_visit
@pytest.mark.usefixtures("tenants")
def test_where_there_is_no_such_unit_the_user_counts(visit: Visit, checkout: Flag) -> None:
    assert visit(request_of(User(pk=2)), "checkout").content == b"checkout"
    assert visit(request_of(User(pk=1)), "checkout").content == b""


@each_visit
@pytest.mark.usefixtures("tenants", "visitors")
def test_where_there_is_neither_the_visitor_counts(visit: Visit, checkout: Flag) -> None:
    assert list(held_after(visit(request_of(), "checkout"))) == [VISITOR]


@each_visit
@pytest.mark.usefixtures("tenants")
def test_a_page_asks_for_its_unit_once(visit: Visit, checkout: Flag) -> None:
    Flag.objects.create(name="new_nav", percent=50)

    visit(request_of_tenant("42"), "checkout", "new_nav", "checkout")

    assert len(calls) == 1


@each_flag_verdict
@pytest.mark.usefixtures("tenants")
def test_a_unit_that_cannot_be_told_is_an_error_of_the_flag(flag_verdict: Any, checkout: Flag) -> None:
    verdict = flag_verdict(request_of_tenant("broken"), "checkout")

    assert (verdict.active, verdict.reason) == (False, Reason.ERROR)
    assert "no such tenant" in verdict.detail


@each_flag_verdict
def test_a_unit_that_is_not_there_is_an_error_that_names_the_setting(
    flag_verdict: Any, checkout: Flag, settings: Settings
) -> None:
    settings.WAFFLE_UNIT = "shop.nowhere.tenant"

    verdict = flag_verdict(request_of(User(pk=2)), "checkout")

    assert (verdict.active, verdict.reason) == (False, Reason.ERROR)
    assert "WAFFLE_UNIT is 'shop.nowhere.tenant'" in verdict.detail


@each_flag_verdict
@pytest.mark.parametrize(
    ("subject", "active", "reason"),
    [
        (Subject(User(pk=1)), False, Reason.PERCENT),
        (Subject(User(pk=2)), True, Reason.PERCENT),
        (Subject(User(pk=1), unit="2"), True, Reason.PERCENT),
        (Subject(unit="42"), True, Reason.PERCENT),
        (Subject(unit=""), False, Reason.PERCENT),
        (Subject(User(username="u")), False, Reason.DEFAULT),
        (Subject(AnonymousUser()), False, Reason.DEFAULT),
        (Subject(), False, Reason.DEFAULT),
        (None, False, Reason.DEFAULT),
    ],
    ids=["off", "on", "unit and user", "unit", "empty unit", "no primary key", "anonymous", "nobody", "None"],
)
@pytest.mark.parametrize("cookie", [None, VISITOR])
def test_a_subject_is_dealt_by_its_unit_or_its_user_and_never_by_dice(
    cookie: str | None,
    subject: Any,
    active: bool,
    reason: Reason,
    flag_verdict: Any,
    checkout: Flag,
    settings: Settings,
) -> None:
    settings.WAFFLE_VISITOR_COOKIE = cookie

    verdict = flag_verdict(subject, "checkout")

    assert (verdict.active, verdict.reason) == (active, reason)


@each_flag_verdict
@pytest.mark.usefixtures("tenants")
def test_where_requests_have_units_of_their_own_a_subject_brings_one(
    flag_verdict: Any, checkout: Flag
) -> None:
    with_unit = flag_verdict(Subject(User(pk=2), unit="42"), "checkout")
    without = flag_verdict(Subject(User(pk=2)), "checkout")

    assert (with_unit.active, with_unit.reason) == (True, Reason.PERCENT)
    assert (without.active, without.reason) == (False, Reason.DEFAULT)
    assert calls == []
