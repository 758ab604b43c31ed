"""Whatever a browser sends, and whatever a flag is called: an answer, and headers that are sound."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from hypothesis import example, given
from hypothesis import strategies as st

import waffle
from tests.fuzz.texts import any_text, raw_texts, stored_names, undone
from waffle import memory
from waffle.cookies import cookie as held_of
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, set_flag

PAGES = ("/wafflejs", "/waffle_status")

some_notes = st.dictionaries(any_text, st.booleans(), min_size=1, max_size=4)


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def held_after(response: HttpResponse) -> dict[str, str]:
    """Return the cookies that a browser holds after a response, each by the name that it knows it by."""
    held = {}
    for cookie in response.cookies.values():
        line = cookie.output(header="").strip()
        assert line.isascii()
        assert line.isprintable()
        name, _, value = line.split(";")[0].partition("=")
        held[name] = value
    return held


def sent_by(cookies: Mapping[str, str]) -> HttpRequest:
    """Return the next request of a browser that holds `cookies`."""
    return RequestFactory().get("/", HTTP_COOKIE="; ".join(f"{name}={cookies[name]}" for name in cookies))


def header_of(name: str) -> str:
    """Return what a server calls the header that tries a flag."""
    return f"HTTP_DWFT_{name.upper().replace('-', '_')}"


# Any: a response, with what a test client hangs on it.
def is_sound(response: Any) -> bool:
    """Say whether nothing in the headers ends one of them, or is no header."""
    lines = [f"{name}: {value}" for name, value in response.items()]
    lines += [cookie.output() for cookie in response.cookies.values()]
    return all(line.isascii() and line.isprintable() for line in lines)


@given(some_notes)
@example({"a b": True, "a%20b": False, "a%2520b": True})
@example({"a:b": True, "a%3Ab": False, "a%3ab": True})
@example(dict(zip("\ud800\udfff", [True, False], strict=True)))
def test_a_browser_sends_back_what_was_noted_of_each_flag(notes: dict[str, bool]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        for name, active in notes.items():
            set_flag(request, name, active)
            memory.tested(request)[name] = not active
        return HttpResponse()

    cookies = held_after(WaffleMiddleware(view)(RequestFactory().get("/")))

    assert len(cookies) == 2 * len(notes)
    request = sent_by(cookies)
    assert {name: held_of(request, "dwf_%s", name) for name in notes} == notes
    assert {name: held_of(request, "dwft_%s", name) is False for name in notes} == notes


@pytest.mark.django_db
@given(stored_names, st.booleans())
def test_whatever_a_flag_is_called_who_was_dealt_it_keeps_it(name: str, active: bool) -> None:
    with undone():
        flag = Flag.objects.create(name=name, percent="99.9" if active else "0.1")
        flag.percent = "0.1" if active else "99.9"
        view = WaffleMiddleware(lambda request: HttpResponse(waffle.flag_is_active(request, name)))
        request = RequestFactory().get("/")
        set_flag(request, name, active)
        cookies = held_after(view(request))

        flag.save()
        response = view(sent_by(cookies))

    assert response.content == str(active).encode()
    assert len(cookies) == 1
    assert held_after(response) == cookies


@pytest.mark.django_db
@given(stored_names, st.sampled_from(["0", "1"]))
def test_whatever_a_flag_is_called_a_query_string_tries_it(name: str, value: str) -> None:
    with undone():
        Flag.objects.create(name=name, testing=True)
        view = WaffleMiddleware(lambda request: HttpResponse(waffle.flag_is_active(request, name)))

        response = view(RequestFactory().get("/", {f"dwft_{name}": value}))
        next_response = view(sent_by(held_after(response)))

    assert response.content == next_response.content == str(value == "1").encode()
    assert is_sound(response)


@pytest.mark.django_db
@given(any_text, any_text)
def test_any_name_may_be_asked_for(name: str, query: str) -> None:
    request = RequestFactory().get("/", {"q": query.encode("utf-8", "surrogatepass")})

    answers = [
        waffle.flag_is_active(request, name),
        waffle.switch_is_active(name),
        waffle.sample_is_active(name),
        waffle.flag_is_active(None, name),
        async_to_sync(waffle.aflag_is_active)(request, name),
    ]

    assert answers == [False] * 5


@pytest.mark.django_db
@given(any_text)
def test_a_missing_toggle_of_any_name_is_made_or_left(settings: Any, name: str) -> None:
    for kind in ("FLAGS", "SWITCHES", "SAMPLES"):
        setattr(settings, f"WAFFLE_CREATE_MISSING_{kind}", True)
        setattr(settings, f"WAFFLE_LOG_MISSING_{kind}", 30)

    with undone():
        answers = [
            waffle.flag_is_active(None, name),
            waffle.switch_is_active(name),
            waffle.sample_is_active(name),
        ]

    assert answers == [False] * 3


@pytest.mark.django_db
@given(name=stored_names, query=raw_texts, cookie=raw_texts, value=raw_texts, is_override=st.booleans())
def test_whatever_a_browser_sends_a_page_answers(
    settings: Any, page: str, name: str, query: str, cookie: str, value: str, is_override: bool
) -> None:
    settings.WAFFLE_OVERRIDE = is_override
    environment: Any = {"QUERY_STRING": query, "HTTP_COOKIE": cookie, header_of(name): value}

    with undone():
        Flag.objects.create(name=name, testing=True, percent="50")
        response = Client().get(page, **environment)

    assert response.status_code == 200
    assert is_sound(response)


@pytest.mark.django_db
@given(name=stored_names, query=raw_texts, cookie=raw_texts, value=raw_texts)
def test_whatever_a_browser_sends_a_coroutine_answers(name: str, query: str, cookie: str, value: str) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(json.dumps(await waffle.aflag_is_active(request, name)))

    request = AsyncRequestFactory().get("/", QUERY_STRING=query)
    request.META |= {"HTTP_COOKIE": cookie, header_of(name): value}

    with undone():
        Flag.objects.create(name=name, testing=True, percent="50")
        response = async_to_sync(WaffleMiddleware(view))(request)

    assert response.content in (b"true", b"false")
    assert is_sound(response)
