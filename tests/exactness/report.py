"""The table, which is one of Markdown too, and what is said above and below it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator

from tests.exactness.checker import HURRIED, VIOLATIONS
from tests.exactness.run import Outcome

WIDTHS = {
    "database": 10,
    "cache": 9,
    "fault": 21,
    "window": 6,
    "changes": 7,
    "undone": 6,
    "reads": 7,
    **{sort: len(sort) for sort in VIOLATIONS},
    HURRIED: len(HURRIED),
    "latest": 6,
}
TEXTS = ("database", "cache", "fault")


def introduction(seed: str, seconds: float) -> Iterator[str]:
    """Say what is run, and where."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB"
    yield f"Exactness, on a machine with {machine}, Python {platform.python_version()}; --seed {seed}."
    yield f"Each run: 3 processes write in bursts for {seconds:.0f} s, 6 processes read. Times in seconds."


def head() -> list[str]:
    """Return the first lines of the table."""
    ruler = ["-" * width if name in TEXTS else "-" * (width - 1) + ":" for name, width in WIDTHS.items()]
    return [_line(WIDTHS), _line(ruler)]


def row(outcome: Outcome) -> str:
    """Return a run's line."""
    run = outcome.run
    place = [run.database, run.cache, run.sabotage or run.fault.name]
    if outcome.skipped or outcome.failed:
        how = f"SKIPPED: {outcome.skipped}" if outcome.skipped else f"FAILED: {outcome.failed}"
        return f"{_line(place)} {how}"
    counts = [outcome.counts[sort] for sort in (*VIOLATIONS, HURRIED)]
    done = [outcome.changes, outcome.undone, outcome.reads]
    return _line([*place, f"{run.fault.window:.1f}", *done, *counts, f"{outcome.latest:.3f}"])


def foot(outcomes: list[Outcome]) -> Iterator[str]:
    """Add up, and show what was found."""
    done = [sum(getattr(outcome, name) for outcome in outcomes) for name in ("changes", "undone", "reads")]
    counts = [sum(outcome.counts[sort] for outcome in outcomes) for sort in (*VIOLATIONS, HURRIED)]
    latest = max((outcome.latest for outcome in outcomes), default=0)
    yield _line(["together", "", "", "", *done, *counts, f"{latest:.3f}"])
    yield ""
    for outcome in outcomes:
        for finding in outcome.findings:
            yield f"{outcome.run.database}+{outcome.run.cache}, {outcome.run.fault.name}: {finding}"


def _line(cells: Iterable[object]) -> str:
    texts = ["" if cell is None else str(cell) for cell in cells]
    columns = zip(texts, WIDTHS.items(), strict=False)
    padded = (text.ljust(width) if name in TEXTS else text.rjust(width) for text, (name, width) in columns)
    return f"| {' | '.join(padded)} |"
