"""A ring of the bell crosses a look, is lost, or is garbled: nothing stays stale for long."""

from __future__ import annotations

from typing import Any

import pytest

import waffle
from tests.conftest import Clock
from tests.crossing import right_after, set_elsewhere, set_switch
from tests.process import before_each
from waffle import bells

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def settled(clock: Clock, shared_cache: Any) -> Clock:
    """Let this process know that the switch is off, and have a bell that has told so."""
    set_switch(False)
    for _ in range(2):
        clock.advance(0.125)
        assert waffle.switch_is_active("x") is False
    clock.advance(0.125)
    return clock


def test_a_bell_that_was_not_rung_saves_the_query(settled: Clock, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert waffle.switch_is_active("x") is False


def test_a_ring_is_heard_at_the_next_look(settled: Clock) -> None:
    set_elsewhere(True)
    bells.ring()

    assert waffle.switch_is_active("x") is True


def test_a_lost_ring_costs_ten_seconds_at_worst(settled: Clock) -> None:
    set_elsewhere(True)
    settled.advance(9.5)
    before = waffle.switch_is_active("x")
    settled.advance(0.5)

    assert before is False
    assert waffle.switch_is_active("x") is True


def test_rings_that_cross_lose_nothing(settled: Clock) -> None:
    set_elsewhere(False)  # writer A is slow to ring
    set_elsewhere(True)  # writer B
    bells.ring()  # of B
    assert waffle.switch_is_active("x") is True
    bells.ring()  # of A
    set_elsewhere(False)  # writer C, not rung yet
    settled.advance(0.125)
    waffle.switch_is_active("x")
    bells.ring()  # of C
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is False


def test_a_ring_between_bell_and_row_costs_one_more_look(
    settled: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_ring() -> None:
        set_elsewhere(True)
        bells.ring()

    with right_after(bells, "listen", write_and_ring, monkeypatch):
        waffle.switch_is_active("x")
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is True


@pytest.mark.parametrize(
    "do", [lambda cache: cache.clear(), lambda cache: cache.set("waffle:bell", ["what", 1])]
)
def test_a_cache_that_lost_or_garbled_the_bell_makes_a_look(
    settled: Clock, shared_cache: Any, do: Any
) -> None:
    set_elsewhere(True)
    do(shared_cache)

    assert waffle.switch_is_active("x") is True


def test_a_cache_that_goes_back_to_an_old_bell_stays_exact(settled: Clock, shared_cache: Any) -> None:
    old = shared_cache.get("waffle:bell")
    set_elsewhere(True)
    bells.ring()
    assert waffle.switch_is_active("x") is True
    set_elsewhere(False)
    shared_cache.set("waffle:bell", old)
    settled.advance(0.125)

    assert waffle.switch_is_active("x") is False


@pytest.mark.parametrize("value", ["", 0, b"bytes", {"a": 1}, object])
def test_a_bell_of_any_type_is_no_error(settled: Clock, shared_cache: Any, value: object) -> None:
    shared_cache.set("waffle:bell", value)

    assert waffle.switch_is_active("x") is False


def test_a_cache_that_holds_nothing_means_row_looks(clock: Clock, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.ForgetfulMemcached"}}
    set_switch(False)
    assert waffle.switch_is_active("x") is False
    set_elsewhere(True)
    clock.advance(0.125)

    assert waffle.switch_is_active("x") is True


def test_who_hangs_the_bell_second_hears_the_first(
    shared_cache: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each(type(shared_cache), "add", lambda: shared_cache.set(bells._key(), "first"), monkeypatch)

    assert bells.listen() == "first"
    assert shared_cache.get(bells._key()) == "first"
