"""The report: all libraries side by side, what was to be reached, and where another one is ahead."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.caches import Cache
from benchmarks.judgements import ahead, judgements, missed
from benchmarks.libraries import DJANGO_FLAGS, DJANGO_WAFFLE, WAFFLE_IRON, Library
from benchmarks.readings import Comparison
from benchmarks.rows import BRIEF, BYTES, Row
from benchmarks.tables import DASH, FAILS, Table, amount, times


def tables(comparison: Comparison) -> Iterator[Table]:
    """Return a table for each cache, and one of the references."""
    head = ["", comparison.title(WAFFLE_IRON), "q/r"]
    for library in comparison.rivals():
        head += [comparison.title(library), "q/r", "ratio"]
    for cache in comparison.caches:
        rows = [row for row in comparison.rows if cache in comparison.caches_of(row)]
        lines = [_line(comparison, row, cache) for row in rows]
        yield Table(f"With {cache.name}", [*head, "to reach"], lines)
    if any(found.library.is_reference for found in comparison.findings):
        yield _reference_table(comparison)


def brief(comparison: Comparison) -> Table:
    """Return how many times as fast Waffle Iron is, in the rows that tell the most."""
    caches = comparison.caches
    rivals = [(DJANGO_WAFFLE, cache) for cache in caches] + [(DJANGO_FLAGS, caches[0])]
    titles = [f"{comparison.title(DJANGO_WAFFLE)}, {cache.name}" for cache in caches]
    lines = [
        [row.name, _side(comparison, row, WAFFLE_IRON, caches[0])[0]]
        + [_ratio(comparison, row, library, cache) for library, cache in rivals]
        for row in comparison.rows
        if row.key in BRIEF
    ]
    head = ["", f"{comparison.title(WAFFLE_IRON)}, {caches[0].name}", *titles, comparison.title(DJANGO_FLAGS)]
    return Table("How long it takes, and how many times as long with others", head, lines)


def verdicts(comparison: Comparison) -> Iterator[str]:
    """Say which goals were missed, and where another library for Django is ahead."""
    yield f"Goals missed: {'; '.join(missed(comparison)) or 'none'}."
    yield f"Another library for Django is ahead in: {'; '.join(ahead(comparison)) or 'no row'}."


def failures(comparison: Comparison) -> Iterator[str]:
    """Say which errors were raised."""
    for found in comparison.findings:
        if found.figures is None:
            where = f"{comparison.title(found.library)} with {found.cache.name}"
            yield f"Fails: {found.row.name}, {where}: {found.error}"


def _line(comparison: Comparison, row: Row, cache: Cache) -> list[str]:
    cells = [row.name, *_side(comparison, row, WAFFLE_IRON, cache)]
    for library in comparison.rivals():
        cells += [*_side(comparison, row, library, cache), _ratio(comparison, row, library, cache)]
    return [*cells, "; ".join(map(str, judgements(comparison, row, cache)))]


def _side(comparison: Comparison, row: Row, library: Library, cache: Cache) -> tuple[str, str]:
    found = comparison.find(row, library, cache)
    if found is None or found.figures is None:
        return (DASH if found is None else FAILS), ""
    figures = found.figures
    counts = "" if row.measures == BYTES else f"{figures.queries:g}/{figures.cache_reads:g}"
    return amount(figures.amount, row.measures), counts


def _ratio(comparison: Comparison, row: Row, library: Library, cache: Cache) -> str:
    ratio = comparison.ratio(row, library, cache)
    return DASH if ratio is None else times(ratio)


def _reference_table(comparison: Comparison) -> Table:
    cache, references = comparison.caches[0], comparison.references()
    sides = [WAFFLE_IRON, *references]
    lines = [
        [row.name, *(_side(comparison, row, library, cache)[0] for library in sides)]
        for row in comparison.rows
        if any(comparison.figures(row, library, cache) for library in references)
    ]
    return Table(
        "Beside libraries that have everything in memory", ["", *map(comparison.title, sides)], lines
    )
