"""`python -m benchmarks [FOLDER] …`: measure, print the tables, fill pages. Needs uv; see `--help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import pages, report
from benchmarks.caches import CACHES, Cache
from benchmarks.command import SPEED, add_choice, chosen, machine, parser_of
from benchmarks.libraries import LIBRARIES, ROOT
from benchmarks.readings import Comparison
from benchmarks.rounds import measure
from benchmarks.rows import ROWS, Row
from benchmarks.workers import Worker, start
from tests.servers.start import NotInstalled

PAGES = (SPEED, ROOT / "README.md")


def main() -> None:
    """Make the environments, measure, and show the tables."""
    options = _parse()
    caches = list(installed(options.caches))
    if not caches:
        sys.exit("There is no cache to measure with.")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)))
        workers = list(start(stack, options.libraries, caches, folder))
        findings = measure(workers, options.rows, options.rounds, options.seconds, _tell)
    versions = {worker.library.name: worker.introduction["version"] for worker in workers}
    comparison = Comparison(options.rows, options.libraries, caches, versions, findings)
    about = describe(workers[0], options.rounds)
    print(*text(comparison, about), sep="\n")
    for page in PAGES if options.markdown == [] else options.markdown or ():
        pages.fill(page, markdown(comparison, about))


def installed(caches: Iterable[Cache]) -> Iterator[Cache]:
    """Return the caches whose servers are on this machine, and say what is missing for the others."""
    for cache in caches:
        try:
            with cache.running():
                pass
        except NotInstalled as error:
            print(f"Without {cache.name}: {error}", file=sys.stderr)
        else:
            yield cache


def describe(worker: Worker, rounds: int) -> str:
    """Say where the figures come from."""
    told = worker.introduction
    versions = f"Python {told['python']}, Django {told['django']}"
    return f"Medians of {rounds} rounds on {machine()}, with {versions} and a file of SQLite."


def text(comparison: Comparison, about: str) -> Iterator[str]:
    """Return what a terminal shows."""
    yield about
    yield "q/r: queries and cache reads; ratio: how many times as fast Waffle Iron is."
    for table in report.tables(comparison):
        yield from ("", *table.text())
    yield from ("", *report.failures(comparison), *report.verdicts(comparison))


def markdown(comparison: Comparison, about: str) -> dict[str, list[str]]:
    """Return the parts of pages: all tables, and a brief one."""
    full = [line for table in report.tables(comparison) for line in ("", *table.markdown())]
    remarks = [*report.failures(comparison), *report.verdicts(comparison)]
    closing = [line for remark in remarks for line in ("", remark)]
    brief = report.brief(comparison).markdown()
    return {"tables": [about, *full, *closing], "brief": [about, "", *brief]}


def _tell(row: Row) -> None:
    print(f"… {row.name}", file=sys.stderr)


def _parse() -> argparse.Namespace:
    parser = parser_of("benchmarks", "Measure what feature flags cost.")
    parser.add_argument("--rounds", type=int, default=9, help="how often each row is measured (9)")
    parser.add_argument("--seconds", type=float, default=0.03, help="how long, each time (0.03)")
    add_choice(parser, "libraries", LIBRARIES)
    add_choice(parser, "caches", CACHES)
    add_choice(parser, "rows", ROWS)
    options = parser.parse_args()
    options.libraries = chosen(LIBRARIES, options.libraries)
    options.caches = chosen(CACHES, options.caches)
    options.rows = chosen(ROWS, options.rows)
    return options


if __name__ == "__main__":
    main()
