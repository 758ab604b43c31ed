"""Percentages: what is remembered comes first, then a stable hash, then dice."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.request import Request

import waffle
from tests.worlds import Visit, each_flag_verdict, each_visit, serve_sync
from waffle import Reason, Subject, cookies
from waffle.buckets import bucket_of
from waffle.models import Flag, set_flag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold", "dice")]

VISITOR = "waffle_visitor"


@pytest.fixture
def checkout() -> Flag:
    """Return a flag for 40 percent: user 1 has bucket 65057, user 2 has 4971, user 42 has 38659."""
    flag: Flag = Flag.objects.create(name="checkout", percent=40, superusers=False)
    return flag


@pytest.fixture
def visitors(settings: Settings) -> None:
    """Let visitors have an id."""
    settings.WAFFLE_VISITOR_COOKIE = VISITOR


# Any, throughout: requests hold what middleware hangs on them, and cookies of any sort.
def request_of(user: Any = None, **held: str) -> Any:
    """Return a request of a user, or of a visitor, whose browser holds these cookies."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser() if user is None else user
    request.COOKIES.update(held)
    return request


def held_after(response: Any) -> dict[str, str]:
    """Return the cookies that a browser holds after a response."""
    return {name: morsel.value for name, morsel in response.cookies.items()}


@each_visit
@pytest.mark.parametrize(("key", "text"), [(1, b""), (2, b"checkout"), (42, b"checkout")])
def test_a_user_is_dealt_by_a_hash_and_given_no_cookie(
    key: int, text: bytes, visit: Visit, checkout: Flag
) -> None:
    request = request_of(User(pk=key))

    response = visit(request, "checkout")

    assert response.content == text
    assert held_after(response) == {}
    assert not getattr(request, "waffles", None)


@pytest.mark.parametrize(
    ("percent", "active"), [("38.6", []), ("38.7", [42]), ("65.0", [42]), ("65.1", [1, 42])]
)
def test_a_raised_percentage_turns_on_whom_the_hash_puts_below_it(
    percent: str, active: list[int], checkout: Flag
) -> None:
    checkout.percent = percent
    checkout.save()

    assert [key for key in (1, 42) if waffle.flag_is_active(request_of(User(pk=key)), "checkout")] == active


@each_visit
@pytest.mark.parametrize("key", [1, 2])
@pytest.mark.parametrize("active", [True, False])
def test_set_flag_comes_before_the_hash_and_its_cookie_is_written(
    active: bool, key: int, visit: Visit, checkout: Flag
) -> None:
    request = request_of(User(pk=key), dwf_checkout=str(not active))
    set_flag(request, "checkout", active)

    response = visit(request, "checkout")
    later = visit(request_of(User(pk=key), **held_after(response)), "checkout")

    assert response.content == later.content == (b"checkout" if active else b"")
    assert held_after(response) == {"dwf_checkout": str(active)}


@each_visit
@pytest.mark.parametrize("key", [1, 2])
@pytest.mark.parametrize("value", ["True", "False"])
def test_a_cookie_from_before_comes_before_the_hash_and_is_not_renewed(
    value: str, key: int, visit: Visit, checkout: Flag
) -> None:
    response = visit(request_of(User(pk=key), dwf_checkout=value), "checkout")

    assert response.content == (b"checkout" if value == "True" else b"")
    assert held_after(response) == {}


@each_visit
@pytest.mark.parametrize(("drawn", "active"), [(40.0, True), (40.1, False)])
@pytest.mark.parametrize("user", [None, User(username="u")], ids=["visitor", "user without primary key"])
def test_who_has_no_unit_is_dealt_by_dice_and_remembered(
    user: Any, drawn: float, active: bool, visit: Visit, checkout: Flag, dice: list[float]
) -> None:
    dice.append(drawn)

    response = visit(request_of(user), "checkout")
    later = visit(request_of(user, **held_after(response)), "checkout")

    assert response.content == later.content == (b"checkout" if active else b"")
    assert held_after(response) == held_after(later) == {"dwf_checkout": str(active)}


@each_visit
def test_a_request_without_a_user_is_dealt_by_dice(visit: Visit, checkout: Flag, dice: list[float]) -> None:
    request = request_of()
    del request.user
    dice.append(1.0)

    assert held_after(visit(request, "checkout")) == {"dwf_checkout": "True"}


@each_visit
def test_without_sticky_percentages_everybody_is_dealt_by_dice(
    visit: Visit, checkout: Flag, dice: list[float], settings: Settings
) -> None:
    settings.WAFFLE_STICKY_PERCENT, settings.WAFFLE_VISITOR_COOKIE = False, VISITOR
    dice.append(1.0)

    response = visit(request_of(User(pk=1)), "checkout")
    later = visit(request_of(User(pk=1), **held_after(response)), "checkout")

    assert response.content == later.content == b"checkout"
    assert held_after(response) == held_after(later) == {"dwf_checkout": "True"}


@each_flag_verdict
@pytest.mark.parametrize(("key", "active"), [(1, False), (2, True), (42, True)])
def test_reading_only_tells_what_the_hash_says(
    key: int, active: bool, flag_verdict: Any, checkout: Flag
) -> None:
    verdict = flag_verdict(request_of(User(pk=key)), "checkout", read_only=True)

    assert (verdict.active, verdict.reason) == (active, Reason.PERCENT)


