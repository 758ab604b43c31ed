"""Pages that show what a program has measured, each part between `<!-- NAME -->` and `<!-- end -->`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def fill(page: Path, parts: Mapping[str, Iterable[str]]) -> None:
    """Put the lines of each part between its marks, where the page has them."""
    text = page.read_text()
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        head, found, rest = text.partition(begin)
        if found:
            _, found, tail = rest.partition(end)
            text = "\n".join([head + begin, *lines, "", end + tail])
    page.write_text(text)
