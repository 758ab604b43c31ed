"""One run: its processes are started, its servers are troubled, and its journals are judged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path
from typing import NoReturn

from tests.exactness.checker import VIOLATIONS, Bounds, Finding, Judge
from tests.exactness.journals import history_in, lines_of, units_in
from tests.exactness.plan import Run
from tests.exactness.states import PARTS, first_state
from tests.exactness.tasks import WRITERS, Task
from tests.servers.start import Database, Server

READERS = ("requests", "single", "threads", "coroutines", "transactions", "repeatable")

BEFORE_FAULT = 3.0  # seconds


@dataclass(slots=True)
class Outcome:
    """What a run has shown."""

    run: Run
    reads: int = 0
    changes: int = 0
    undone: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    latest: float = 0.0
    """The longest time, in seconds, after which somebody did not know a change yet."""
    findings: list[Finding] = field(default_factory=list)
    """The first of each sort."""
    skipped: str = ""
    """Why it was not run."""
    failed: str = ""
    """Why it did not end."""

    @property
    def is_wrong(self) -> bool:
        """Say whether any read was wrong."""
        return any(self.counts[sort] for sort in VIOLATIONS)


class Scene:
    """A run's database, cache, processes and journals."""

    def __init__(
        self, run: Run, servers: Mapping[str, Server], folder: Path, seed: str, seconds: float
    ) -> None:
        self.run = run
        self.servers = servers
        self.folder = folder
        self.seconds = seconds
        self._seed = seed
        self._log = folder / "log"

    def play(self) -> Outcome:
        """Run it all, and judge it."""
        tasks = [self._task("writer", number) for number in range(WRITERS)]
        tasks += [self._task(role) for role in READERS]
        with self._stage(tasks) as stage:
            try:
                judge = self._direct(stage)
                if stage.wait():
                    self._fail(stage)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(stage.pid, signal.SIGKILL)
        return self._outcome(judge)

    def _direct(self, stage: subprocess.Popen[str]) -> Judge:
        self._expect(stage, "started")
        if self.run.fault.strike is not None:
            time.sleep(BEFORE_FAULT)
            self.run.fault.strike(self.servers)
        self._expect(stage, "written")
        judge = self._judge()
        assert stage.stdin is not None
        print(max(record.known_to_all for record in judge.records.values()), file=stage.stdin, flush=True)
        return judge

    def _expect(self, stage: subprocess.Popen[str], word: str) -> None:
        assert stage.stdout is not None
        if not stage.stdout.readline().startswith(word):
            self._fail(stage)

    def _fail(self, stage: subprocess.Popen[str]) -> NoReturn:
        log = self._log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the stage has ended with {stage.wait()}:\n{log}")

    def _stage(self, tasks: Sequence[Task]) -> subprocess.Popen[str]:
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.exactness.stage", json.dumps([asdict(task) for task in tasks])],
                env={**os.environ, **self._make_environment()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # a group, which can be killed together
                text=True,
            )

    def _task(self, role: str, number: int = 0) -> Task:
        is_writer, of_database = role == "writer", self.run.fault.name.startswith("database")
        return Task(
            role,
            number,
            journal=str(self._journal(role, number)),
            seed=self._seed,
            seconds=self.seconds,
            # While a database is away nobody knows a user's groups, nor a writer what it has just written.
            parts=tuple(part for part in PARTS if part != "groups" or not of_database),
            asks_own=not of_database,
            dies=is_writer and self.run.fault.kills_writers,
            sabotage=self.run.sabotage,
        )

    def _make_environment(self) -> dict[str, str]:
        name = f"exactness_{self.folder.name.replace('-', '_')}".lower()
        database = self.servers.get("database")
        if isinstance(database, Database):
            database.create_database(name)
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.exactness.settings",
            "WAFFLE_TEST_DATABASE": "sqlite",
            "WAFFLE_TEST_CACHE": "none",
            "WAFFLE_TEST_MAX_AGE": str(self.run.fault.max_age),
            "WAFFLE_TEST_NAMES": json.dumps({"default": name if database else str(self.folder / "sqlite3")}),
        }
        for server in self.servers.values():
            environment.update(server.environment)
        return environment

    def _judge(self) -> Judge:
        fault = self.run.fault
        histories = {
            number: history_in(lines_of(self._journal("writer", number)), first_state(number))
            for number in range(WRITERS)
        }
        judge = Judge(histories, Bounds(fault.window, fault.max_age))
        late = [number for number, record in judge.records.items() if not isfinite(record.known_to_all)]
        if late:
            raise RuntimeError(f"the writers {late} have not told of all that they have changed")
        return judge

    def _outcome(self, judge: Judge) -> Outcome:
        outcome = Outcome(self.run)
        outcome.changes = sum(len(record.states) - 1 for record in judge.records.values())
        outcome.undone = sum(len(record.undone) for record in judge.records.values())
        journals = [self._journal("writer", number) for number in range(WRITERS)]
        for path in (*journals, *(self._journal(role) for role in READERS)):
            for unit in units_in(lines_of(path)):
                outcome.reads += len(unit.readings)
                for finding in judge.judge(unit):
                    if not outcome.counts[finding.sort]:
                        outcome.findings.append(finding)
                    outcome.counts[finding.sort] += 1
        outcome.latest = judge.latest
        return outcome

    def _journal(self, role: str, number: int = 0) -> Path:
        return self.folder / f"{role}-{number}.jsonl"
