"""What a unit of work remembers when a transaction in it fails: nothing that was not so, or is no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory

import waffle
from tests.conftest import Clock
from tests.process import elsewhere, forget_everything
from waffle.models import Flag, Switch

pytestmark = pytest.mark.django_db(transaction=True)


class Undo(Exception):
    """What makes a block fail."""


@pytest.fixture
def user(clock: Clock, settings: Any) -> User:
    """Return a user in no group; the flag `x` lists a group."""
    settings.WAFFLE_REFRESH_SECONDS = 0
    Flag.objects.create(name="x").groups.add(Group.objects.create(name="g"))
    user: User = User.objects.create(username="u")
    return user


@pytest.fixture
def request_of_user(user: User, rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.user = user
    return request


def break_transaction() -> None:
    """Do what an error that somebody catches too far inside does."""
    with pytest.raises(Undo), transaction.atomic(savepoint=False):
        raise Undo


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_membership_that_is_taken_back_counts_no_more(
    user: User, request_of_user: HttpRequest, is_nested: bool
) -> None:
    with waffle.pinned(), transaction.atomic(durable=True) if is_nested else pytest.MonkeyPatch.context():
        before = waffle.flag_is_active(request_of_user, "x")
        with pytest.raises(Undo), transaction.atomic():
            user.groups.add(Group.objects.get())
            within = waffle.flag_is_active(request_of_user, "x")
            raise Undo

        assert (before, within, waffle.flag_is_active(request_of_user, "x")) == (False, True, False)


@pytest.mark.parametrize("limit", [10_000, 0])
def test_groups_that_a_broken_transaction_could_not_read_are_read_after_it(
    user: User, request_of_user: HttpRequest, settings: Any, limit: int
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    user.groups.add(Group.objects.get())

    with waffle.pinned():
        with pytest.raises(Undo), transaction.atomic():
            break_transaction()
            assert waffle.flag_is_active(request_of_user, "x") is False
            raise Undo

        assert waffle.flag_is_active(request_of_user, "x") is True


def test_toggles_that_a_broken_transaction_could_not_read_are_read_after_it(clock: Clock) -> None:
    Switch.objects.create(name="x", active=True)
    forget_everything()

    with waffle.pinned():
        with pytest.raises(Undo), transaction.atomic():
            break_transaction()
            assert waffle.switch_verdict("x").reason is waffle.Reason.ERROR
            raise Undo

        assert waffle.switch_is_active("x") is True


def undo_a_change() -> None:
    with pytest.raises(Undo), transaction.atomic():
        Switch.objects.update(note="no note")
        raise Undo


@pytest.mark.parametrize("forget", [forget_everything, lambda: None], ids=["cold", "warm"])
def test_a_coroutine_after_a_rollback_is_told_what_is_so(
    clock: Clock, settings: Any, forget: Callable[[], None]
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")
    with elsewhere():
        Switch.objects.update(active=True)
    forget()

    async def work() -> bool:
        async with waffle.apinned():
            return waffle.switch_is_active("x")

    undo_a_change()

    assert async_to_sync(work)() is True


def test_a_view_that_undoes_a_change_in_a_thread_is_told_what_is_so(clock: Clock, settings: Any) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")

    async def work() -> bool:
        from asgiref.sync import sync_to_async

        async with waffle.apinned():
            await sync_to_async(undo_a_change)()
            await sync_to_async(switch_on_elsewhere)()
            await waffle.aswitch_is_active("x")
            return waffle.switch_is_active("x")

    assert async_to_sync(work)() is True


def switch_on_elsewhere() -> None:
    with elsewhere():
        Switch.objects.update(active=True)


@pytest.fixture
def published_elsewhere(clock: Clock) -> None: ...
