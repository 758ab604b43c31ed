"""A worker: a process in one library's environment, which measures the rows that it is asked for.

It speaks in lines of JSON. First it introduces itself; then each line that it reads is the number of a row
and the seconds to spend on it, and each line that it writes is a `Reading`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from benchmarks.rows import Row


@dataclass(frozen=True)
class Reading:
    """What a row took, for one time of what its title says."""

    seconds: float
    queries: float
    cache_reads: float


def read_off(row: Row, budget: float) -> Reading:
    """Run a row once, then once more and count, then for `budget` seconds: the median is what it takes."""
    from benchmarks.meters import Counter, Stopwatch

    counter, stopwatch = Counter(), Stopwatch()
    seconds: list[float] = []
    row.run(stopwatch)
    row.run(counter)
    end = perf_counter() + budget
    while not seconds or perf_counter() < end:
        row.run(stopwatch)
        seconds.append(stopwatch.seconds)
    return Reading(*(total / row.times for total in (median(seconds), counter.queries, counter.cache_reads)))


# Any: what JSON can say.
def introduction(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the table's head says of this process, and the rows that it knows."""
    goals = [{"title": row.title, "ratio": row.ratio, "seconds": row.seconds} for row in rows]
    return {"python": sys.version.split()[0], "django": django.get_version(), "rows": goals}


def main() -> None:
    """Make the site, and measure until nobody asks any more."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # Only now can models be imported.
    from benchmarks import site
    from benchmarks.rows import ROWS

    site.fill()
    print(json.dumps(introduction(ROWS)), flush=True)
    for line in sys.stdin:
        number, budget = json.loads(line)
        print(json.dumps(asdict(read_off(ROWS[number], budget))), flush=True)


if __name__ == "__main__":
    main()
