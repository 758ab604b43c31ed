"""Web servers with several processes, forked after a first check or not: each answers every change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.lacking import miss
from tests.process import environment_of_child
from tests.servers.conftest import BELLS, Cache
from tests.servers.start import HOST, free_port
from waffle.models import Switch

WORKERS = 2
LONGEST_WAIT = 30.0  # seconds

GUNICORN = ["gunicorn", "tests.servers.site:wsgi", "--workers", str(WORKERS), "--bind", f"{HOST}:{{port}}"]
UVICORN = ["uvicorn", "tests.servers.site:asgi", "--workers", str(WORKERS), "--port", "{port}"]

Serve = Callable[[Cache, list[str]], int]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return what runs a site with the databases of this test, and a cache; it returns the site's port."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(cache: Cache, command: list[str]) -> int:
        if find_spec(command[0]) is None:
            miss(f"{command[0]} is not installed")
        port = free_port()
        environment = {
            **environment_of_child(),
            "WAFFLE_TEST_CACHE": cache.place,
            "WAFFLE_TEST_REFRESH_SECONDS": "0",
        }
        line = [sys.executable, "-m", *(word.format(port=port) for word in command)]
        with (tmp_path / "log").open("wb") as log:
            servers.append(subprocess.Popen(line, env=environment, stdout=log, stderr=log))
        assert answers(servers[-1], port), (tmp_path / "log").read_text(errors="replace")
        return port

    yield start
    for server in servers:
        server.terminate()
        server.wait(LONGEST_WAIT)


def answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the site answers, and say whether it does."""
    end = monotonic() + LONGEST_WAIT
    while server.poll() is None and monotonic() < end:
        with suppress(OSError):
            return bool(fetch(port, "/"))
        sleep(0.05)
    return False


def fetch(port: int, path: str, connection: HTTPConnection | None = None) -> str:
    client = connection or HTTPConnection(HOST, port, timeout=LONGEST_WAIT)
    client.request("GET", path)
    response = client.getresponse()
    text = response.read().decode()
    assert response.status == 200, text
    if connection is None:
        client.close()
    return text


def answers_of_all(port: int, path: str) -> set[str]:
    """Ask until every process has answered; return all that was said."""
    end, seen, said = monotonic() + LONGEST_WAIT, set[str](), set[str]()
    while len(seen) < WORKERS:
        assert monotonic() < end, f"only {seen} answer"
        process, _, answer = fetch(port, path).partition(" ")
        seen.add(process)
        said.add(answer)
    return said


@pytest.mark.parametrize(
    ("command", "path", "cache"),
    [
        pytest.param(GUNICORN, "/", "none", id="gunicorn-none"),
        pytest.param([*GUNICORN, "--threads", "4"], "/", "redis", id="threads-redis"),
        *(
            pytest.param([*GUNICORN, "--preload"], "/", name, id=f"preload-{name}")
            for name in (*BELLS, "none")
        ),
        pytest.param(UVICORN, "/coroutine", "memcached", id="uvicorn-memcached"),
    ],
    indirect=["cache"],
)
def test_each_process_of_a_web_server_answers_every_change(
    cache: Cache, serve: Serve, command: list[str], path: str
) -> None:
    switch = Switch.objects.create(name="x", active=False)
    port = serve(cache, command)

    said = [answers_of_all(port, path)]
    for switch.active in (True, False, True):
        switch.save()
        said.append(answers_of_all(port, path))

    assert said == [{"False"}, {"True"}, {"False"}, {"True"}]


@pytest.mark.parametrize("cache", ["none"], indirect=True)
def test_a_task_that_outlives_its_request_is_told_of_changes(cache: Cache, serve: Serve) -> None:
    switch = Switch.objects.create(name="x", active=False)
    port = serve(cache, UVICORN)
    # One process answers all that is asked on one connection.
    connection = HTTPConnection(HOST, port, timeout=LONGEST_WAIT)

    fetch(port, "/begin", connection)
    switch.active = True
    switch.save()

    assert fetch(port, "/end", connection) == "False True"
    connection.close()
