"""Processes and threads that fork, and that outlive their requests; neighbours that are none of ours."""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

import waffle
from tests import process
from tests.conftest import Clock
from tests.process import elsewhere
from waffle import bells, pins
from waffle.middleware import WaffleMiddleware
from waffle.models import Switch

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


@pytest.fixture
def files(settings: Any, tmp_path: Path) -> dict[str, Any]:
    """Hang the bell in a cache that all processes share; return its entry in CACHES."""
    entry = {"BACKEND": "tests.shared_files.MemcachedInFiles", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "files": entry}
    settings.WAFFLE_CACHE_NAME = "files"
    return entry


# --- forks ----------------------------------------------------------------------------------------


def in_new_python(program: str, entry: dict[str, Any] | None, **environment: str) -> Any:
    """Run a program in a process of its own, with the bell in the cache that `entry` describes."""
    settings = (
        f"CACHES={{'default': {entry}}}, WAFFLE_CACHE_NAME='default'" if entry else "WAFFLE_CACHE_NAME=None"
    )
    prelude = f"from django.test import override_settings\noverride_settings({settings}).enable()\n"
    return process.run_python(prelude + program, WAFFLE_TEST_REFRESH_SECONDS="0", **environment)


@pytest.mark.parametrize("cache", ["files", None])
def test_workers_that_were_forked_after_a_check_see_each_change(
    cache: str | None, request: pytest.FixtureRequest
) -> None:
    Switch.objects.create(name="x")
    entry = request.getfixturevalue(cache) if cache else None

    seen, exit_codes = in_new_python("from tests import prefork; print(json.dumps(prefork.serve()))", entry)

    assert seen == [[True] * 3, [False] * 3] * 3
    assert exit_codes == [0, 0]


def test_a_site_that_starts_opens_no_connection_that_a_fork_could_inherit(files: dict[str, Any]) -> None:
    program = """
from django.core.cache import caches
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
import test_app.urls

WSGIHandler()
open_connections = [each for each in connections.all(initialized_only=True) if each.connection is not None]
print(json.dumps([len(open_connections), len(caches.all(initialized_only=True))]))
"""

    assert in_new_python(program, files) == [0, 0]


def test_what_waits_in_other_threads_does_not_wait_in_a_fork() -> None:
    program = """
import threading, warnings
from django.db import transaction
from tests.prefork import Worker
from waffle.models import Switch

warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads
has_written, is_over = threading.Event(), threading.Event()

def write():
    with transaction.atomic():
        Switch.objects.create(name="y")
        has_written.set()
        is_over.wait()
        transaction.set_rollback(True)
    connections.close_all()

from django.db import connections
thread = threading.Thread(target=write)
thread.start()
has_written.wait()
worker = Worker()
print(json.dumps([worker.do("count what waits"), worker.stop()]), flush=True)
is_over.set()
thread.join()
"""

    assert in_new_python(program, None) == [0, 0]


# --- what outlives a request ----------------------------------------------------------------------


@pytest.mark.parametrize("runs_in_context", [False, True])
def test_a_thread_that_outlives_its_request_is_not_held_by_it(switch: Switch, runs_in_context: bool) -> None:
    is_over = threading.Event()
    seen: list[object] = []

    def outlive() -> None:
        assert is_over.wait(30)
        seen.extend([pins.current(), waffle.switch_is_active("x")])
        connections.close_all()

    with waffle.pinned():
        assert waffle.switch_is_active("x") is False
        run = contextvars.copy_context().run if runs_in_context else (lambda work: work())
        thread = threading.Thread(target=run, args=[outlive])
        thread.start()
    switch_elsewhere(True)
    is_over.set()
    thread.join(30)

    assert seen == [None, True]


def test_the_async_body_of_a_stream_is_no_part_of_the_request(switch: Switch) -> None:
    async def body() -> AsyncIterator[str]:
        yield str(await waffle.aswitch_is_active("x"))
        async with waffle.apinned():
            yield str(waffle.switch_is_active("x"))

    async def view(request: HttpRequest) -> StreamingHttpResponse:
        assert waffle.switch_is_active("x") is False
        return StreamingHttpResponse(body())

    async def answer() -> list[bytes]:
        response = await WaffleMiddleware(view)(RequestFactory().get("/"))
        await asyncio.to_thread(_in_own_connection, lambda: switch_elsewhere(True))
        return [part async for part in response]

    assert async_to_sync(answer)() == [b"True", b"True"]


def _in_own_connection(work: Callable[[], None]) -> None:
    work()
    connections.close_all()


# --- databases ------------------------------------------------------------------------------------


def test_a_ring_for_another_database_costs_one_look(
    files: dict[str, Any], clock: Clock, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 1
    Switch.objects.create(name="x", active=True)
    clock.advance(1)
    waffle.switch_is_active("x")
    names = {alias: str(entry["NAME"]) for alias, entry in django_settings.DATABASES.items()}
    swapped = {"default": names["other"], "other": names["default"]}
    program = """
import waffle
from waffle.models import Switch

before = waffle.switch_is_active("x")
Switch.objects.create(name="y", active=True)
print(json.dumps([before, waffle.switch_is_active("x"), waffle.switch_is_active("y")]))
"""

    seen_there = in_new_python(program, files, WAFFLE_TEST_NAMES=json.dumps(swapped))
    clock.advance(1)
    with django_assert_num_queries(1):
        seen_here = [waffle.switch_is_active("x"), waffle.switch_is_active("y")]

    assert seen_there == [False, False, True]
    assert seen_here == [True, False]


test_a_ring_for_another_database_costs_one_look = pytest.mark.django_db(
    transaction=True, databases=["default", "other"]
)(test_a_ring_for_another_database_costs_one_look)


@pytest.mark.parametrize("number", [1, 2])
def test_an_unheard_write_of_a_test_that_commits_is_not_seen_by_the_next(number: int) -> None:
    assert waffle.switch_is_active("x") is False

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO waffle_switch (name, active, note, created, modified) VALUES ('x', %s, '', %s, %s)",
            [True, "2026-01-01", "2026-01-01"],
        )
    Switch.objects.create(name="y")

    assert waffle.switch_is_active("x") is True


@pytest.mark.parametrize("is_cold", [False, True])
def test_a_durable_transaction_is_like_any_other(switch: Switch, in_thread: Thread, is_cold: bool) -> None:
    if is_cold:
        process.forget_everything()

    with transaction.atomic(durable=True):
        before = waffle.switch_is_active("x")
        Switch.objects.update(active=True)
        within = waffle.switch_is_active("x"), in_thread(lambda: waffle.switch_is_active("x"))

    assert (before, within) == (False, (True, False))
    assert waffle.switch_is_active("x") is True


def test_a_live_server_on_a_database_in_memory_shows_each_change() -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "django",
        "test",
        "tests.in_memory",
        "--pattern",
        "in_memory.py",
    ]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "test_app.settings"}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert "Ran 4 tests" in done.stderr


_ = bells
