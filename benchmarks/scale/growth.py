"""The points of the curves, measured in this process, on this checkout."""

from __future__ import annotations

from itertools import count, repeat
from time import perf_counter, process_time

from django.http import HttpRequest

from benchmarks import site
from benchmarks.contenders import Contender
from benchmarks.meters import Counter, Meter, Scales, Stopwatch
from benchmarks.places import Run, Work, around_requests, checking, in_a_request
from benchmarks.rows import OFTEN, REQUESTS
from benchmarks.scale.curves import Curve, Point
from waffle.models import Flag

LEAST = 3  # runs of each


def measure(contender: Contender, curve: Curve, size: int, budget: float) -> Point:
    """Make the site of a size, and measure there, `budget` seconds for each time."""
    scene, names = curve.scene(size), curve.checks(size)
    work, often = checking(*names), max(1, OFTEN // len(names))
    site.fill(contender, scene)
    scales, counter = Scales(), Counter()
    around_requests(work, 1)(contender, scales)  # nothing is known yet
    site.verify(contender, [spec for spec in site.specs(scene) if spec.name in names])
    in_a_request(work)(contender, counter)
    first = _quickest(contender, around_requests(work, REQUESTS), budget)
    again = _quickest(contender, in_a_request(_repeated(work, often), before=work), budget)
    load = _quickest(contender, loading(names[0]), budget)
    return Point(
        size,
        first / REQUESTS / len(names),
        again / often / len(names),
        counter.queries,
        counter.cache_reads,
        load,
        scales.kept,
    )


def loading(name: str) -> Run:
    """Measure a check after a change: it reads all flags again."""
    notes = count()

    def run(contender: Contender, meter: Meter) -> None:
        request = site.request()
        Flag.objects.filter(name=name).update(note=str(next(notes)))
        with meter:
            contender.flag(request, name)

    return run


def _repeated(work: Work, times: int) -> Work:
    def repeated(contender: Contender, request: HttpRequest) -> None:
        for _ in repeat(None, times):
            work(contender, request)

    return repeated


def _quickest(contender: Contender, run: Run, budget: float) -> float:
    """Return the processor's time of the quickest run: what else the machine does can only add to it."""
    seconds: list[float] = []
    stopwatch, end = Stopwatch(process_time), perf_counter() + budget
    while len(seconds) < LEAST or perf_counter() < end:
        run(contender, stopwatch)
        seconds.append(stopwatch.seconds)
    return min(seconds)
