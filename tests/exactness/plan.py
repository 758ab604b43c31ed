"""Which runs there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from tests.exactness.faults import FAULTS, NO_FAULT, Fault

DATABASES = ("sqlite", "postgresql", "mariadb")
CACHES = ("none", "memcached", "redis")


@dataclass(frozen=True, slots=True)
class Run:
    """Writers and readers on one database and one cache, with what befalls these."""

    database: str
    cache: str
    fault: Fault = NO_FAULT
    sabotage: str = ""


PAIRS = [f"{database}+{cache}" for database, cache in product(DATABASES, CACHES)]

FAULTY_PAIRS = {
    "cache flushed": ("postgresql+redis", "mariadb+memcached"),
    "cache restarted empty": ("postgresql+memcached", "sqlite+redis"),
    "cache restarted old": ("postgresql+redis",),
    "cache killed": ("sqlite+memcached", "mariadb+redis"),
    "cache hung": ("postgresql+memcached", "mariadb+redis"),
    "database restarted": ("postgresql+redis", "mariadb+memcached"),
    "writers killed": ("sqlite+none", "postgresql+redis", "mariadb+memcached"),
}
"""Not each with each: a fault of the cache is the same to every database."""

QUICK = ["sqlite+none", "postgresql+redis", "mariadb+memcached"]
QUICK_FAULTS = {"cache restarted empty": ("postgresql+redis",)}


def pair(names: str) -> tuple[str, str]:
    """Return the database and the cache of a pair; raises `ValueError` for what is none."""
    if names not in PAIRS:
        raise ValueError(f"{names!r} is none of {', '.join(PAIRS)}")
    database, _, cache = names.partition("+")
    return database, cache


def runs(pairs: list[str], faulty_pairs: Mapping[str, tuple[str, ...]]) -> list[Run]:
    """Return the runs without a fault, then those with one."""
    plain = [Run(*pair(names)) for names in pairs]
    faulty = [Run(*pair(names), FAULTS[fault]) for fault, of in faulty_pairs.items() for names in of]
    return plain + faulty


SABOTAGES = {
    "version in the cache": "postgresql+redis",
    "label after rows": "postgresql+none",
    "row before bell": "postgresql+redis",
    "ring before commit": "postgresql+memcached",
    "no ring": "mariadb+redis",
    "look in old views": "sqlite+none",
    "publish private reads": "postgresql+redis",
    "no pins": "sqlite+none",
    "deaf to query sets": "sqlite+none",
}
"""Those of `sabotage.SABOTAGES`, each with the pair on which it is run."""


def sabotaged_runs(names: list[str]) -> list[Run]:
    """Return runs that must find something."""
    return [Run(*pair(SABOTAGES[name]), sabotage=name) for name in names]
