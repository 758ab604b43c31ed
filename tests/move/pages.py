"""Pages of the documentation, taken apart as somebody reads them who does what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_PART = re.compile(r"^```(?P<language>\S*)\n(?P<text>(?s:.*?))^```$|^(?P<prose>\S.*(?:\n\S.*)*)$", re.M)
_HIDDEN = re.compile(r"^<!--.*?-->$", re.M | re.S)


class Example(NamedTuple):
    """A fenced block, and what is said of it."""

    said: str
    """The paragraph before it."""
    language: str
    text: str


class Command(NamedTuple):
    """A command, and the lines that the page shows of what it prints."""

    line: str
    shown: list[str]


def examples_of(page: str) -> Iterator[Example]:
    """Return the fenced blocks of a page, in order; what only the tests of examples see is left out."""
    said = ""
    for part in _PART.finditer(_HIDDEN.sub("", page)):
        if part["prose"] is None:
            yield Example(said, part["language"], part["text"])
        else:
            said = part["prose"]


def commands_of(example: Example) -> Iterator[Command]:
    """Return the commands of a block of `console`, each after a `$`."""
    for part in re.split(r"^\$ ", example.text, flags=re.M)[1:]:
        line, *shown = part.splitlines()
        yield Command(line, [each for each in shown if each.strip()])


def shows(printed: str, shown: list[str]) -> bool:
    """Say whether a program has printed all lines that a page shows, in their order, maybe among others."""
    lines = iter(line.rstrip() for line in printed.splitlines())
    return all(each.rstrip() in lines for each in shown)
