"""`python -m benchmarks [FOLDER] …`: measure, print the tables, fill pages. Needs uv; see `--help`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks import pages, report
from benchmarks.caches import CACHES, Cache
from benchmarks.libraries import LIBRARIES, ROOT
from benchmarks.readings import Comparison
from benchmarks.rounds import measure
from benchmarks.rows import ROWS, Row
from benchmarks.workers import Worker, start
from tests.servers.start import NotInstalled

PAGES = (ROOT / "docs" / "topics" / "speed.md", ROOT / "README.md")


class Named(Protocol):
    """What can be chosen by a word."""

    @property
    def name(self) -> str:
        """What it is called."""


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
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Medians of {rounds} rounds on a machine with {os.cpu_count()} cores and {memory:.0f} GiB, "
        f"with Python {told['python']}, Django {told['django']} and a file of SQLite."
    )


def text(comparison: Comparison, about: str) -> Iterator[str]:
    """Return what a terminal shows."""
    yield about
    yield "q / r: queries and cache reads; ratio: how many times as fast Waffle Iron is."
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
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure what feature flags cost.")
    parser.add_argument("folder", nargs="?", help="where to put the environments, until the end")
    parser.add_argument("--rounds", type=int, default=9, help="how often each row is measured (9)")
    parser.add_argument("--seconds", type=float, default=0.03, help="how long, each time (0.03)")
    pages_help = "fill the marked parts of these pages; without one, of README.md and the docs"
    parser.add_argument("--markdown", nargs="*", type=Path, metavar="PAGE", help=pages_help)
    choices: dict[str, Sequence[Named]] = {"libraries": LIBRARIES, "caches": CACHES, "rows": ROWS}
    for name, items in choices.items():
        chooser = partial(_choose, items)
        about = f"measure only {name} whose names have one of these words in them"
        parser.add_argument(f"--{name}", nargs="+", type=chooser, metavar="WORD", help=about)
    options = parser.parse_args()
    for name, items in choices.items():
        words = getattr(options, name) or [items]
        setattr(options, name, [item for item in items if any(item in found for found in words)])
    return options


def _choose(items: Sequence[Named], word: str) -> list[Named]:
    """Return the items that a word names."""
    found = [item for item in items if word.casefold() in item.name.casefold()]
    if not found:
        names = "; ".join(item.name for item in items)
        raise argparse.ArgumentTypeError(f"nothing is called {word!r}; there are: {names}")
    return found


if __name__ == "__main__":
    main()
