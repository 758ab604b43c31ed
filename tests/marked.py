"""A language that marks each text which is translated: what is without marks nobody can translate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation

OPEN, CLOSE = "⟦⟧"
SPOKEN = ("alt", "aria-description", "aria-label", "aria-roledescription", "label", "placeholder", "title")
"""Attributes that people read, or hear."""

TOLD_BY_SCRIPTS = ("data-waffle-busy", "data-waffle-everyone", "data-waffle-settled")
UNSEEN = ("script", "style")


def mark_translations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every function that translates mark what it returns."""
    real: Any = translation._trans  # type: ignore[attr-defined]  # what all of Django's functions ask
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        monkeypatch.setattr(real, name, _marking(getattr(real, name)))


def _marking(translate: Callable[..., str]) -> Callable[..., str]:
    def marked(*arguments: Any) -> str:
        text = translate(*arguments)
        return f"{OPEN}{text}{CLOSE}" if text else text

    return marked


def unmarked(texts: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return what has letters outside marks, other than `names`; texts may share a pair of marks."""
    joined, before = "\0".join(texts), ""
    while joined != before:
        before, joined = joined, re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", joined)
    rest = re.sub("|".join(map(re.escape, sorted(names, key=len, reverse=True))), "", joined)
    return [text.strip() for text in rest.split("\0") if any(map(str.isalpha, text))]


def texts_of(page: str) -> list[str]:
    """Return all that people read on a page, and what its scripts say there."""
    reader = _Reader()
    reader.feed(page)
    return [*reader.texts, *reader.attributes]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within, held = tag, {name: value or "" for name, value in attrs}
        self.attributes += [value for name, value in held.items() if name in SPOKEN]
        if tag == "input" and held.get("type") in ("submit", "reset", "button"):
            self.attributes.append(held.get("value", ""))
        self.attributes += [held[name] for name in TOLD_BY_SCRIPTS if name in held]
        if "data-waffle-words" in held:
            self.attributes += json.loads(held["data-waffle-words"]).values()

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, text: str) -> None:
        if self.within not in UNSEEN:
            self.texts.append(text)
