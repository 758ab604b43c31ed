"""Explanations of lists, and of what models of a project's own decide by."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.db import OperationalError
from django.utils.translation import gettext_lazy, override

import waffle
from test_app.models import CompanyAwareFlag, CustomSwitch, LegacyFlag, PlainFlag, ScratchFlag, TailoredFlag
from tests.test_explanations import Explain, each_explain, request_of, said
from waffle.conditions import Condition, Everyone
from waffle.models import Flag
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]


@pytest.fixture
def ada() -> User:
    return User.objects.create(pk=42, username="ada")


# --- lists ----------------------------------------------------------------------------------------


@each_explain
@pytest.mark.parametrize(
    ("limit", "names"), [(10_000, " (editors, authors)"), (0, "")], ids=["short lists", "long lists"]
)
def test_lists_say_who_is_in_them_and_short_ones_by_which_groups(
    limit: int, names: str, explain: Explain, settings: Any, ada: User
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    flag = Flag.objects.create(name="x")
    for name in ("editors", "authors", "readers"):
        flag.groups.add(Group.objects.create(name=name))
    ada.groups.set(Group.objects.exclude(name="readers"))
    flag.users.add(User.objects.create(username="bob"))

    assert said(explain(waffle.Subject(ada), "x"), "users", "groups") == [
        "users: the user is not listed → no",
        f"groups: the user is in a listed group{names} → yes (decides)",
    ]
    assert said(explain(request_of(), "x"), "users", "groups") == [
        "users: nobody is signed in → no",
        "groups: nobody is signed in → no",
    ]
    assert said(explain(None, "x"), "users", "groups") == [
        "users: needs a user, none given → unknown",
        "groups: needs a user, none given → unknown",
    ]


def test_no_more_than_ten_groups_are_named(ada: User) -> None:
    flag = Flag.objects.create(name="x")
    for number in range(12):
        group = Group.objects.create(name=f"g{number}")
        flag.groups.add(group)
        ada.groups.add(group)

    (line,) = said(waffle.explain(waffle.Subject(ada), "x"), "groups")

    names = ", ".join(f"g{number}" for number in range(10))
    assert line == f"groups: the user is in a listed group ({names}) → yes (decides)"


def test_groups_that_cannot_be_named_are_left_unnamed(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise OperationalError("no server")

    flag, group = Flag.objects.create(name="x"), Group.objects.create(name="g")
    flag.groups.add(group)
    ada.groups.add(group)
    monkeypatch.setattr(type(Group._default_manager), "filter", away)

    assert said(waffle.explain(waffle.Subject(ada), "x"), "groups") == [
        "groups: the user is in a listed group → yes (decides)"
    ]


# --- models of a project's own --------------------------------------------------------------------


@each_explain
def test_a_list_of_ones_own_is_a_step(explain: Explain, settings: Any, ada: User) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    flag = CompanyAwareFlag.objects.create(name="x")
    acme = flag.companies.create(name="Acme")
    ada.company = acme  # type: ignore[attr-defined]  # as a project's own code does

    assert said(explain(waffle.Subject(ada), "x"), "companies") == [
        "companies: the user is listed by company (Acme) → yes (decides)"
    ]


@each_explain
def test_who_is_excluded_is_told_so(explain: Explain, settings: Any, ada: User) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"
    TailoredFlag.objects.create(name="x", everyone=True).users_off.add(ada)

    assert str(explain(waffle.Subject(ada), "x")).startswith(
        "flag x is off (custom): the user is listed\n"
        "    users_off: the user is listed → no (decides)\n"
        "    everyone: set to on → yes\n"
    )


@each_explain
def test_fields_that_a_model_does_not_have_are_no_steps(explain: Explain, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    PlainFlag.objects.create(name="x")

    assert said(explain(None, "x"), "users", "groups") == []


@each_explain
def test_a_method_of_ones_own_says_what_it_answers(explain: Explain, settings: Any, ada: User) -> None:
    caches["default"].clear()  # the model keeps companies there, and tests before this one did
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    flag = LegacyFlag.objects.create(name="x")
    acme = flag.companies.create(name="Acme")

    assert said(explain(waffle.Subject(ada), "x"), "_is_active_for_user()") == [
        "_is_active_for_user(): the model’s own method says None → no"
    ]
    ada.company = acme  # type: ignore[attr-defined]  # as a project's own code does
    assert said(explain(waffle.Subject(ada), "x"), "_is_active_for_user()") == [
        "_is_active_for_user(): the model’s own method says True → yes (decides)"
    ]


@each_explain
def test_a_method_of_ones_own_may_answer_with_anything(
    explain: Explain, own_method: Callable[[Any], None]
) -> None:
    own_method(lambda switch: ("north", "south"))
    CustomSwitch.objects.create(name="x")

    assert explain(None, "x", "switch").verdict.detail == "the model’s own method says ('north', 'south')"


def test_what_a_condition_of_ones_own_says_lazily_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Everyone, "describe", lambda *args: gettext_lazy("yes"))
    Flag.objects.create(name="x", everyone=True)

    with override("de"):
        verdict = waffle.flag_verdict(None, "x")

    assert json.dumps(verdict.detail) == '"ja"'


@each_explain
def test_a_method_that_decides_alone_is_the_only_step(explain: Explain, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
    ScratchFlag.objects.create(name="x")
    CustomSwitch.objects.create(name="x", active=True)

    assert str(explain(request_of(url="/?scratch=1"), "x")) == (
        "flag x is on (custom): the model’s own method says True\n"
        "    is_active(): the model’s own method says True → yes (decides)"
    )
    assert str(explain(None, "x", "switch")).startswith("switch x is on (active): set to on")


@pytest.fixture
def _failing(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails(Condition):
        def decide(self, toggle: Any, subject: Any) -> bool | None:
            raise KeyError("plan")

    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"
    monkeypatch.setattr(TailoredFlag, "conditions", (*TailoredFlag.conditions, Fails("plans")))


@pytest.mark.usefixtures("_failing")
@each_explain
@pytest.mark.parametrize("is_strict", [False, True])
def test_what_fails_is_a_step_and_no_exception(
    is_strict: bool, explain: Explain, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_STRICT = is_strict
    TailoredFlag.objects.create(name="x", plans="gold", percent=99)

    explanation = explain(waffle.Subject(unit="1"), "x")

    assert explanation.verdict == Verdict(False, Reason.ERROR)
    assert said(explanation, "plans", "percent") == [
        "plans: Fails('plans') has failed (KeyError: 'plan') → error (decides)",
        "percent: bucket 4.480 is below 99 → yes",
    ]
    assert caplog.records == []
