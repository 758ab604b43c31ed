"""Whatever settings and overrides are given: it is reported or refused before a check could fail of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

import waffle
from tests.fuzz.texts import any_text
from waffle import overrides
from waffle.checks import check_middleware, check_settings
from waffle.conf import Conf
from waffle.models import Flag, Sample
from waffle.testutils import override_flag, override_sample, override_switch

pytestmark = pytest.mark.django_db

REFUSALS = (FieldDoesNotExist, ValidationError, TypeError, ValueError)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.binary(max_size=4),
    any_text,
    st.sampled_from(
        [
            object(),
            Decimal,
            date(2026, 1, 1),
            timedelta(1),
            len,
            "waffle.Flag",
            "auth.User",
            "test_app.Nothing",
        ]
    ),
    st.from_regex(r"\A[a-z]*%[sd%(]*[a-z)]*\Z"),
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(any_text, inner, max_size=2),
    max_leaves=4,
)
setting_names = st.sampled_from([f"WAFFLE_{name}" for name in get_type_hints(Conf)])
"""Of all settings."""

flag_fields = st.sampled_from([field.name for field in Flag._meta.get_fields()] + ["no_field", "pk", "save"])


@given(st.dictionaries(setting_names, anything, min_size=1, max_size=3))
def test_system_checks_report_a_wrong_setting(values: dict[str, Any]) -> None:
    with override_settings(**values):
        problems = [*check_settings(), *check_middleware(databases=["default"])]

    for problem in problems:
        assert isinstance(problem, CheckMessage)
        assert str(problem.id).startswith("waffle.")
        assert problem.msg
        assert problem.hint


@given(st.dictionaries(st.from_regex(r"\AWAFFLE_[A-Z_]{0,12}\Z"), anything, max_size=3))
def test_system_checks_report_a_setting_that_there_is_not(values: dict[str, Any]) -> None:
    known = {f"WAFFLE_{name}" for name in get_type_hints(Conf)}
    with override_settings(**values):
        problems = check_settings()

    unknown = [name for name in values if name not in known]
    assert len([problem for problem in problems if problem.id == "waffle.W001"]) == len(unknown)


def ask_all(name: str) -> list[bool]:
    request = RequestFactory().get("/")
    return [
        waffle.flag_is_active(request, name),
        waffle.flag_is_active(None, name),
        waffle.switch_is_active(name),
        waffle.sample_is_active(name),
        Flag.get(name).is_active(request),
        Sample.get(name).is_active(),
    ]


def answers_under(override: Any, *args: Any, **fields: Any) -> list[bool]:
    """Return what all checks answer under an override; nothing if it is refused."""
    try:
        holding = override(*args, **fields)
        holding.enable()
    except REFUSALS:
        return []
    try:
        return ask_all(args[0])
    finally:
        holding.disable()


@given(st.sampled_from([override_flag, override_switch, override_sample]), any_text, anything)
def test_an_override_holds_or_is_refused_at_once(override: Any, name: str, value: object) -> None:
    before = ask_all(name)

    answers = answers_under(override, name, value)

    assert {type(answer) for answer in answers} <= {bool}
    assert overrides.in_force == []
    assert ask_all(name) == before


@given(any_text, st.dictionaries(flag_fields, anything, max_size=3))
def test_an_override_of_fields_holds_or_is_refused_at_once(name: str, fields: dict[str, Any]) -> None:
    answers = answers_under(override_flag, name, **fields)

    assert {type(answer) for answer in answers} <= {bool}
    assert overrides.in_force == []
