"""How the benchmark asks its workers, and what it shows of their answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import pages, report, rounds
from benchmarks.caches import CACHES, LOCMEM, MEMCACHED, REDIS, Cache, Settings
from benchmarks.libraries import DJANGO_FLAGS, DJANGO_WAFFLE, FLOOR, LIBRARIES, WAFFLE_IRON, Library
from benchmarks.readings import Comparison, Figures, Finding
from benchmarks.rounds import measure
from benchmarks.rows import BYTES, PAGE, QUERIES, ROWS, Row, Scene, Within, faster
from benchmarks.tables import Table, amount
from tests.scripted import Failing, Scripted
from tests.servers.start import NotInstalled

SETTLED = Row("settled", "a settled flag")
MEMORY = Row("memory", "memory", "lists", scene=Scene({"users": 2}, 3), measures=BYTES)


def test_all_are_asked_in_turn_and_each_is_the_first_in_every_other_round() -> None:
    log: list[str] = []
    asked = [Scripted(WAFFLE_IRON, LOCMEM, log, 1), Scripted(DJANGO_WAFFLE, LOCMEM, log, 2)]

    findings = measure(asked, [SETTLED], rounds=2, budget=0.5)

    scene = f"fill {asdict(PAGE)}"
    assert log == [
        f"Waffle Iron: {scene}",
        f"django-waffle: {scene}",
        "Waffle Iron: heard",
        "django-waffle: heard",
        "Waffle Iron: count settled",
        "django-waffle: count settled",
        "Waffle Iron: measure settled 0.5",
        "django-waffle: measure settled 0.5",
        "django-waffle: measure settled 0.5",
        "Waffle Iron: measure settled 0.5",
    ]
    assert findings == [
        Finding(SETTLED, WAFFLE_IRON, LOCMEM, Figures(1, 1, 2)),
        Finding(SETTLED, DJANGO_WAFFLE, LOCMEM, Figures(2, 1, 2)),
    ]


def test_a_row_is_for_those_who_offer_it_and_what_it_keeps_is_weighed_once() -> None:
    log: list[str] = []
    asked = [Scripted(WAFFLE_IRON, LOCMEM, log, 64), Scripted(DJANGO_FLAGS, LOCMEM, log)]

    findings = measure(asked, [MEMORY], rounds=5, budget=0.5)

    assert log == [
        f"Waffle Iron: fill {asdict(MEMORY.scene)}",
        "Waffle Iron: heard",
        "Waffle Iron: weigh memory",
    ]
    assert findings == [Finding(MEMORY, WAFFLE_IRON, LOCMEM, Figures(64))]


def test_a_row_that_asks_no_cache_is_measured_with_one() -> None:
    row = Row("import", "import", asks_cache=False)
    asked = [Scripted(WAFFLE_IRON, cache, []) for cache in CACHES]

    findings = measure(asked, [row], rounds=1, budget=0)

    assert [found.cache for found in findings] == [LOCMEM]
    comparison = Comparison([row], [WAFFLE_IRON], CACHES, {}, findings)
    assert comparison.figures(row, WAFFLE_IRON, REDIS) == Figures(1, 1, 2)


def test_a_row_that_takes_long_has_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "PATIENCE", 0)
    log: list[str] = []

    measure([Scripted(WAFFLE_IRON, LOCMEM, log)], [SETTLED], rounds=50, budget=0)

    assert len([line for line in log if "measure" in line]) == rounds.FEWEST


def test_a_library_that_raises_errors_is_left_out_of_the_rounds_and_told_of() -> None:
    log: list[str] = []
    asked = [Scripted(WAFFLE_IRON, LOCMEM, []), Failing(DJANGO_WAFFLE, LOCMEM, log)]

    findings = measure(asked, [SETTLED], rounds=2, budget=0)

    assert [line for line in log if "settled" in line] == ["django-waffle: count settled"]
    comparison = Comparison(
        [SETTLED], [WAFFLE_IRON, DJANGO_WAFFLE], [LOCMEM], {"django-waffle": "5"}, findings
    )
    assert list(report.failures(comparison)) == [
        "Fails: a settled flag, django-waffle 5 with LocMem: OSError: away"
    ]
    assert next(report.tables(comparison)).lines == [["a settled flag", "1.0 s", "1/2", "fails", "", "–", ""]]


def compared(row: Row, ours: Figures, **theirs: Figures) -> Comparison:
    """Return a comparison of one row with LocMem."""
    others = [library for library in LIBRARIES if library.name.replace("-", "_") in theirs]
    findings = [
        Finding(row, WAFFLE_IRON, LOCMEM, ours),
        *(Finding(row, library, LOCMEM, theirs[library.name.replace("-", "_")]) for library in others),
    ]
    return Comparison([row], [WAFFLE_IRON, *others], [LOCMEM], {}, findings)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (Row("x", "x", goals=(faster(50),)), "≥ 50 × reached"),
        (Row("x", "x", goals=(faster(51, 1, 1),)), "≥ 51 × missed"),
        (Row("x", "x", goals=(faster(2, than=DJANGO_FLAGS),)), "≥ 2 × django-flags reached"),
        (Row("x", "x", goals=(Within(2e-6),)), "≤ 2.0 µs reached"),
        (Row("x", "x", goals=(Within(1.9e-6),)), "≤ 1.9 µs missed"),
        (
            Row("x", "x", goals=(Within(3, QUERIES), Within(4, QUERIES))),
            "≤ 3 queries missed; ≤ 4 queries reached",
        ),
        (Row("x", "x"), ""),
    ],
)
def test_what_is_to_be_reached_is_shown_with_whether_it_was(row: Row, told: str) -> None:
    ours = Figures(2e-6, 4, 0)
    comparison = compared(row, ours, django_waffle=Figures(1e-4, 0, 1), django_flags=Figures(4e-6, 1, 0))

    table = next(report.tables(comparison))

    assert table.lines == [["x", "2.0 µs", "4/0", "100 µs", "0/1", "50 ×", "4.0 µs", "1/0", "2.0 ×", told]]
    missed = f"x ({told.split(' missed')[0]} with LocMem)" if "missed" in told else "none"
    assert list(report.verdicts(comparison)) == [
        f"Goals missed: {missed}.",
        "Another library for Django is ahead in: no row.",
    ]


def test_a_row_in_which_another_library_is_ahead_is_named() -> None:
    comparison = compared(SETTLED, Figures(2.0), django_waffle=Figures(1.0))

    assert list(report.verdicts(comparison)) == [
        "Goals missed: none.",
        "Another library for Django is ahead in: a settled flag, django-waffle (0.50 × with LocMem).",
    ]


def test_references_have_a_table_of_their_own_and_are_no_rivals() -> None:
    comparison = compared(SETTLED, Figures(2.0), a_dictionary=Figures(1.0))
    comparison = Comparison(
        [SETTLED],
        [WAFFLE_IRON, FLOOR],
        [LOCMEM],
        {"Waffle Iron": "1"},
        [*comparison.findings, Finding(SETTLED, FLOOR, LOCMEM, Figures(1.0))],
    )

    *_, table = report.tables(comparison)

    assert table.head == ["", "Waffle Iron 1", "a dictionary"]
    assert table.lines == [["a settled flag", "2.0 s", "1.0 s"]]
    assert list(report.verdicts(comparison))[1] == "Another library for Django is ahead in: no row."


def test_the_brief_table_shows_the_ratios_with_each_cache() -> None:
    (row,) = (row for row in ROWS if row.key == "mixed")
    findings = [
        Finding(row, WAFFLE_IRON, LOCMEM, Figures(1e-3)),
        Finding(row, DJANGO_WAFFLE, LOCMEM, Figures(30e-3)),
        Finding(row, WAFFLE_IRON, REDIS, Figures(1e-3)),
        Finding(row, DJANGO_WAFFLE, REDIS, Figures(150e-3)),
        Finding(row, DJANGO_FLAGS, LOCMEM, Figures(5e-3)),
    ]
    libraries = [WAFFLE_IRON, DJANGO_WAFFLE, DJANGO_FLAGS]

    brief = report.brief(Comparison([row, MEMORY], libraries, CACHES, {}, findings))

    assert brief.lines == [["50 mixed flags", "1.0 ms", "30 ×", "–", "150 ×", "5.0 ×"]]
    assert len(brief.head) == len(brief.lines[0])


@pytest.mark.parametrize(
    ("value", "measures", "written"),
    [
        (2.34e-7, "seconds", "0.23 µs"),
        (4.321e-5, "seconds", "43 µs"),
        (1.5e-3, "seconds", "1.5 ms"),
        (1234.0, "seconds", "1,234 s"),
        (1500, BYTES, "1.5 kB"),
        (39e6, BYTES, "39 MB"),
    ],
)
def test_an_amount_has_two_digits_or_three(value: float, measures: str, written: str) -> None:
    assert amount(value, measures) == written


TABLE = Table(
    "With LocMem", ["", "time", "to reach"], [["a check", "1.0 µs", ""], ["a page", "12 ms", "≥ 2 ×; x"]]
)


def test_a_table_is_text_for_a_terminal_and_markdown_for_a_page() -> None:
    assert list(TABLE.text()) == [
        "With LocMem",
        "           time  to reach",
        "a check  1.0 µs",
        "a page    12 ms  ≥ 2 ×; x",
    ]
    assert list(TABLE.markdown()) == [
        "With LocMem:",
        "",
        "|  | time | to reach |",
        "| --- | ---: | ---: |",
        "| a check | 1.0\N{NO-BREAK SPACE}µs |  |",
        "| a page | 12\N{NO-BREAK SPACE}ms | ≥\N{NO-BREAK SPACE}2\N{NO-BREAK SPACE}×; x |",
    ]


def test_a_page_takes_what_it_has_marks_for_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Speed\n\n<!-- brief -->\nold\n<!-- end -->\n\nText.\n\n<!-- end -->\n")

    pages.fill(page, {"brief": ["| new |"], "tables": ["| more |"]})
    pages.fill(page, {"brief": ["| new |"]})

    assert page.read_text() == (
        "# Speed\n\n<!-- brief -->\n\n| new |\n\n<!-- end -->\n\nText.\n\n<!-- end -->\n"
    )


def test_a_cache_has_a_server_of_its_own_if_it_has_one() -> None:
    with LOCMEM.running() as settings:
        assert settings["BACKEND"].endswith("LocMemCache")
        assert settings["OPTIONS"]["MAX_ENTRIES"] > 10_000
    assert MEMCACHED.settings("here:1") == {"BACKEND": MEMCACHED.backend, "LOCATION": "here:1"}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run the program with workers that are not there; memcached is not installed."""

    @contextmanager
    def running(cache: Cache) -> Iterator[Settings]:
        if cache == MEMCACHED:
            raise NotInstalled("memcached is not installed")
        yield {}

    def start(stack: object, libraries: list[Library], caches: list[Cache], folder: Path) -> list[Scripted]:
        return [Scripted(library, cache, []) for library in libraries for cache in caches]

    monkeypatch.setattr(Cache, "running", running)
    monkeypatch.setattr(program, "start", start)
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    program.main()


def test_the_program_measures_what_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- tables -->\n<!-- end -->\n")

    run(
        monkeypatch,
        str(tmp_path),
        *("--libraries", "iron", "waffle", "--caches", "memcached", "redis"),
        *("--rows", "settled flag, again", "--markdown", str(page)),
    )

    out, err = capsys.readouterr()
    assert "Without memcached: memcached is not installed" in err
    assert out.splitlines()[3:6] == [
        "With Redis",
        "                       Waffle Iron 1.0  q/r  django-waffle 1.0  q/r  ratio        to reach",
        "a settled flag, again            1.0 s  1/2              1.0 s  1/2  1.0 ×  ≥ 400 × missed",
    ]
    assert "| a settled flag, again | 1.0 s | 1/2 | 1.0 s |" in page.read_text().replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Python 3.0, Django 6.0" in page.read_text()


def test_a_word_that_names_nothing_is_told_with_what_there_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--caches", "redsi")

    assert "nothing is called 'redsi'; there are: LocMem; memcached; Redis" in capsys.readouterr().err


def test_without_any_cache_the_program_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="no cache"):
        run(monkeypatch, "--caches", "memcached")
