"""System checks."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache.backends.memcached import PyMemcacheCache
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from waffle import checks, defaults
from waffle.checks import PROBLEMS
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag

DOCS = Path(__file__).parent.parent / "docs"


# Any, in this file: settings may hold anything.
def found() -> list[tuple[str | None, str, str | None]]:
    return [told(problem) for problem in run_checks(tags=["waffle"])]


def told(problem: CheckMessage) -> tuple[str | None, str, str | None]:
    return problem.id, problem.msg, problem.hint


def ids() -> list[str | None]:
    return [problem.id for problem in run_checks(tags=["waffle"])]


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
            "Set it to one of CACHES, or let the database do alone: WAFFLE_CACHE_NAME = None.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("COOKEI", "Did you mean WAFFLE_COOKIE?"),
        ("CREATE_MISSING_FLAG", "Did you mean WAFFLE_CREATE_MISSING_FLAGS?"),
        ("XYZ", "Take it away: nothing reads it."),
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


# Time-outs

MEMCACHED = "django.core.cache.backends.memcached.PyMemcacheCache"
REDIS = "django.core.cache.backends.redis.RedisCache"


class OwnCache(PyMemcacheCache):
    """A cache of the project's own."""


@pytest.mark.parametrize(
    ("entry", "missing", "options"),
    [
        ({"BACKEND": MEMCACHED}, "timeout and no connect_timeout", ["timeout", "connect_timeout"]),
        ({"BACKEND": f"{__name__}.OwnCache", "OPTIONS": {"connect_timeout": 1}}, "timeout", None),
        ({"BACKEND": MEMCACHED, "OPTIONS": {"timeout": 1, "connect_timeout": None}}, "connect_timeout", None),
        (
            {"BACKEND": REDIS, "LOCATION": "redis://a"},
            "socket_timeout and no socket_connect_timeout",
            ["socket_timeout", "socket_connect_timeout"],
        ),
        ({"BACKEND": REDIS, "LOCATION": "redis://a?socket_timeout=1"}, "socket_connect_timeout", None),
    ],
)
def test_a_client_without_a_time_out_is_told(
    settings: Any, entry: dict[str, Any], missing: str, options: list[str] | None
) -> None:
    settings.CACHES = {**settings.CACHES, "far": entry}
    settings.WAFFLE_CACHE_NAME = "far"

    [(code, message, hint)] = found()

    assert code == "waffle.W005"
    assert message == (
        f"The cache 'far', named by WAFFLE_CACHE_NAME, has no {missing}: a hung server stops checks."
    )
    if options is not None:
        assert hint == f"Set seconds in its OPTIONS: {dict.fromkeys(options, 1)!r}."


@pytest.mark.parametrize(
    "entry",
    [
        {"BACKEND": MEMCACHED, "OPTIONS": {"timeout": 1, "connect_timeout": 0.5}},
        {"BACKEND": REDIS, "OPTIONS": {"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1}},
        {"BACKEND": REDIS, "OPTIONS": {"pool": {"socket_timeout": 1, "socket_connect_timeout": 1}}},
        {"BACKEND": REDIS, "LOCATION": ["redis://a?socket_timeout=1&socket_connect_timeout=1", "redis://b"]},
        {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": Path("cache")},
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        {"BACKEND": "django.core.cache.backends.memcached.PyLibMCCache"},  # it has time-outs of its own
        {"BACKEND": "nowhere.Cache"},
        {},
    ],
)
def test_a_client_with_time_outs_or_without_a_bell_is_right(settings: Any, entry: dict[str, Any]) -> None:
    settings.CACHES = {**settings.CACHES, "far": entry}
    settings.WAFFLE_CACHE_NAME = "far"

    assert found() == []


# Another package called waffle


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("django_waffle-5.0.0.dist-info", {"RECORD": "x.py,,\nwaffle/__init__.py,sha256=x,1\n"}),
        ("django_waffle-5.0.0.dist-info", {"RECORD": "waffle/__init__.py,,\n"}),
        ("django_waffle-5.0.0.dist-info", {"RECORD": "x.pth,,\n", "top_level.txt": "waffle\n"}),
        ("django_waffle.egg-info", {"SOURCES.txt": "setup.py\nwaffle/__init__.py\n"}),
    ],
)
def test_another_distribution_of_the_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, files: dict[str, str]
) -> None:
    install(tmp_path / folder, "Django-Waffle", files)
    monkeypatch.syspath_prepend(tmp_path)

    assert found() == [
        (
            "waffle.W004",
            "Django-Waffle and django-waffle-iron are both installed as the package waffle, "
            "and overwrite each other.",
            "Uninstall both, then install django-waffle-iron alone.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("Django_Waffle.Iron", {"RECORD": "waffle/__init__.py,,\n"}),
        ("waffle-house", {"RECORD": "waffle_house/__init__.py,,\n", "top_level.txt": "waffle_house\n"}),
        ("bare", {}),
    ],
)
def test_other_distributions_are_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, str]
) -> None:
    install(tmp_path / "any-1.0.dist-info", name, files)
    monkeypatch.syspath_prepend(tmp_path)

    assert found() == []


