"""A table, as a terminal or a page shows it, and how figures are written in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.rows import BYTES

DASH, FAILS = "–", "fails"


@dataclass(frozen=True)
class Table:
    """Cells, and what stands above them."""

    title: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]

    def text(self) -> Iterator[str]:
        """Return lines for a terminal: titles to the left, figures to the right."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.lines, strict=True)]
        yield self.title
        for cells in (self.head, *self.lines):
            padded = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
            yield "  ".join([cells[0].ljust(widths[0]), *padded]).rstrip()

    def markdown(self) -> Iterator[str]:
        """Return lines for a page."""
        yield from (f"{self.title}:", "")
        marks = ["---", *["---:"] * (len(self.head) - 1)]
        for cells in (self.head, marks, *map(_unbroken, self.lines)):
            yield f"| {' | '.join(cells)} |"


def _unbroken(cells: Sequence[str]) -> list[str]:
    """Keep each figure with its unit, and each goal, on one line."""
    space = "\N{NO-BREAK SPACE}"
    return [cells[0], *(cell.replace(" ", space).replace(f";{space}", "; ") for cell in cells[1:])]


def amount(value: float, measures: str) -> str:
    """Write a time or a size."""
    return _size(value) if measures == BYTES else _time(value)


def times(ratio: float) -> str:
    """Write how many times as fast something is."""
    return f"{digits(ratio)} ×"


def digits(value: float) -> str:
    """Write two significant digits or three: more would be noise."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 20 else f"{value:,.0f}"


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{digits(seconds * 1e6)} µs"
    return f"{digits(seconds * 1e3)} ms" if seconds < 1 else f"{digits(seconds)} s"


def _size(number: float) -> str:
    return f"{digits(number / 1e3)} kB" if number < 1e6 else f"{digits(number / 1e6)} MB"
