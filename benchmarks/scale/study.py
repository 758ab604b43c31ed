"""The whole study: all points of all curves, and how long requests wait. Django must be set up before."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from benchmarks.contenders import here
from benchmarks.rows import of_every_sort
from benchmarks.scale.curves import Curve, Measured, Verdict, verdicts
from benchmarks.scale.growth import measure
from benchmarks.scale.waiting import Waits, watch


def measured(curves: Sequence[Curve], largest: int, budget: float) -> Iterator[Measured]:
    """Measure the curves, as far as `largest`."""
    for curve in curves:
        print(f"… {curve.name}", file=sys.stderr)
        sizes = [size for size in curve.sizes if size <= largest]
        yield curve, [measure(here(), curve, size, budget) for size in sizes]


def waits(largest: int, changes: int) -> Waits:
    """Watch the largest site of the curve of flags while it changes."""
    print("… waiting", file=sys.stderr)
    return watch(here(), of_every_sort(min(largest, 10_000)), changes)


def judged(found: Sequence[Measured], waits: Waits) -> list[Verdict]:
    """Return all verdicts."""
    return [*(verdict for curve, points in found for verdict in verdicts(curve, points)), waits.verdict()]
