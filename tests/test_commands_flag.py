"""`waffle_flag` changes the fields that were passed, and no others."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.management import CommandError

from tests.commands import run
from waffle.models import Flag

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("field", ["everyone", "superusers", "staff", "authenticated", "rollout", "testing"])
@pytest.mark.parametrize("state", [True, False])
def test_a_keyword_sets_its_field_and_no_other(field: str, state: bool) -> None:
    before = Flag.objects.create(name="x", percent=Decimal("12.5"), note="kept", languages="de")

    lines = run("waffle_flag", "x", **{field: state})

    after = Flag.objects.get()
    changed = {
        name: value
        for name, value in vars(after).items()
        if value != getattr(before, name) and name[0] != "_"
    }
    expected = {} if getattr(before, field) is state else {field: state}
    assert changed == {**expected, "modified": after.modified}
    assert lines == [f"Setting {field}: {state}"]


@pytest.mark.parametrize(
    ("option", "field", "state"),
    [
        ("--everyone", "everyone", True),
        ("--deactivate", "everyone", False),
        ("--superusers", "superusers", True),
        ("--no-superusers", "superusers", False),
        ("--staff", "staff", True),
        ("--no-staff", "staff", False),
        ("--authenticated", "authenticated", True),
        ("--no-authenticated", "authenticated", False),
        ("--rollout", "rollout", True),
        ("-r", "rollout", True),
        ("--no-rollout", "rollout", False),
        ("--testing", "testing", True),
        ("-t", "testing", True),
        ("--no-testing", "testing", False),
    ],
)
def test_an_option_sets_its_field(option: str, field: str, state: bool) -> None:
    Flag.objects.create(name="x", **{field: not state})

    lines = run("waffle_flag", "x", option)

    assert getattr(Flag.objects.get(), field) is state
    assert lines == [f"Setting {field}: {state}"]


def test_a_negative_keyword_counts_only_if_it_is_true() -> None:
    Flag.objects.create(name="x", staff=True, everyone=True)

    run("waffle_flag", "x", no_staff=False, deactivate=True)

    assert Flag.objects.values_list("staff", "everyone").get() == (True, False)


@pytest.mark.parametrize("state", ["yes", "", 2, []])
def test_a_keyword_is_true_or_false(state: object) -> None:
    Flag.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^staff cannot be .*: pass True or False\.$"):
        run("waffle_flag", "x", everyone=True, staff=state)

    assert Flag.objects.get().everyone is None


def test_on_and_off_at_once_is_refused() -> None:
    Flag.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^Pass --staff or --no-staff, not both\.$"):
        run("waffle_flag", "x", "--everyone", "--staff", "--no-staff")

    assert Flag.objects.get().everyone is None


@pytest.mark.parametrize(
    ("given", "stored"),
    [("12.5", "12.5"), ("0", "0"), (0, "0"), (7.1, "7.1"), (Decimal("99.9"), "99.9"), ("99.90", "99.9")],
)
def test_a_percentage_is_set_exactly(given: object, stored: str) -> None:
    Flag.objects.create(name="x", percent=50)

    run("waffle_flag", "x", percent=given)

    assert Flag.objects.get().percent == Decimal(stored)


@pytest.mark.parametrize("option", ["-p", "--percent"])
def test_a_percentage_may_come_from_the_command_line(option: str) -> None:
    lines = run("waffle_flag", "x", option, "0", "--create")

    assert lines == ["Creating flag: x", "Setting percent: 0"]
    assert Flag.objects.get().percent == 0


@pytest.mark.parametrize("given", ["-1", "100", "12.55", "half", "nan", "inf", "", True, "1e3", "\0"])
def test_a_wrong_percentage_of_a_flag_changes_nothing(given: object) -> None:
    Flag.objects.create(name="x")

    with pytest.raises(
        CommandError, match=r"no percentage for a flag: .* from 0 to 99\.9, in steps of 0\.1\.$"
    ):
        run("waffle_flag", "x", percent=given, staff=True)

    assert Flag.objects.values_list("staff", "percent").get() == (False, None)


def test_without_anything_to_change_nothing_is_saved() -> None:
    before = Flag.objects.create(name="x")

    lines = run("waffle_flag", "x", "--create")

    assert lines == ["Nothing to change was passed: see --help."]
    assert Flag.objects.get().modified == before.modified