@each_flag_verdict
@pytest.mark.parametrize("cookie", [None, VISITOR])
def test_reading_only_deals_nothing_to_a_visitor_and_gives_no_id(
    cookie: str | None, flag_verdict: Any, checkout: Flag, settings: Settings
) -> None:
    settings.WAFFLE_VISITOR_COOKIE = cookie
    request, response = request_of(), HttpResponse()

    verdict = flag_verdict(request, "checkout", read_only=True)
    serve_sync(lambda request: response, request)

    assert (verdict.active, verdict.reason) == (False, Reason.DEFAULT)
    assert held_after(response) == {}


@each_visit
@pytest.mark.usefixtures("visitors")
def test_a_visitor_has_one_cookie_for_all_flags(visit: Visit, checkout: Flag) -> None:
    Flag.objects.create(name="new_nav", percent=50)

    response = visit(request_of(), "checkout", "new_nav")
    later = visit(request_of(**held_after(response)), "checkout", "new_nav")

    (morsel,) = response.cookies.values()
    assert (morsel.key, morsel["httponly"], morsel["secure"], morsel["max-age"]) == (
        *(VISITOR, True, True, 2592000),
    )
    assert later.content == response.content
    assert list(held_after(later)) == [VISITOR]


@each_visit
@pytest.mark.usefixtures("visitors")
def test_a_visitor_is_dealt_by_the_id_in_the_cookie(visit: Visit, checkout: Flag) -> None:
    response = visit(request_of(), "checkout")
    known = request_of(**held_after(response))

    identity = cookies.visitor_id(known)

    assert identity is not None
    assert len(identity) == 22
    in_share = bucket_of("checkout", f"anon-{identity}") < 40_000
    assert visit(known, "checkout").content == (b"checkout" if in_share else b"")


@pytest.mark.usefixtures("visitors")
def test_no_two_visitors_have_the_same_id(checkout: Flag) -> None:
    requests = [request_of() for _ in range(20)]
    for request in requests:
        waffle.flag_is_active(request, "checkout")

    assert len({request.waffle_visitor["id"] for request in requests}) == 20


@each_visit
@pytest.mark.usefixtures("visitors")
@pytest.mark.parametrize("value", ["", "me", "bWU:1tQwhc:signature", "..", "\udcff"])
def test_an_id_that_is_not_of_our_making_is_none(value: str, visit: Visit, checkout: Flag) -> None:
    response = visit(request_of(**{VISITOR: value}), "checkout")

    identity = cookies.visitor_id(request_of(**held_after(response)))

    assert identity is not None
    assert len(identity) == 22


@each_visit
@pytest.mark.usefixtures("visitors")
@pytest.mark.parametrize("value", ["True", "False"])
def test_a_flags_cookie_that_a_visitor_holds_goes_on_counting(
    value: str, visit: Visit, checkout: Flag
) -> None:
    response = visit(request_of(dwf_checkout=value), "checkout")

    assert response.content == (b"checkout" if value == "True" else b"")
    assert held_after(response) == {}


@each_visit
@pytest.mark.usefixtures("visitors")
def test_a_user_who_is_signed_in_is_given_no_id(visit: Visit, checkout: Flag) -> None:
    assert held_after(visit(request_of(User(pk=2)), "checkout")) == {}


@pytest.mark.usefixtures("visitors")
def test_reading_only_knows_a_visitor_and_sends_nothing(checkout: Flag) -> None:
    checkout.percent = 99
    checkout.save()
    known = held_after(serve_sync(asking, request_of()))
    request = request_of(**known)

    response = serve_sync(
        lambda request: HttpResponse(str(waffle.flag_is_active(request, "checkout", read_only=True))), request
    )

    identity = cookies.visitor_id(request)
    assert response.content.decode() == str(bucket_of("checkout", f"anon-{identity}") < 99_000)
    assert held_after(response) == {}


@pytest.mark.usefixtures("visitors")
def test_a_wrapped_request_gives_the_visitor_an_id_too(checkout: Flag) -> None:
    response = serve_sync(lambda request: asking(Request(request)), request_of())

    assert list(held_after(response)) == [VISITOR]


@pytest.mark.usefixtures("visitors")
def test_what_cannot_take_notes_is_dealt_anew_each_time(checkout: Flag) -> None:
    assert waffle.flag_is_active(object(), "checkout") in (True, False)


def test_what_cannot_take_notes_is_told_that_dice_have_decided(checkout: Flag, dice: list[float]) -> None:
    dice.append(39.9)

    verdict = waffle.flag_verdict(object(), "checkout")

    assert (verdict.active, verdict.detail) == (True, "dealt by dice, and nothing could note it")


def asking(request: Any) -> HttpResponse:
    return HttpResponse(str(waffle.flag_is_active(request, "checkout")))


def test_dice_are_thrown_for_nobody_whom_a_hash_may_deal_later(checkout: Flag, settings: Settings) -> None:
    settings.WAFFLE_STICKY_PERCENT = False

    assert waffle.flag_is_active(Subject(User(pk=2)), "checkout") is False
