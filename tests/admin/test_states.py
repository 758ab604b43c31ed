"""What lists say of a toggle: a state, and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from test_app.models import CompanyAwareFlag, PlainFlag, ScratchFlag, TailoredFlag
from waffle import picking
from waffle.admin.states import Members, State, list_fields, sentence, state_of
from waffle.conditions import Claim, Condition, Percent
from waffle.models import Flag, Sample, Switch
from waffle.verdicts import Reason

ON, CONDITIONAL, OFF = State.ON, State.CONDITIONAL, State.OFF

# Any, in this file: toggles of several models, and their fields.


def flag(model: Any = Flag, **fields: Any) -> Any:
    return model(name="x", pk=1, **{"superusers": False, **fields})


@pytest.mark.parametrize(
    ("fields", "state", "told"),
    [
        ({}, OFF, "Off: nobody is chosen"),
        ({"everyone": True}, ON, "On for everyone"),
        ({"everyone": False}, OFF, "Off for everyone"),
        ({"everyone": False, "staff": True, "percent": 50}, OFF, "Off for everyone"),
        ({"superusers": True}, CONDITIONAL, "On for superusers"),
        ({"staff": True, "superusers": True}, CONDITIONAL, "On for staff and superusers"),
        ({"percent": 25}, CONDITIONAL, "On for 25 % of everyone"),
        ({"percent": 12.5}, CONDITIONAL, "On for 12.5 % of everyone"),
        ({"percent": 0}, OFF, "Off: nobody is chosen"),
        ({"staff": True, "percent": 25}, CONDITIONAL, "On for staff and 25 % of everyone else"),
        ({"testing": True}, CONDITIONAL, "On for anyone testing it"),
        ({"languages": "de"}, CONDITIONAL, "On for the language de"),
        ({"languages": "de, pt-br,"}, CONDITIONAL, "On for the languages de and pt-br"),
        (
            {"authenticated": True, "staff": True, "superusers": True, "percent": 5},
            CONDITIONAL,
            "On for everyone who is signed in and 5 % of everyone else",
        ),
        ({"languages": "<b>"}, CONDITIONAL, "On for the language <b>"),
    ],
)
def test_a_flag_is_told_by_its_fields(fields: dict[str, Any], state: State, told: str) -> None:
    toggle = flag(**fields)

    assert (state_of(toggle), sentence(toggle, {})) == (state, told)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (Members(1, ("ada",)), "On for the user ada"),
        (Members(2, ("ada", "bob")), "On for 2 users"),
        (Members(1_000), "On for 1000 users"),
        (Members(0), "Off: nobody is chosen"),
    ],
)
def test_users_are_named_if_there_is_one_and_counted_if_there_are_more(members: Members, told: str) -> None:
    listed = ["users"] if members.count else []

    assert sentence(flag(), {"users": members}) == told
    assert state_of(flag(), listed) is (CONDITIONAL if listed else OFF)


def test_a_sentence_has_everybody_in_the_order_of_the_conditions() -> None:
    toggle = flag(staff=True, percent=25)
    members = {"groups": Members(1, ("beta",)), "users": Members(3, ("ada", "bob", "cleo"))}

    told = sentence(toggle, members, lambda part: "|".join((part.text, *part.names)))

    assert told == "On for staff, 3 users|ada|bob|cleo, the group beta and 25 % of everyone else"
    assert sentence(flag(), {"groups": Members(2, ("beta", "gamma"))}) == "On for 2 groups"


def test_whoever_is_signed_in_need_not_be_listed_too() -> None:
    assert sentence(flag(authenticated=True), {"users": Members(2, ("ada", "bob"))}) == (
        "On for everyone who is signed in"
    )


@pytest.mark.parametrize(("count", "told"), [(1, "company “Acme”"), (2, "2 companies")])
def test_lists_of_a_model_of_the_projects_own_are_told_by_its_names(count: int, told: str) -> None:
    names = ("Acme", "Bolt")[:count]

    assert sentence(flag(CompanyAwareFlag), {"companies": Members(count, names)}) == f"On for {told}"


def test_who_is_excluded_is_told_too() -> None:
    members = {"users_off": Members(2, ("ada", "bob"))}

    assert sentence(flag(TailoredFlag, staff=True), members) == "On for staff, but never for 2 users"
    assert sentence(flag(TailoredFlag, everyone=True), members) == "On for everyone, but never for 2 users"
    assert sentence(flag(TailoredFlag, everyone=False), members) == "Off for everyone"
    assert sentence(flag(TailoredFlag), members) == "Off: nobody is chosen"
    assert state_of(flag(TailoredFlag, everyone=True), ["users_off"]) is ON
    assert state_of(flag(TailoredFlag), ["users_off"]) is OFF


class Plans(Condition):
    """Whoever has one of the plans in the field."""


class Weekday(Condition):
    """Goes by no field."""


class Odd(Condition):
    def pick(self, toggle: Any, rosters: Any) -> Any:
        raise ValueError


@pytest.fixture
def give(cold: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what gives a model other conditions."""

    def give(model: Any, *conditions: Condition) -> None:
        monkeypatch.setattr(model, "conditions", conditions)
        picking.conditions_of.cache_clear()

    return give


