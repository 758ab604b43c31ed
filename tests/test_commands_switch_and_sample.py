"""`waffle_switch` and `waffle_sample`."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import CommandError
from pytest_django import Settings

from test_app.models import CustomSample, CustomSwitch
from tests.commands import run
from waffle.kinds import SAMPLE
from waffle.management.base import percentage
from waffle.models import Sample, Switch

pytestmark = pytest.mark.django_db


def test_switches_and_samples_may_be_of_the_projects_own_models(settings: Settings) -> None:
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
    settings.WAFFLE_SAMPLE_MODEL = "test_app.CustomSample"

    run("waffle_switch", "x", "on", "--create")
    run("waffle_sample", "x", "100", "--create")

    assert CustomSwitch.objects.get().active is True
    assert CustomSample.objects.get().percent == 100


@pytest.mark.parametrize(("state", "active"), [("on", True), ("off", False)])
def test_a_switch_is_turned(state: str, active: bool) -> None:
    Switch.objects.create(name="x", active=not active, note="kept")

    lines = run("waffle_switch", "x", state)

    assert lines == []
    assert Switch.objects.values_list("active", "note").get() == (active, "kept")


@pytest.mark.parametrize("state", [[], ["maybe"]])
def test_a_switch_is_on_or_off(state: list[str]) -> None:
    Switch.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^Say what to turn the switch to: on or off\.$"):
        run("waffle_switch", "x", *state)


def test_switches_are_listed_with_their_state() -> None:
    Switch.objects.create(name="b", active=True)
    Switch.objects.create(name="a")

    assert run("waffle_switch", "--list") == ["Switches:", "a: off", "b: on"]


@pytest.mark.parametrize("given", ["34", "0", "100", "99.9"])
def test_a_sample_gets_its_percentage(given: str) -> None:
    Sample.objects.create(name="x", percent=50, note="kept")

    lines = run("waffle_sample", "x", given)

    assert lines == []
    assert Sample.objects.values_list("percent", "note").get() == (Decimal(given), "kept")


@pytest.mark.parametrize("given", ["-1", "100.1", "12.55", "half"])
def test_a_wrong_percentage_of_a_sample_changes_nothing(given: str) -> None:
    Sample.objects.create(name="x", percent=50)

    with pytest.raises(
        CommandError, match=r"no percentage for a sample: give a number from 0 to 100, in steps of 0\.1"
    ):
        run("waffle_sample", "x", given)

    assert Sample.objects.get().percent == 50


def test_a_sample_needs_a_percentage() -> None:
    with pytest.raises(CommandError, match=r"^You need to specify a percentage, from 0 to 100\.$"):
        run("waffle_sample", "x", "--create")


def test_a_percentage_is_the_number_that_the_field_holds() -> None:
    assert percentage(SAMPLE, 0.1) == Decimal("0.1")


def test_samples_are_listed_with_their_percentage() -> None:
    Sample.objects.create(name="b", percent=34)
    Sample.objects.create(name="a", percent=Decimal("0.5"))

    assert run("waffle_sample", "--list") == ["Samples:", "a: 0.5%", "b: 34.0%"]
