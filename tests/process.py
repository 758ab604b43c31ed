"""This process and others, as tests see them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import connections

from waffle import (
    bells,
    database,
    evaluation,
    outages,
    picking,
    pins,
    queries,
    snapshots,
    stamps,
    store,
    unsettled,
)


def forget_everything() -> None:
    """Bring this process back to the state after its start."""
    database._readable.clear()
    database._test_databases.clear()
    snapshots.published.clear()
    stamps._stamps.clear()
    store._wanted.clear()
    unsettled.waiting.clear()
    pins._current.set(None)
    evaluation.reminders.forget()
    picking.conditions_of.cache_clear()
    for connection in connections.all():
        connection.__dict__.pop(unsettled.ATTRIBUTE, None)
    for outage in (
        bells.outage,
        queries.outage,
        *(loading.outage for loading in snapshots._loading.values()),
    ):
        outage._wait = 0.0
    outages.ongoing.clear()
    bells.away = bells.Away()


@contextmanager
def elsewhere(using: str = "default", *, is_told: bool = True) -> Iterator[None]:
    """Write within as another process does: the row and the stamp change, this process hears nothing.

    With `is_told=False` the stamp stays as it is: the bump is still to come, or comes never.
    """
    with mock.patch.object(unsettled, "changed"):
        yield
    if is_told:
        stamps.Stamp.write(connections[using])


# Any, here and below: whatever the function takes and returns.
def before_each(target: Any, name: str, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something before each call of `target.name`."""
    original = getattr(target, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        do()
        return original(*args, **kwargs)

    monkeypatch.setattr(target, name, wrapped)


def after_each(target: Any, name: str, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do something after each call of `target.name`, before its caller goes on."""
    original = getattr(target, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        do()
        return result

    monkeypatch.setattr(target, name, wrapped)


class Peer:
    """Another process, on the same databases, with all settings the same but `WAFFLE_REFRESH_SECONDS = 0`.

    `environment` has the variables of `tests.settings` that are to differ.
    """

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.peer"],
            env={**environment_of_child(), "WAFFLE_TEST_REFRESH_SECONDS": "0", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    # Any: whatever the expression gives, as JSON has it.
    def evaluate(self, expression: str) -> Any:
        """Return what a Python expression gives over there; the names are in `tests.peer`."""
        self.send(expression)
        return self.receive()

    def send(self, expression: str) -> None:
        """Send an expression, and do not wait for what it gives."""
        assert self.process.stdin is not None
        print(json.dumps(expression), file=self.process.stdin, flush=True)

    # Any: as above.
    def receive(self) -> Any:
        """Return what the last expression has given."""
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        """End the process."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(30)


def environment_of_child() -> dict[str, str]:
    """Return the environment that makes a child process use this one's databases."""
    entries = settings.DATABASES.items()
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "WAFFLE_TEST_NAMES": json.dumps({alias: str(entry["NAME"]) for alias, entry in entries}),
    }


# Any: whatever the program prints as JSON.
def run_python(program: str, **environment: str) -> Any:
    """Run `program` in a new Python process on the same databases; return what its last line says in JSON."""
    prelude = "import django, json\ndjango.setup()\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", prelude + program],
        env={**environment_of_child(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
