"""Conditions: one reason each, pure."""

from __future__ import annotations

import random
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from waffle import conditions
from waffle.conditions import (
    OVERRIDE,
    Active,
    Claim,
    Condition,
    Dice,
    Everyone,
    InLongList,
    InShortList,
    Language,
    Listed,
    Percent,
)
from waffle.dealing import is_drawn
from waffle.inquiries import Inquiry
from waffle.snapshots import UNKNOWN
from waffle.verdicts import Reason

# A module attribute: pytest takes a class that is imported as Test… for tests.
TESTING = conditions.Testing("testing")


# Any, throughout: stand-ins for toggles, requests and users.
def flag(**fields: Any) -> Any:
    return SimpleNamespace(pk=1, name="my_flag", rollout=False, **fields)


def about(request: Any = None, *, read_only: bool = False, **facts: Any) -> Inquiry:
    return about_facts({"unit": None, **facts}, request=request, read_only=read_only)


def about_facts(facts: dict[str, Any], *, request: Any = None, read_only: bool = False) -> Inquiry:
    inquiry = Inquiry(UNKNOWN, request, read_only=read_only)
    inquiry.facts.update(facts)
    return inquiry


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return what the dice are going to show; they are thrown by taking from it."""
    shown: list[float] = []
    monkeypatch.setattr(random, "uniform", lambda low, high: shown.pop(0) * (high - low) + low)
    return shown


@pytest.mark.parametrize(
    ("percent", "drawn", "active"),
    [
        (50, 0.4999, True),
        (50, 0.5, True),
        (50, 0.5001, False),
        (Decimal("12.5"), 0.125, True),
        (Decimal("12.5"), 0.126, False),
        (Decimal("99.9"), 0.9991, False),
        (100, 1.0, True),
    ],
)
def test_dice_are_true_in_so_many_of_a_hundred_cases(
    percent: Any, drawn: float, active: bool, dice: list[float]
) -> None:
    dice.append(drawn)

    assert is_drawn(percent) is active


@pytest.mark.parametrize(
    ("condition", "unset", "set_"),
    [
        (Everyone("field"), [None], [True, False]),
        (conditions.Testing("field"), [None, False], [True]),
        (Language("field"), [None, ""], ["de"]),
        (Claim("field", of_user="is_staff", reason=Reason.STAFF), [None, False], [True]),
        (Percent("field"), [None, Decimal(0)], [Decimal("0.1")]),
        (Active("field"), [], [True, False]),
        (Dice("field"), [], [Decimal(0), Decimal(100)]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Condition) else str(value),
)
def test_a_condition_is_picked_when_its_field_is_set(
    condition: Condition, unset: list[object], set_: list[object]
) -> None:
    assert [condition.pick(flag(field=value), {}) for value in unset] == [None] * len(unset)
    assert [condition.pick(flag(field=value), {}) for value in set_] == [condition] * len(set_)


@pytest.mark.parametrize(
    "condition",
    [
        *(
            Everyone("field"),
            conditions.Testing("field"),
            Language("field"),
            Percent("field"),
            Listed("field"),
        ),
        Claim("field", of_user="is_staff", reason=Reason.STAFF),
    ],
    ids=lambda condition: type(condition).__name__,
)
def test_a_flag_without_the_field_is_not_asked_about(condition: Condition) -> None:
    assert condition.pick(flag(), {}) is None


@pytest.mark.parametrize("condition", [Everyone("field"), Active("field")])
@pytest.mark.parametrize("value", [True, False])
def test_what_settles_is_what_the_field_says(condition: Condition, value: bool) -> None:
    assert condition.settles is True
    assert condition.decide(flag(field=value), about()) is value


def test_a_sample_is_drawn_each_time_and_settles_nothing(dice: list[float]) -> None:
    dice.extend([0.2, 0.8])
    condition = Dice("percent")

    answers = [condition.decide(flag(percent=50), about()) for _ in range(2)]

    assert answers == [True, False]
    assert condition.settles is False


@pytest.mark.parametrize(
    ("query", "answer"),
    [("?my_flag=1", True), ("?my_flag=0", False), ("?my_flag=2", None), ("?my_flag=", None), ("", None)],
)
def test_the_override_is_the_query_string(query: str, answer: bool | None, rf: RequestFactory) -> None:
    assert OVERRIDE.decide(flag(), about(rf.get(f"/{query}"))) is answer


def test_the_override_needs_a_request() -> None:
    assert OVERRIDE.decide(flag(), about()) is None


@pytest.mark.parametrize(
    ("value", "active"), [("1", True), ("0", False), ("True", False), ("", False), ("2", False)]
)
@pytest.mark.parametrize("place", ["query", "header"])
def test_testing_mode_follows_the_query_and_the_header_and_notes_it(
    place: str, value: str, active: bool, rf: RequestFactory
) -> None:
    request: Any = (
        rf.get("/", {"dwft_my_flag": value})
        if place == "query"
        else rf.get("/", headers={"DWFT-my-flag": value})
    )

    assert TESTING.decide(flag(), about(request)) is active
    assert request.waffle_tests == {"my_flag": active}


@pytest.mark.parametrize(("value", "active"), [("True", True), ("False", False), ("1", False)])
def test_testing_mode_follows_the_cookie_and_notes_nothing(
    value: str, active: bool, rf: RequestFactory
) -> None:
    rf.cookies["dwft_my_flag"] = value
    request = rf.get("/")

    assert TESTING.decide(flag(), about(request)) is active
    assert not hasattr(request, "waffle_tests")


def test_in_testing_mode_the_query_beats_the_header_and_the_header_beats_the_cookie(
    rf: RequestFactory,
) -> None:
    rf.cookies["dwft_my_flag"] = "True"
    header = {"DWFT-my-flag": "0"}

    assert TESTING.decide(flag(), about(rf.get("/?dwft_my_flag=1", headers=header))) is True
    assert TESTING.decide(flag(), about(rf.get("/", headers=header))) is False
    assert TESTING.decide(flag(), about(rf.get("/"))) is True


def test_the_header_has_hyphens_also_where_headers_are_a_plain_dictionary() -> None:
    request = SimpleNamespace(headers={"dwft-my-flag": "1"})

    assert TESTING.decide(flag(), about(request)) is True


@pytest.mark.parametrize("nobody", [None, HttpRequest()], ids=["no request", "a request that says nothing"])
def test_testing_mode_leaves_everybody_else_alone(nobody: Any) -> None:
    assert TESTING.decide(flag(), about(nobody)) is None


def test_the_name_of_the_test_cookie_is_a_setting(rf: RequestFactory, settings: Settings) -> None:
    settings.WAFFLE_TEST_COOKIE = "try_%s_now"

    assert TESTING.decide(flag(), about(rf.get("/?try_my_flag_now=1"))) is True
    assert TESTING.decide(flag(), about(rf.get("/", headers={"try-my-flag-now": "1"}))) is True
    assert TESTING.decide(flag(), about(rf.get("/?dwft_my_flag=1"))) is None


@pytest.mark.parametrize(
    ("listed", "spoken", "answer"),
    [
        ("de", "de", True),
        ("en,de", "de", True),
        ("en, de ,fr", "de", True),
        ("PT-BR", "pt-br", True),
        ("pt-br", "pt-BR", True),
        ("pt-br", "pt", None),
        ("pt", "pt-br", None),
        ("en", "de", None),
        (",", "", None),
        ("de", None, None),
    ],
)
def test_a_listed_language_is_on(listed: str, spoken: str | None, answer: bool | None) -> None:
    request = SimpleNamespace(LANGUAGE_CODE=spoken)

    assert Language("languages").decide(flag(languages=listed), about(request)) is answer


def test_without_a_request_there_is_no_language() -> None:
    assert Language("languages").decide(flag(languages="de"), about()) is None


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        (SimpleNamespace(is_staff=True), True),
        (SimpleNamespace(is_staff=False), None),
        (SimpleNamespace(), None),
        (None, None),
    ],
)
def test_a_claim_is_an_attribute_of_the_user(user: Any, answer: bool | None) -> None:
    condition = Claim("staff", of_user="is_staff", reason=Reason.STAFF)

    assert condition.wants == "user"
    assert condition.decide(flag(staff=True), about(user=user)) is answer


class Lists(SimpleNamespace):
    users = "a many-to-many field"


@pytest.mark.parametrize(
    "rosters", [{"users": {}}, {"users": {1: frozenset()}}, {"users": {2: frozenset([7])}}]
)
def test_a_list_without_members_is_not_asked(rosters: Any) -> None:
    assert Listed("users").pick(Lists(pk=1), rosters) is None


@pytest.mark.parametrize(("keys", "answer"), [({7}, True), ({6, 7}, True), ({6}, None), (set(), None)])
def test_a_short_list_is_compared_with_the_users_keys(keys: set[int], answer: bool | None) -> None:
    condition = Listed("users", by="teams", reason=Reason.GROUP).pick(
        Lists(pk=1), {"users": {1: frozenset([7, 8])}}
    )

    assert isinstance(condition, InShortList)
    assert (condition.field, condition.by, condition.reason) == ("users", "teams", Reason.GROUP)
    assert condition.wants == "keys of teams"
    assert condition.decide(Lists(pk=1), about_facts({"keys of teams": keys})) is answer


@pytest.mark.parametrize(("listing", "answer"), [({1, 3}, True), ({3}, None), (set(), None)])
def test_long_lists_are_answered_by_the_flags_that_list_the_user(
    listing: set[int], answer: bool | None
) -> None:
    condition = Listed("users", reason=Reason.USER).pick(Lists(pk=1), None)

    assert isinstance(condition, InLongList)
    assert (condition.field, condition.reason, condition.wants) == ("users", Reason.USER, "listing flags")
    assert condition.decide(Lists(pk=1), about_facts({"listing flags": {"users": listing}})) is answer


@pytest.mark.parametrize("rosters", [{}, None], ids=["short", "long"])
def test_a_list_that_a_model_lacks_is_not_asked(rosters: Any) -> None:
    assert Listed("groups").pick(Lists(pk=1), rosters) is None


def test_a_list_itself_decides_nothing() -> None:
    assert Listed("users").decide(Lists(pk=1), about()) is None
    assert Listed("users").by == "user"
    assert Listed("users").reason is Reason.CUSTOM


def test_a_percentage_is_dealt_and_noted_with_the_rollout_mode(anonymous: Any, dice: list[float]) -> None:
    dice.extend([0.1, 0.9])
    condition, other = Percent("percent"), flag(percent=50)
    other.name, other.rollout = "other", True

    assert condition.decide(flag(percent=50), about(anonymous)) is True
    assert condition.decide(other, about(anonymous)) is False
    assert anonymous.waffles == {"my_flag": [True, False], "other": [False, True]}


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_note_on_the_request_beats_the_cookie_and_the_dice(
    active: bool, read_only: bool, rf: RequestFactory
) -> None:
    rf.cookies["dwf_my_flag"] = str(not active)
    request: Any = rf.get("/")
    request.waffles = {"my_flag": [active, True]}

    assert Percent("percent").decide(flag(percent=50), about(request, read_only=read_only)) is active
    assert request.waffles == {"my_flag": [active, True]}


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("rollout", [True, False])
def test_a_cookie_beats_the_dice_and_is_noted_to_be_sent_again(
    active: bool, rollout: bool, rf: RequestFactory
) -> None:
    rf.cookies["dwf_my_flag"] = str(active)
    request: Any = rf.get("/")
    dealt = flag(percent=50)
    dealt.rollout = rollout

    assert Percent("percent").decide(dealt, about(request)) is active
    assert request.waffles == {"my_flag": [active, rollout]}


@pytest.mark.parametrize(("cookie", "answer"), [("True", True), ("False", False), (None, None)])
def test_to_read_only_is_to_deal_nothing_and_note_nothing(
    cookie: str | None, answer: bool | None, rf: RequestFactory
) -> None:
    if cookie is not None:
        rf.cookies["dwf_my_flag"] = cookie
    request: Any = rf.get("/")

    assert Percent("percent").decide(flag(percent=99), about(request, read_only=True)) is answer
    assert not getattr(request, "waffles", None)


def test_without_a_request_nothing_is_dealt(dice: list[float]) -> None:
    assert Percent("percent").decide(flag(percent=99), about()) is None
