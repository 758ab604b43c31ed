"""The drop-in contract: how a flag is decided, in this order, and what a browser is told to remember."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

import waffle
from tests.each import each_kind
from waffle.kinds import Kind
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Sample, Switch, set_flag
from waffle.views import waffle_json

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

# Any, throughout: Django's requests, with what middleware hangs on them.
Ask = Callable[[Any], bool]


def by_method(request: Any) -> bool:
    return bool(Flag.get("my_flag").is_active(request))


def by_status(request: Any) -> bool:
    content = json.loads(waffle_json(request).content)
    return bool(content["flags"]["my_flag"]["is_active"])


every_way = pytest.mark.parametrize(
    "ask",
    [
        lambda request: waffle.flag_is_active(request, "my_flag"),
        lambda request: async_to_sync(waffle.aflag_is_active)(request, "my_flag"),
        by_method,
        by_status,
    ],
    ids=["function", "twin", "method", "status"],
)


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return what the dice will show; without anything in it, to throw them is an error."""
    shown: list[float] = []
    monkeypatch.setattr(random, "uniform", lambda low, high: shown.pop())
    return shown


# One step each, as (fields of the flag, what the request holds): the first makes the flag active, the second
# inactive. A step that can only say yes has no second one.
Step = tuple[dict[str, Any], dict[str, Any]]
ON: dict[str, Step] = {
    "override": ({}, {"query": {"my_flag": "1"}}),
    "everyone": ({"everyone": True}, {}),
    "testing by query": ({"testing": True}, {"query": {"dwft_my_flag": "1"}}),
    "testing by header": ({"testing": True}, {"headers": {"DWFT-my-flag": "1"}}),
    "testing by cookie": ({"testing": True}, {"cookies": {"dwft_my_flag": "True"}}),
    "languages": ({"languages": "fr,de"}, {"LANGUAGE_CODE": "de"}),
    "authenticated": ({"authenticated": True}, {"user": User(pk=7)}),
    "staff": ({"staff": True}, {"user": User(pk=7, is_staff=True)}),
    "superusers": ({"superusers": True}, {"user": User(pk=7, is_superuser=True)}),
    "percent by note": ({"percent": 50}, {"waffles": {"my_flag": [True, False]}}),
    "percent by cookie": ({"percent": 50}, {"cookies": {"dwf_my_flag": "True"}}),
}
OFF: dict[str, Step] = {
    "override": ({}, {"query": {"my_flag": "0"}}),
    "everyone": ({"everyone": False}, {}),
    "testing by query": ({"testing": True}, {"query": {"dwft_my_flag": "0"}}),
    "testing by header": ({"testing": True}, {"headers": {"DWFT-my-flag": "0"}}),
    "testing by cookie": ({"testing": True}, {"cookies": {"dwft_my_flag": "False"}}),
    "percent by note": ({"percent": 50}, {"waffles": {"my_flag": [False, False]}}),
    "percent by cookie": ({"percent": 50}, {"cookies": {"dwf_my_flag": "False"}}),
}
ORDER = list(ON)


def later(step: str, answers: dict[str, Step]) -> list[str]:
    """Return the steps after `step` that give one of `answers`."""
    return [name for name in ORDER[ORDER.index(step) + 1 :] if name in answers]


def make_request(*steps: Step) -> Any:
    """Make the flag that `steps` speak of, and return a request that holds what they want to find there."""
    fields: dict[str, Any] = {"superusers": False}
    holds: dict[str, Any] = {"query": {}, "headers": {}, "cookies": {}, "user": AnonymousUser()}
    for own_fields, own_holds in steps:
        fields |= own_fields
        for name, value in own_holds.items():
            holds[name] = {**holds[name], **value} if name in ("query", "headers", "cookies") else value
    Flag.objects.create(name="my_flag", **fields)
    request = RequestFactory().get("/", holds.pop("query"), headers=holds.pop("headers"))
    request.COOKIES.update(holds.pop("cookies"))
    request.__dict__.update(holds)
    return request


