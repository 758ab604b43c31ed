"""A server of databases that crashes, hangs or restarts: checks answer what is known, then what is new."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any

import pytest

from tests.lacking import miss
from tests.process import Peer
from tests.servers.start import SERVERS, Database, NotInstalled, Server

ASK = "waffle.switch_is_active('x')"
LONGEST_BACK_OFF = 30.0  # seconds


@pytest.fixture(scope="module")
def _server() -> Iterator[Database]:
    """Start a server like the one that the other tests use, for that one must not be harmed."""
    kind = SERVERS.get(os.environ.get("WAFFLE_TEST_DATABASE", "").partition(":")[0])
    if kind is None:
        pytest.skip("SQLite has no server")
    assert issubclass(kind, Database)
    try:
        with kind() as server:
            server.create_database("site")
            yield server
    except NotInstalled as error:
        miss(str(error))


@pytest.fixture(scope="module")
def _processes(_server: Database) -> Iterator[tuple[Peer, Peer]]:
    names = json.dumps(dict.fromkeys(("default", "other"), "site"))
    processes = [Peer(**_server.environment, WAFFLE_TEST_NAMES=names) for _ in range(2)]
    processes[0].evaluate("call_command('migrate', verbosity=0)")
    writer, reader = processes
    yield writer, reader
    for process in processes:
        process.stop()


@pytest.fixture
def server(_server: Database) -> Iterator[Database]:
    """Return the server; afterwards it is well again."""
    yield _server
    _server.resume()
    _server.start()


@pytest.fixture
def writer(_processes: tuple[Peer, Peer]) -> Peer:
    """Return a process that has made the switch x, on."""
    writer, _ = _processes
    writer.evaluate("connections.close_all()")
    writer.evaluate("str(models.Switch.objects.update_or_create(name='x', defaults={'active': True}))")
    return writer


@pytest.fixture
def reader(_processes: tuple[Peer, Peer], writer: Peer) -> Peer:
    """Return another one, that has seen it."""
    _, reader = _processes
    reader.evaluate("(connections.close_all(), process.forget_everything())")
    assert reader.evaluate(ASK) is True
    return reader


def switch_off(writer: Peer) -> None:
    """Switch x off, in a request of its own: Django closes what is broken at the end of the last one."""
    writer.evaluate("connections.close_all()")
    writer.evaluate("models.Switch.objects.update(active=False)")


def wait_until_off(reader: Peer) -> None:
    end = monotonic() + LONGEST_BACK_OFF
    while reader.evaluate(ASK):
        assert monotonic() < end, "the change is not seen"
        sleep(0.05)


def restart(server: Server) -> None:
    server.restart()


def restart_after_a_crash(server: Server) -> None:
    server.kill()
    server.start()


@pytest.mark.parametrize("fault", [restart, restart_after_a_crash])
def test_after_a_restart_checks_answer_what_is_known_and_soon_what_is_new(
    server: Database, writer: Peer, reader: Peer, fault: Callable[[Server], None]
) -> None:
    fault(server)
    answers = reader.evaluate(f"[{ASK} for _ in range(100)]")
    switch_off(writer)

    assert answers == [True] * 100
    wait_until_off(reader)


def test_while_the_server_is_down_checks_answer_what_is_known(
    server: Database, writer: Peer, reader: Peer
) -> None:
    server.kill()
    answers: Any = reader.evaluate(f"[{ASK} for _ in range(1000)]")
    server.start()
    switch_off(writer)

    assert answers == [True] * 1000
    wait_until_off(reader)


def test_while_the_server_hangs_one_check_waits_and_the_others_answer_what_is_known(
    server: Database, writer: Peer, reader: Peer
) -> None:
    server.pause()
    reader.evaluate(f"str(another_thread.submit(lambda: {ASK}))")
    wait_for_look(reader)
    began = monotonic()
    answers = reader.evaluate(f"[{ASK} for _ in range(1000)]")
    took = monotonic() - began
    server.resume()
    switch_off(writer)

    assert answers == [True] * 1000
    assert took < 5
    wait_until_off(reader)


def wait_for_look(reader: Peer) -> None:
    """Wait until another thread looks."""
    end = monotonic() + 30
    while not reader.evaluate("stamps.stamp_of('default')._looking.locked()"):
        assert monotonic() < end, "nobody looks"
        sleep(0.01)
