"""Outages: when to try again what was away, and one log line at each end."""

from __future__ import annotations

import pytest

from tests.conftest import Clock
from waffle.outages import FIRST_WAIT, Outage, Reminders, ongoing


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage("The tea kettle", "Drink water.")


def test_what_never_failed_is_worth_a_try(outage: Outage) -> None:
    assert outage.is_over() is True


def test_after_a_failure_the_next_try_is_due_in_a_second(outage: Outage, clock: Clock) -> None:
    outage.failed(OSError("cold"))

    assert outage.is_over() is False
    clock.advance(0.99)
    assert outage.is_over() is False
    clock.advance(0.01)
    assert outage.is_over() is True


def test_the_wait_doubles_up_to_half_a_minute(outage: Outage, clock: Clock) -> None:
    waits = []
    for _ in range(7):
        outage.failed(OSError("cold"))
        start = clock.now
        while not outage.is_over():
            clock.advance(0.5)
        waits.append(clock.now - start)

    assert waits == [1, 2, 4, 8, 16, 30, 30]


def test_after_it_has_worked_the_wait_is_short_again(outage: Outage, clock: Clock) -> None:
    outage.failed(OSError("cold"))
    outage.failed(OSError("cold"))

    outage.worked()

    assert outage.is_over() is True
    outage.failed(OSError("cold"))
    clock.advance(1)
    assert outage.is_over() is True


def test_it_is_among_those_that_are_on_while_it_lasts(outage: Outage) -> None:
    before = outage in ongoing
    outage.failed(OSError())
    during = outage in ongoing
    outage.worked()

    assert (before, during, outage in ongoing) == (False, True, False)


def test_an_error_of_several_lines_is_told_in_one(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.failed(OSError("refused\n\tIs the server running?\n"))

    assert caplog.messages == [
        "The tea kettle is not available (OSError: refused Is the server running?). Drink water."
    ]


def test_each_end_of_an_outage_writes_one_line(outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    outage.worked()
    outage.failed(OSError("cold"))
    outage.failed(ValueError("colder"))
    outage.worked()
    outage.worked()

    assert [(record.name, record.levelname, record.message) for record in caplog.records] == [
        ("waffle", "WARNING", "The tea kettle is not available (OSError: cold). Drink water."),
        ("waffle", "WARNING", "The tea kettle is available again."),
    ]


def test_what_the_log_has_told_already_is_not_told_again(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage("The oven", "Wait.")

    outage.failed(OSError(), is_told=True)
    was_over = outage.is_over()
    outage.worked()

    assert (was_over, outage.is_over()) == (False, True)
    assert caplog.records == []


def test_failures_that_were_under_way_together_count_once() -> None:
    outage = Outage("The oven", "Wait.")

    for _ in range(5):
        outage.failed(OSError())

    assert outage._wait == FIRST_WAIT


def test_a_line_is_due_once_in_so_many_seconds_for_each_matter(clock: Clock) -> None:
    reminders = Reminders(60)

    due = []
    for seconds in (0, 0, 59, 1, 0):
        clock.advance(seconds)
        due.append((reminders.is_due("tea"), reminders.is_due("tea")))

    assert due == [(True, False), (False, False), (False, False), (True, False), (False, False)]
    assert reminders.is_due("coffee") is True
    reminders.forget()
    assert reminders.is_due("tea") is True


def test_an_outage_is_on_from_a_failure_until_it_works(outage: Outage) -> None:
    states = [outage.is_on]
    outage.failed(OSError("cold"))
    states.append(outage.is_on)
    outage.worked()
    states.append(outage.is_on)

    assert states == [False, True, False]
