"""The rows of the tables: what is measured, on which site, and what is to be reached.

Plain facts: what is done for a row is in `works.py`, under the same key. A ratio is how many times as fast
Waffle Iron is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.caches import CACHES
from benchmarks.libraries import DJANGO_FLAGS, DJANGO_WAFFLE, Library

SECONDS, BYTES, QUERIES = "seconds", "bytes", "queries"

# In one run, where one alone is too short for a clock.
OFTEN = 200
REQUESTS = 20


@dataclass(frozen=True)
class Scene:
    """What the measured site holds."""

    flags: Mapping[str, int]
    """How many flags of each sort."""
    crowd: int = 0
    """How many users there are, beside those of every site, that one more flag lists."""
    groups: int = 3
    """In how many groups the guest is, one at least."""


def of_every_sort(number: int) -> Scene:
    """Return a site of so many flags, of every sort but percentages: a browser takes 180 cookies at most."""
    sorts = ("everyone", "staff", "groups", "users")
    return Scene({sort: (number + place) // len(sorts) for place, sort in enumerate(sorts)})


PAGE = Scene({"everyone": 100, "percent": 10, "staff": 10, "groups": 10, "users": 10})
CROWDED = Scene({}, crowd=1_000_000)


@dataclass(frozen=True)
class Faster:
    """To be reached: so many times as fast as another library, or faster, with each cache."""

    times: Mapping[str, float]
    than: Library = DJANGO_WAFFLE


@dataclass(frozen=True)
class Within:
    """To be reached: this, or less, of what is named."""

    bound: float
    what: str = SECONDS


def faster(*times: float, than: Library = DJANGO_WAFFLE) -> Faster:
    """Return a goal for all caches, or one for each."""
    each = times * len(CACHES) if len(times) == 1 else times
    return Faster({cache.name: bound for cache, bound in zip(CACHES, each, strict=True)}, than)


Goal = Faster | Within


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    key: str
    name: str
    needs: str = ""
    """What a library must offer to be asked; nothing: all are."""
    goals: tuple[Goal, ...] = ()
    scene: Scene = field(default=PAGE)
    times: int = 1
    """How many times one run does what its name says."""
    measures: str = SECONDS
    """SECONDS that it takes, or BYTES that stay in use."""
    asks_cache: bool = True
    """False: it is measured with one cache, for it takes as long with any, or tells the most with that."""


def _status(number: int, *goals: Goal) -> Row:
    name = f"the status page of {number:,} flags"
    return Row(f"status {number}", name, "status", goals, of_every_sort(number))


def _request(key: str, name: str, needs: str = "", *goals: Goal) -> Row:
    return Row(f"{key} request", f"a request: {name}", needs, goals, times=REQUESTS)


_MEGABYTE = Within(1e6, BYTES)

ROWS = (
    Row("switch", "a switch, outside of requests", goals=(faster(40, 120, 300),), times=OFTEN),
    Row("settled", "a settled flag, again", goals=(faster(60, 200, 400),), times=OFTEN),
    _request("settled", "a settled flag", "", faster(8, 50, 50)),
    _request("user", "a flag for some users"),
    _request("group", "a flag for a group", "groups", faster(4, 9, 11)),
    Row("group further", "a further flag for a group", "groups", (faster(50),), times=9),
    _request("percent", "a percentage, with its cookie", "percentages", faster(4, 20, 25)),
    Row("mixed", "50 mixed flags", goals=(faster(30, 65, 125), faster(5, than=DJANGO_FLAGS))),
    Row("cold", "50 mixed flags, in a new process", "database", (faster(10), Within(4, QUERIES))),
    Row("django tags", "100 tags", "tags", (faster(35),)),
    Row("jinja tags", "100 tags, Jinja", "tags", (faster(60),)),
    _status(10),
    _status(100),
    _status(1_000, faster(16)),
    _status(10_000),
    Row("crowd", "a flag for 1,000,000 users", "lists", (faster(800),), CROWDED),
    Row("memory", "memory kept for it", "lists", (_MEGABYTE,), CROWDED, measures=BYTES, asks_cache=False),
    _request("plain", "no flag", "middleware"),
    Row("look", "a look, whether something has changed", "looks"),
    Row("save", "a save", "database", (faster(1 / 1.6),)),
    Row("save alone", "a save, without history", "database", (faster(1 / 1.6),)),
    Row("import", "import of the package", "database", (Within(0.0015),), asks_cache=False),
    Row("start", "start of the app, with its models", "database", asks_cache=False),
)

BRIEF = frozenset(
    {
        *("switch", "settled", "settled request", "group request", "percent request", "mixed"),
        *("django tags", "jinja tags", "status 1000", "crowd"),
    }
)
"""The keys of the few rows that tell the most."""
