"""Tests of users, transactions with old views, replicas: what one of them sees is nobody else's business."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import AsyncClient, Client, SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.urls import path

import waffle
from tests.conftest import Clock
from tests.process import before_each, elsewhere
from tests.routers import ReadsAReplica
from waffle import database, snapshots, stamps, store
from waffle.kinds import SWITCH
from waffle.models import Switch
from waffle.stamps import stamp_of

Thread = Callable[[Callable[[], Any]], Any]


# --- in a TestCase, with no help from its author --------------------------------------------------


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


# --- views that others have left behind -----------------------------------------------------------


@pytest.fixture
def switch_is_off(clock: Clock) -> Clock:
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")
    clock.advance(0.125)
    return clock


@pytest.mark.django_db(transaction=True)
def test_an_old_view_changes_nothing_for_other_threads(switch_is_off: Clock, in_thread: Thread) -> None:
    def switch_on() -> bool:
        Switch.objects.update(active=True)
        return waffle.switch_is_active("x")

    with transaction.atomic():
        list(Switch.objects.all())  # the view begins
        seen_by_others = [in_thread(switch_on)]
        seen_within = waffle.switch_is_active("x")
        switch_is_off.advance(0.125)
        seen_by_others.append(in_thread(lambda: waffle.switch_is_active("x")))

    assert seen_by_others == [True, True]
    assert seen_within is True  # others have published what is newer
    assert waffle.switch_is_active("x") is True


@pytest.mark.django_db(transaction=True)
def test_a_transaction_is_answered_by_its_view_where_nothing_newer_is_known(
    switch_is_off: Clock, in_thread: Thread
) -> None:
    with transaction.atomic():
        has_old_views = database.may_hold_old_view(connection)

    with transaction.atomic():
        list(Switch.objects.all())
        in_thread(lambda: Switch.objects.update(active=True))
        seen = [waffle.switch_is_active("x") for _ in range(2)]
        assert snapshots.published[SWITCH].label != stamp_of("default").known

    assert seen == [not has_old_views] * 2
    assert waffle.switch_is_active("x") is True


@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_sees_each_change_that_its_view_shows(
    switch_is_off: Clock, in_thread: Thread
) -> None:
    seen = []
    with transaction.atomic():
        has_old_views = database.may_hold_old_view(connection)
        list(Switch.objects.all())
        for active in (True, False, True):
            in_thread(partial(Switch.objects.update, active=active))
            seen.append(waffle.switch_is_active("x"))

    assert seen == ([False] * 3 if has_old_views else [True, False, True])


@pytest.mark.django_db(transaction=True)
def test_no_look_begins_the_users_transaction(switch_is_off: Clock, in_thread: Thread) -> None:
    with transaction.atomic():
        waffle.switch_is_active("x")
        in_thread(lambda: Switch.objects.update(note="by somebody else"))

        # On SQLite this fails at once with "database is locked" if a read came before the other write.
        Switch.objects.filter(name="x").update(note="mine")

    assert Switch.objects.get(name="x").note == "mine"


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_has_read_is_not_published(clock: Clock, in_thread: Thread) -> None:
    Switch.objects.create(name="x", active=False)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE waffle_switch SET active = %s", [True])  # nobody hears of it
        waffle.switch_is_active("x")
        raise ZeroDivisionError

    assert waffle.switch_is_active("x") is False


@pytest.mark.django_db(transaction=True)
def test_work_looks_before_its_transactions_begin(switch_is_off: Clock) -> None:
    with elsewhere():
        Switch.objects.update(active=True)

    with waffle.pinned(), transaction.atomic():
        assert waffle.switch_is_active("x") is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("level", "is_old"),
    [
        ("read committed", False),
        ("READ UNCOMMITTED", False),
        ("repeatable read", True),
        (None, True),
    ],
)
def test_an_isolation_level_says_whether_a_view_may_be_old(
    level: str | None, is_old: bool, monkeypatch: Any
) -> None:
    connection.ensure_connection()  # which sets the level
    monkeypatch.setattr(connection, "isolation_level", level, raising=False)

    outside = database.may_hold_old_view(connection)
    with transaction.atomic():
        inside = database.may_hold_old_view(connection)

    assert (outside, inside) == (False, is_old)


# --- replicas -------------------------------------------------------------------------------------


@pytest.fixture
def replica(clock: Clock, settings: Any) -> Clock:
    """Read from `other`, write to `default`; nothing copies rows but the test."""
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsAReplica"]
    return clock


def copy_to_replica() -> None:
    with elsewhere(is_told=False):
        Switch.objects.using("other").all().delete()
        for switch in Switch.objects.using("default"):
            switch.save(using="other")
    with connections["default"].cursor() as source, connections["other"].cursor() as target:
        source.execute("SELECT version FROM waffle_stamp")
        target.execute("DELETE FROM waffle_stamp")
        target.execute("INSERT INTO waffle_stamp (id, version) VALUES (1, %s)", source.fetchone())


two_databases = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@two_databases
def test_a_replica_that_has_caught_up_is_current(replica: Clock, django_assert_num_queries: Any) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    copy_to_replica()

    assert waffle.switch_is_active("x") is True
    with django_assert_num_queries(0, using="other"):
        assert waffle.switch_is_active("x") is True


@two_databases
def test_a_replica_that_lags_is_asked_again_ever_more_rarely(
    replica: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.using("default").create(name="x", active=False)
    copy_to_replica()
    waffle.switch_is_active("x")
    Switch.objects.using("default").update(active=True)
    reads: list[float] = []
    before_each(snapshots, "read", lambda: reads.append(replica.now), monkeypatch)

    began = replica.now
    for _ in range(400):
        assert waffle.switch_is_active("x") is False
        replica.advance(0.25)

    assert [moment - began for moment in reads] == [0, 1, 3, 7, 15, 31, 61, 91]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "The database 'other' lags behind"
    ]

    copy_to_replica()
    replica.advance(30)
    assert waffle.switch_is_active("x") is True


@two_databases
def test_an_older_replica_does_not_take_back_what_a_newer_one_has_shown(
    replica: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(ReadsAReplica, "reads", "default")
        assert waffle.switch_is_active("x") is True
    Switch.objects.using("default").update(note="another version")  # and the replica has nothing yet

    assert waffle.switch_is_active("x") is True


@two_databases
def test_rows_come_from_the_connection_that_was_asked_about(
    replica: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["other"]  # then, as a router may, another one, which is in a transaction
    monkeypatch.setattr(
        ReadsAReplica, "reads", property(lambda self: answers.pop() if answers else "default")
    )

    with pytest.raises(ZeroDivisionError), transaction.atomic(using="default"):
        with connections["default"].cursor() as cursor:
            columns, now = "name, active, note, created, modified", "2026-01-01 00:00:00+00:00"
            cursor.execute(
                f"INSERT INTO waffle_switch ({columns}) VALUES (%s, %s, '', %s, %s)", ["x", True, now, now]
            )
        waffle.switch_is_active("x")
        raise ZeroDivisionError

    assert snapshots.published[SWITCH].alias == "other"


@two_databases
def test_reading_from_the_other_database_counts_at_once(replica: Clock, settings: Any) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    before = waffle.switch_is_active("x")

    settings.WAFFLE_READ_FROM_WRITE_DB = True

    assert (before, waffle.switch_is_active("x")) == (False, True)


@two_databases
def test_after_the_maximum_age_an_older_label_counts(replica: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    Switch.objects.using("default").create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(ReadsAReplica, "reads", "default")
        assert waffle.switch_is_active("x") is True

    replica.advance(300)

    assert waffle.switch_is_active("x") is False


@pytest.mark.django_db(transaction=True)
def test_a_write_that_nobody_hears_of_is_seen_after_the_maximum_age(switch_is_off: Clock) -> None:
    with elsewhere(is_told=False):
        Switch.objects.update(active=True)
    switch_is_off.advance(299)
    before = waffle.switch_is_active("x")
    switch_is_off.advance(1)

    assert before is False
    assert waffle.switch_is_active("x") is True


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_emptied_is_noticed(switch_is_off: Clock) -> None:
    Switch.objects.update(active=True)
    assert waffle.switch_is_active("x") is True
    with elsewhere(is_told=False):
        Switch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM waffle_stamp")
    switch_is_off.advance(0.125)

    assert waffle.switch_is_active("x") is False


@pytest.mark.django_db(transaction=True)
def test_a_restored_database_is_ahead_with_its_first_change(switch_is_off: Clock) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE waffle_stamp SET version = 17")
    stamps.Stamp.write(connection)

    assert (stamp_of("default").read(connection) or 0) > stamp_of("default").known


@pytest.mark.django_db(transaction=True)
def test_a_restored_database_without_a_change_is_taken_as_it_is_after_the_maximum_age(
    switch_is_off: Clock,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE waffle_stamp SET version = 17")
    stamp = stamp_of("default")
    stamp.look()
    before = stamp.known
    switch_is_off.advance(300)

    assert waffle.switch_is_active("x") is False
    assert before > 17
    assert stamp.known == 17
    assert snapshots.published[SWITCH].is_current()
