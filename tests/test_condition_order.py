"""Which conditions a flag model is decided by, and in which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from test_app.models import CompanyAwareFlag, LegacyFlag, ScratchFlag
from waffle.conditions import CLASSIC, OVERRIDE, Condition, Everyone, Language
from waffle.models import AbstractUserFlag, Flag
from waffle.picking import Method, conditions_of, overrides, picked, stock
from waffle.verdicts import Reason


def test_the_classic_conditions_are_asked_in_the_order_of_django_waffle() -> None:
    assert [condition.reason.value for condition in CLASSIC] == [
        *("everyone", "testing", "language", "authenticated", "staff", "superuser", "user", "group"),
        "percent",
    ]
    assert [condition.field for condition in CLASSIC] == [
        *("everyone", "testing", "languages", "authenticated", "staff", "superusers", "users", "groups"),
        "percent",
    ]


class Stock:
    @stock
    def is_active_for_user(self) -> None: ...
    @stock
    def _is_active_for_user(self) -> None: ...
    @stock
    def _is_active_for_language(self) -> None: ...
    @stock
    def _is_active_for_percent(self) -> None: ...

    conditions: ClassVar[tuple[Condition, ...]] = CLASSIC


class OwnUser(Stock):
    def is_active_for_user(self) -> None: ...


class OwnUserOfRequest(Stock):
    def _is_active_for_user(self) -> None: ...


class OwnLanguage(Stock):
    def _is_active_for_language(self) -> None: ...


class OwnPercent(Stock):
    def _is_active_for_percent(self) -> None: ...


class OwnEverything(OwnUser, OwnUserOfRequest, OwnLanguage, OwnPercent): ...


def described(model: Any) -> list[str]:
    return [
        f"{condition.name}()" if isinstance(condition, Method) else condition.reason.value
        for condition in conditions_of(model)
    ]


ABOUT_USERS = ("authenticated", "staff", "superuser", "user", "group")


@pytest.mark.parametrize(
    ("model", "conditions"),
    [
        (Stock, ["everyone", "testing", "language", *ABOUT_USERS, "percent"]),
        (OwnUser, ["everyone", "testing", "language", "_is_active_for_user()", "percent"]),
        (OwnUserOfRequest, ["everyone", "testing", "language", "_is_active_for_user()", "percent"]),
        (OwnLanguage, ["everyone", "testing", "_is_active_for_language()", *ABOUT_USERS, "percent"]),
        (OwnPercent, ["everyone", "testing", "language", *ABOUT_USERS, "_is_active_for_percent()"]),
        (
            OwnEverything,
            [
                *("everyone", "testing", "_is_active_for_language()", "_is_active_for_user()"),
                "_is_active_for_percent()",
            ],
        ),
    ],
)
def test_an_overridden_method_stands_in_for_its_conditions(model: Any, conditions: list[str]) -> None:
    assert described(model) == conditions


def test_what_is_overridden_is_what_is_not_stock() -> None:
    assert overrides(OwnUser, "is_active_for_user") is True
    assert overrides(OwnUser, "_is_active_for_percent") is False
    assert overrides(ScratchFlag, "is_active") is True
    assert overrides(LegacyFlag, "is_active_for_user") is True
    assert [overrides(Flag, name) for name in ("is_active", "flush", "get_flush_keys")] == [False] * 3


def test_a_model_may_add_conditions_of_its_own_and_the_percentage_stays_last() -> None:
    assert [condition.field for condition in conditions_of(CompanyAwareFlag)] == [
        *[condition.field for condition in CLASSIC[:-1]],
        "companies",
        "percent",
    ]


def test_only_conditions_whose_fields_are_set_are_picked_and_in_their_order() -> None:
    toggle = SimpleNamespace(everyone=None, languages="de", percent=5, superusers=True)

    assert [condition.reason for condition in picked(toggle, {}, CLASSIC)] == [
        *(Reason.LANGUAGE, Reason.SUPERUSER, Reason.PERCENT),
    ]


@pytest.mark.parametrize("condition", [Method("_is_active_for_user"), OVERRIDE], ids=["method", "no field"])
def test_a_condition_without_a_field_is_always_picked(condition: Condition) -> None:
    assert picked(SimpleNamespace(), {}, [condition]) == (condition,)


def test_what_a_condition_picks_is_what_is_asked() -> None:
    class Elsewhere(Everyone):
        def pick(self, toggle: Any, rosters: Any) -> Condition | None:
            return Language("languages")

    (condition,) = picked(SimpleNamespace(), {}, [Elsewhere("everyone")])

    assert isinstance(condition, Language)


@pytest.mark.parametrize(
    ("method", "arguments", "takes"),
    [
        ("is_active", None, ("whom", "read_only")),
        ("is_active", (), ()),
        ("_is_active_for_user", None, ("whom",)),
        ("_is_active_for_language", None, ("whom",)),
        ("_is_active_for_percent", None, ("whom", "read_only")),
    ],
)
def test_a_method_is_called_as_django_waffle_calls_it(
    method: str, arguments: tuple[str, ...] | None, takes: tuple[str, ...]
) -> None:
    condition = Method(method, arguments)

    assert (condition.name, condition.wants, condition.takes) == (method, method, takes)
    assert condition.reason is Reason.CUSTOM


@pytest.mark.parametrize(
    ("answer", "decision"), [(True, True), (1, True), (False, False), (0, False), (None, None)]
)
def test_the_answer_of_a_method_counts_unless_it_is_none(answer: object, decision: bool | None) -> None:
    subject: Any = SimpleNamespace(facts={"is_active": answer})

    assert Method("is_active").decide(AbstractUserFlag, subject) is decision
