"""`python -m benchmarks.scale [FOLDER] …`: measure how costs grow, show it, draw it. See `--help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks import pages
from benchmarks.command import SPEED, add_choice, chosen, machine, parser_of
from benchmarks.rows import BYTES, SECONDS
from benchmarks.scale import picture
from benchmarks.scale.curves import CURVES, Curve, Measured, Point
from benchmarks.tables import Table, amount

PICTURE = SPEED.with_name("growth.svg")

HEAD = ("a check in a request", "a further one", "queries", "cache reads", "with a load", "memory kept")


def main() -> int:
    """Measure, show it, and return 1 where something was missed."""
    options = _parse()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        _set_up(folder)
        # Only now can models be imported.
        from benchmarks.scale import study

        found = list(study.measured(options.curves, options.largest, options.seconds))
        waits = study.waits(options.largest, options.changes)
    verdicts = study.judged(found, waits)
    print(*text(found, [str(waits), *map(str, verdicts)]), sep="\n")
    if options.markdown is not None:
        write(options.markdown or [SPEED], options.picture, found, str(waits))
    return 0 if all(verdict.is_reached for verdict in verdicts) else 1


def text(found: Sequence[Measured], remarks: Sequence[str]) -> Iterator[str]:
    """Return what a terminal shows."""
    yield _about()
    for curve, points in found:
        yield from ("", *_table(curve, points).text())
    yield from ("", *remarks)


def write(targets: Sequence[Path], drawing: Path, found: Sequence[Measured], waits: str) -> None:
    """Fill the marked part of pages, and draw the picture."""
    tables = [line for curve, points in found for line in ("", *_table(curve, points).markdown())]
    for page in targets:
        pages.fill(page, {"growth": [_about(), *tables, "", waits]})
    drawing.write_text(picture.draw(found))


def _about() -> str:
    versions = f"Python {sys.version.split()[0]}, Django {django.get_version()}"
    return f"The processor's time on {machine()}, with {versions}, LocMem and a file of SQLite."


def _table(curve: Curve, points: Sequence[Point]) -> Table:
    return Table(curve.name.capitalize(), [curve.name, *HEAD], [_cells(point) for point in points])


def _cells(point: Point) -> list[str]:
    times = [amount(seconds, SECONDS) for seconds in (point.first, point.again, point.load)]
    counts = [f"{point.queries:g}", f"{point.cache_reads:g}"]
    return [f"{point.size:,}", *times[:2], *counts, times[2], amount(point.kept, BYTES)]


def _set_up(folder: str) -> None:
    os.environ.update(DJANGO_SETTINGS_MODULE="benchmarks.settings", WAFFLE_BENCH_FOLDER=folder)
    django.setup()
    call_command("migrate", verbosity=0)


def _parse() -> argparse.Namespace:
    parser = parser_of("benchmarks.scale", "Measure how costs grow with users, flags, groups and checks.")
    parser.add_argument("--seconds", type=float, default=0.3, help="how long each time is taken (0.3)")
    parser.add_argument("--largest", type=int, default=1_000_000, help="leave out sizes above this one")
    parser.add_argument("--changes", type=int, default=20, help="changes while requests are answered (20)")
    parser.add_argument("--picture", type=Path, default=PICTURE, help="where --markdown puts the picture")
    add_choice(parser, "curves", CURVES)
    options = parser.parse_args()
    options.curves = chosen(CURVES, options.curves)
    return options


if __name__ == "__main__":
    sys.exit(main())
