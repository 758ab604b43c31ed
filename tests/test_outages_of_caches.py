"""A check never raises because the cache is away: it looks at the row, and one log line tells."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.core.cache import caches

import waffle
from tests.caches import BrokenMemcached, SharedMemcached
from tests.conftest import Clock
from tests.crossing import right_after
from tests.logs import messages
from tests.process import elsewhere
from waffle import bells
from waffle.models import Switch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broken_cache(clock: Clock, settings: Any) -> Clock:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.BrokenMemcached"}}
    BrokenMemcached.calls = 0
    return clock


def test_with_the_cache_away_every_look_reads_the_row(
    broken_cache: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    with elsewhere():
        Switch.objects.update(active=False)
    broken_cache.advance(0.125)

    assert waffle.switch_is_active("x") is False
    assert len(messages(caplog)) == 1


def test_a_cache_that_is_away_is_asked_once_per_back_off(broken_cache: Clock) -> None:
    with elsewhere():
        Switch.objects.create(name="x", active=True)

    for _ in range(400):
        waffle.switch_is_active("x")
        broken_cache.advance(0.25)

    # At 0, 1, 3, 7, 15, 31, 61 and 91 seconds, each time by the client that is there and by a new one.
    assert BrokenMemcached.calls == 16


def test_a_cache_that_comes_back_is_heard_again(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        waffle.switch_is_active("x")
        broken_cache.advance(0.125)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.SharedMemcached"}}
    for _ in range(2):
        broken_cache.advance(1)
        waffle.switch_is_active("x")
    broken_cache.advance(0.125)

    with django_assert_num_queries(0):
        waffle.switch_is_active("x")

    assert [message.split(" is ")[1][:9] for message in messages(caplog)] == ["not avail", "available"]


def test_a_cache_whose_client_swallows_errors_is_not_available_again(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        waffle.switch_is_active("x")
        broken_cache.advance(0.125)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.ForgetfulMemcached"}}
    broken_cache.advance(1)
    waffle.switch_is_active("x")

    assert len(messages(caplog)) == 1


def test_a_client_that_its_server_has_left_is_replaced_at_once(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.LeftMemcached"}}

    def heard() -> list[str | None]:
        caches["default"].is_left = True  # type: ignore[attr-defined]  # of this backend alone
        bells.ring()
        rung = bells.listen()
        caches["default"].is_left = True  # type: ignore[attr-defined]  # the same
        return [rung, bells.listen()]

    first, second = heard(), heard()

    assert first[0] == first[1] != second[0] == second[1]
    assert messages(caplog) == []


def test_two_that_ring_at_once_are_no_outage(
    clock: Clock, shared_cache: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with right_after(SharedMemcached, "set", lambda: shared_cache.set("waffle:bell", "another"), monkeypatch):
        bells.ring()

    assert bells.away.is_owed is False
    assert messages(caplog) == []


def test_a_ring_that_fails_is_made_up_for_at_the_next_look_that_reaches_the_cache(
    broken_cache: Clock, settings: Any
) -> None:
    waffle.switch_is_active("x")
    Switch.objects.create(name="x", active=True)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.SharedMemcached"}}
    caches["default"].set("waffle:bell", "old")

    heard = []
    for _ in range(2):
        broken_cache.advance(8)
        waffle.switch_is_active("x")
        heard.append(caches["default"].get("waffle:bell"))

    assert heard[0] != "old"
    assert heard[1] == heard[0]  # once


@pytest.mark.parametrize(("seconds", "calls"), [(1.0, 1), (0.0, 6)])
def test_commits_do_not_wait_for_a_cache_that_hangs(
    broken_cache: Clock, monkeypatch: pytest.MonkeyPatch, seconds: float, calls: int
) -> None:
    monkeypatch.setattr(bells, "monotonic", itertools.count(0, seconds).__next__)

    for name in "abc":
        Switch.objects.create(name=name)

    assert BrokenMemcached.calls == calls


def test_a_cache_that_no_setting_describes_is_no_error(
    clock: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_CACHE_NAME = "nowhere"
    Switch.objects.create(name="x", active=True)

    assert waffle.switch_is_active("x") is True
    assert "nowhere" in messages(caplog)[0]


def test_without_a_cache_nobody_rings(clock: Clock, settings: Any) -> None:
    settings.WAFFLE_CACHE_NAME = None

    assert bells.listen() is None
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True
