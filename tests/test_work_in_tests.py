"""A unit of work in a `TestCase` goes by the test's own rows, whatever other tests have left in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

import waffle

Thread = Callable[[Callable[[], Any]], Any]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, params=[False, True], ids=["nothing is published", "all is published"])
def _maybe_published(request: pytest.FixtureRequest, cold: None, in_thread: Thread, settings: Any) -> None:
    """Let this process know what is committed, as after tests that commit, or nothing."""
    settings.WAFFLE_REFRESH_SECONDS = 60
    waffle.switch_is_active("x")
    if request.param:
        in_thread(lambda: [waffle.flag_is_active(None, "x"), waffle.switch_is_active("x")])
        in_thread(lambda: waffle.sample_is_active("x"))
    connection.run_on_commit = []  # as in the next test: nothing that was read for this one is kept


def insert_unheard() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO waffle_switch (name, active, note, created, modified) VALUES ('x', %s, '', %s, %s)",
            [True, "2026-01-01", "2026-01-01"],
        )


def test_queries_do_not_depend_on_what_others_have_read(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with waffle.pinned(), django_assert_num_queries(1):
        assert waffle.switch_is_active("x") is False


def test_rows_that_nobody_heard_of_are_seen() -> None:
    insert_unheard()

    with waffle.pinned():
        assert waffle.switch_is_active("x") is True
