"""The checker of `tests.exactness` finds each sort of violation, and none where there is none."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.exactness import plan, readers, run, sabotage
from tests.exactness.checker import (
    FOR_EVER,
    HURRIED,
    RAISED,
    STALE,
    TORN,
    UNCOMMITTED,
    Bounds,
    Judge,
)
from tests.exactness.journals import (
    PIN,
    VIEW,
    Change,
    History,
    Journal,
    Reading,
    Unit,
    history_in,
    lines_of,
    units_in,
)
from tests.exactness.states import Question, State, answer, copy_of, first_state, questions_about

WINDOW = 0.125

NOTE = Question("note", "switch", "w0-switch-0")
ACTIVE = Question("active", "switch", "w0-switch-0")
OTHER = Question("active", "switch", "w0-switch-1")
SAMPLE = Question("active", "sample", "w0-sample-0")
ALL = Question("all", "switch", "w0-switch-")
LISTED = Question("listed", "users", "w0-users-", 3)


def state_after(serial: int, **kinds: bool) -> State:
    """Return a state in which all rows of some kinds were changed last by one change."""
    state = first_state(0)
    for kind, is_on in kinds.items():
        state[kind] = {name: [serial, is_on] for name in state[kind]}
    return state


ON, OFF = state_after(1, switch=True), state_after(2, switch=False, sample=True)

HISTORY = History(
    [
        Change(0, float("-inf"), first_state(0), float("-inf"), float("-inf")),
        Change(1, begin=10.0, state=ON, committed=10.25, told=10.5),
        Change(2, begin=20.0, state=OFF, committed=20.25, told=20.5),
    ],
    undone={3: state_after(3, switch=True)},
)


# Any, here and below: answers go through JSON.
def reading(question: Question, answer: Any, begin: float, end: float | None = None) -> Reading:
    return Reading(question, answer, begin, begin if end is None else end)


def sorts(*readings: Reading, history: History = HISTORY, max_age: float = 300, **unit: Any) -> list[str]:
    """Return what is wrong with a unit of work that has made these readings."""
    judge = Judge({0: history}, Bounds(WINDOW, max_age))
    found = judge.judge(Unit("reader", unit.pop("begin", readings[0].begin), readings, **unit))
    return [finding.sort for finding in found]


def test_a_change_may_be_missed_until_the_window_after_it_was_told_is_over() -> None:
    assert sorts(reading(ACTIVE, False, 10.5)) == []
    assert sorts(reading(ACTIVE, False, 10.5 + WINDOW)) == [STALE]
    assert sorts(reading(ACTIVE, True, 10.5 + WINDOW)) == []


def test_a_read_that_ends_late_goes_by_its_beginning() -> None:
    assert sorts(reading(ACTIVE, False, 10.5, 19.0)) == []


def test_a_change_may_be_seen_from_the_beginning_of_its_commit() -> None:
    assert sorts(reading(NOTE, "1", 9.0, 9.875)) == [UNCOMMITTED]
    assert sorts(reading(NOTE, "1", 9.0, 10.0)) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (NOTE, "3"),
        (ALL, {"w0-switch-0": "3", "w0-switch-1": "3", "w0-switch-2": "3"}),
        (ALL, {"w0-switch-0": "3", "w0-switch-1": "1", "w0-switch-2": "1"}),
        (NOTE, "99"),
        (Question("active", "flag", "w0-flag-0"), True),
        (LISTED, True),
    ],
)
def test_what_no_commit_has_written_is_uncommitted(question: Question, answer: Any) -> None:
    assert sorts(reading(question, answer, 15.0)) == [UNCOMMITTED]


def test_half_of_a_transaction_is_torn() -> None:
    half = {"w0-switch-0": "1", "w0-switch-1": "0", "w0-switch-2": "1"}

    assert sorts(reading(ALL, half, 10.0, 10.5)) == [TORN]


def test_two_answers_to_one_question_are_torn_in_a_pin_alone() -> None:
    both = reading(ACTIVE, False, 10.0), reading(ACTIVE, True, 10.25)

    assert sorts(*both, hold=PIN) == [TORN]
    assert sorts(*both) == []
    assert sorts(*both, hold=VIEW) == []


def test_answers_of_two_states_about_one_kind_are_torn_in_a_pin() -> None:
    assert sorts(reading(ACTIVE, False, 10.0), reading(OTHER, True, 10.25), hold=PIN) == [TORN]


def test_two_kinds_may_be_of_two_states_in_a_pin() -> None:
    assert sorts(reading(ACTIVE, True, 20.0), reading(SAMPLE, True, 20.25), hold=PIN) == []


@pytest.mark.parametrize("hold", [PIN, VIEW])
def test_within_a_pin_or_an_old_view_a_read_goes_by_the_beginning_of_the_work(hold: str) -> None:
    old = reading(ACTIVE, False, 19.0)

    assert sorts(old, begin=10.5, hold=hold) == []
    assert sorts(old, begin=10.5 + WINDOW, hold=hold) == [STALE]


def test_an_exception_is_a_violation() -> None:
    assert sorts(Reading(ACTIVE, None, 15.0, 15.0, raised="OperationalError()")) == [RAISED]


def test_what_is_old_at_the_end_is_stale_for_ever() -> None:
    assert sorts(reading(ACTIVE, True, 30.0), is_final=True) == [FOR_EVER]
    assert sorts(reading(ACTIVE, False, 30.0), is_final=True) == []


def test_who_gave_up_waiting_for_another_thread_is_counted_apart() -> None:
    assert sorts(reading(ACTIVE, False, 15.0), is_hurried=True) == [HURRIED]
    assert sorts(reading(NOTE, "3", 15.0), is_hurried=True) == [UNCOMMITTED]


def test_a_writer_sees_what_it_has_written_and_nothing_else() -> None:
    assert sorts(reading(NOTE, "3", 15.0), serial=3) == []
    assert sorts(reading(NOTE, "1", 15.0), serial=3) == [STALE]
    assert sorts(reading(NOTE, "3", 15.0), serial=1) == [UNCOMMITTED]
    assert sorts(Reading(NOTE, None, 15.0, 15.0, raised="KeyError()"), serial=1) == [RAISED]


def test_a_change_that_is_never_told_is_known_after_the_maximum_age() -> None:
    untold = History([HISTORY.changes[0], Change(1, begin=10.0, state=ON, committed=10.25)])
    old = reading(ACTIVE, False, 13.25)

    assert sorts(old, history=untold, max_age=3.0) == [STALE]
    assert sorts(old, history=untold, max_age=3.125) == []


def test_how_late_a_change_was_known_is_measured() -> None:
    judge = Judge({0: HISTORY}, Bounds(WINDOW, 300))

    for begin in (10.25, 10.5625, 10.53125):
        list(judge.judge(Unit("reader", begin, (reading(ACTIVE, False, begin),))))

    assert judge.latest == 0.0625


def test_a_change_is_told_with_a_later_one() -> None:
    lines: list[dict[str, Any]] = [
        {"what": "committing", "serial": 1, "at": 1.0, "state": {}},
        {"what": "committed", "serial": 1, "at": 1.25},
        {"what": "undone", "serial": 2, "at": 2.0, "state": {}},
        {"what": "committing", "serial": 3, "at": 3.0, "state": {}},
        {"what": "told", "serial": 3, "at": 3.5},
        {"what": "told", "serial": 3, "at": 4.0},
    ]

    history = history_in(lines, first_state(0))

    told = [(change.serial, change.begin, change.committed, change.told) for change in history.changes[1:]]
    assert told == [(1, 1.0, 1.25, 3.5), (3, 3.0, float("inf"), 3.5)]
    assert list(history.undone) == [2]


def test_a_change_that_turned_out_to_be_undone_is_none() -> None:
    lines: list[dict[str, Any]] = [
        {"what": what, "serial": 1, "at": 1.0, "state": {}} for what in ("committing", "undone")
    ]

    assert len(history_in(lines, first_state(0)).changes) == 1


def test_a_journal_gives_back_what_was_noted_but_for_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    unit = Unit("reader", 1.0, (reading(LISTED, True, 1.0, 1.5), reading(ALL, {"x": "1"}, 2.0)), PIN)
    with closing(Journal(path)) as journal:
        journal.note_unit(unit)
    with path.open("a") as file:
        file.write('{"what": "uni')

    assert list(units_in(lines_of(path))) == [unit]


def test_a_copy_of_a_state_is_changed_by_itself() -> None:
    state = first_state(0)

    copy_of(state)["switch"].clear()

    assert state == first_state(0)


def test_every_question_has_an_answer_that_is_json() -> None:
    judge = Judge({0: History(HISTORY.changes[:1])}, Bounds(WINDOW, 300))
    state = first_state(0)

    answers = [
        reading(asked, json.loads(json.dumps(answer(state, asked))), 1.0) for asked in questions_about(0)
    ]
    unit = Unit("reader", 1.0, tuple(answers), PIN)

    assert list(judge.judge(unit)) == []


def test_the_plan_names_sabotages_and_readers_that_there_are() -> None:
    assert list(plan.SABOTAGES) == list(sabotage.SABOTAGES)
    assert list(run.READERS) == list(readers.ROLES)
    assert all(names in plan.PAIRS for pairs in plan.FAULTY_PAIRS.values() for names in pairs)
