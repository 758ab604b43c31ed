"""Whatever happens, in whatever order: each answer is one that a naive model gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Clock
from tests.fuzz.machine import Machine
from tests.fuzz.naive import DICE

ROUNDS = 24

Thread = Callable[[Callable[[], Any]], Any]


def hurry() -> None:
    """Let SQLite wait neither for the disk nor for other writers."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA busy_timeout = 0")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_answer_is_one_that_a_naive_model_gives(
    number: int, clock: Clock, in_thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry()
    in_thread(hurry)
    monkeypatch.setattr(random, "uniform", lambda low, high: DICE)

    def machine() -> Machine:
        return Machine(clock, in_thread)

    run_state_machine_as_test(
        seed(number)(machine),  # type: ignore[arg-type]  # a factory will do, as hypothesis' documentation says
        settings=settings(max_examples=2, stateful_step_count=100),
    )
