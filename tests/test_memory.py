"""What a request and a browser remember of flags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from waffle import cookies, memory


def test_the_query_string_and_the_headers_are_read(rf: RequestFactory) -> None:
    request = rf.get("/?x=1", headers={"DWFT-x": "0"})

    assert memory.query(request, "x") == "1"
    assert memory.query(request, "y") is None
    assert memory.header(request, "dwft-x") == "0"
    assert memory.header(request, "dwft-y") is None


@pytest.mark.parametrize("request_", [None, object()], ids=["none", "a bare object"])
def test_what_is_no_request_says_nothing(request_: object) -> None:
    assert cookies.cookie(request_, "dwf_%s", "x") is None
    assert memory.query(request_, "x") is None
    assert memory.header(request_, "x") is None


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({}, [True, False]),
        ({"active": False}, [False, False]),
        ({"active": False, "session_only": True}, [False, True]),
        ({"session_only": True}, [True, True]),
    ],
)
def test_set_flag_makes_a_note_on_the_request(
    arguments: dict[str, bool], note: list[bool], anonymous: Any
) -> None:
    memory.set_flag(anonymous, "x", **arguments)

    assert anonymous.waffles == {"x": note}


def test_notes_are_added_to_what_is_there(anonymous: Any) -> None:
    anonymous.waffles = {"old": [True, False]}
    anonymous.waffle_tests = {"old": True}

    memory.set_flag(anonymous, "new", False)
    memory.tested(anonymous)["new"] = False

    assert anonymous.waffles == {"old": [True, False], "new": [False, False]}
    assert anonymous.waffle_tests == {"old": True, "new": False}
    assert memory.dealt(anonymous) is anonymous.waffles


def test_the_notes_are_on_the_request_within_a_wrapper(anonymous: Any) -> None:
    wrapper = SimpleNamespace(_request=anonymous)

    memory.set_flag(wrapper, "x")
    memory.tested(wrapper)["y"] = True

    assert anonymous.waffles == {"x": [True, False]}
    assert anonymous.waffle_tests == {"y": True}
    assert vars(wrapper) == {"_request": anonymous}


@pytest.mark.parametrize(
    ("note", "value", "max_age"),
    [
        ([True, False], "True", 2592000),
        ([False, False], "False", 2592000),
        ([True, True], "True", 2592000),
        ([False, True], "False", ""),
        ([1, 0], "True", 2592000),
    ],
)
def test_a_percentage_becomes_a_cookie(
    note: list[Any], value: str, max_age: int | str, anonymous: Any
) -> None:
    anonymous.waffles, response = {"x": note}, HttpResponse()

    memory.write_cookies(anonymous, response)

    cookie = response.cookies["dwf_x"]
    assert (cookie.value, cookie["max-age"], cookie["secure"], cookie["path"]) == (value, max_age, True, "/")
    assert cookie["httponly"] == ""


@pytest.mark.parametrize("active", [True, False])
def test_testing_becomes_a_cookie_of_this_session(active: bool, anonymous: Any) -> None:
    anonymous.waffle_tests, response = {"x": active}, HttpResponse()

    memory.write_cookies(anonymous, response)

    cookie = response.cookies["dwft_x"]
    assert (cookie.value, cookie["max-age"], cookie["expires"]) == (str(active), "", "")
    assert cookie["secure"] is True
    assert list(response.cookies) == ["dwft_x"]


def test_names_ages_and_secure_are_settings(anonymous: HttpRequest, settings: Settings) -> None:
    settings.WAFFLE_COOKIE = "c_%s"
    settings.WAFFLE_TEST_COOKIE = "t_%s"
    settings.WAFFLE_MAX_AGE = 60
    settings.WAFFLE_SECURE = False
    response = HttpResponse()
    memory.set_flag(anonymous, "x")
    memory.tested(anonymous)["x"] = True

    memory.write_cookies(anonymous, response)

    assert list(response.cookies) == ["c_x", "t_x"]
    assert response.cookies["c_x"]["max-age"] == 60
    assert response.cookies["c_x"]["secure"] == ""
    assert response.cookies["t_x"]["secure"] == ""


def test_without_notes_no_cookie_is_sent(anonymous: HttpRequest) -> None:
    response = HttpResponse()

    memory.write_cookies(anonymous, response)

    assert len(response.cookies) == 0
    assert not hasattr(anonymous, "waffles")


@pytest.mark.parametrize("request_like", [object(), "text", 7])
def test_what_cannot_take_notes_is_no_error(request_like: object) -> None:
    memory.set_flag(request_like, "x", True)

    assert memory.dealt(request_like) == {}


def test_notes_that_are_none_are_replaced() -> None:
    request = SimpleNamespace(waffles="what")

    memory.set_flag(request, "x", active="on")  # type: ignore[arg-type]  # as careless code does

    assert request.waffles == {"x": [True, False]}
