"""What the workers have told of all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.caches import Cache
from benchmarks.libraries import WAFFLE_IRON, Library
from benchmarks.rows import Row


class Failed(Exception):
    """A library raised an error; the message says which."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a row took with one library and one cache, for one time of what its name says."""

    amount: float
    """Seconds, or bytes that stay in use."""
    queries: float = 0.0
    cache_reads: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a row with one library and one cache."""

    row: Row
    library: Library
    cache: Cache
    figures: Figures | None
    """None: the library raised an error."""
    error: str = ""


@dataclass(frozen=True)
class Comparison:
    """A whole run."""

    rows: Sequence[Row]
    libraries: Sequence[Library]
    caches: Sequence[Cache]
    versions: Mapping[str, str]
    """The libraries' versions, by their names."""
    findings: Sequence[Finding]

    def find(self, row: Row, library: Library, cache: Cache) -> Finding | None:
        """Return what was found; None where the library has no such thing, or was not asked."""
        same = [found for found in self.findings if found.row == row and found.library == library]
        if library.asks_cache and row.asks_cache:
            same = [found for found in same if found.cache == cache]
        return same[0] if same else None

    def figures(self, row: Row, library: Library, cache: Cache) -> Figures | None:
        """Return the figures, if there are any."""
        found = self.find(row, library, cache)
        return found.figures if found else None

    def ratio(self, row: Row, library: Library, cache: Cache) -> float | None:
        """Return how many times as fast Waffle Iron is; None where there are not both figures."""
        ours, theirs = (self.figures(row, side, cache) for side in (WAFFLE_IRON, library))
        return None if ours is None or theirs is None else theirs.amount / ours.amount

    def caches_of(self, row: Row) -> Sequence[Cache]:
        """Return the caches with which a row is shown: one, where it asks none."""
        return self.caches if row.asks_cache else self.caches[:1]

    def rivals(self) -> list[Library]:
        """Return the other libraries for Django."""
        return [side for side in self.libraries if side != WAFFLE_IRON and not side.is_reference]

    def references(self) -> list[Library]:
        """Return the libraries that only show what memory alone costs."""
        return [side for side in self.libraries if side.is_reference]

    def title(self, library: Library) -> str:
        """Return a library's name and version."""
        return f"{library.name} {self.versions.get(library.name, '')}".strip()
