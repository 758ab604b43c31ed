"""What a request and a browser remember of flags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.test import RequestFactory
from pytest_django import Settings

from waffle import memory

ODD_NAMES = [
    *("with space", "semi;colon", "com,ma", '"quotes"', "a=b", "back\\slash", "at@home", "per%cent", "%s"),
    *("ünïcode ☃", "foo:users", "(brackets)", "sl/ash", "tab\tand\nline", "<script>", "n" * 100),
]


# What browsers hold from django-waffle: it sends every name as it is that Python's cookies take.
@pytest.mark.parametrize(
    "name",
    ["plain", "my_flag", "my-flag", "v1.2", "A|b~c^d`e!f#g$h&i'j*k+l", "foo:users", "100%", "%s", "per%cent"],
)
def test_a_name_that_is_a_cookie_name_stays_as_it_is(name: str) -> None:
    assert memory.cookie_name("dwf_%s", name) == f"dwf_{name}"


@pytest.mark.parametrize(
    ("name", "cookie"),
    [
        ("with space", "dwf_with%20space"),
        ("semi;colon", "dwf_semi%3Bcolon"),
        ("50% off", "dwf_50%25%20off"),
        ("with%20space", "dwf_with%2520space"),
        ("ü", "dwf_%C3%BC"),
        ("a b!#$&'*+^`|~", "dwf_a%20b!#$&'*+^`|~"),
    ],
)
def test_any_other_name_is_percent_encoded(name: str, cookie: str) -> None:
    assert memory.cookie_name("dwf_%s", name) == cookie


def test_no_two_names_share_a_cookie() -> None:
    names = [*ODD_NAMES, "with%20space", "per%25cent", "with_space", "semi%3Bcolon", "%3B", "%3b", ";"]

    assert len({memory.cookie_name("dwf_%s", name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_is_sent_for_an_odd_name_is_what_the_next_request_reads(name: str, rf: RequestFactory) -> None:
    request, response = rf.get("/"), HttpResponse()
    memory.set_flag(request, name)

    memory.write_cookies(request, response)
    sent = response.cookies.output(header="", sep=";").split(";")[0].strip()
    answered = rf.get("/")
    answered.COOKIES = parse_cookie(sent)

    assert len(response.cookies) == 1
    assert memory.cookie(answered, "dwf_%s", name) is True


@pytest.mark.parametrize(
    ("value", "active"),
    [("True", True), ("False", False), ("true", False), ("1", False), ("", False)],
)
def test_a_cookie_says_yes_by_the_word_true_alone(value: str, active: bool, rf: RequestFactory) -> None:
    rf.cookies["dwf_x"] = value

    assert memory.cookie(rf.get("/"), "dwf_%s", "x") is active


def test_without_a_cookie_nothing_is_said(anonymous: HttpRequest) -> None:
    assert memory.cookie(anonymous, "dwf_%s", "x") is None


def test_the_query_string_and_the_headers_are_read(rf: RequestFactory) -> None:
    request = rf.get("/?x=1", headers={"DWFT-x": "0"})

    assert memory.query(request, "x") == "1"
    assert memory.query(request, "y") is None
    assert memory.header(request, "dwft-x") == "0"
    assert memory.header(request, "dwft-y") is None


@pytest.mark.parametrize("request_", [None, object()], ids=["none", "a bare object"])
def test_what_is_no_request_says_nothing(request_: object) -> None:
    assert memory.cookie(request_, "dwf_%s", "x") is None
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
