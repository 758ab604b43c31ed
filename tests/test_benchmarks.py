"""Every row of the benchmark still runs, on a small site. Nothing is timed here."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings

from benchmarks import places, site, worker
from benchmarks.contenders import contender, here
from benchmarks.libraries import FLOOR, LIBRARIES, WAFFLE_IRON
from benchmarks.measurer import Measurer
from benchmarks.meters import Counter, Scales, Stopwatch
from benchmarks.rows import BYTES, ROWS, Scene, of_every_sort
from benchmarks.works import WORKS
from tests.conftest import Clock

QUERIES = {
    "group request": 1,
    "mixed": 1,
    "look": 1,
    # SQLite's transaction begins by a statement, and MariaDB's UPDATE of the version does not tell it.
    "save": 4 if connection.vendor == "postgresql" else 5,
    "save alone": 3 if connection.vendor == "mysql" else 2,
    **{f"status {number}": 1 for number in (10, 100, 1_000, 10_000)},
}
IN_NEW_PROCESSES = (
    places.import_in_a_new_process,
    places.in_a_new_process,
    places.start_of_a_new_process,
)

SMALL = Scene({"everyone": 100, "percent": 10, "staff": 10, "groups": 10, "users": 10}, crowd=3)


@pytest.fixture
def measurer(transactional_db: None, clock: Clock) -> Measurer:
    """Return what measures this checkout, on a site that has something of everything."""
    measurer = Measurer(here())
    assert measurer.answer("fill", asdict(SMALL)) == {"answer": None}
    return measurer


def test_every_row_has_its_work_and_no_work_is_too_much() -> None:
    assert set(WORKS) == {row.key for row in ROWS}
    assert len(WORKS) == len(ROWS) == len({row.name for row in ROWS})


def test_whatever_a_row_needs_waffle_iron_offers_and_another_library_does_not() -> None:
    needs = {row.needs for row in ROWS} - {""}

    assert needs == WAFFLE_IRON.offers
    assert all(any(need not in library.offers for library in LIBRARIES) for need in needs)


def test_every_row_runs_and_counts_its_queries_and_cache_reads(measurer: Measurer) -> None:
    keys = [row.key for row in ROWS if WORKS[row.key] not in IN_NEW_PROCESSES and row.measures != BYTES]

    counts = {key: measurer.count(key) for key in keys}

    assert {key: queries for key, (queries, _) in counts.items() if queries} == QUERIES
    assert {reads for _, reads in counts.values()} == {0}


def test_a_flag_with_a_long_list_costs_one_query(measurer: Measurer, settings: Settings) -> None:
    settings.WAFFLE_ROSTER_LIMIT = 2

    counts = measurer.count("crowd")

    assert counts == (1, 0)


def test_what_a_row_takes_is_a_time_and_what_it_keeps_is_a_size(measurer: Measurer) -> None:
    seconds, kept = measurer.measure("mixed", 0), measurer.weigh("memory")

    assert 0 < seconds < 10
    assert 0 < kept < 10_000_000


def test_an_error_of_a_library_is_an_answer(measurer: Measurer) -> None:
    assert measurer.answer("count", "nothing of the kind") == {"error": "KeyError: 'nothing of the kind'"}


def test_a_flag_that_answers_the_guest_what_it_should_not_is_found(measurer: Measurer) -> None:
    wrong = site.FlagSpec("users", 11)  # there is none, so it is off, as it should be
    missing = site.FlagSpec("users", 12)

    with pytest.raises(AssertionError, match=r"should not: users_12$"):
        site.verify(here(), [wrong, missing])


def test_the_floor_answers_as_all_libraries_do(measurer: Measurer) -> None:
    floor = contender(FLOOR)

    floor.fill(site.specs(SMALL))

    site.verify(floor, site.specs(SMALL))
    assert floor.switch("switch") is True


def test_a_site_of_many_flags_has_them_of_four_sorts() -> None:
    assert of_every_sort(10).flags == {"everyone": 2, "staff": 2, "groups": 3, "users": 3}


def test_a_read_of_many_keys_is_one_read() -> None:
    cache.set_many({"a": 1, "b": 2})
    counter = Counter()

    with counter:
        assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
        assert cache.get("a") == 1

    assert counter.cache_reads == 2


def test_only_what_stays_in_use_is_weighed() -> None:
    scales, kept = Scales(), []

    with scales:
        kept.append(bytes(100_000))
        bytes(1_000_000)

    assert 100_000 <= scales.kept < 200_000


def test_the_start_of_the_app_is_taken_in_a_process_of_its_own() -> None:
    stopwatch = Stopwatch()

    places.start_of_a_new_process(here(), stopwatch)

    assert stopwatch.seconds > 0


def test_a_worker_introduces_itself_and_answers_line_by_line(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = (["fill", {"flags": {"everyone": 1}}], ["count", "settled"], ["count", "no row"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(json.dumps, questions))))
    monkeypatch.setenv("WAFFLE_BENCH_LIBRARY", FLOOR.name)

    worker.main()

    introduction, *answers = map(json.loads, capsys.readouterr().out.splitlines())
    assert introduction["answer"].keys() == {"python", "django", "version"}
    assert answers == [{"answer": None}, {"answer": [0, 0]}, {"error": "KeyError: 'no row'"}]


def test_a_worker_with_a_question_on_its_command_line_answers_that_and_ends(
    measurer: Measurer, capsys: pytest.CaptureFixture[str]
) -> None:
    worker.main("cold")

    assert json.loads(capsys.readouterr().out)["answer"][1:] == [4, 0]
