"""Testing links stick on any page, for flags in testing mode alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from django.views.decorators.cache import never_cache
from pytest_django import Settings

import waffle
from tests.conftest import Clock
from tests.each import Get, each_server
from tests.test_costs import queries_of
from tests.worlds import Server, each_serve
from waffle import links
from waffle.models import Flag
from waffle.testutils import override_flag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold", "site")]


def plain(request: Any) -> HttpResponse:
    return HttpResponse("plain")


async def plain_async(request: Any) -> HttpResponse:
    return HttpResponse("plain")


def redirect(request: Any) -> HttpResponse:
    return HttpResponseRedirect("/checked/")


def stream(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(["one", "two"]))


def failing(request: Any) -> HttpResponse:
    raise LookupError("the view's own")


def reads_query(request: Any) -> HttpResponse:
    return HttpResponse(request.GET["missing"])


def checked(request: Any) -> HttpResponse:
    return HttpResponse(str(waffle.flag_is_active(request, "x")))


urlpatterns = [
    path("", plain),
    path("async/", plain_async),
    path("redirect/", redirect),
    path("stream/", stream),
    path("failing/", failing),
    path("checked/", checked),
    path("never/", never_cache(plain)),
]
PAGES = ["/", "/async/", "/redirect/", "/stream/", "/nowhere/", "/checked/", "/never/"]


@pytest.fixture
def site(settings: Settings) -> None:
    """Serve the pages of this module."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]


# Any: a response's cookies.
def held_after(response: Any) -> dict[str, str]:
    """Return the cookies that a browser holds after a response."""
    return {name: morsel.value for name, morsel in response.cookies.items()}


@each_server
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("value", "active"), [("1", "True"), ("0", "False"), ("yes", "False")])
def test_a_link_counts_on_any_page(value: str, active: str, page: str, get: Get) -> None:
    Flag.objects.create(name="x", testing=True)

    response = get(f"{page}?dwft_x={value}")

    assert held_after(response) == {"dwft_x": active}
    assert (response.cookies["dwft_x"]["max-age"], response.cookies["dwft_x"]["secure"]) == ("", True)


def browse_by_wsgi() -> Get:
    """Return what gets pages for one browser."""
    return Client().get


def browse_by_asgi() -> Get:
    """Do the same in a coroutine."""
    browser = AsyncClient()

    async def get(url: str) -> Any:
        return await browser.get(url)

    return async_to_sync(get)


@pytest.mark.parametrize("browse", [browse_by_wsgi, browse_by_asgi], ids=["wsgi", "asgi"])
def test_a_link_counts_after_a_redirect(browse: Callable[[], Get]) -> None:
    Flag.objects.create(name="x", testing=True, superusers=False)
    get = browse()

    redirected = get("/redirect/?dwft_x=1")
    later = get(redirected.url)

    assert later.content == b"True"


def test_a_link_counts_though_the_page_fails() -> None:
    Flag.objects.create(name="x", testing=True)

    response = Client(raise_request_exception=False).get("/failing/?dwft_x=1")

    assert response.status_code == 500
    assert held_after(response) == {"dwft_x": "True"}


@each_server
@pytest.mark.parametrize("page", ["/", "/async/", "/checked/"])
def test_a_link_counts_for_flags_in_testing_mode_alone(page: str, get: Get) -> None:
    Flag.objects.create(name="x", percent=None, superusers=False)
    Flag.objects.create(name="y", testing=True)

    response = get(f"{page}?dwft_x=1&dwft_y=1&dwft_missing=1&dwft_=1&x=1&y=0")

    assert held_after(response) == {"dwft_y": "True"}


@each_server
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("my flag", "dwft_my+flag=1"),
        ("my flag", "dwft_my%20flag=1"),
        ("größe", "dwft_gr%C3%B6%C3%9Fe=1"),
        ("x", "%64wft_x=1"),
        ("x", "a=1&dwft_x=0&dwft_x=1"),
        ("x_now", "dwft_x_now=1"),
    ],
)
def test_a_name_is_read_as_a_check_reads_it(name: str, query: str, get: Get) -> None:
    Flag.objects.create(name=name, testing=True)

    unchecked, checked = get(f"/?{query}"), get(f"/checked/?{query}")

    assert list(held_after(unchecked).values()) == ["True"]
    assert held_after(checked) == held_after(unchecked)


@each_server
def test_the_name_of_the_parameter_is_a_setting(get: Get, settings: Settings) -> None:
    settings.WAFFLE_TEST_COOKIE = "try%%_%s_now"
    Flag.objects.create(name="x", testing=True)

    assert held_after(get("/?try%25_x_now=1&try%25_x=1&dwft_x=1&try%25_now=1")) == {"try%_x_now": "True"}


@each_server
def test_what_a_test_of_ones_own_code_sets_counts(get: Get) -> None:
    with override_flag("x", testing=True):
        assert held_after(get("/?dwft_x=1")) == {"dwft_x": "True"}
    assert held_after(get("/?dwft_x=1")) == {}


BAD = [
    "dwft_x=%FF%FE&%",
    "&".join(f"dwft_x{number}=1" for number in range(1001)),
    "dwft_x",
    "=&&;%00",
]


@each_serve
@pytest.mark.parametrize("query", BAD, ids=["no UTF-8", "too many", "no value", "nonsense"])
def test_a_bad_query_string_is_no_error(query: str, serve: Server) -> None:
    Flag.objects.create(name="x", testing=True)
    request = RequestFactory().get("/")
    request.META["QUERY_STRING"] = query

    assert serve(plain, request).status_code == 200
    assert waffle.flag_verdict(request, "x").reason in (waffle.Reason.TESTING, waffle.Reason.DEFAULT)


@each_serve
@pytest.mark.parametrize(
    "request_", [HttpRequest(), object(), Mock()], ids=["a bare request", "an object", "a mock"]
)
def test_what_has_no_query_string_is_no_error(request_: Any, serve: Server) -> None:
    assert serve(plain, request_).status_code == 200


@pytest.mark.parametrize("query", ["", "?page=2", "?dwf_x=1"])
def test_a_page_without_a_link_asks_for_no_flag(query: str, clock: Clock) -> None:
    Flag.objects.create(name="x", testing=True)
    clock.advance(1000)

    assert queries_of(lambda: Client().get(f"/{query}")) == []


def test_a_warm_process_follows_a_link_without_a_query(clock: Clock) -> None:
    Flag.objects.create(name="x", testing=True)
    Client().get("/checked/")

    assert queries_of(lambda: Client().get("/?dwft_x=1")) == []


def test_a_cold_process_reads_the_flags_for_a_link(clock: Clock) -> None:
    Flag.objects.create(name="x", testing=True)
    clock.advance(1000)

    assert held_after(Client().get("/?dwft_x=1")) == {"dwft_x": "True"}


@pytest.mark.parametrize("forbid", [AssertionError, RuntimeError])
def test_a_test_that_may_not_ask_the_database_may_follow_links(
    forbid: type[Exception], monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    def find(*arguments: object) -> None:
        raise forbid("Database access is not allowed.")

    monkeypatch.setattr(links, "find", find)
    request: Any = rf.get("/?dwft_x=1")

    links.follow(request)

    assert not getattr(request, "waffle_tests", None)
