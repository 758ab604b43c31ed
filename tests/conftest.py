"""Fixtures that many tests use."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.test import RequestFactory

from tests import haste, process
from tests.away import Away
from waffle import kinds, outages, pins, snapshots, stamps, store

Result = TypeVar("Result")


def pytest_configure() -> None:
    """Make the folder of SQLite's files."""
    settings.FOLDER.mkdir()


def pytest_unconfigure() -> None:
    """Remove it."""
    shutil.rmtree(settings.FOLDER, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Let Django note which models refer to which: within a test that swaps one it would leave that out."""
    for model in apps.get_models():
        model._meta._relation_tree  # type: ignore[attr-defined]  # noqa: B018  # Django's own


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Escape what is no text to others: pytest-xdist sends reports, and the log in them, elsewhere."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections
    ]
    return report


@pytest.fixture
def cold() -> Iterator[None]:
    """Let the process know nothing, as after a start; and after the test nothing again."""
    process.forget_everything()
    yield
    process.forget_everything()


class Clock:
    """Monotonic time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(cold: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock by which looks, loads and outages go."""
    clock = Clock()
    for module in (outages, snapshots, stamps, store):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def own_method(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return what gives a project's own switches another `is_active`; nothing of it stays after the test."""

    def give(is_active: Callable[[Any], Any]) -> None:
        settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
        monkeypatch.setattr(kinds.SWITCH.model, "is_active", is_active)
        monkeypatch.setattr(kinds, "is_custom", kinds.is_custom.__wrapped__)

    return give


@pytest.fixture
def dice(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return what the dice will show; without anything in it, to throw them is an error."""
    shown: list[float] = []
    monkeypatch.setattr(random, "uniform", lambda low, high: shown.pop())
    return shown


@pytest.fixture
def pin() -> Iterator[pins.Pin]:
    """Let the test be one unit of work."""
    pin = pins.enter()
    yield pin
    pins.leave(pin)


@pytest.fixture
def database(clock: Clock) -> Iterator[Away]:
    """Return the database, which may go away."""
    with pytest.MonkeyPatch.context() as patch:
        yield Away(patch)


@pytest.fixture
def shared_cache(settings: Any) -> Iterator[Any]:  # Any: a cache of whatever backend
    """Hang the bell in a shared cache, empty before and after."""
    settings.WAFFLE_CACHE_NAME = "shared"
    caches["shared"].clear()
    yield caches["shared"]
    caches["shared"].clear()


@pytest.fixture
def in_thread() -> Iterator[Callable[[Callable[[], Result]], Result]]:
    """Run something in another thread, which has its own database connections, and return its result."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield lambda work: executor.submit(work).result(timeout=30)
        executor.submit(connections.close_all).result(timeout=30)


@pytest.fixture(scope="session")
def _peer(django_db_setup: None) -> Iterator[process.Peer]:
    peer = process.Peer()
    yield peer
    peer.stop()


@pytest.fixture
def peer(_peer: process.Peer, transactional_db: None) -> process.Peer:
    """Return another process, on the databases that this test uses."""
    return _peer


@pytest.fixture
def anonymous(rf: RequestFactory) -> HttpRequest:
    """Return a request that nobody has signed."""
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user = AnonymousUser()
    return request


@pytest.fixture(scope="session")
def _hasty_connections() -> Iterator[None]:
    connection_created.connect(haste.hasten)
    yield
    connection_created.disconnect(haste.hasten)


@pytest.fixture(scope="session")
def django_db_setup(
    _hasty_connections: None, django_db_setup: None, django_db_blocker: Any
) -> Iterator[haste.Kept]:
    """Let SQLite's readers and writers work side by side, as deployed sites do; make flushes quick."""
    with django_db_blocker.unblock():
        for connection in connections.all():
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA journal_mode = WAL")
        kept = haste.Kept()
    yield kept  # pytest holds it; signals do not
    # Coroutines that `asyncio.run` runs, as Jinja does, share a thread that nobody ends: its connections too.
    asyncio.run(sync_to_async(connections.close_all)())
