"""System checks of settings, and their page."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.utils.translation import gettext_lazy

from tests.problems import found, ids
from waffle import defaults
from waffle.checks import PROBLEMS
from waffle.models import Flag

DOCS = Path(__file__).parent.parent / "docs"


# Any, in this file: settings may hold anything.
def test_the_defaults_are_right(settings: Any) -> None:
    for name in vars(defaults):
        if name.isupper():
            setattr(settings, f"WAFFLE_{name}", getattr(defaults, name))

    assert found() == []


@pytest.mark.parametrize("pattern", ["dwf", "%s_%s", "%d", "50%_%s", "%(name)s", ""])
@pytest.mark.parametrize("name", ["COOKIE", "TEST_COOKIE", "FLAG_CACHE_KEY"])
def test_a_pattern_takes_one_name(settings: Any, name: str, pattern: str) -> None:
    setattr(settings, f"WAFFLE_{name}", pattern)

    assert found() == [
        (
            "waffle.E001",
            f"WAFFLE_{name} is {pattern!r}, which has no one place for a name.",
            f"Write %s once, and any other % as %%: WAFFLE_{name} = {getattr(defaults, name)!r}.",
        )
    ]


def test_a_pattern_may_hold_a_percent_sign(settings: Any) -> None:
    settings.WAFFLE_COOKIE = "50%%_%s_x"

    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("COOKIE", None, "a text"),
        ("CACHE_NAME", 7, "a text or None"),
        ("FLAG_MODEL", Flag, "a text"),
        ("MAX_AGE", "3600", "a whole number"),
        ("MAX_AGE", True, "a whole number"),
        ("ROSTER_LIMIT", None, "a whole number"),
        ("REFRESH_SECONDS", timedelta(seconds=1), "a number"),
        ("ADMIN_BANNER", ["Production"], "a text, a dictionary or None"),
        ("ADMIN_CONFIRM", True, "a text"),
        ("ADMIN_CONFIRM_SHARE", "5 %", "a number"),
        ("LOG_MISSING_FLAGS", "WARNING", "a logging level, such as logging.WARNING, or None"),
        ("LOG_MISSING_SAMPLES", True, "a logging level, such as logging.WARNING, or None"),
    ],
)
def test_a_setting_of_a_wrong_type_is_an_error(settings: Any, name: str, value: Any, wanted: str) -> None:
    setattr(settings, f"WAFFLE_{name}", value)

    assert found() == [
        (
            "waffle.E002",
            f"WAFFLE_{name} is {value!r}, which is not {wanted}.",
            f"Set it to {wanted}: WAFFLE_{name} = {getattr(defaults, name)!r}.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_AGE", None),
        ("MAX_AGE", timedelta(days=1)),
        ("REFRESH_SECONDS", 0),
        ("REFRESH_SECONDS", 0.5),
        ("SNAPSHOT_MAX_AGE", float("inf")),
        ("LOG_MISSING_SWITCHES", logging.WARNING),
        ("CACHE_NAME", None),
        ("ADMIN_BANNER", "Production"),
        ("ADMIN_BANNER", gettext_lazy("Production")),
        ("ADMIN_BANNER", {"text": "Production"}),
        ("ADMIN_BANNER", {"text": gettext_lazy("Production"), "level": "error"}),
        ("ADMIN_CONFIRM", "large"),
        ("ADMIN_CONFIRM_SHARE", 0.5),
        ("OVERRIDE", 1),
        ("SECURE", None),
    ],
)
def test_a_setting_that_works_is_no_problem(settings: Any, name: str, value: Any) -> None:
    setattr(settings, f"WAFFLE_{name}", value)

    assert found() == []


@pytest.mark.parametrize("name", ["MAX_AGE", "REFRESH_SECONDS", "SNAPSHOT_MAX_AGE", "ROSTER_LIMIT"])
def test_a_number_is_not_less_than_nothing(settings: Any, name: str) -> None:
    setattr(settings, f"WAFFLE_{name}", -1)

    assert found() == [
        (
            "waffle.E003",
            f"WAFFLE_{name} is -1: it must not be less than 0.",
            f"Set it to 0 or more: WAFFLE_{name} = {getattr(defaults, name)!r}.",
        )
    ]


@pytest.mark.parametrize("value", ["False", "", [], 0.0])
def test_what_is_neither_on_nor_off_is_told(settings: Any, value: Any) -> None:
    settings.WAFFLE_OVERRIDE = value

    assert found() == [
        (
            "waffle.W002",
            f"WAFFLE_OVERRIDE is {value!r}, which counts as {bool(value)}.",
            "Set it to True or False: WAFFLE_OVERRIDE = False.",
        )
    ]


@pytest.mark.parametrize("value", ["waffle.Nothing", "nowhere.Flag", "Flag"])
@pytest.mark.parametrize("kind", ["Flag", "Switch", "Sample"])
def test_a_model_must_be_installed(settings: Any, kind: str, value: str) -> None:
    setattr(settings, f"WAFFLE_{kind.upper()}_MODEL", value)

    assert found() == [
        (
            "waffle.E004",
            f"WAFFLE_{kind.upper()}_MODEL is {value!r}, which is no installed model.",
            "Set it to 'app_label.ModelName' of an app in INSTALLED_APPS: "
            f"WAFFLE_{kind.upper()}_MODEL = 'waffle.{kind}'.",
        )
    ]


@pytest.mark.parametrize("value", ["auth.User", "waffle.Flag"])
def test_a_model_must_be_of_its_kind(settings: Any, value: str) -> None:
    settings.WAFFLE_SWITCH_MODEL = value

    assert found() == [
        (
            "waffle.E005",
            f"WAFFLE_SWITCH_MODEL is {value!r}, which is no model of switches.",
            "Let it inherit from waffle.models.AbstractBaseSwitch, "
            "or set WAFFLE_SWITCH_MODEL = 'waffle.Switch'.",
        )
    ]


def test_a_model_of_the_projects_own_is_right(settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"

    assert found() == []


def test_the_cache_must_be_there(settings: Any) -> None:
    settings.WAFFLE_CACHE_NAME = "nowhere"

    assert found() == [
        (
            "waffle.E006",
            "WAFFLE_CACHE_NAME is 'nowhere', which is no entry of CACHES.",
            "Set it to one of CACHES, or let the database do it alone: WAFFLE_CACHE_NAME = None.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("COOKEI", "Did you mean WAFFLE_COOKIE?"),
        ("CREATE_MISSING_FLAG", "Did you mean WAFFLE_CREATE_MISSING_FLAGS?"),
        ("XYZ", "Remove it: nothing reads it."),
    ],
)
def test_an_unknown_setting_is_told_with_the_nearest_right_name(
    settings: Any, name: str, advice: str
) -> None:
    setattr(settings, f"WAFFLE_{name}", "any")

    assert found() == [("waffle.W001", f"WAFFLE_{name} is no setting of Waffle Iron.", advice)]


def test_an_error_stops_a_command(settings: Any) -> None:
    settings.WAFFLE_COOKIE = "dwf"

    with pytest.raises(SystemCheckError, match=r"waffle\.E001"):
        call_command("check")


def test_every_problem_has_its_place_on_the_page() -> None:
    page = (DOCS / "reference" / "checks.md").read_text()

    assert re.findall(r"^### `waffle\.(\w+)`$", page, re.MULTILINE) == list(PROBLEMS)


def test_every_setting_on_the_page_is_right(settings: Any) -> None:
    page = (DOCS / "reference" / "checks.md").read_text()

    for block in re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        shown: dict[str, Any] = {"logging": logging}
        exec(block, shown)
        for name, value in shown.items():
            if name.isupper():
                setattr(settings, name, value)
        assert ids() == []


# Any, from here on: what settings name.
def unit(request: Any) -> None: ...


async def coroutine(request: Any) -> None: ...


class Callee:
    def __call__(self, request: Any) -> None: ...


callable_object = Callee()


@pytest.mark.parametrize("name", ["unit", "callable_object"])
@pytest.mark.parametrize("setting", ["UNIT", "STATUS_EXPOSE"])
def test_a_setting_may_name_a_function(setting: str, name: str, settings: Any) -> None:
    setattr(settings, f"WAFFLE_{setting}", f"{__name__}.{name}")

    assert found() == []


@pytest.mark.parametrize(
    ("setting", "example", "default"), [("UNIT", "unit", None), ("STATUS_EXPOSE", "expose", "all")]
)
@pytest.mark.parametrize("path", ["", "unit", "nowhere.unit", f"{__name__}.nothing"])
def test_a_function_that_cannot_be_imported_is_an_error(
    path: str, setting: str, example: str, default: str | None, settings: Any
) -> None:
    setattr(settings, f"WAFFLE_{setting}", path)

    ((code, message, hint),) = found()

    assert code == "waffle.E007"
    assert message.startswith(f"WAFFLE_{setting} is {path!r}, which cannot be imported: ")
    assert hint == (
        f"Set it to the dotted path of a function, such as 'shop.flags.{example}', or leave it {default!r}."
    )


def test_a_module_that_cannot_be_imported_is_an_error_whatever_it_raises(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "units_that_fail.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    settings.WAFFLE_UNIT = "units_that_fail.unit"

    assert found()[0][1] == (
        "WAFFLE_UNIT is 'units_that_fail.unit', which cannot be imported: division by zero."
    )


@pytest.mark.parametrize(
    ("setting", "signature", "default"),
    [("UNIT", "unit(request)", None), ("STATUS_EXPOSE", "expose(request, kind, name)", "all")],
)
@pytest.mark.parametrize("name", ["DOCS", "coroutine", "Callee"])
def test_what_is_no_plain_function_is_an_error(
    name: str, setting: str, signature: str, default: str | None, settings: Any
) -> None:
    setattr(settings, f"WAFFLE_{setting}", f"{__name__}.{name}")

    assert found() == [
        (
            "waffle.E008",
            f"WAFFLE_{setting} is '{__name__}.{name}', which is no plain function.",
            f"Let it be `def {signature}`, neither a class nor a coroutine, or leave it {default!r}.",
        )
    ]


@pytest.mark.parametrize("value", ["lax", "Strict", "None", None])
def test_what_browsers_know_of_other_sites_is_no_problem(value: str | None, settings: Any) -> None:
    settings.WAFFLE_COOKIE_SAMESITE = value

    assert found() == []


@pytest.mark.parametrize("value", ["", "relaxed"])
def test_what_no_browser_knows_of_other_sites_is_an_error(value: str, settings: Any) -> None:
    settings.WAFFLE_COOKIE_SAMESITE = value

    assert found() == [
        (
            "waffle.E009",
            f"WAFFLE_COOKIE_SAMESITE is {value!r}, which no browser knows.",
            "Set it to 'Lax', 'Strict' or 'None', or to None to leave it to the browser.",
        )
    ]


def test_a_cookie_for_other_sites_that_is_not_secure_is_doubtful(settings: Any) -> None:
    settings.WAFFLE_COOKIE_SAMESITE, settings.WAFFLE_SECURE = "None", False

    assert found() == [
        (
            "waffle.W006",
            "WAFFLE_COOKIE_SAMESITE is 'None' and WAFFLE_SECURE is off: browsers keep no such cookie.",
            "Set WAFFLE_SECURE = True, or WAFFLE_COOKIE_SAMESITE = 'Lax'.",
        )
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is no name of a cookie"),
        ("my visitor", "is no name of a cookie"),
        ("größe", "is no name of a cookie"),
        ("dwf_visitor", "may be the cookie of a flag"),
        ("dwft_visitor", "may be the cookie of a flag"),
    ],
)
def test_the_visitors_cookie_has_a_name_of_its_own(value: str, problem: str, settings: Any) -> None:
    settings.WAFFLE_VISITOR_COOKIE = value

    assert found() == [
        (
            "waffle.E010",
            f"WAFFLE_VISITOR_COOKIE is {value!r}, which {problem}.",
            "Give it a name of its own: WAFFLE_VISITOR_COOKIE = 'waffle_visitor'.",
        )
    ]


def test_the_admin_asks_at_one_of_three_times(settings: Any) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "sometimes"

    assert found() == [
        (
            "waffle.E011",
            "WAFFLE_ADMIN_CONFIRM is 'sometimes', which is none of 'none', 'large' and 'always'.",
            "Set it to one of them: WAFFLE_ADMIN_CONFIRM = 'large'.",
        )
    ]


@pytest.mark.parametrize(
    ("banner", "problem"),
    [
        ({}, "has no text"),
        ({"text": None}, "has no text"),
        ({"text": "Production", "level": "loud"}, "has the level 'loud'"),
        ({"text": "Production", "colour": "red"}, "has the key 'colour'"),
    ],
)
def test_a_banner_is_a_text_and_a_level(settings: Any, banner: Any, problem: str) -> None:
    settings.WAFFLE_ADMIN_BANNER = banner

    assert found() == [
        (
            "waffle.E012",
            f"WAFFLE_ADMIN_BANNER is {banner!r}, which {problem}.",
            "Set it to a text, or to {'text': 'Production', 'level': 'warning'}; "
            "the level is one of 'info', 'warning', 'error'.",
        )
    ]
