"""The study of growth still runs, on small sites, and judges and draws what it finds."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.contenders import here
from benchmarks.meters import Stopwatch
from benchmarks.rows import of_every_sort
from benchmarks.scale import __main__ as program
from benchmarks.scale import growth as growing
from benchmarks.scale import picture, study, waiting, writer
from benchmarks.scale.curves import CURVES, FLAGS, GROUPS, USERS, Curve, Point, growth, verdicts
from benchmarks.scale.waiting import Span, Waits
from tests.conftest import Clock
from tests.process import before_each
from waffle import snapshots

POINT = Point(size=10, first=2e-5, again=2e-6, queries=0, cache_reads=0, load=0.001, kept=1e4)
WAITS = Waits(changes=3, changed=1.0, requests=1234, longs=[Span(0, 0.5), Span(1, 1.2)], loads=[Span(1, 1.1)])

QUERIES = {"groups of the user": 1}


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_first_point_of_a_curve_is_measured(curve: Curve, transactional_db: None, clock: Clock) -> None:
    point = growing.measure(here(), curve, curve.sizes[0], budget=0)

    assert point.size == curve.sizes[0]
    assert (point.queries, point.cache_reads) == (QUERIES.get(curve.name, 0), 0)
    assert min(point.first, point.again, point.load, point.kept) > 0


def test_a_load_is_measured_after_each_change(
    transactional_db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing.measure(here(), USERS, 10, budget=0)
    reads: list[int] = []
    before_each(snapshots, "read", lambda: reads.append(1), monkeypatch)
    run, stopwatch = growing.loading("crowd_0"), Stopwatch()

    for _ in range(3):
        run(here(), stopwatch)

    assert reads == [1, 1, 1]


def test_what_grows_is_compared_with_the_smallest_site_of_as_many_queries() -> None:
    points = [
        POINT,
        replace(POINT, size=100, first=3e-5),
        replace(POINT, size=1_000, first=20e-5, queries=1),
        replace(POINT, size=10_000, first=24e-5, queries=1),
    ]

    assert growth(points, lambda point: point.first) == pytest.approx(1.5)
    assert growth(points, lambda point: point.again) == 1


def test_a_check_that_grows_and_a_second_query_are_missed_goals() -> None:
    told = list(verdicts(GROUPS, [POINT, replace(POINT, size=500, first=5e-5, queries=0)]))

    assert [verdict.is_reached for verdict in told] == [False, True, True]
    assert str(told[0]) == "groups of the user: a check costs up to 2.5 × as much (2 × allowed): MISSED"
    *_, queries = verdicts(GROUPS, [POINT, replace(POINT, queries=2)])
    assert str(queries) == "groups of the user: 2 queries in a request (1 allowed): MISSED"


def test_the_load_and_the_memory_of_the_largest_site_are_judged() -> None:
    *_, load, kept = verdicts(FLAGS, [POINT, replace(POINT, size=10_000, load=0.31, kept=8e6)])

    assert [str(load), str(kept)] == [
        "flags: 10,000 are read in 0.31 s (0.3 s allowed): MISSED",
        "flags: 10,000 keep 8.0 MB (25 MB allowed): reached",
    ]


def test_a_request_that_holds_two_loads_has_waited_for_too_many() -> None:
    twice = replace(WAITS, longs=[Span(1, 3)], loads=[Span(0.9, 1.5), Span(1.5, 2), Span(2, 2.9)])

    assert (WAITS.most_loads(), twice.most_loads()) == (1, 2)
    assert str(twice.verdict()) == "after a change a request waits for 2 loads (1 allowed): MISSED"


def test_requests_are_answered_while_another_process_changes_a_flag(
    transactional_db: None, cold: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Any: what subprocess takes.
    def change(command: list[str], **options: Any) -> None:
        writer.main(int(command[3]), 0)

    monkeypatch.setattr(subprocess, "run", change)
    monkeypatch.setattr(waiting, "QUIET", 0.05)

    waits = waiting.watch(here(), of_every_sort(10), changes=2)

    assert waits.requests > 0
    assert waits.loads
    assert f"while another process made {waits.changes} changes" in str(waits)


def test_a_picture_has_a_panel_for_each_curve_and_is_always_the_same() -> None:
    points = [POINT, replace(POINT, size=1_000_000, load=0.1)]

    drawn = picture.draw([(USERS, points), (FLAGS, [POINT])])

    assert drawn == picture.draw([(USERS, points), (FLAGS, [POINT])])
    texts = [
        element.text for element in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {"users that a flag lists", "flags", "10", "1 M", "100 ms", "a further check in it"} <= set(texts)


def test_a_cost_that_does_not_grow_is_level_and_one_that_grows_rises() -> None:
    drawn = picture.draw([(USERS, [POINT, replace(POINT, size=100, load=0.01)])])

    heights = {
        style: [float(place.split()[1]) for place in line["d"].strip("M").split("L")]
        for line in (element.attrib for element in ElementTree.fromstring(drawn).iter())
        if (style := line.get("class", "")).startswith("line ") and "L" in line["d"]
    }
    assert heights["line first"][0] == heights["line first"][1]
    assert heights["line load"][0] > heights["line load"][1]  # upwards is less


@pytest.mark.parametrize(("grown", "code"), [(1.0, 0), (9.0, 1)])
def test_the_program_shows_what_it_has_found_and_fails_where_a_goal_is_missed(
    grown: float,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    points = [POINT, replace(POINT, size=100, first=POINT.first * grown)]
    page, drawing = tmp_path / "page.md", tmp_path / "growth.svg"
    page.write_text("<!-- growth -->\n<!-- end -->\n")
    monkeypatch.setattr(program, "_set_up", lambda folder: None)
    monkeypatch.setattr(study, "measure", lambda contender, curve, size, budget: points[size // 100])
    monkeypatch.setattr(study, "watch", lambda contender, scene, changes: WAITS)
    arguments = ("--curves", "users", "--largest", "100", "--markdown", str(page), "--picture", str(drawing))
    monkeypatch.setattr(sys, "argv", ["scale", str(tmp_path), *arguments])

    assert program.main() == code

    shown = capsys.readouterr().out.splitlines()
    assert shown[2:4] == [
        "Users that a flag lists",
        "users that a flag lists  a check in a request  a further one  "
        "queries  cache reads  with a load  memory kept",
    ]
    assert shown[4].split() == ["10", "20", "µs", "2.0", "µs", "0", "0", "1.0", "ms", "10.0", "kB"]
    assert "1,234 requests" in page.read_text()
    assert drawing.read_text().startswith("<svg")
