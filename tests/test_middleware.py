"""The middleware: cookies, and toggles that stand still during a request; in both worlds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.urls import path
from django.utils.decorators import decorator_from_middleware
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.request import Request

import waffle
from test_app.settings import MIDDLEWARE
from tests import process
from tests.each import Get, each_server
from tests.worlds import Server, View, serve_async, serve_sync
from waffle import pins, unsettled
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Switch, set_flag
from waffle.stamps import Stamp

pytestmark = pytest.mark.django_db


# Any, throughout: requests and responses are stand-ins here and there.
def serve_mixed(view: View, request: HttpRequest) -> Any:
    middleware: Any = WaffleMiddleware(sync_to_async(view))
    return async_to_sync(middleware)(request)


@pytest.fixture(params=[serve_sync, serve_async], ids=["sync", "async"])
def serve(request: pytest.FixtureRequest) -> Server:
    """Return what sends a request through the middleware to a view."""
    found: Server = request.param
    return found


@pytest.fixture(params=[serve_sync, serve_mixed], ids=["sync", "mixed"])
def serve_writer(request: pytest.FixtureRequest) -> Server:
    """Return what sends a request to a view that writes to the database."""
    found: Server = request.param
    return found


def checks(*names: str) -> View:
    """Return a view that says which flags are active."""

    def view(request: Any) -> HttpResponse:
        return HttpResponse(",".join(name for name in names if waffle.flag_is_active(request, name)))

    return view


def test_it_is_as_async_as_its_neighbour() -> None:
    async def aview(request: Any) -> None: ...

    assert (WaffleMiddleware.sync_capable, WaffleMiddleware.async_capable) == (True, True)
    assert iscoroutinefunction(WaffleMiddleware(lambda request: None)) is False
    assert iscoroutinefunction(WaffleMiddleware(aview)) is True


def test_what_is_dealt_is_sent_as_a_cookie(serve: Server, anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", percent="99.9", superusers=False)
    set_flag(anonymous, "dealt", False)

    response = serve(checks("x"), anonymous)

    assert set(response.cookies) == {"dwf_dealt", "dwf_x"}
    assert response.cookies["dwf_dealt"].value == "False"
    assert response.cookies["dwf_x"].value == ("True" if response.content else "False")
    assert response.cookies["dwf_x"]["max-age"] == 2592000
    assert response.cookies["dwf_x"]["secure"] is True


@pytest.mark.parametrize("value", ["True", "False"])
def test_a_cookie_that_came_in_decides_and_is_sent_again(
    value: str, serve: Server, rf: RequestFactory
) -> None:
    Flag.objects.create(name="x", percent=50)
    rf.cookies["dwf_x"] = value

    response = serve(checks("x"), rf.get("/"))

    assert response.content == (b"x" if value == "True" else b"")
    assert response.cookies["dwf_x"].value == value


def test_a_flag_in_rollout_mode_that_came_out_inactive_is_kept_for_the_session(
    serve: Server, rf: RequestFactory
) -> None:
    Flag.objects.create(name="on", percent=50, rollout=True)
    Flag.objects.create(name="off", percent=50, rollout=True)
    rf.cookies["dwf_on"], rf.cookies["dwf_off"] = "True", "False"

    response = serve(checks("on", "off"), rf.get("/"))

    assert response.content == b"on"
    assert response.cookies["dwf_on"]["max-age"] == 2592000
    assert response.cookies["dwf_off"]["max-age"] == ""


@pytest.mark.parametrize(("value", "active"), [("1", True), ("0", False)])
def test_testing_mode_is_kept_for_the_session(
    value: str, active: bool, serve: Server, rf: RequestFactory
) -> None:
    Flag.objects.create(name="x", testing=True)

    response = serve(checks("x"), rf.get(f"/?dwft_x={value}"))

    assert response.content == (b"x" if active else b"")
    cookie = response.cookies["dwft_x"]
    assert (cookie.value, cookie["max-age"], cookie["secure"]) == (str(active), "", True)


def test_a_request_in_which_nothing_is_dealt_gets_no_cookie(serve: Server, anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", everyone=True)

    response = serve(checks("x", "missing"), anonymous)

    assert response.content == b"x"
    assert len(response.cookies) == 0


def test_what_is_dealt_to_a_wrapped_request_is_sent_as_a_cookie(serve: Server, rf: RequestFactory) -> None:
    Flag.objects.create(name="x", percent="99.9", testing=True)
    Flag.objects.create(name="y", percent=50)
    rf.cookies["dwf_y"] = "False"

    def view(request: Any) -> HttpResponse:
        wrapped = Request(request)
        assert waffle.flag_is_active(wrapped, "x") is True
        assert waffle.flag_is_active(wrapped, "y") is False
        return HttpResponse()

    response = serve(view, rf.get("/?dwft_x=1"))

    assert {name: cookie.value for name, cookie in response.cookies.items()} == {
        "dwft_x": "True",
        "dwf_y": "False",
    }


def test_process_response_sends_the_cookies_for_whoever_calls_it_alone(anonymous: HttpRequest) -> None:
    set_flag(anonymous, "x")
    response = HttpResponse()

    returned = WaffleMiddleware(lambda request: None).process_response(anonymous, response)

    assert returned is response
    assert response.cookies["dwf_x"].value == "True"


def test_a_single_view_may_have_it_as_a_decorator(anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", percent="99.9")
    set_flag(anonymous, "x")

    response = decorator_from_middleware(WaffleMiddleware)(checks("x"))(anonymous)

    assert response.getvalue() == b"x"
    assert response.cookies["dwf_x"].value == "True"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cold")
def test_a_flag_does_not_change_under_a_running_request(serve_writer: Server, settings: Settings) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    Switch.objects.create(name="x", active=True)
    answers = []

    def view(request: Any) -> HttpResponse:
        answers.append(waffle.switch_is_active("x"))
        with process.elsewhere():
            Switch.objects.filter(name="x").update(active=False)
        answers.append(waffle.switch_is_active("x"))
        return HttpResponse()

    serve_writer(view, HttpRequest())

    assert answers == [True, True]
    assert waffle.switch_is_active("x") is False


def test_a_request_sees_what_it_has_changed_itself(serve_writer: Server, anonymous: HttpRequest) -> None:
    answers = []

    def view(request: Any) -> HttpResponse:
        answers.append(waffle.switch_is_active("x"))
        Switch.objects.create(name="x", active=True)
        answers.append(waffle.switch_is_active("x"))
        return HttpResponse()

    serve_writer(view, anonymous)

    assert answers == [False, True]


def test_after_the_request_nothing_is_held(serve: Server, anonymous: HttpRequest) -> None:
    held = []

    def view(request: Any) -> HttpResponse:
        held.append(pins.current())
        return HttpResponse()

    serve(view, anonymous)

    assert held[0] is not None
    assert held[0].is_closed is True
    assert pins.current() is None


def test_after_a_view_that_raises_nothing_is_held(serve: Server, anonymous: HttpRequest) -> None:
    def view(request: Any) -> HttpResponse:
        raise LookupError("the view's own")

    with pytest.raises(LookupError, match="the view's own"):
        serve(view, anonymous)

    assert pins.current() is None


def test_a_streamed_response_gets_cookies_and_its_body_may_ask(serve: Server, rf: RequestFactory) -> None:
    Flag.objects.create(name="x", percent=50)
    Switch.objects.create(name="y", active=True)
    rf.cookies["dwf_x"] = "True"

    def view(request: Any) -> StreamingHttpResponse:
        waffle.flag_is_active(request, "x")

        def body() -> Iterator[str]:
            yield str(waffle.switch_is_active("y"))
            Switch.objects.update(active=False)
            yield str(waffle.switch_is_active("y"))

        return StreamingHttpResponse(body())

    response = serve(view, rf.get("/"))

    assert response.cookies["dwf_x"].value == "True"
    assert b"".join(response) == b"TrueFalse"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cold")
def test_a_change_whose_commit_hook_never_ran_is_told_at_the_end_of_the_request(
    serve_writer: Server, anonymous: HttpRequest
) -> None:
    def an_earlier_hook() -> None:
        raise LookupError("an earlier hook")

    def view(request: Any) -> HttpResponse:
        with pytest.raises(LookupError, match="an earlier hook"), transaction.atomic():
            transaction.on_commit(an_earlier_hook)
            Switch.objects.create(name="x", active=True)
        return HttpResponse(repr(version()))

    before = version()
    response = serve_writer(view, anonymous)

    assert response.content.decode() == repr(before)
    assert version() > before
    assert unsettled.waiting == set()


def version() -> int:
    """Return the version that the database holds, 0 without a row."""
    return Stamp("default").read(connections["default"]) or 0


async def plain_checks(request: Any) -> HttpResponse:
    return HttpResponse(f"{waffle.switch_is_active('x')} {waffle.flag_is_active(request, 'y')}")


def sync_view(request: Any) -> HttpResponse:
    return HttpResponse(str(waffle.switch_is_active("x")))


urlpatterns = [path("async/", plain_checks), path("sync/", sync_view)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize(
    "middleware", [["waffle.middleware.WaffleMiddleware"], MIDDLEWARE], ids=["alone", "all"]
)
@each_server
def test_any_view_may_ask_plainly_for_what_needs_no_user(
    get: Get, middleware: list[str], settings: Settings
) -> None:
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, middleware
    settings.WAFFLE_REFRESH_SECONDS = 0
    Switch.objects.create(name="x", active=True)
    Flag.objects.create(name="y", everyone=True)

    assert get("/async/").content == b"True True"
    assert get("/sync/").content == b"True"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cold")
def test_a_warm_process_serves_without_a_query(
    serve: Server, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 3600
    Flag.objects.create(name="x", everyone=True)
    serve(checks("x"), HttpRequest())

    with django_assert_num_queries(0):
        response = serve(checks("x"), HttpRequest())

    assert response.content == b"x"


def test_the_user_is_not_touched_where_no_flag_depends_on_it(serve: Server) -> None:
    Flag.objects.create(name="x", everyone=True)

    request: Any = HttpRequest()
    request.user = SimpleLazyObject(lambda: pytest.fail("touched"))

    assert serve(checks("x", "missing"), request).content == b"x"
