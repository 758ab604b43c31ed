"""The starter: servers answer, hang, crash and come back as they are told, and leave nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.lacking import miss
from tests.servers import __main__ as program
from tests.servers import family
from tests.servers.start import HOST, SERVERS, Database, NotInstalled, Redis, Server

# What a client sends to be answered; MariaDB speaks first.
GREETINGS = {
    "memcached": b"version\r\n",
    "redis": b"PING\r\n",
    "postgresql": b"\0\0\0\x08\x04\xd2\x16\x2f",  # it asks for TLS
    "mariadb": b"",
}


def answers(server: Server, within: float) -> bool:
    """Say whether a new client gets an answer within some seconds."""
    try:
        with socket.create_connection((HOST, server.port), within) as client:
            client.sendall(GREETINGS[server.name])
            return bool(client.recv(1))
    except OSError:
        return False


def connected(server: Server) -> socket.socket:
    """Return a client that has got its first answer; PostgreSQL has made a process for it."""
    client = socket.create_connection((HOST, server.port), 10)
    client.sendall(GREETINGS[server.name])
    assert client.recv(1)
    return client


@pytest.fixture(scope="module", params=SERVERS)
def _server(request: pytest.FixtureRequest) -> Iterator[Server]:
    try:
        with SERVERS[request.param]() as started:
            yield started
    except NotInstalled as error:
        miss(str(error))


@pytest.fixture
def server(_server: Server) -> Server:
    """Return a server of each kind, running."""
    _server.resume()
    _server.start()
    return _server


def test_a_server_answers_at_the_port_that_it_names(server: Server) -> None:
    assert answers(server, within=10)
    assert server.environment == {server.variable: f"{server.name}:{server.port}"}


def test_a_paused_server_takes_connections_and_answers_nothing_until_it_goes_on(server: Server) -> None:
    with connected(server):
        server.pause()
        paused = answers(server, within=0.3)
        server.resume()

        assert (paused, answers(server, within=10)) == (False, True)


def test_a_killed_server_is_gone_with_all_its_processes_and_can_be_started_again(server: Server) -> None:
    assert server.process is not None
    port = server.port
    with connected(server):
        members = list(family.family(server.process.pid))

        server.kill()

        assert not answers(server, within=1)
        assert [pid for pid in members if Path(f"/proc/{pid}/cmdline").exists() and cmdline(pid)] == []
    server.start()
    assert (server.port, answers(server, within=10)) == (port, True)


def cmdline(pid: int) -> bytes:
    """Return how a process was called; nothing for one that is dead and not yet buried."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_restarted_server_leaves_its_clients_and_answers_new_ones(server: Server) -> None:
    with connected(server) as client:
        server.restart()

        assert answers(server, within=10)
        assert is_left(client)


def is_left(client: socket.socket) -> bool:
    """Say whether the server has closed the connection."""
    try:
        while client.recv(1000):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def test_a_paused_server_can_be_restarted_and_stopped(server: Server) -> None:
    server.pause()
    server.restart()
    is_back = answers(server, within=10)
    folder = server.folder

    server.pause()
    server.stop()

    assert is_back
    assert folder is not None
    assert not folder.exists()
    assert not answers(server, within=1)


def test_a_server_does_not_outlive_the_process_that_started_it(server: Server) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, server.name],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()

        starter.kill()
        starter.wait()

    wait_until_gone(Path(folder))
    assert not Path(f"/proc/{pid}").exists() or not cmdline(int(pid))


STARTER = """
import sys
from tests.servers.start import SERVERS

server = SERVERS[sys.argv[1]]()
server.start()
server.pause()
print(server.process.pid, server.folder, flush=True)
sys.stdin.read()
"""


def wait_until_gone(folder: Path) -> None:
    """Wait for what another process is about to remove."""
    end = monotonic() + 30
    while folder.exists():
        assert monotonic() < end, f"{folder} is still there"
        sleep(0.05)


def test_a_redis_holds_after_its_next_start_what_it_was_told_to_save(server: Server) -> None:
    if not isinstance(server, Redis):
        pytest.skip("only Redis saves")

    def ask(words: bytes) -> bytes:
        with socket.create_connection((HOST, server.port), 10) as client:
            client.sendall(words + b"\r\n")
            return client.recv(100)

    ask(b"SET old 1")
    server.save()
    ask(b"SET new 1")
    seen = []
    for _ in range(2):
        server.kill()
        server.start()
        seen.append((ask(b"EXISTS old"), ask(b"EXISTS new")))

    assert seen == [(b":1\r\n", b":0\r\n"), (b":0\r\n", b":0\r\n")]


def test_a_database_is_made_where_it_is_not_there_yet(server: Server) -> None:
    if not isinstance(server, Database):
        pytest.skip("it has no databases")

    server.create_database("cakes")

    with pytest.raises(RuntimeError, match="cakes"):
        server.create_database("cakes")


# The command


def test_a_command_is_told_where_its_servers_are(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    tell = f"import os; print(os.environ[{server.variable!r}])"

    assert program.main(server.name, sys.executable, "-c", tell) == 0
    assert capfd.readouterr().out.startswith(f"{server.name}:")


def test_the_exit_code_of_the_command_is_the_programs(server: Server) -> None:
    assert program.main(server.name, sys.executable, "-c", "raise SystemExit(3)") == 3


@pytest.mark.parametrize(("is_ci", "code"), [("", 0), ("true", 1)])
def test_a_command_whose_server_is_not_installed_is_skipped_and_in_ci_that_fails(
    is_ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", is_ci)
    monkeypatch.setenv("PATH", os.devnull)

    assert program.main("memcached", "true") == code
    assert capsys.readouterr().out == (
        "SKIPPED: memcached is not installed: on Debian, `apt-get install memcached`\n"
    )


def test_an_ended_process_has_no_family() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    family.kill(child.pid)
    family.resume(child.pid)

    assert child.returncode == 0
