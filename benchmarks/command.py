"""What the command lines of both programs have in common."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from benchmarks.libraries import ROOT

SPEED = ROOT / "docs" / "topics" / "speed.md"


class Named(Protocol):
    """What can be chosen by a word."""

    @property
    def name(self) -> str:
        """What it is called."""


Item = TypeVar("Item", bound=Named)


def parser_of(program: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with what every program takes."""
    parser = argparse.ArgumentParser(f"python -m {program}", description=description)
    parser.add_argument("folder", nargs="?", help="where to put what is needed until the end")
    about = "fill the marked parts of these pages; without one, of the project's own"
    parser.add_argument("--markdown", nargs="*", type=Path, metavar="PAGE", help=about)
    return parser


def add_choice(parser: argparse.ArgumentParser, option: str, items: Sequence[Named]) -> None:
    """Let a part of `items` be chosen, each by a word of its name."""
    about = f"measure only {option} whose names have one of these words in them"
    parser.add_argument(
        f"--{option}", nargs="+", type=partial(choose, items), default=[items], metavar="WORD", help=about
    )


def choose(items: Sequence[Item], word: str) -> list[Item]:
    """Return the items that a word names."""
    found = [item for item in items if word.casefold() in item.name.casefold()]
    if not found:
        names = "; ".join(item.name for item in items)
        raise argparse.ArgumentTypeError(f"nothing is called {word!r}; there are: {names}")
    return found


def chosen(items: Sequence[Item], words: Sequence[Sequence[Item]]) -> list[Item]:
    """Return what the words have named, in its own order."""
    return [item for item in items if any(item in found for found in words)]


def machine() -> str:
    """Say what figures depend on most."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"a machine with {os.cpu_count()} cores and {memory:.0f} GiB"