def install(folder: Path, name: str, files: dict[str, str]) -> None:
    folder.mkdir()
    metadata = "METADATA" if folder.name.endswith("dist-info") else "PKG-INFO"
    for file, text in {metadata: f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", **files}.items():
        (folder / file).write_text(text)


# The middleware


class OwnMiddleware(WaffleMiddleware):
    """A middleware of the project's own."""


def found_in_database() -> list[tuple[str | None, str, str | None]]:
    problems = run_checks(tags=["database"], databases=["default"])
    return [told(problem) for problem in problems if str(problem.id).startswith("waffle")]


@pytest.fixture
def without_middleware(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "django.middleware.common.CommonMiddleware",
        "nowhere.Middleware",
        f"{__name__}.install",
    ]


def test_flags_that_deal_want_the_middleware(db: None, without_middleware: None) -> None:
    for name in ("d", "c", "b"):
        Flag.objects.create(name=name, percent=10)
    Flag.objects.create(name="a", testing=True)

    assert found_in_database() == [
        (
            "waffle.W003",
            "MIDDLEWARE lacks WaffleMiddleware: "
            "nothing remembers what is dealt or tested by the flags 'a', 'b', 'c'.",
            "Add 'waffle.middleware.WaffleMiddleware' to MIDDLEWARE.",
        )
    ]


def test_flags_that_deal_nothing_do_not_want_it(db: None, without_middleware: None) -> None:
    Flag.objects.create(name="off", percent=10, everyone=False)
    Flag.objects.create(name="none", percent=0)
    Flag.objects.create(name="listed").users.add(User.objects.create_user("ada"))

    assert found_in_database() == []


def test_a_middleware_of_the_projects_own_counts(db: None, settings: Any) -> None:
    settings.MIDDLEWARE = [f"{__name__}.OwnMiddleware"]
    Flag.objects.create(name="x", percent=10)

    assert found_in_database() == []


def test_the_database_is_asked_only_where_django_says_so(db: None, without_middleware: None) -> None:
    Flag.objects.create(name="x", percent=10)

    with CaptureQueriesContext(connection) as queries:
        problems = [*checks.check_middleware(), *checks.check_middleware(databases=["other"]), *run_checks()]

    assert [problem.id for problem in problems if str(problem.id).startswith("waffle")] == []
    assert len(queries) == 0


def test_the_check_before_the_first_migration_tells_nothing(db: None, without_middleware: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE waffle_flag RENAME TO elsewhere")

    assert found_in_database() == []
    assert User.objects.count() == 0


def test_a_model_that_is_not_there_is_not_asked(db: None, settings: Any, without_middleware: None) -> None:
    settings.WAFFLE_FLAG_MODEL = "nowhere.Flag"

    assert found_in_database() == []


# The page on checks


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
