"""What decided a page is told to caches: exactly as it applied, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from pytest_django import Settings
from rest_framework.request import Request

import waffle
from test_app.models import LegacyFlag
from tests.worlds import Server, View, Visit, each_serve, each_visit, serve_async, serve_sync
from waffle import Subject
from waffle.asked import Asked
from waffle.conditions import Condition
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Sample
from waffle.picking import conditions_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

VISITOR = "waffle_visitor"


# Any, throughout: requests hold what middleware hangs on them.
def request_of(user: Any = None, *, query: str = "", headers: Any = None, **held: str) -> Any:
    """Return a request whose user is signed in or not, and whose browser holds these cookies."""
    request = RequestFactory().get(f"/{query}", headers=headers)
    request.user = AnonymousUser() if user is None else user
    request.LANGUAGE_CODE = "de"
    request.COOKIES.update(held)
    return request


def told(response: Any) -> tuple[str, str]:
    """Return what a response tells caches."""
    return response.get("Vary", ""), response.get("Cache-Control", "")


@each_visit
@pytest.mark.parametrize("everyone", [True, False])
def test_a_settled_flag_and_one_that_is_not_there_add_nothing(everyone: bool, visit: Visit) -> None:
    Flag.objects.create(name="x", everyone=everyone, staff=True, percent=50, testing=True)
    Flag.objects.create(name="unset", superusers=False)

    assert told(visit(request_of(), "x", "unset", "missing")) == ("", "")


@each_visit
@pytest.mark.parametrize(
    ("fields", "vary"),
    [
        ({"superusers": True}, "Cookie"),
        ({"authenticated": True}, "Cookie"),
        ({"languages": "fr"}, "Accept-Language"),
        ({"languages": "de", "staff": True}, "Accept-Language"),
        ({"languages": "fr", "staff": True}, "Accept-Language, Cookie"),
        ({"testing": True}, "dwft-my-flag, Cookie"),
        ({"testing": True, "languages": "fr"}, "dwft-my-flag, Cookie, Accept-Language"),
    ],
    ids=str,
)
def test_what_was_read_is_told(fields: dict[str, Any], vary: str, visit: Visit) -> None:
    Flag.objects.create(name="my_flag", **{"superusers": False, **fields})

    assert told(visit(request_of(), "my_flag")) == (vary, "")


@each_visit
@pytest.mark.parametrize(
    ("place", "vary"),
    [
        ({"query": "?dwft_my_flag=1", "headers": {"dwft-my-flag": "1"}}, ""),
        ({"headers": {"dwft-my-flag": "1"}, "dwft_my_flag": "True"}, "dwft-my-flag"),
        ({"dwft_my_flag": "True"}, "dwft-my-flag, Cookie"),
    ],
    ids=["query", "header", "cookie"],
)
def test_a_test_is_told_by_the_place_that_decided(place: dict[str, Any], vary: str, visit: Visit) -> None:
    Flag.objects.create(name="my_flag", testing=True, languages="fr")

    response = visit(request_of(**place), "my_flag")

    assert response.content == b"my_flag"
    assert told(response) == (vary, "")


@each_visit
@pytest.mark.parametrize("name", ["my flag", "größe", "a:b", "a\nb"])
def test_a_header_that_no_request_can_have_is_not_told(name: str, visit: Visit) -> None:
    Flag.objects.create(name=name, testing=True, superusers=False)

    assert told(visit(request_of(), name)) == ("Cookie", "")


@each_visit
def test_the_override_is_in_the_url_alone(visit: Visit, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = True
    Flag.objects.create(name="x", staff=True)

    assert told(visit(request_of(query="?x=1"), "x")) == ("", "")
    assert told(visit(request_of(), "x")) == ("Cookie", "")


@each_visit
@pytest.mark.parametrize("held", [{}, {"dwf_x": "True"}], ids=["hash", "cookie"])
def test_a_page_that_a_hash_or_a_cookie_decided_varies_and_is_not_private(
    held: dict[str, str], visit: Visit
) -> None:
    Flag.objects.create(name="x", percent=50)

    assert told(visit(request_of(User(pk=1), **held), "x")) == ("Cookie", "")


@each_visit
def test_a_visitors_cookie_from_before_makes_no_page_private(visit: Visit) -> None:
    Flag.objects.create(name="x", percent=50)

    assert told(visit(request_of(dwf_x="True"), "x")) == ("Cookie", "")


@each_visit
def test_a_page_that_dice_decided_is_private(visit: Visit) -> None:
    Flag.objects.create(name="x", percent=50)

    assert told(visit(request_of(), "x")) == ("Cookie", "private")


@each_serve
def test_a_page_that_reads_only_throws_no_dice(serve: Server) -> None:
    Flag.objects.create(name="x", percent=50)

    response = serve(
        asking(lambda request: waffle.flag_is_active(request, "x", read_only=True)), request_of()
    )

    assert told(response) == ("Cookie", "")


@each_visit
def test_a_page_is_private_when_a_new_visitor_is_given_an_id(visit: Visit, settings: Settings) -> None:
    settings.WAFFLE_VISITOR_COOKIE = VISITOR
    Flag.objects.create(name="x", percent=50)

    first = visit(request_of(), "x")
    later = visit(request_of(**{VISITOR: first.cookies[VISITOR].value}), "x")

    assert told(first) == ("Cookie", "private")
    assert told(later) == ("Cookie", "")


def draw(request: Any) -> bool:
    return waffle.sample_is_active("x")


def draw_by_method(request: Any) -> bool:
    return bool(Sample.get("x").is_active())


def draw_in_a_block_of_its_own(request: Any) -> bool:
    with waffle.pinned():
        return waffle.sample_is_active("x")


@pytest.mark.parametrize(
    ("serve", "draw"),
    [
        *((serve, draw) for serve in (serve_sync, serve_async)),
        *((serve_sync, other) for other in (draw_by_method, draw_in_a_block_of_its_own)),
    ],
)
@pytest.mark.parametrize(
    ("percent", "cache_control"), [("0", ""), ("0.1", "private"), ("99.9", "private"), ("100", "")]
)
def test_a_page_that_draws_a_sample_is_private_unless_the_outcome_is_certain(
    percent: str, cache_control: str, serve: Server, draw: View
) -> None:
    Sample.objects.create(name="x", percent=percent)

    assert told(serve(asking(draw), request_of())) == ("", cache_control)
    assert told(serve(asking(lambda request: None), request_of())) == ("", "")


@each_serve
def test_what_the_view_tells_caches_is_kept(serve: Server) -> None:
    Flag.objects.create(name="x", percent=50)

    def view(request: Any) -> HttpResponse:
        waffle.flag_is_active(request, "x")
        return HttpResponse(
            headers={"Vary": "Accept-Encoding, cookie", "Cache-Control": "public, max-age=60"}
        )

    assert told(serve(view, request_of())) == ("Accept-Encoding, cookie", "max-age=60, private")


@each_serve
@pytest.mark.parametrize(
    "subject",
    [None, Subject(), Subject(User(pk=1)), Subject(unit="1", language="de")],
    ids=["None", "nobody", "user", "unit"],
)
def test_a_page_that_asks_about_somebody_else_does_not_depend_on_who_asks(
    subject: Any, serve: Server
) -> None:
    Flag.objects.create(name="x", percent=50, languages="fr", testing=True)

    assert told(serve(asking(lambda request: waffle.flag_is_active(subject, "x")), request_of())) == ("", "")


@each_serve
def test_a_flag_that_is_asked_about_somebody_else_first_is_told_all_the_same(serve: Server) -> None:
    Flag.objects.create(name="x", staff=True)

    def view(request: Any) -> HttpResponse:
        waffle.flag_is_active(None, "x")
        waffle.flag_is_active(request, "x")
        return HttpResponse()

    assert told(serve(view, request_of())) == ("Cookie", "")


@each_serve
def test_whom_a_request_is_about_depends_on_its_cookies_and_its_language(serve: Server) -> None:
    assert told(serve(asking(waffle.subject_of), request_of())) == ("Accept-Language, Cookie", "")


def test_a_wrapped_request_is_told() -> None:
    Flag.objects.create(name="x", percent=50)

    assert told(
        serve_sync(asking(lambda request: waffle.flag_is_active(Request(request), "x")), request_of())
    ) == ("Cookie", "private")


def test_a_flag_that_is_asked_in_a_block_of_its_own_is_told() -> None:
    Flag.objects.create(name="x", staff=True)

    def view(request: Any) -> HttpResponse:
        with waffle.pinned():
            waffle.flag_is_active(request, "x")
        return HttpResponse()

    assert told(serve_sync(view, request_of())) == ("Cookie", "")


@each_visit
def test_a_method_of_a_custom_model_may_have_read_the_user(visit: Visit, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    LegacyFlag.objects.create(name="x", superusers=False)

    assert told(visit(request_of(), "x")) == ("Cookie", "")


class FromCountry(Condition):
    """On for requests that a proxy says are from a country."""

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        subject.varies_on("Country")
        return True if subject.request.headers.get("Country") == toggle.country else None


class Lottery(Condition):
    """On for whoever comes at the right moment."""

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        subject.keep_private()
        return None


@each_visit
def test_a_condition_of_ones_own_tells_what_it_reads(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Flag, "conditions", (FromCountry(), Lottery()))
    monkeypatch.setattr(Flag, "country", "nl", raising=False)
    conditions_of.cache_clear()
    Flag.objects.create(name="x")

    here = visit(request_of(headers={"Country": "nl"}), "x")
    elsewhere = visit(request_of(headers={"Country": "be"}), "x")
    conditions_of.cache_clear()

    assert (here.content, *told(here)) == (b"x", "Country", "")
    assert (elsewhere.content, *told(elsewhere)) == (b"", "Country", "private")


@pytest.mark.parametrize(
    "request_", [HttpRequest(), object()], ids=["a request that was asked nothing", "no request"]
)
def test_who_calls_the_method_of_the_middleware_may_have_no_unit_of_work(request_: Any) -> None:
    response = WaffleMiddleware(asking(lambda request: None)).process_response(request_, HttpResponse())

    assert told(response) == ("", "")


def asking(ask: View) -> View:
    """Return a view that shows what `ask(request)` gives."""
    return lambda request: HttpResponse(str(ask(request)))


def page(request: Any) -> HttpResponse:
    calls.append(request)
    request.user = (
        User(username="ann", is_staff=True) if request.COOKIES.get("who") == "ann" else AnonymousUser()
    )
    return HttpResponse(str(waffle.flag_is_active(request, "x")))


calls: list[Any] = []
urlpatterns = [path("", page)]
SITE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "waffle.middleware.WaffleMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]


@pytest.fixture
def cached_site(settings: Settings) -> Iterator[None]:
    """Serve `page` from Django's cache where it may be."""
    settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, SITE
    caches["default"].clear()
    calls.clear()
    yield
    caches["default"].clear()


@pytest.mark.usefixtures("cached_site")
def test_a_cache_keeps_a_page_for_those_whose_answer_it_is() -> None:
    Flag.objects.create(name="x", staff=True, superusers=False)
    ann, bob = Client(), Client()
    ann.cookies["who"] = "ann"

    answers = [client.get("/").content for client in (ann, bob, ann, bob)]

    assert answers == [b"True", b"False", b"True", b"False"]
    assert len(calls) == 2


@pytest.mark.usefixtures("cached_site")
def test_a_cache_keeps_a_settled_page_for_everybody() -> None:
    Flag.objects.create(name="x", everyone=True)

    answers = [Client().get("/").content for _ in range(3)]

    assert answers == [b"True"] * 3
    assert len(calls) == 1


@pytest.mark.usefixtures("cached_site")
@pytest.mark.parametrize("cookie", [None, VISITOR])
def test_a_cache_keeps_no_page_that_was_dealt(cookie: str | None, settings: Settings) -> None:
    settings.WAFFLE_VISITOR_COOKIE = cookie
    Flag.objects.create(name="x", percent=50)

    for _ in range(3):
        Client().get("/")

    assert len(calls) == 3
