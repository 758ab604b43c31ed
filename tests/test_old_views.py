"""Old views, and databases that changed unheard: what a transaction shows is nobody else's business."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

import waffle
from tests.conftest import Clock
from tests.process import elsewhere
from waffle import database, snapshots, stamps
from waffle.kinds import SWITCH
from waffle.models import Switch
from waffle.stamps import stamp_of

Thread = Callable[[Callable[[], Any]], Any]


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
