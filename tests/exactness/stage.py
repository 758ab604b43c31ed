"""The stage of a run: `python -m tests.exactness.stage TASKS` makes the tables, and a process for each task.

It says "started" and when, then "written"; it is told when the last change is known to all, and ends with the
readers. The processes are forks, as those of many sites are, and start at once.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from tests.exactness import asking, changing, delays, readers, sabotage, writer  # noqa: E402
from tests.exactness.journals import Journal  # noqa: E402
from tests.exactness.states import KINDS, Question, first_state  # noqa: E402
from tests.exactness.tasks import WRITERS, Task  # noqa: E402

LONGEST_TASK = 120.0  # seconds


class Stage:
    """What the processes of a run share."""

    def __init__(self, tasks: list[Task]) -> None:
        fork = multiprocessing.get_context("fork")
        self._start = fork.Value("d")
        self._ready = fork.Barrier(len(tasks) + 1, self._set_start)
        self._end = fork.Value("d")
        self._is_end_near = fork.Event()
        self._processes = [(task, fork.Process(target=self._perform, args=(task,))) for task in tasks]

    def play(self) -> None:
        """Let all tasks be done."""
        try:
            self._play()
        finally:
            for _, process in self._processes:
                process.kill()

    def _play(self) -> None:
        for _, process in self._processes:
            process.start()
        say("started", self._started())
        self._join("writer")
        say("written")
        with suppress(ValueError):  # nobody is there to tell
            self._end.value = float(sys.stdin.readline())
        self._is_end_near.set()
        self._join("reader")

    def _set_start(self) -> None:
        self._start.value = monotonic() + 0.5

    def _perform(self, task: Task) -> None:
        set_mode(task)
        asking.meet()
        sabotage.apply(task.sabotage)
        for kind in KINDS:  # who knows nothing can only guess while a server is away
            asking.ask(Question("active", kind, ""))
        connections.close_all()
        self._do(task, Journal(Path(task.journal)))

    def _do(self, task: Task, journal: Journal) -> None:
        readers.watch_locks()
        if task.role == "writer":
            delays.delay_telling(Random(f"{task.seed} delays {task.number}"))
            process = writer.Writer(task, journal)
            process.run(self._started())
            return
        delays.delay_reading(Random(f"{task.seed} delays {task.role}"))
        readers.read(task, journal, self._started(), readers.End(self._is_end_near, self._end))

    def _started(self) -> float:
        self._ready.wait(LONGEST_TASK)
        return float(self._start.value)

    def _join(self, role: str) -> None:
        for task, process in self._processes:
            if (task.role == "writer") == (role == "writer"):
                process.join(LONGEST_TASK)
                if process.exitcode != (-9 if task.dies else 0):
                    raise RuntimeError(f"{task.role} {task.number} has ended with {process.exitcode}")


def prepare() -> None:
    """Make the tables, and what the writers find in them."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode = WAL")
    call_command("migrate", verbosity=0)
    changing.make_all({number: first_state(number) for number in range(WRITERS)})
    connections.close_all()


def set_mode(task: Task) -> None:
    """Let this process's transactions be of another sort."""
    options = connections.settings["default"].setdefault("OPTIONS", {})
    is_sqlite = connection.vendor == "sqlite"
    if task.role == "repeatable" and not is_sqlite:
        options["isolation_level"] = _REPEATABLE_READ[connection.vendor]
    if task.role == "writer" and is_sqlite and django.VERSION >= (5, 1):
        options["transaction_mode"] = "IMMEDIATE"  # else most that meet another one fail


_REPEATABLE_READ: dict[str, Any] = {"postgresql": 3, "mysql": "repeatable read"}
"""How the clients call it: psycopg gives it a number, mysqlclient words."""


def say(*words: object) -> None:
    """Tell whoever has started the stage."""
    print(*words, flush=True)


def main(tasks: str) -> None:
    """Make the tables, and play."""
    prepare()
    Stage([Task(**task) for task in json.loads(tasks)]).play()


if __name__ == "__main__":
    main(sys.argv[1])
