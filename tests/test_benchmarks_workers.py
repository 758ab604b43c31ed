"""The processes in which the benchmark asks each library."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from benchmarks import workers
from benchmarks.caches import LOCMEM, MEMCACHED, REDIS, Cache, Settings
from benchmarks.libraries import DJANGO_FLAGS, DJANGO_WAFFLE, FLOOR
from benchmarks.readings import Failed
from benchmarks.workers import Environment, Worker
from tests.scripted import Scripted

ECHO = """
import json, sys

print('{"answer": "hello"}', flush=True)
for line in sys.stdin:
    question, *_ = json.loads(line)
    if question == "end":
        break
    print(json.dumps({"error": "OSError"} if question == "fail" else {"answer": question}), flush=True)
"""


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Worker]:
    """Return a worker whose process gives each question back."""
    environment = Environment(FLOOR, tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "worker.py").write_text(ECHO)
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    worker = Worker(environment, LOCMEM, LOCMEM.settings())
    yield worker
    worker.stop()


def test_a_worker_is_a_process_that_answers_line_by_line(echo: Worker) -> None:
    echo.say("first")
    echo.say("second")

    assert [echo.introduction, echo.hear(), echo.hear(), echo.ask("third")] == [
        "hello",
        "first",
        "second",
        "third",
    ]


def test_an_error_of_a_library_is_raised_where_it_is_heard(echo: Worker) -> None:
    with pytest.raises(Failed, match="OSError"):
        echo.ask("fail")

    assert echo.ask("next") == "next"


def test_a_worker_that_has_ended_ends_the_program(echo: Worker) -> None:
    with pytest.raises(SystemExit, match="a dictionary has ended"):
        echo.ask("end")


def test_an_environment_holds_a_library_and_a_copy_of_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr("subprocess.run", lambda command, check: commands.append(command))

    Environment(DJANGO_FLAGS, tmp_path).install()

    assert [command[4] for command in commands] == ["venv", "pip"]
    assert commands[1][-1] == "django-flags==5.2.*"
    assert (tmp_path / "benchmarks" / "worker.py").exists()


def test_a_library_that_asks_a_cache_has_a_worker_for_each_and_any_other_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Started(Scripted):
        is_stopped = False

        def __init__(self, environment: Environment, cache: Cache, settings: Settings) -> None:
            super().__init__(environment.library, cache, [])

        def stop(self) -> None:
            self.is_stopped = True

    @contextmanager
    def running(cache: Cache) -> Iterator[Settings]:
        yield {}

    monkeypatch.setattr(Cache, "running", running)
    monkeypatch.setattr(Environment, "install", lambda environment: None)
    monkeypatch.setattr(workers, "Worker", Started)

    with ExitStack() as stack:
        started = list(workers.start(stack, [DJANGO_WAFFLE, DJANGO_FLAGS], [MEMCACHED, REDIS], tmp_path))

    assert [(worker.library, worker.cache) for worker in started] == [
        (DJANGO_WAFFLE, MEMCACHED),
        (DJANGO_WAFFLE, REDIS),
        (DJANGO_FLAGS, LOCMEM),
    ]
    assert all(vars(worker)["is_stopped"] for worker in started)
