"""A condition that fails: the toggle is off, the log has a line now and then, and no page fails."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

import waffle
from test_app.models import CustomSwitch, LegacyFlag, TailoredFlag
from tests.conftest import Clock
from tests.logs import messages
from tests.worlds import each_flag_verdict
from waffle.conditions import CLASSIC, Condition, Everyone
from waffle.models import Flag
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

# Any, throughout: requests, flags and conditions are whatever a project has.
FlagVerdict = Callable[..., Verdict]
FAILED = Verdict(False, Reason.ERROR)


class Fails(Condition):
    """A condition with a bug."""

    def decide(self, toggle: Any, subject: Any) -> bool | None:
        return {"gold": True}["plan"]


class FailsToPick(Fails):
    """A condition that cannot even read its field."""

    def pick(self, toggle: Any, rosters: Any) -> Condition | None:
        return self if int(toggle.plans) else None


class FailsForSome(Condition):
    """A condition that fails for one of two plans."""

    def decide(self, toggle: Any, subject: Any) -> bool | None:
        return bool({"gold": True}[subject.attributes["plan"]])


@pytest.fixture
def decided_by(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the project's flags have conditions of their own."""
    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"

    def give(*conditions: Condition) -> None:
        monkeypatch.setattr(TailoredFlag, "conditions", conditions)

    return give