def test_conditions_of_the_projects_own_are_told_by_their_fields(give: Callable[..., None]) -> None:
    chefs = Claim("staff", of_user="is_chef", reason=Reason.CUSTOM)
    give(TailoredFlag, Plans("plans"), Plans("first_day"), chefs, Weekday(), Odd("zone"))
    toggle = flag(TailoredFlag, plans="gold", first_day=date(2026, 5, 4), staff=True)

    told = "On for plans gold, first day May 4, 2026, staff, anyone who meets Weekday() and zone UTC"

    assert sentence(toggle, {}) == told
    assert state_of(flag(TailoredFlag)) is CONDITIONAL


def test_a_long_value_of_a_field_is_cut(give: Callable[..., None]) -> None:
    give(TailoredFlag, Plans("plans"))

    assert sentence(flag(TailoredFlag, plans="x" * 99), {}) == f"On for plans {'x' * 39}…"


def test_methods_of_the_projects_own_are_told_by_their_names() -> None:
    toggle = flag(ScratchFlag)

    assert (state_of(toggle), sentence(toggle, {})) == (CONDITIONAL, "On for anyone who meets is_active()")


def test_a_model_without_lists_is_told_too() -> None:
    assert sentence(flag(PlainFlag, staff=True), {}) == "On for staff"
    assert list_fields(PlainFlag) == {}
    assert list(list_fields(CompanyAwareFlag)) == ["users", "groups", "companies"]


def test_a_percentage_that_is_the_only_condition_is_of_everyone(give: Callable[..., None]) -> None:
    give(PlainFlag, Percent("percent"))

    assert sentence(flag(PlainFlag, percent=50, staff=True), {}) == "On for 50 % of everyone"


@pytest.mark.parametrize(
    ("toggle", "state", "told"),
    [
        (Switch(active=True), ON, "On"),
        (Switch(active=False), OFF, "Off"),
        (Sample(percent=0), OFF, "Off in every check"),
        (Sample(percent=2.5), CONDITIONAL, "On in 2.5 % of all checks"),
        (Sample(percent=100), ON, "On in every check"),
    ],
)
def test_switches_and_samples_are_told_by_what_they_are_set_to(toggle: Any, state: State, told: str) -> None:
    assert (state_of(toggle), sentence(toggle, {})) == (state, told)


def test_numbers_are_written_as_the_language_has_them() -> None:
    with translation.override("de"):
        assert "12,5\N{NO-BREAK SPACE}%" in sentence(flag(percent=12.5), {})


def test_states_have_a_word_and_an_order() -> None:
    assert [state.label for state in State] == ["On", "Conditional", "Off"]
