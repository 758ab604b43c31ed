"""`python -m benchmarks [FOLDER] [--rounds N] [--seconds N]`; needs uv, and nothing else."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.libraries import OURS, THEIRS, Worker
from benchmarks.report import Line, table


def main() -> None:
    """Make the environments, measure, and print the table."""
    options = _parse()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder)))
        workers = []
        for library in (OURS, THEIRS):
            workers.append(worker := Worker(library, folder))
            stack.callback(worker.stop)
        lines = measure(workers, options.rounds, options.seconds)
        print(*describe(workers, options.rounds), "", *table(lines), sep="\n")


def measure(workers: list[Worker], rounds: int, budget: float) -> list[Line]:
    """Measure every row on both sides in each round, now one side first and now the other."""
    rows = workers[0].introduction["rows"]
    readings: list[tuple[list[Any], ...]] = [tuple([] for _ in workers) for _ in rows]
    for round_number in range(rounds):
        for number in range(len(rows)):
            sides = list(zip(workers, readings[number], strict=True))
            for worker, kept in sides if round_number % 2 == 0 else reversed(sides):
                kept.append(worker.ask(number, budget))
    return [Line(row, *sides) for row, sides in zip(rows, readings, strict=True)]


def describe(workers: list[Worker], rounds: int) -> Iterator[str]:
    """Say what was measured, on which machine."""
    ours = workers[0].introduction
    names = " and ".join(worker.library.source for worker in workers[1:])
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = f"Python {ours['python']}, Django {ours['django']}"
    yield f"This checkout and {names}, with {versions}, LocMem and a file of SQLite."
    yield f"A machine with {os.cpu_count()} cores and {memory:.0f} GiB; medians of {rounds} rounds."


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description="Measure Waffle Iron and django-waffle."
    )
    parser.add_argument("folder", nargs="?", help="where to put the environments, until the end")
    parser.add_argument("--rounds", type=int, default=15, help="how often each row is measured (15)")
    parser.add_argument("--seconds", type=float, default=0.05, help="how long, each time (0.05)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
