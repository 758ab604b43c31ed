"""The picture of the curves: a panel for each, written by hand, since it is small and always the same.

Both axes are logarithmic: a cost that does not grow is level, one that grows as the site does is a slope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import log10

from benchmarks.scale.curves import Curve, Point

WIDTH, HEIGHT = 360, 240  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 40  # what surrounds its plot
COLUMNS = 2
LEGEND = 30

SLOWEST, QUICKEST = -0.3, -6.3  # powers of ten of a second
TIMES = {-6: "1 µs", -5: "10 µs", -4: "100 µs", -3: "1 ms", -2: "10 ms", -1: "100 ms"}

# Of a palette that people with any sort of colour vision can tell apart, on white and on black.
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #444 }
  .title { font-weight: 600; fill: #222 }
  .size { text-anchor: middle }
  .time { text-anchor: end }
  .grid { stroke: #8884; stroke-width: 1 }
  .load { stroke: #d55e00; fill: #d55e00 }
  .first { stroke: #0084cc; fill: #0084cc }
  .again { stroke: #009e73; fill: #009e73 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  @media (prefers-color-scheme: dark) { text { fill: #bbb } .title { fill: #eee } }
"""


@dataclass(frozen=True)
class Line:
    """What a line shows."""

    style: str
    name: str
    cost: Callable[[Point], float]


LINES = (
    Line("load", "a check for which all flags are read again", lambda point: point.load),
    Line("first", "a check in a request", lambda point: point.first),
    Line("again", "a further check in it", lambda point: point.again),
)


def draw(curves: Sequence[tuple[Curve, Sequence[Point]]]) -> str:
    """Return an SVG picture."""
    rows = -(-len(curves) // COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + LEGEND
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">']
    parts += ["<title>What checks cost as a site grows</title>", f"<style>{STYLE}</style>"]
    for place, (curve, points) in enumerate(curves):
        row, column = divmod(place, COLUMNS)
        parts.append(f'<g transform="translate({column * WIDTH} {row * HEIGHT + LEGEND})">')
        parts += [*_panel(curve, points), "</g>"]
    return "\n".join([*parts, *_legend(), "</svg>", ""])


def _legend() -> Iterator[str]:
    x = LEFT
    for line in LINES:
        yield f'<path class="line {line.style}" d="M{x} 18h18"/><text x="{x + 24}" y="22">{line.name}</text>'
        x += 50 + round(6.3 * len(line.name))


def _panel(curve: Curve, points: Sequence[Point]) -> Iterator[str]:
    yield f'<text class="title" x="{LEFT}" y="{TOP - 12}">{escape(curve.name)}</text>'
    for power, label in TIMES.items():
        y = _y(10.0**power)
        yield f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>'
        yield f'<text class="time" x="{LEFT - 6}" y="{y + 4}">{label}</text>'
    sizes = [point.size for point in points]
    for size in sizes:
        yield f'<text class="size" x="{_x(size, sizes)}" y="{HEIGHT - BOTTOM + 18}">{_short(size)}</text>'
    for line in LINES:
        yield from _line(line, points)


def _line(line: Line, points: Sequence[Point]) -> Iterator[str]:
    sizes = [point.size for point in points]
    places = [(_x(point.size, sizes), _y(line.cost(point))) for point in points]
    yield f'<path class="line {line.style}" d="M{"L".join(f"{x} {y}" for x, y in places)}"/>'
    for x, y in places:
        yield f'<circle class="{line.style}" cx="{x}" cy="{y}" r="2.5"/>'


def _x(size: int, sizes: Sequence[int]) -> float:
    """Return where a size stands, on a logarithmic axis."""
    first, last = log10(sizes[0]), log10(sizes[-1])
    share = (log10(size) - first) / (last - first) if last > first else 0.5
    inset = 16
    return round(LEFT + inset + share * (WIDTH - LEFT - RIGHT - 2 * inset), 1)


def _y(seconds: float) -> float:
    """Return where a time stands, on a logarithmic axis."""
    share = (log10(seconds) - QUICKEST) / (SLOWEST - QUICKEST)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _short(size: int) -> str:
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            return f"{size / unit:g} {letter}"
    return str(size)
