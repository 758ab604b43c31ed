"""System check: where flags deal, the middleware is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.problems import found_in_database
from tests.tables import table_away
from waffle import checks
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag


class OwnMiddleware(WaffleMiddleware):
    """A middleware of the project's own."""


# Any, in this file: settings may hold anything.
@pytest.fixture
def without_middleware(settings: Any) -> None:
    settings.MIDDLEWARE = [
        "django.middleware.common.CommonMiddleware",
        "nowhere.Middleware",
        "django.contrib.auth.decorators.login_required",  # no class
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
    with table_away("waffle_flag"):
        assert found_in_database() == []
        assert User.objects.count() == 0


def test_a_model_that_is_not_there_is_not_asked(db: None, settings: Any, without_middleware: None) -> None:
    settings.WAFFLE_FLAG_MODEL = "nowhere.Flag"

    assert found_in_database() == []
