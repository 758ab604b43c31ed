"""The table: both libraries' readings, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Readings = Sequence[dict[str, float]]
"""What one library took for one row, in each round."""

HEAD = ("", "Waffle Iron", "queries", "reads", "django-waffle", "queries", "reads", "ratio", "to reach")


@dataclass(frozen=True)
class Line:
    """One row, measured on both sides."""

    # Any: the row as JSON has it, with a title and what is to be reached.
    row: dict[str, Any]
    ours: Readings
    theirs: Readings

    def cells(self) -> tuple[str, ...]:
        """Return what the table shows."""
        ratio = _median(self.theirs, "seconds") / _median(self.ours, "seconds")
        sides = [cell for readings in (self.ours, self.theirs) for cell in _side(readings)]
        return (self.row["title"], *sides, f"{_digits(ratio)} ×", self._goal(ratio))

    def _goal(self, ratio: float) -> str:
        if self.row["ratio"] is not None:
            goal, is_met = f"≥ {self.row['ratio']:g} ×", ratio >= self.row["ratio"]
        elif self.row["seconds"] is not None:
            seconds = self.row["seconds"]
            goal, is_met = f"≤ {_time(seconds)}", _median(self.ours, "seconds") <= seconds
        else:
            return ""
        return goal if is_met else f"{goal}, missed"


def table(lines: Sequence[Line]) -> Iterator[str]:
    """Return the lines of the table: titles and goals to the left, figures to the right."""
    cells = [HEAD, *(line.cells() for line in lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        title, *figures, goal = row
        padded = (figure.rjust(width) for figure, width in zip(figures, widths[1:-1], strict=True))
        yield "  ".join([title.ljust(widths[0]), *padded, goal]).rstrip()


def _side(readings: Readings) -> Iterator[str]:
    yield _time(_median(readings, "seconds"))
    for name in ("queries", "cache_reads"):
        yield f"{_median(readings, name):g}"


def _median(readings: Readings, name: str) -> float:
    return median(reading[name] for reading in readings)


def _time(seconds: float) -> str:
    return f"{_digits(seconds * 1e6)} µs" if seconds < 0.001 else f"{_digits(seconds * 1e3)} ms"


def _digits(value: float) -> str:
    """Return two significant digits or three: more would be noise."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 20 else f"{value:.0f}"
