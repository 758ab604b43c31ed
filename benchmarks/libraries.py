"""The libraries that are compared: where they come from, and what they offer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The newest long-term Django: all of them work on it.
REQUIREMENTS = ("Django>=5.2,<5.3", "jinja2", "pymemcache", "redis[hiredis]")
"""What every environment has."""


@dataclass(frozen=True)
class Library:
    """A distribution, and what the rows can ask of it."""

    name: str
    """What the tables call it."""
    contender: str
    """The module of `benchmarks.contenders` that knows how it is used."""
    distribution: str = ""
    source: str = ""
    """Where it is installed from; nothing: there is nothing to install."""
    apps: tuple[str, ...] = ()
    """What goes into INSTALLED_APPS."""
    offers: frozenset[str] = frozenset()
    """What it has of that which not all have: the words are those of `Row.needs`."""
    asks_cache: bool = False
    """It is measured with each cache; the others once, since they ask none."""
    is_reference: bool = False
    """No app of Django's that keeps toggles in the database, but a library that has them in memory."""


_APP = frozenset({"database", "tags"})
_TWINS = _APP | {"groups", "lists", "middleware", "percentages", "status"}

WAFFLE_IRON = Library(
    "Waffle Iron",
    "waffle_twins",
    "django-waffle-iron",
    str(ROOT),
    ("waffle",),
    _TWINS | {"looks"},
    asks_cache=True,
)
DJANGO_WAFFLE = Library(
    "django-waffle",
    "waffle_twins",
    "django-waffle",
    "django-waffle==5.0.0",
    ("waffle",),
    _TWINS,
    asks_cache=True,
)
DJANGO_FLAGS = Library(
    "django-flags", "django_flags", "django-flags", "django-flags==5.2.*", ("flags",), _APP
)
OPENFEATURE = Library(
    "OpenFeature",
    "open_feature",
    "openfeature-sdk",
    "openfeature-sdk==0.10.*",
    offers=frozenset({"groups"}),
    is_reference=True,
)
LAUNCHDARKLY = Library(
    "LaunchDarkly",
    "launch_darkly",
    "launchdarkly-server-sdk",
    "launchdarkly-server-sdk==9.*",
    offers=frozenset({"groups"}),
    is_reference=True,
)
FLOOR = Library("a dictionary", "dictionary", offers=frozenset({"groups"}), is_reference=True)

LIBRARIES = (WAFFLE_IRON, DJANGO_WAFFLE, DJANGO_FLAGS, FLOOR, OPENFEATURE, LAUNCHDARKLY)


def library_here() -> Library:
    """Return the library whose worker this process is."""
    name = os.environ.get("WAFFLE_BENCH_LIBRARY", WAFFLE_IRON.name)
    return next(library for library in LIBRARIES if library.name == name)
