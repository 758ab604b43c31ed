"""Whatever happens, in whatever order: each answer is one that a naive model gives."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Clock
from tests.fuzz import IS_NIGHTLY
from tests.fuzz.answers import Thread
from tests.fuzz.machine import Machine
from tests.fuzz.naive import DICE

# Hypothesis varies what it has tried, which finds little here: many short searches go further.
SEARCHES = 20 if IS_NIGHTLY else 8
SETTINGS = settings(max_examples=200 if IS_NIGHTLY else 2, stateful_step_count=100)


def hurry() -> None:
    """Let SQLite not wait for other writers."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(SEARCHES))
def test_every_answer_is_one_that_a_naive_model_gives(
    number: int, clock: Clock, in_thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry()
    in_thread(hurry)
    monkeypatch.setattr(random, "uniform", lambda low, high: DICE)

    def machine() -> Machine:
        return Machine(clock, in_thread)

    factory: Any = machine if IS_NIGHTLY else seed(number)(machine)  # Any: it asks for a class
    run_state_machine_as_test(factory, settings=SETTINGS)
