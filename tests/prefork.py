"""A server that forks its workers after the first check, as `gunicorn --preload` and Celery do.

Run by `tests.test_processes` in a Python of its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from django.db import connections

import waffle
from waffle import unsettled
from waffle.models import Switch

# Any: whatever JSON holds.
COMMANDS: Mapping[str, Callable[[], Any]] = {
    "ask": lambda: waffle.switch_is_active("x"),
    "switch on": lambda: Switch.objects.filter(name="x").update(active=True),
    "switch off": lambda: Switch.objects.filter(name="x").update(active=False),
    "count what waits": lambda: len(unsettled.waiting),
}


class Worker:
    """A forked process that does what it is told."""

    def __init__(self) -> None:
        orders, results = os.pipe(), os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            _work(os.fdopen(orders[0]), os.fdopen(results[1], "w"))
        self.orders, self.results = os.fdopen(orders[1], "w"), os.fdopen(results[0])

    def do(self, command: str) -> Any:
        """Let it do something, and return the result."""
        print(command, file=self.orders, flush=True)
        return json.loads(self.results.readline())

    def stop(self) -> int:
        """End it, and return its exit code."""
        print("stop", file=self.orders, flush=True)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _work(orders: TextIO, results: TextIO) -> None:
    code = 1
    try:
        while (command := orders.readline().strip()) != "stop":
            print(json.dumps(COMMANDS[command]()), file=results, flush=True)
        code = 0
    finally:
        connections.close_all()
        os._exit(code)


def serve() -> list[Any]:
    """Return what master and workers see after each change, whoever has made it; and how the workers end."""
    waffle.switch_is_active("x")
    connections.close_all()  # Celery does; under gunicorn whoever asks before the fork has to
    first, second = workers = [Worker(), Worker()]
    seen = []
    for do in (first.do, second.do, lambda command: COMMANDS[command]()):
        for state in ("on", "off"):
            do(f"switch {state}")
            seen.append([COMMANDS["ask"](), *(worker.do("ask") for worker in workers)])
    return [seen, [worker.stop() for worker in workers]]
