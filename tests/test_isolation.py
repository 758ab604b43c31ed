"""Tests of users: what one of them sees is nobody else's business, with no help from its author."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import AsyncClient, Client, SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.urls import path

import waffle
from waffle import database, snapshots, store
from waffle.kinds import SWITCH
from waffle.models import Switch
from waffle.testutils import override_switch


def _plain_view(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(str(waffle.switch_is_active("x")))


async def _async_view(request: Any) -> Any:
    return _plain_view(request)


urlpatterns = [path("plain", _plain_view), path("async", _async_view)]


class Seen:
    """Three tests that would see each other's rows if anything of a test outlived it."""

    def check_only_own_rows(self) -> None:
        assert waffle.switch_is_active("x") is False
        assert Client().get("/plain").content == b"False"

        switch = Switch.objects.create(name="x", active=True)

        assert waffle.switch_is_active("x") is True
        assert Client().get("/plain").content == b"True"
        switch.active = False
        switch.save()
        assert waffle.switch_is_active("x") is False
        Switch.objects.update(active=True)
        assert waffle.switch_is_active("x") is True

    def test_first(self) -> None:
        self.check_only_own_rows()

    def test_second(self) -> None:
        self.check_only_own_rows()

    def test_third(self) -> None:
        self.check_only_own_rows()


@override_settings(ROOT_URLCONF=__name__)
class TestInATestCase(Seen, TestCase):
    """Each of them is rolled back."""


@override_settings(ROOT_URLCONF=__name__)
class TestInATransactionTestCase(Seen, TransactionTestCase):
    """Each of them is flushed."""


@override_settings(ROOT_URLCONF=__name__)
class TestInATestCaseAgain(Seen, TestCase):
    """After tests that have published what they read."""


@override_settings(ROOT_URLCONF=__name__)
class TestWithoutADatabase(SimpleTestCase):
    """The middleware asks nothing that a test may not ask."""

    def test_a_page_answers(self) -> None:
        store._wanted.add(SWITCH)

        assert Client().get("/nothing").status_code == 404

    async def test_a_page_answers_in_a_coroutine(self) -> None:
        assert (await AsyncClient().get("/nothing")).status_code == 404


class TestPagesWithoutADatabase(SimpleTestCase):
    """The pages for scripts show what a test sets, and nothing else."""

    def test_they_show_what_is_overridden(self) -> None:
        with override_switch("shop", True):
            shown = Client().get("/waffle_status").json()

        assert {plural: [*found] for plural, found in shown.items()} == {
            "flags": [],
            "switches": ["shop"],
            "samples": [],
        }

    def test_without_an_override_what_django_forbids_stays_forbidden(self) -> None:
        with pytest.raises(AssertionError):
            Client().get("/waffle_status")


class TestRowsOfAClass(TestCase):
    """Rows that a class makes are there for each of its tests, as they were made."""

    @classmethod
    def setUpTestData(cls) -> None:
        Switch.objects.create(name="x", active=True)

    def test_first(self) -> None:
        assert waffle.switch_is_active("x") is True
        Switch.objects.all().delete()
        assert waffle.switch_is_active("x") is False

    def test_second(self) -> None:
        self.test_first()


@override_settings(ROOT_URLCONF=__name__)
class TestAsyncViews(TestCase):
    """The view runs in another thread than the test, with other connections."""

    async def ask(self) -> bytes:
        response = await AsyncClient().get("/async")
        return bytes(response.content)

    async def check(self) -> None:
        assert await self.ask() == b"False"
        switch = await Switch.objects.acreate(name="x", active=True)
        assert await self.ask() == b"True"
        await switch.adelete()
        assert await self.ask() == b"False"
        await Switch.objects.acreate(name="x", active=True)

    async def test_first(self) -> None:
        await self.check()

    async def test_second(self) -> None:
        await self.check()


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2])
def test_an_unheard_write_of_a_test_is_not_seen_by_the_next(number: int) -> None:
    assert waffle.switch_is_active("x") is False

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO waffle_switch (name, active, note, created, modified) VALUES ('x', %s, '', %s, %s)",
            [True, "2026-01-01", "2026-01-01"],
        )
    with transaction.atomic():
        waffle.switch_is_active("x")
    assert Switch.objects.filter(name="x").exists()


@pytest.mark.django_db
def test_the_queries_of_a_test_do_not_depend_on_the_clock(
    django_assert_num_queries: Any, settings: Any
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    database._readable.clear()  # as in the first test of a run
    with django_assert_num_queries(1):
        waffle.switch_is_active("x")

    with django_assert_num_queries(0):
        for _ in range(5):
            waffle.switch_is_active("x")


@pytest.mark.django_db
def test_hooks_that_a_test_runs_publish_nothing(django_capture_on_commit_callbacks: Any) -> None:
    before = dict(snapshots.published)

    with django_capture_on_commit_callbacks(execute=True):
        Switch.objects.create(name="x", active=True)

    assert waffle.switch_is_active("x") is True
    assert snapshots.published == before