@each_flag_verdict
@pytest.mark.parametrize(
    "condition",
    [Fails("plans"), FailsToPick("plans"), Condition("plans")],
    ids=["decide", "pick", "nothing of its own"],
)
def test_a_condition_that_raises_turns_the_flag_off_and_the_log_names_both(
    condition: Condition,
    flag_verdict: FlagVerdict,
    decided_by: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    decided_by(*CLASSIC, condition)
    TailoredFlag.objects.create(name="x", plans="gold")

    verdict = flag_verdict(None, "x")

    assert verdict == FAILED
    assert waffle.flag_is_active(None, "x") is False
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert messages(caplog) == [
        f"<TailoredFlag: x> is off: its condition {condition} has failed. "
        "The next failure is logged in 60 seconds or later."
    ]


@each_flag_verdict
def test_a_failure_is_told_in_the_words_of_the_verdict(
    flag_verdict: FlagVerdict, decided_by: Callable[..., None]
) -> None:
    decided_by(Fails())
    TailoredFlag.objects.create(name="x")

    assert flag_verdict(None, "x").detail == "Fails() has failed (KeyError: 'plan')"


@each_flag_verdict
def test_the_words_of_a_failure_are_one_line(
    flag_verdict: FlagVerdict, decided_by: Callable[..., None]
) -> None:
    class Tells(Condition):
        def decide(self, toggle: Any, subject: Any) -> bool | None:
            raise OSError("no such column\nLINE 1: SELECT …\n")

    decided_by(Tells())
    TailoredFlag.objects.create(name="x")

    assert flag_verdict(None, "x").detail.endswith("(OSError: no such column LINE 1: SELECT …)")


@each_flag_verdict
@pytest.mark.parametrize("fact", ["user", "unit"])
def test_a_condition_that_does_not_say_what_it_wants_is_told_how(
    fact: str, flag_verdict: FlagVerdict, decided_by: Callable[..., None]
) -> None:
    class Wants(Condition):
        def decide(self, toggle: Any, subject: Any) -> bool | None:
            return bool(getattr(subject, fact))

    decided_by(Wants())
    TailoredFlag.objects.create(name="x")

    assert flag_verdict(None, "x").detail == (
        f"Wants() has failed (LookupError: A condition that reads the {fact} says so: wants = {fact!r}.)"
    )


@each_flag_verdict
def test_what_is_asked_before_has_decided_already(
    flag_verdict: FlagVerdict, decided_by: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    decided_by(Everyone("everyone"), Fails())
    TailoredFlag.objects.create(name="x", everyone=True)

    assert flag_verdict(None, "x") == Verdict(True, Reason.EVERYONE)
    assert messages(caplog) == []


def test_a_failure_is_no_other_flags_business(decided_by: Callable[..., None]) -> None:
    decided_by(*CLASSIC, FailsToPick("plans"))
    TailoredFlag.objects.create(name="bad", plans="gold")
    TailoredFlag.objects.create(name="good", plans="1", everyone=True)

    assert waffle.flag_verdict(None, "bad") == FAILED
    assert waffle.flag_is_active(None, "good") is True


def test_who_fails_again_is_logged_once_a_minute_for_each_flag_and_condition(
    decided_by: Callable[..., None], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    decided_by(FailsForSome())
    for name in ("x", "y"):
        TailoredFlag.objects.create(name=name)
    gold, tin = (waffle.Subject(attributes={"plan": plan}) for plan in ("gold", "tin"))

    answers = []
    for seconds in (0, 30, 29, 1):
        clock.advance(seconds)
        answers += [waffle.flag_is_active(subject, "x") for subject in (gold, tin)]
    waffle.flag_is_active(tin, "y")

    assert answers == [True, False] * 4
    assert [message[:17] for message in messages(caplog)] == [
        "<TailoredFlag: x>",
        "<TailoredFlag: x>",
        "<TailoredFlag: y>",
    ]


def test_a_line_of_the_log_leads_to_the_place_where_it_failed(
    decided_by: Callable[..., None], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    decided_by(FailsToPick("plans"))
    TailoredFlag.objects.create(name="x", plans="gold")

    for _ in range(3):
        waffle.flag_is_active(None, "x")
        clock.advance(60)

    tracebacks = [record.exc_info[2] for record in caplog.records if record.exc_info]
    functions = [[frame.name for frame in traceback.extract_tb(each)] for each in tracebacks]
    assert functions == [["walk", "decide", "_pick", "pick"]] * 3


@each_flag_verdict
@pytest.mark.parametrize("name", ["is_active", "_is_active_for_user", "_is_active_for_percent"])
def test_a_method_of_ones_own_that_raises_is_no_exception_in_the_page_either(
    name: str,
    flag_verdict: FlagVerdict,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(self: Any, *args: Any, **kwargs: Any) -> bool:
        raise OSError("no cache")

    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    monkeypatch.setattr(LegacyFlag, name, fails)
    LegacyFlag.objects.create(name="x", percent=50)

    assert flag_verdict(None, "x") == FAILED
    (message,) = messages(caplog)
    assert message.startswith(f"<LegacyFlag: x> is off: its condition {name}() has failed.")


def test_a_custom_switch_that_raises_is_off(
    own_method: Callable[[Any], None], caplog: pytest.LogCaptureFixture
) -> None:
    def fails(self: Any) -> bool:
        raise OSError("no fuse")

    own_method(fails)
    CustomSwitch.objects.create(name="x", active=True)

    assert waffle.switch_verdict("x") == FAILED
    assert messages(caplog)[0].startswith("<CustomSwitch: x> is off: its condition is_active() has failed.")


def no_unit(request: Any) -> str | None:
    raise RuntimeError("no unit")


@each_flag_verdict
def test_a_unit_that_cannot_be_had_is_a_failure_of_the_percentage(
    flag_verdict: FlagVerdict, settings: Any, rf: RequestFactory
) -> None:
    settings.WAFFLE_UNIT = f"{__name__}.no_unit"
    Flag.objects.create(name="x", percent=50)

    verdict = flag_verdict(rf.get("/"), "x")

    assert verdict == FAILED
    assert verdict.detail == "Percent('percent') has failed (RuntimeError: no unit)"


@each_flag_verdict
@pytest.mark.parametrize("condition", [Fails("plans"), FailsToPick("plans")], ids=["decide", "pick"])
def test_a_strict_project_sees_the_error_itself(
    condition: Condition, flag_verdict: FlagVerdict, decided_by: Callable[..., None], settings: Any
) -> None:
    settings.WAFFLE_STRICT = True
    decided_by(*CLASSIC, condition)
    TailoredFlag.objects.create(name="x", plans="gold")

    for _ in range(2):
        with pytest.raises((KeyError, ValueError)):
            flag_verdict(None, "x")


@each_flag_verdict
def test_a_strict_project_sees_the_error_of_a_fact(
    flag_verdict: FlagVerdict, settings: Any, rf: RequestFactory
) -> None:
    settings.WAFFLE_STRICT = True
    settings.WAFFLE_UNIT = f"{__name__}.no_unit"
    Flag.objects.create(name="x", percent=50)

    with pytest.raises(RuntimeError, match="no unit"):
        flag_verdict(rf.get("/"), "x")


def test_a_condition_that_cannot_describe_itself_decides_all_the_same(
    decided_by: Callable[..., None],
) -> None:
    class Speechless(Everyone):
        def describe(self, toggle: Any, subject: Any) -> str:
            raise ValueError("no words")

    decided_by(Speechless("everyone"))
    TailoredFlag.objects.create(name="x", everyone=True)

    verdict = waffle.flag_verdict(None, "x")

    assert verdict == Verdict(True, Reason.EVERYONE)
    assert verdict.detail == "Speechless('everyone') has no words for it (ValueError: no words)"
