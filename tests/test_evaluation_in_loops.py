"""Plain checks in a coroutine: they answer from what is at hand, else they say what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import caches
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from test_app.models import CustomSwitch, LegacyFlag
from waffle.models import Flag, Sample, Switch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


# Any, throughout: a request, as far as these flags ask for one.
def in_loop(work: Callable[[], Any], *, is_pinned: bool = True) -> Any:
    """Call `work` in a coroutine, as an async view does behind the middleware; or without the middleware."""

    async def answer() -> Any:
        if not is_pinned:
            return work()
        async with waffle.apinned():
            return work()

    return async_to_sync(answer)()


def in_loop_await(work: Callable[[], Awaitable[Any]]) -> Any:
    async def answer() -> Any:
        async with waffle.apinned():
            return await work()

    return async_to_sync(answer)()


def lazily(user: object) -> Any:
    return SimpleNamespace(user=SimpleLazyObject(lambda: user))


@pytest.fixture(autouse=True)
def _rows() -> None:
    Flag.objects.create(name="everyone", everyone=True)
    Flag.objects.create(name="staff", staff=True)
    Flag.objects.create(name="languages", languages="de")
    Flag.objects.create(name="percent", percent="99.9", superusers=False)
    Switch.objects.create(name="x", active=True)
    Sample.objects.create(name="x", percent=100)


@pytest.fixture
def member() -> Any:
    """Return a member of the group that the flag "members" lists."""
    user, group = User.objects.create(username="u"), Group.objects.create(name="g")
    user.groups.add(group)
    Flag.objects.create(name="members").groups.add(group)
    return User.objects.get()


@pytest.mark.parametrize(
    "check",
    [
        lambda: waffle.switch_is_active("x"),
        lambda: waffle.sample_is_active("x"),
        lambda: waffle.flag_is_active(None, "everyone"),
        lambda: waffle.flag_is_active(SimpleNamespace(user=User(pk=1, is_staff=True)), "staff"),
        lambda: waffle.flag_is_active(SimpleNamespace(LANGUAGE_CODE="de"), "languages"),
        lambda: waffle.flag_is_active(SimpleNamespace(COOKIES={"dwf_percent": "True"}), "percent"),
    ],
    ids=["switch", "sample", "everyone", "user at hand", "language", "percent"],
)
def test_in_a_pin_plain_checks_answer_from_what_is_at_hand(
    check: Callable[[], bool], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert in_loop(check) is True


def test_in_a_pin_what_is_missing_is_the_default() -> None:
    assert in_loop(lambda: waffle.switch_is_active("missing")) is False


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("flag", lambda: waffle.flag_is_active(None, "everyone")),
        ("switch", lambda: waffle.switch_is_active("x")),
        ("sample", lambda: waffle.sample_is_active("x")),
    ],
)
def test_without_a_pin_a_plain_check_that_must_ask_says_what_to_do(
    kind: str, check: Callable[[], bool], settings: Settings
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0

    with pytest.raises(SynchronousOnlyOperation) as raised:
        in_loop(check, is_pinned=False)

    assert f"`await waffle.a{kind}_is_active(…)`" in str(raised.value)
    assert "waffle.middleware.WaffleMiddleware" in str(raised.value)


def test_a_user_that_is_not_loaded_is_named_with_the_hint() -> None:
    request = SimpleNamespace(user=SimpleLazyObject(lambda: User.objects.get()))

    with pytest.raises(SynchronousOnlyOperation) as raised:
        in_loop(lambda: waffle.flag_is_active(request, "staff"))

    assert str(raised.value) == (
        "The flag 'staff' depends on 'staff', which must be loaded first, and a coroutine cannot wait for "
        "that. Use `await waffle.aflag_is_active(…)`."
    )
    assert isinstance(raised.value.__cause__, SynchronousOnlyOperation)


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
def test_lists_that_must_be_asked_for_are_named_with_the_hint(
    limit: int, member: Any, settings: Settings
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit

    with pytest.raises(SynchronousOnlyOperation, match=r"The flag 'members' depends on '(users|groups)'"):
        in_loop(lambda: waffle.flag_is_active(SimpleNamespace(user=member), "members"))


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
def test_after_a_twin_was_awaited_the_plain_check_answers(
    limit: int, member: Any, settings: Settings
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    request = SimpleNamespace(user=member)

    async def view() -> list[bool]:
        awaited = await waffle.aflag_is_active(request, "members")
        return [awaited, waffle.flag_is_active(request, "members")]

    assert in_loop_await(view) == [True, True]


@pytest.mark.parametrize("user", [AnonymousUser(), User(pk=1, is_staff=True)], ids=["anonymous", "staff"])
def test_a_twin_loads_what_it_lacks(user: Any, member: Any) -> None:
    async def view() -> list[bool]:
        names = ("everyone", "staff", "members")
        return [await waffle.aflag_is_active(lazily(user), name) for name in names]

    assert in_loop_await(view) == [True, user.is_staff, False]
    assert in_loop_await(lambda: waffle.aflag_is_active(lazily(member), "members")) is True


@pytest.mark.parametrize("is_pinned", [True, False], ids=["pinned", "unpinned"])
def test_the_twins_answer_with_and_without_a_pin(is_pinned: bool) -> None:
    async def view() -> list[bool]:
        return [
            await waffle.aflag_is_active(None, "everyone"),
            await waffle.aswitch_is_active("x"),
            await waffle.asample_is_active("x"),
            await waffle.aswitch_is_active("missing"),
        ]

    assert (in_loop_await(view) if is_pinned else async_to_sync(view)()) == [True, True, True, False]


def test_a_twin_sees_what_its_thread_has_written(settings: Settings) -> None:
    async def view() -> list[bool]:
        before = await waffle.aswitch_is_active("new")
        await sync_to_async(Switch.objects.create)(name="new", active=True)
        return [before, await waffle.aswitch_is_active("new"), waffle.switch_is_active("new")]

    assert in_loop_await(view) == [False, True, True]


def test_a_plain_check_cannot_create_what_is_missing_and_says_so(settings: Settings) -> None:
    settings.WAFFLE_CREATE_MISSING_SWITCHES = True

    with pytest.raises(SynchronousOnlyOperation, match="aswitch_is_active"):
        in_loop(lambda: waffle.switch_is_active("missing"))
    assert in_loop_await(lambda: waffle.aswitch_is_active("missing")) is False
    assert Switch.objects.filter(name="missing").exists()


def test_a_switch_whose_method_asks_the_database_is_named_with_its_own_twin(
    own_method: Callable[[Any], None],
) -> None:
    own_method(lambda switch: User.objects.exists())
    CustomSwitch.objects.create(name="own")

    with pytest.raises(SynchronousOnlyOperation, match=r"switch 'own' .* waffle\.aswitch_is_active"):
        in_loop(lambda: waffle.switch_is_active("own"))


def test_a_method_that_asks_the_database_is_named_with_the_hint(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    caches["default"].clear()  # the model keeps companies there, and tests before this one did
    LegacyFlag.objects.create(name="legacy")
    user: Any = User(pk=1)
    user.company = SimpleNamespace(pk=1)

    with pytest.raises(SynchronousOnlyOperation, match="depends on '_is_active_for_user'"):
        in_loop(lambda: waffle.flag_is_active(SimpleNamespace(user=user), "legacy"))
    assert in_loop_await(lambda: waffle.aflag_is_active(SimpleNamespace(user=user), "legacy")) is False


def test_without_a_pin_a_plain_check_names_its_twin() -> None:
    with pytest.raises(SynchronousOnlyOperation, match=r"await waffle\.aswitch_is_active"):
        in_loop(lambda: waffle.switch_is_active("x"), is_pinned=False)


def test_where_django_allows_it_a_plain_check_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    Switch.objects.create(name="open", active=True)

    async def ask() -> bool:
        try:
            return waffle.switch_is_active("open")
        finally:
            connections.close_all()  # a coroutine has connections of its own

    assert asyncio.run(ask()) is True
