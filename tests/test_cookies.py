"""Cookies: their names, and what is read from them and written to them."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.test import RequestFactory
from pytest_django import Settings

from waffle import cookies, memory

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
    assert cookies.cookie_name("dwf_%s", name) == f"dwf_{name}"


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
    assert cookies.cookie_name("dwf_%s", name) == cookie


def test_no_two_names_share_a_cookie() -> None:
    names = [*ODD_NAMES, "with%20space", "per%25cent", "with_space"]

    assert len({cookies.cookie_name("dwf_%s", name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_what_is_sent_for_an_odd_name_is_what_the_next_request_reads(name: str, rf: RequestFactory) -> None:
    request, response = rf.get("/"), HttpResponse()
    memory.set_flag(request, name)

    memory.write_cookies(request, response)
    sent = response.cookies.output(header="", sep=";").split(";")[0].strip()
    answered = rf.get("/")
    answered.COOKIES = parse_cookie(sent)

    assert len(response.cookies) == 1
    assert cookies.cookie(answered, "dwf_%s", name) is True


@pytest.mark.parametrize(
    ("value", "active"),
    [("True", True), ("False", False), ("true", False), ("1", False), ("", False)],
)
def test_a_cookie_says_yes_by_the_word_true_alone(value: str, active: bool, rf: RequestFactory) -> None:
    rf.cookies["dwf_x"] = value

    assert cookies.cookie(rf.get("/"), "dwf_%s", "x") is active


def test_without_a_cookie_nothing_is_said(anonymous: HttpRequest) -> None:
    assert cookies.cookie(anonymous, "dwf_%s", "x") is None


# Any, from here on: cookies' attributes, and requests that hold what middleware hangs on them.
def attributes_after(request: Any) -> dict[str, dict[str, Any]]:
    """Return what a browser is told of each cookie, less what is not set."""
    response = HttpResponse()
    memory.write_cookies(request, response)
    return {
        name: {attribute: value for attribute, value in morsel.items() if value}
        for name, morsel in response.cookies.items()
    }


@pytest.fixture
def remembering(anonymous: HttpRequest, settings: Settings) -> HttpRequest:
    """Return a request that wants all sorts of cookies sent: dealt, tested, and of the visitor."""
    settings.WAFFLE_VISITOR_COOKIE = "waffle_visitor"
    memory.set_flag(anonymous, "x")
    memory.tested(anonymous)["x"] = True
    memory.visitor(anonymous, read_only=False)
    return anonymous


def test_cookies_are_for_this_site_over_https(remembering: HttpRequest) -> None:
    common = {"path": "/", "secure": True, "samesite": "Lax"}

    sent = attributes_after(remembering)

    assert sent.pop("waffle_visitor").pop("expires")
    assert sent.pop("dwf_x").pop("expires")
    assert sent == {"dwft_x": common}


@pytest.mark.parametrize(
    ("name", "value", "attribute", "told"),
    [
        ("SECURE", False, "secure", None),
        ("COOKIE_DOMAIN", "example.com", "domain", "example.com"),
        ("COOKIE_PATH", "/shop/", "path", "/shop/"),
        ("COOKIE_SAMESITE", "Strict", "samesite", "Strict"),
        ("COOKIE_SAMESITE", "None", "samesite", "None"),
        ("COOKIE_SAMESITE", None, "samesite", None),
    ],
)
def test_every_cookie_is_sent_as_the_settings_say(
    name: str, value: Any, attribute: str, told: Any, remembering: HttpRequest, settings: Settings
) -> None:
    setattr(settings, f"WAFFLE_{name}", value)

    sent = attributes_after(remembering)

    assert {cookie: attributes.get(attribute) for cookie, attributes in sent.items()} == {
        "dwf_x": told,
        "dwft_x": told,
        "waffle_visitor": told,
    }


@pytest.mark.parametrize("hidden", [True, False])
def test_scripts_may_read_the_cookies_of_flags_unless_they_may_not_and_never_the_visitors(
    hidden: bool, remembering: HttpRequest, settings: Settings
) -> None:
    settings.WAFFLE_COOKIE_HTTPONLY = hidden

    sent = attributes_after(remembering)

    assert [cookie for cookie, attributes in sent.items() if attributes.get("httponly")] == (
        ["dwf_x", "dwft_x", "waffle_visitor"] if hidden else ["waffle_visitor"]
    )


def test_a_visitors_id_is_kept_as_long_as_a_percentage(remembering: HttpRequest, settings: Settings) -> None:
    settings.WAFFLE_MAX_AGE = 60

    sent = attributes_after(remembering)

    assert (sent["dwf_x"]["max-age"], sent["waffle_visitor"]["max-age"]) == (60, 60)
    assert "max-age" not in sent["dwft_x"]


def test_an_id_comes_back_from_its_cookie_and_not_from_another_key(
    remembering: Any, rf: RequestFactory, settings: Settings
) -> None:
    response = HttpResponse()
    memory.write_cookies(remembering, response)
    rf.cookies = response.cookies
    request = rf.get("/")

    known = cookies.visitor_id(request)
    settings.SECRET_KEY = "another"
    unknown = cookies.visitor_id(request)
    settings.SECRET_KEY_FALLBACKS = ["tests"]
    rotated = cookies.visitor_id(request)

    assert known == rotated == remembering.waffle_visitor["id"]
    assert unknown is None


def test_without_the_setting_no_visitor_has_an_id(remembering: HttpRequest, settings: Settings) -> None:
    settings.WAFFLE_VISITOR_COOKIE = None

    assert sorted(attributes_after(remembering)) == ["dwf_x", "dwft_x"]
    assert cookies.visitor_id(remembering) is None
