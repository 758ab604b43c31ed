"""One outage: a site is run, visited, and troubled; what its visitors got is counted in three phases."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.visitors import Visit, visit
from tests.servers.start import HOST, Database, Server, free_port

BEFORE, DURING, AFTER = 3.0, 5.0, 5.0  # seconds
SETTLING = 2.0  # seconds at the start of the visits that do not count
MOST_TIMEOUTS = 3  # within `DURING`: at once, after a second, and after two more
SLOW = 0.5  # seconds: no check takes so long, but one that waits for a server

LONGEST_START = 60.0  # seconds

WEB_SERVERS = {
    "gunicorn": ("plain", 4, ["gunicorn", "tests.faults.site:wsgi", "--threads", "4", "-w"]),
    "uvicorn": ("async", 2, ["uvicorn", "tests.faults.site:asgi", "--log-level", "error", "--workers"]),
}
"""Which page, how many processes, and what runs them."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A server that hangs, or is down."""

    server: str
    how: str
    """`hangs` or `is down`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an outage has cost."""

    rates: tuple[float, float, float]
    """Requests per second before, during and after it."""
    slowest: float
    """The longest that a visitor waited, in seconds."""
    slow: int
    """How many visitors waited long, at most, for one process."""
    failed: int
    """Requests without an answer, or with a wrong one."""
    timeouts: int
    """How often a process waited for the cache in vain, at most."""
    lines: tuple[int, int]
    """Log lines of one process, at most: that something is away, and that it is back."""

    @property
    def is_wrong(self) -> bool:
        """Say whether it has cost more than it may."""
        return self.failed > 0 or self.timeouts > MOST_TIMEOUTS or max(self.lines) > 1


class Scene:
    """A site with its servers."""

    def __init__(self, web_server: str, servers: Mapping[str, Server], folder: Path) -> None:
        self.page, self._processes, self._command = WEB_SERVERS[web_server]
        self._folder = folder
        self._port = free_port()
        self._journal = folder / "journal"
        self._environment = self._environment_with(servers)

    def play(self, server: Server, outage: Outage) -> Result:
        """Let the outage happen to the visited site."""
        self._journal.touch()
        self._run(sys.executable, "-m", "tests.faults.site")
        with self._site():
            visitors = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.visitors", str(self._port), f"/{self.page}"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            moments = list(_phases(server, outage))
            output, _ = visitors.communicate()
        return self._result(json.loads(output), moments)

    def _result(self, visits: list[Visit], moments: Sequence[float]) -> Result:
        visits = [each for each in visits if each[0] >= moments[0]]
        slow: Counter[int] = Counter(process for _, seconds, process, _ in visits if seconds > SLOW)
        timeouts: Counter[str] = Counter()
        told: Counter[str] = Counter()
        back: Counter[str] = Counter()
        for line in self._journal.read_text().splitlines():
            process, what, rest = line.split("\t", 2)
            timeouts[process] += what == "failed" and float(rest) > SLOW
            told[process] += "is not available" in rest
            back[process] += "is available again" in rest
        return Result(
            _rates(visits, moments),
            max(seconds for _, seconds, _, _ in visits),
            max(slow.values(), default=0),
            sum(not is_right for *_, is_right in visits),
            max(timeouts.values(), default=0),
            (max(told.values(), default=0), max(back.values(), default=0)),
        )

    @contextmanager
    def _site(self) -> Iterator[None]:
        where = ["-b", f"{HOST}:{self._port}"] if self.page == "plain" else ["--port", str(self._port)]
        command = [sys.executable, "-m", *self._command, str(self._processes), *where]
        with (self._folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(60)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until each of its processes has answered, or enough time for that is over."""
        end, seen = time.monotonic() + LONGEST_START, set[int]()
        while process.poll() is None and time.monotonic() < end and len(seen) < self._processes:
            rounds = iter((False, True))
            seen |= {pid for *_, pid, _ in visit(self._port, f"/{self.page}", rounds.__next__) if pid}
        if not seen:
            log = (self._folder / "log").read_text(errors="replace")
            raise RuntimeError(f"the site has not answered within {LONGEST_START} s:\n{log}")

    def _run(self, *command: str) -> None:
        subprocess.run(command, env=self._environment, check=True)

    def _environment_with(self, servers: Mapping[str, Server]) -> dict[str, str]:
        name = f"faults_{self._folder.name.replace('-', '_')}".lower()
        for server in servers.values():
            if isinstance(server, Database):
                server.create_database(name)
        is_served = any(isinstance(server, Database) for server in servers.values())
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "WAFFLE_TEST_NAMES": json.dumps(
                {"default": name if is_served else str(self._folder / "sqlite3")}
            ),
            "WAFFLE_FAULTS_JOURNAL": str(self._journal),
            **{name: value for server in servers.values() for name, value in server.environment.items()},
        }


def _phases(server: Server, outage: Outage) -> Iterator[float]:
    """Let it happen, and yield when each phase begins, and when the last one ends."""
    time.sleep(SETTLING)
    yield time.monotonic()
    time.sleep(BEFORE)
    server.pause() if outage.how == "hangs" else server.kill()
    yield time.monotonic()
    time.sleep(DURING)
    server.resume() if outage.how == "hangs" else server.start()
    yield time.monotonic()
    time.sleep(AFTER)
    yield time.monotonic()


def _rates(visits: list[Visit], moments: Sequence[float]) -> tuple[float, float, float]:
    """Return how many requests were answered in each second of the three phases."""
    ends = [began + seconds for began, seconds, process, _ in visits if process]
    phases = itertools.pairwise(moments)
    before, during, after = (
        sum(start <= end < stop for end in ends) / (stop - start) for start, stop in phases
    )
    return before, during, after
