"""Real caches: a bell is heard and saves queries; whatever befalls a cache, no answer is stale or fails."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from django.core.cache import caches
from pytest_django import DjangoAssertNumQueries

import waffle
from tests.conftest import Clock
from tests.process import Peer, before_each, run_python
from tests.servers.conftest import Cache, each_bell, each_cache
from tests.servers.start import Redis, Server
from tests.settings import CLIENT_TIMEOUT
from waffle import bells
from waffle.models import Switch

ASK = "waffle.switch_is_active('x')"
COUNT = f"number_of_queries(lambda: {ASK})"


def warm_up() -> None:
    """Let this process know the switch, and the bell: the first check of all may do without it."""
    assert len({waffle.switch_is_active("x") for _ in range(2)}) == 1


def warm_up_there(peer: Peer) -> None:
    """Let another process know them."""
    assert peer.evaluate(f"len({{{ASK} for _ in range(2)}})") == 1


def set_switch(active: bool, name: str = "x") -> None:
    Switch.objects.update_or_create(name=name, defaults={"active": active})


def set_there(peer: Peer, active: bool, name: str = "x") -> None:
    peer.evaluate(
        f"str(models.Switch.objects.update_or_create(name={name!r}, defaults={{'active': {active}}}))"
    )


@each_cache
def test_a_change_is_seen_by_another_process_at_once(cache: Cache, another: Peer) -> None:
    seen = []
    for active in (True, False, True):
        set_switch(active)
        seen.append(another.evaluate(ASK))

    assert seen == [True, False, True]


@each_cache
def test_a_change_of_another_process_is_seen_at_once(cache: Cache, another: Peer) -> None:
    seen = []
    for active in (True, False, True):
        set_there(another, active)
        seen.append(waffle.switch_is_active("x"))

    assert seen == [True, False, True]


@each_cache
def test_a_look_asks_the_row_only_where_there_is_no_bell(cache: Cache, another: Peer) -> None:
    set_switch(True)
    warm_up_there(another)

    assert another.evaluate(COUNT) == (0 if cache.server else 1)


@each_bell
def test_a_ring_costs_one_look_at_the_row(cache: Cache, another: Peer) -> None:
    set_switch(True)
    warm_up_there(another)

    bells.ring()

    assert another.evaluate(COUNT) == 1
    assert another.evaluate(COUNT) == 0


@each_bell
def test_a_late_ring_of_one_writer_hides_no_change_of_another(
    cache: Cache, writer: Peer, another: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_switch(False)
    warm_up_there(another)

    def let_another_one_write() -> None:
        set_there(writer, True, "y")
        seen.append(another.evaluate(ASK))

    seen: list[bool] = []
    with monkeypatch.context() as patch:
        before_each(bells, "ring", let_another_one_write, patch)
        set_switch(True)

    assert seen == [True]  # the other one has rung
    assert another.evaluate(ASK) is True
    assert another.evaluate("waffle.switch_is_active('y')") is True
    assert another.evaluate(COUNT) == 0


@each_bell
def test_a_bell_that_goes_back_to_an_old_value_hides_no_change(cache: Cache, another: Peer) -> None:
    set_switch(False)
    warm_up_there(another)
    old = caches["default"].get(bells._key())
    set_switch(True)
    seen = [another.evaluate(ASK)]

    set_switch(False)
    caches["default"].set(bells._key(), old, timeout=None)

    assert [*seen, another.evaluate(ASK)] == [True, False]


# Faults


def restart(server: Server) -> None:
    server.restart()


def restart_after_a_crash(server: Server) -> None:
    server.kill()
    server.start()


def flush(server: Server) -> None:
    caches["default"].clear()


FAULTS: list[Callable[[Server], None]] = [flush, Server.kill, Server.pause, restart, restart_after_a_crash]


@each_bell
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_makes_no_answer_stale_and_no_check_or_write_fail(
    cache: Cache, writer: Peer, another: Peer, fault: Callable[[Server], None]
) -> None:
    assert cache.server is not None
    set_switch(False)
    set_there(writer, False)
    seen = [another.evaluate(ASK)]

    fault(cache.server)
    for change in (set_switch, lambda active: set_there(writer, active)):
        for active in (True, False):
            change(active)
            seen.append(another.evaluate(ASK))

    assert seen == [False, True, False, True, False]


@pytest.mark.parametrize("cache", ["redis"], indirect=True)
def test_a_redis_with_old_contents_hides_a_change_for_ten_seconds_at_most(
    cache: Cache, writer: Peer, clock: Clock
) -> None:
    assert isinstance(cache.server, Redis)
    set_switch(False)
    warm_up()
    cache.server.save()
    set_there(writer, True)

    cache.server.kill()
    cache.server.start()
    clock.advance(10)

    assert waffle.switch_is_active("x") is True


@each_bell
@pytest.mark.parametrize("fault", [Server.kill, Server.pause])
def test_a_cache_that_is_away_is_asked_once_per_back_off(
    cache: Cache, clock: Clock, fault: Callable[[Server], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache.server is not None
    set_switch(True)
    warm_up()
    calls: list[None] = []
    before_each(type(caches["default"]), "get", lambda: calls.append(None), monkeypatch)

    fault(cache.server)
    began = monotonic()
    answers = {waffle.switch_is_active("x") for _ in range(50)}
    took = monotonic() - began

    assert answers == {True}
    assert len(calls) <= 2  # what fails at once is tried again
    assert took < CLIENT_TIMEOUT + 1  # what hangs is not


@each_bell
def test_an_outage_is_told_in_one_line_at_its_start_and_one_at_its_end(
    cache: Cache, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    assert cache.server is not None
    set_switch(True)
    warm_up()

    cache.server.kill()
    for _ in range(10):
        waffle.switch_is_active("x")
    cache.server.start()
    renew_client()
    clock.advance(1)
    for _ in range(10):
        waffle.switch_is_active("x")

    told = [record.getMessage() for record in caplog.records if record.name == "waffle"]
    assert [message.split(" is ")[1][:9] for message in told] == ["not avail", "available"]


@each_bell
def test_a_cache_that_is_back_saves_queries_again(
    cache: Cache, clock: Clock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert cache.server is not None
    set_switch(True)
    cache.server.kill()
    warm_up()

    cache.server.start()
    renew_client()
    clock.advance(1)
    warm_up()

    with django_assert_num_queries(0):
        waffle.switch_is_active("x")


def renew_client() -> None:
    """Take a new client: those of memcached leave a server alone for a while that has failed them."""
    del caches["default"]


@each_bell
def test_forked_processes_do_not_read_each_others_replies(cache: Cache) -> None:
    answers: Any = run_python(FORKS, WAFFLE_TEST_CACHE=cache.place)

    assert answers == [0] * 6


FORKS = """
import os
from django.core.cache import caches

def ask(name):
    key = f"key {name}".replace(" ", "-")
    for number in range(300):
        caches["default"].set(key, f"{name} {number}")
        if caches["default"].get(key) != f"{name} {number}":
            return 1
    return 0

ask("parent before")
children = []
for name in range(6):
    child = os.fork()
    if child == 0:
        os._exit(ask(name))
    children.append(child)
found = ask("parent after")
print(json.dumps([found or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]))
"""