@every_way
@pytest.mark.parametrize("step", ON)
def test_each_step_alone_makes_a_flag_active(step: str, ask: Ask, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = step == "override"

    assert ask(make_request(ON[step])) is True


@every_way
@pytest.mark.parametrize(("step", "other"), [(step, other) for step in ON for other in later(step, OFF)])
def test_a_step_that_says_yes_beats_every_later_no(
    step: str, other: str, ask: Ask, settings: Settings
) -> None:
    settings.WAFFLE_OVERRIDE = step == "override"

    assert ask(make_request(OFF[other], ON[step])) is True


@every_way
@pytest.mark.parametrize(("step", "other"), [(step, other) for step in OFF for other in later(step, ON)])
def test_a_step_that_says_no_beats_every_later_yes(
    step: str, other: str, ask: Ask, settings: Settings
) -> None:
    settings.WAFFLE_OVERRIDE = step == "override"

    assert ask(make_request(ON[other], OFF[step])) is False


@every_way
def test_a_user_and_a_group_that_are_listed_beat_the_percentage(ask: Ask) -> None:
    request = make_request(OFF["percent by cookie"])
    user, group = User.objects.create(username="u"), Group.objects.create(name="g")
    request.user = user
    without = ask(request)

    Flag.objects.get().users.add(user)
    by_name = ask(request)
    Flag.objects.get().users.clear()
    Flag.objects.get().groups.add(group)
    user.groups.add(group)

    assert (without, by_name, ask(request)) == (False, True, True)


@every_way
def test_where_no_step_applies_a_flag_is_inactive(ask: Ask) -> None:
    fields = {"testing": True, "languages": "de", "authenticated": True, "staff": True, "superusers": True}

    assert ask(make_request((fields, {}))) is False


@every_way
def test_override_is_off_unless_it_is_set(ask: Ask) -> None:
    assert ask(make_request(ON["override"])) is False


@each_kind
@pytest.mark.parametrize("default", [True, False])
def test_without_a_row_a_toggle_is_logged_created_and_what_the_default_says(
    default: bool, kind: Kind, rf: RequestFactory, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="waffle")
    setattr(settings, f"WAFFLE_{kind.name.upper()}_DEFAULT", default)
    setattr(settings, f"WAFFLE_LOG_MISSING_{kind.plural.upper()}", logging.WARNING)
    setattr(settings, f"WAFFLE_CREATE_MISSING_{kind.plural.upper()}", True)
    settings.WAFFLE_OVERRIDE = True
    arguments = (rf.get(f"/?new={int(not default)}"),) if kind.name == "flag" else ()

    active = getattr(waffle, f"{kind.name}_is_active")(*arguments, "new")

    assert active is default
    assert [record.message for record in caplog.records] == [f"{kind.title} new not found"]
    assert kind.model.objects.values(*kind.created_as(default)).get(name="new") == kind.created_as(default)


@pytest.mark.parametrize("step", ["testing by query", "testing by header"])
@pytest.mark.parametrize(("steps", "active"), [(ON, True), (OFF, False)], ids=["on", "off"])
def test_what_was_tested_is_noted_and_becomes_a_cookie_of_the_session(
    steps: dict[str, Step], active: bool, step: str
) -> None:
    request = make_request(steps[step])

    response = WaffleMiddleware(answering)(request)

    assert request.waffle_tests == {"my_flag": active}
    cookie = response.cookies["dwft_my_flag"]
    assert (cookie.value, cookie["max-age"], cookie["expires"]) == (str(active), "", "")


@pytest.mark.parametrize("value", ["True", "0", "2", "yes", ""])
def test_any_value_but_one_is_off_in_the_query_and_the_header(value: str) -> None:
    request = make_request(OFF["percent by cookie"], ({"testing": True}, {"query": {"dwft_my_flag": value}}))

    assert waffle.flag_is_active(request, "my_flag") is False


@pytest.mark.parametrize("value", ["1", "true", "False", ""])
def test_any_value_but_true_is_off_in_the_cookie(value: str) -> None:
    request = make_request(ON["languages"], ({"testing": True}, {"cookies": {"dwft_my_flag": value}}))

    assert waffle.flag_is_active(request, "my_flag") is False


def answering(request: Any) -> HttpResponse:
    return HttpResponse(str(waffle.flag_is_active(request, "my_flag")))


@pytest.mark.parametrize(("drawn", "active"), [(50.0, True), (50.1, False)])
@pytest.mark.parametrize("rollout", [True, False])
@pytest.mark.parametrize("user", [AnonymousUser(), User(username="u")], ids=["anonymous", "no primary key"])
def test_a_percentage_is_dealt_once_noted_and_becomes_a_cookie(
    user: Any, rollout: bool, drawn: float, active: bool, dice: list[float]
) -> None:
    request = make_request(({"percent": 50, "rollout": rollout}, {"user": user}))
    dice.append(drawn)

    response = WaffleMiddleware(answering)(request)

    assert response.content == str(active).encode()
    assert waffle.flag_is_active(request, "my_flag") is active
    assert request.waffles == {"my_flag": [active, rollout]}
    cookie = response.cookies["dwf_my_flag"]
    assert (cookie.value, cookie["secure"]) == (str(active), True)
    assert cookie["max-age"] == ("" if rollout and not active else 2592000)


@pytest.mark.parametrize("value", ["True", "False"])
def test_a_cookie_that_came_in_is_sent_again_unless_the_check_reads_only(
    value: str, dice: list[float]
) -> None:
    request = make_request(({"percent": 50}, {"cookies": {"dwf_my_flag": value}}))
    response, later_response = HttpResponse(), HttpResponse()

    read = waffle.flag_is_active(request, "my_flag", read_only=True)
    WaffleMiddleware(answering).process_response(request, response)
    asked = waffle.flag_is_active(request, "my_flag")
    WaffleMiddleware(answering).process_response(request, later_response)

    assert (read, asked) == (value == "True", value == "True")
    assert len(response.cookies) == 0
    assert later_response.cookies["dwf_my_flag"].value == value


def test_a_check_that_reads_only_deals_nothing(dice: list[float]) -> None:
    request = make_request(({"percent": 50}, {}))

    assert waffle.flag_is_active(request, "my_flag", True) is False
    assert not getattr(request, "waffles", None)


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("session_only", [True, False])
def test_set_flag_decides_the_percentage_and_is_remembered(
    session_only: bool, active: bool, dice: list[float]
) -> None:
    request = make_request(({"percent": 50}, {"cookies": {"dwf_my_flag": str(not active)}}))

    set_flag(request, "my_flag", active, session_only)
    response = WaffleMiddleware(answering)(request)

    assert response.content == str(active).encode()
    cookie = response.cookies["dwf_my_flag"]
    assert (cookie.value, cookie["max-age"]) == (str(active), "" if session_only and not active else 2592000)


@pytest.mark.parametrize("active", [True, False])
def test_a_switch_is_active_and_a_sample_is_drawn_at_each_check(active: bool, dice: list[float]) -> None:
    Switch.objects.create(name="x", active=active)
    Sample.objects.create(name="x", percent=50)
    dice.extend([50.1, 50.0])

    assert waffle.switch_is_active("x") is active
    assert [waffle.sample_is_active("x") for _ in range(2)] == [True, False]
