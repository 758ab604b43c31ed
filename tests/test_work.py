"""Units of work: a request, a task, a round of a loop. Within one, no toggle changes under it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

import waffle
from tests.conftest import Clock
from tests.process import elsewhere
from waffle import pins, unsettled
from waffle.kinds import KINDS
from waffle.middleware import WaffleMiddleware
from waffle.models import Sample, Switch
from waffle.store import snapshot

pytestmark = pytest.mark.django_db(transaction=True)

Thread = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def switch(clock: Clock, settings: Any) -> Switch:
    settings.WAFFLE_REFRESH_SECONDS = 0
    switch: Switch = Switch.objects.create(name="x", active=False)
    return switch


def switch_elsewhere(active: bool) -> None:
    with elsewhere():
        Switch.objects.update(active=active)


def in_loop(work: Callable[[], Any]) -> Any:  # Any: a coroutine of whatever result, and that result
    async def run() -> Any:
        return await work()

    return async_to_sync(run)()


def test_a_toggle_does_not_change_under_a_running_request(switch: Switch) -> None:
    seen: list[bool] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(waffle.switch_is_active("x"))
        switch_elsewhere(True)
        seen.append(waffle.switch_is_active("x"))
        return HttpResponse()

    WaffleMiddleware(view)(RequestFactory().get("/"))

    assert seen == [False, False]
    assert waffle.switch_is_active("x") is True


def test_a_toggle_does_not_change_under_a_running_coroutine(switch: Switch) -> None:
    seen: list[bool] = []

    async def view(request: HttpRequest) -> HttpResponse:
        seen.append(waffle.switch_is_active("x"))
        await sync_to_async(switch_elsewhere)(True)
        seen.append(waffle.switch_is_active("x"))
        seen.append(await waffle.aswitch_is_active("x"))
        seen.append(await sync_to_async(waffle.switch_is_active)("x"))
        return HttpResponse()

    in_loop(lambda: WaffleMiddleware(view)(RequestFactory().get("/")))

    assert seen == [False] * 4


def test_a_request_sees_what_it_has_changed_itself(switch: Switch, in_thread: Thread) -> None:
    seen: list[bool] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(waffle.switch_is_active("x"))
        Switch.objects.update(active=True)
        seen.append(waffle.switch_is_active("x"))
        return HttpResponse()

    WaffleMiddleware(view)(RequestFactory().get("/"))

    assert seen == [False, True]


def test_a_coroutine_sees_what_it_has_changed_itself(switch: Switch) -> None:
    seen: list[bool] = []

    async def view(request: HttpRequest) -> HttpResponse:
        await Switch.objects.filter(name="x").aupdate(active=True)
        seen.append(waffle.switch_is_active("x"))
        seen.append(await waffle.aswitch_is_active("x"))
        return HttpResponse()

    in_loop(lambda: WaffleMiddleware(view)(RequestFactory().get("/")))

    assert seen == [True, True]


def test_other_running_requests_keep_what_they_were_told(switch: Switch, in_thread: Thread) -> None:
    with waffle.pinned():
        before = waffle.switch_is_active("x")
        in_thread(lambda: Switch.objects.update(active=True))

        after = waffle.switch_is_active("x")

    assert (before, after) == (False, False)


def test_a_request_that_changes_and_takes_back_keeps_what_it_was_told(switch: Switch) -> None:
    with waffle.pinned():
        waffle.switch_is_active("x")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Switch.objects.update(active=True)
            assert waffle.switch_is_active("x") is True
            raise ZeroDivisionError

        assert waffle.switch_is_active("x") is False


def test_within_another_unit_of_work_the_inner_one_is_told_anew(switch: Switch) -> None:
    with waffle.pinned():
        outer = waffle.switch_is_active("x")
        switch_elsewhere(True)
        with waffle.pinned():
            inner = waffle.switch_is_active("x")

        assert (outer, inner, waffle.switch_is_active("x")) == (False, True, False)


def test_a_kind_that_is_asked_for_later_does_not_change_what_was_told(
    switch: Switch, in_thread: Thread
) -> None:
    with waffle.pinned():
        before = waffle.switch_is_active("x")

        def change() -> bool:
            Switch.objects.update(active=True)
            return waffle.switch_is_active("x")

        assert in_thread(change) is True
        waffle.sample_is_active("another kind")

        assert (before, waffle.switch_is_active("x")) == (False, False)


def test_a_pin_takes_all_kinds_that_are_known_at_its_first_check(switch: Switch, in_thread: Thread) -> None:
    Sample.objects.create(name="y", percent=0)
    waffle.sample_is_active("y")
    waffle.switch_is_active("x")

    with waffle.pinned():
        waffle.sample_is_active("y")
        in_thread(lambda: Switch.objects.update(active=True))

        assert waffle.switch_is_active("x") is False


def test_a_pin_takes_what_is_known_when_it_begins(clock: Clock, in_thread: Thread) -> None:
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")

    with waffle.pinned():
        in_thread(lambda: Switch.objects.update(active=True))

        assert waffle.switch_is_active("x") is False


@pytest.mark.parametrize("later", [0, 0.125], ids=["known", "to be looked at"])
def test_what_was_told_stays_though_another_kind_is_asked_for_later(
    clock: Clock, in_thread: Thread, later: float
) -> None:
    Switch.objects.create(name="x", active=False)
    waffle.switch_is_active("x")
    clock.advance(later)

    with waffle.pinned():
        before = waffle.switch_is_active("x")
        in_thread(lambda: Switch.objects.update(active=True))
        clock.advance(1)
        in_thread(lambda: waffle.switch_is_active("x"))
        waffle.sample_is_active("y")

        assert (before, waffle.switch_is_active("x")) == (False, False)


def test_a_coroutine_that_begins_in_a_transaction_sees_what_that_has_changed(clock: Clock) -> None:
    Switch.objects.create(name="x", active=False)
    for kind in KINDS:
        snapshot(kind)

    async def work() -> bool:
        async with waffle.apinned():
            return waffle.switch_is_active("x")

    with transaction.atomic():
        Switch.objects.update(active=True)
        assert in_loop(work) is True


def test_work_that_cannot_look_ahead_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(pin: pins.Pin) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("waffle.store.look_ahead", fail)

    with pytest.raises(ZeroDivisionError), waffle.pinned():
        pass

    assert pins.current() is None


def test_work_that_cannot_settle_closes_its_pin(switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(unsettled, "settle_all", fail)
    monkeypatch.setattr(unsettled, "waiting", {unsettled.Unsettled()})

    with pytest.raises(ZeroDivisionError), waffle.pinned():
        pass
    with pytest.raises(ZeroDivisionError):
        in_loop(_work_in_a_coroutine)

    assert pins.current() is None


async def _work_in_a_coroutine() -> None:
    async with waffle.apinned():
        pass


def test_a_closed_pin_holds_nothing(switch: Switch) -> None:
    pin = pins.enter()
    waffle.switch_is_active("x")
    held = dict(pin.snapshots)

    pins.leave(pin)

    assert held
    assert (pin.snapshots, pin.inquiries, pin.memberships) == ({}, {}, {})


def test_each_round_of_a_loop_is_told_anew(switch: Switch) -> None:
    seen = []

    for active in (True, False, True):
        switch_elsewhere(active)
        with waffle.pinned():
            seen.append(waffle.switch_is_active("x"))

    assert seen == [True, False, True]


def test_work_that_fails_closes_its_pin(switch: Switch) -> None:
    with pytest.raises(ZeroDivisionError), waffle.pinned():
        raise ZeroDivisionError

    assert pins.current() is None


def test_a_kind_that_was_not_asked_for_yet_is_loaded_with_the_first_check(switch: Switch) -> None:
    with waffle.pinned():
        assert waffle.sample_is_active("y") is False
        assert waffle.switch_is_active("x") is False


def test_the_body_of_a_stream_is_no_part_of_the_request(switch: Switch) -> None:
    def view(request: HttpRequest) -> StreamingHttpResponse:
        waffle.switch_is_active("x")

        def body() -> Iterator[str]:
            yield str(waffle.switch_is_active("x"))

        return StreamingHttpResponse(body())

    response = WaffleMiddleware(view)(RequestFactory().get("/"))
    switch_elsewhere(True)

    assert b"".join(response.streaming_content) == b"True"


def test_a_task_that_outlives_its_request_is_not_held_by_it(switch: Switch) -> None:
    async def outlive(is_over: asyncio.Event) -> list[object]:
        await is_over.wait()
        await sync_to_async(switch_elsewhere)(True)
        with pytest.raises(SynchronousOnlyOperation, match=r"await waffle\.aswitch_is_active"):
            waffle.switch_is_active("x")
        return [pins.current(), await waffle.aswitch_is_active("x")]

    async def run() -> Any:
        is_over = asyncio.Event()
        tasks = []

        async def view(request: HttpRequest) -> HttpResponse:
            tasks.append(asyncio.create_task(outlive(is_over)))
            assert waffle.switch_is_active("x") is False
            return HttpResponse()

        await WaffleMiddleware(view)(RequestFactory().get("/"))
        is_over.set()
        return await tasks[0]

    assert in_loop(run) == [None, True]


def test_requests_side_by_side_in_one_loop_have_a_pin_each(switch: Switch) -> None:
    async def run() -> list[bool]:
        first_has_asked, second_is_done = asyncio.Event(), asyncio.Event()

        async def first(request: HttpRequest) -> HttpResponse:
            seen = [waffle.switch_is_active("x")]
            first_has_asked.set()
            await second_is_done.wait()
            return HttpResponse(str([*seen, waffle.switch_is_active("x")]))

        async def second(request: HttpRequest) -> HttpResponse:
            return HttpResponse(str(waffle.switch_is_active("x")))

        task = asyncio.create_task(WaffleMiddleware(first)(RequestFactory().get("/")))
        await first_has_asked.wait()
        await sync_to_async(switch_elsewhere)(True)
        answer = await WaffleMiddleware(second)(RequestFactory().get("/"))
        second_is_done.set()
        return [(await task).content, answer.content]

    assert in_loop(run) == [b"[False, False]", b"True"]


def test_an_async_generator_may_end_in_another_context(switch: Switch) -> None:
    async def produce() -> AsyncIterator[bool]:
        async with waffle.apinned():
            yield waffle.switch_is_active("x")
            yield waffle.switch_is_active("x")

    async def run() -> bool:
        generator = produce()
        first = await anext(generator)
        await asyncio.create_task(generator.aclose())  # type: ignore[attr-defined]  # an async generator it is
        return first

    assert in_loop(run) is False


def test_a_pinned_coroutine_settles_what_a_failed_hook_left(switch: Switch, in_thread: Thread) -> None:
    def change() -> None:
        with transaction.atomic():
            transaction.on_commit(lambda: 1 / 0)
            Switch.objects.update(active=True)

    async def run() -> None:
        async with waffle.apinned():
            with pytest.raises(ZeroDivisionError):
                await sync_to_async(change)()

    assert in_thread(lambda: waffle.switch_is_active("x")) is False
    in_loop(run)

    assert in_thread(lambda: waffle.switch_is_active("x")) is True


def test_while_somebody_writes_a_coroutine_goes_by_its_pin(switch: Switch, in_thread: Thread) -> None:
    async def ask() -> list[bool]:
        async with waffle.apinned():
            await sync_to_async(begin)()
            seen = [waffle.switch_is_active("x"), await waffle.aswitch_is_active("x")]
            await sync_to_async(end)()
            return [*seen, waffle.switch_is_active("x")]

    block = transaction.atomic()

    def begin() -> None:
        block.__enter__()
        Switch.objects.update(active=True)

    def end() -> None:
        block.__exit__(None, None, None)

    # The coroutine sees what is committed, the twin's thread what it writes itself.
    assert in_loop(ask) == [False, True, True]
