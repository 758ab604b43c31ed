"""The benchmark still runs: every row, once. Nothing is timed here."""

from __future__ import annotations

import json

import pytest

from benchmarks import site
from benchmarks.meters import Stopwatch
from benchmarks.places import import_in_a_new_process, start_of_a_new_process
from benchmarks.report import Line, table
from benchmarks.rows import ROWS
from benchmarks.worker import introduction, read_off
from tests.conftest import Clock

QUERIES = {
    "a flag that lists a group": 1,
    "50 mixed flags": 1,
    "100 tags, mixed flags": 1,
    "whole request, a flag with a group": 1,
    "whole request, 50 mixed flags": 1,
    "a save": 3,
}


@pytest.mark.django_db(transaction=True)
def test_every_row_runs_and_counts_its_queries_and_cache_reads(clock: Clock) -> None:
    site.fill()
    rows = [row for row in ROWS if row.run not in (import_in_a_new_process, start_of_a_new_process)]

    readings = {row.title: read_off(row, budget=0) for row in rows}

    queries = {title: reading.queries for title, reading in readings.items() if reading.queries}
    assert queries == QUERIES
    assert {reading.cache_reads for reading in readings.values()} == {0}
    assert all(reading.seconds > 0 for reading in readings.values())


def test_the_start_of_the_app_is_taken_in_a_process_of_its_own() -> None:
    stopwatch = Stopwatch()

    start_of_a_new_process(stopwatch)

    assert stopwatch.seconds > 0


def test_a_worker_introduces_itself_with_every_row() -> None:
    rows = json.loads(json.dumps(introduction(ROWS)))["rows"]

    assert [row["title"] for row in rows] == [row.title for row in ROWS]
    assert len({row["title"] for row in rows}) == len(ROWS)


def test_the_table_shows_medians_ratios_and_what_is_to_be_reached() -> None:
    def readings(*times: float) -> list[dict[str, float]]:
        return [{"seconds": time, "queries": 0, "cache_reads": 0.5} for time in times]

    ours, theirs = readings(9, 2e-6, 1e-6), readings(0.0001, 0.00009, 0.002)
    rows: list[dict[str, object]] = [
        {"title": "reached", "ratio": 50, "seconds": None},
        {"title": "missed", "ratio": 51, "seconds": None},
        {"title": "a time", "ratio": None, "seconds": 1e-6},
        {"title": "for information", "ratio": None, "seconds": None},
    ]

    shown = list(table([Line(row, ours, theirs) for row in rows]))

    assert [line.split("  ")[-1].strip() for line in shown] == [
        "to reach",
        "≥ 50 ×",
        "≥ 51 ×, missed",
        "≤ 1.0 µs, missed",
        "50 ×",
    ]
    assert shown[1].split() == [
        "reached",
        "2.0",
        "µs",
        "0",
        "0.5",
        "100",
        "µs",
        "0",
        "0.5",
        "50",
        "×",
        "≥",
        "50",
        "×",
    ]
