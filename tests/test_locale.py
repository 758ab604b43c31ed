"""The catalogues of messages: complete, right in form, and compiled as they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import django
import polib
import pytest
from django.utils.translation import override

import waffle
from waffle.admin.states import State

PACKAGE = Path(waffle.__file__).parent
LANGUAGES = sorted(folder.name for folder in (PACKAGE / "locale").iterdir())

each_language = pytest.mark.parametrize("language", LANGUAGES)

_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|%%|\{\w+\}")

# What a native reader would stumble over: quotes of other languages, and spaces at which a line would break.
WRONG = {
    "de": r"[”«»]|“\w|s %%|\bein (?:\(|in)",  # "ist ein (" begins like an article
    "es": r"[“”„]|s %%",
    "fr": r"[“”„']| [:;?!»]|« |s %%|[^\s][;?!»]",
}

Message = tuple[str | None, str, str]


def catalogue(language: str, folder: Path = PACKAGE) -> polib.POFile:
    return polib.pofile(str(folder / "locale" / language / "LC_MESSAGES" / "django.po"))


def texts(entry: polib.POEntry) -> list[str]:
    return [*entry.msgstr_plural.values()] if entry.msgid_plural else [entry.msgstr]


def messages(entries: list[polib.POEntry]) -> set[Message]:
    return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in entries}


def placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def test_there_are_catalogues() -> None:
    assert LANGUAGES == ["de", "es", "fr"]


@each_language
def test_every_message_is_translated(language: str) -> None:
    entries = catalogue(language)

    assert [entry.msgid for entry in entries if entry.obsolete or not entry.translated()] == []


@each_language
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    wrong = [
        (entry.msgid, text)
        for entry in catalogue(language)
        for text in texts(entry)
        if placeholders(text) not in (placeholders(entry.msgid), placeholders(entry.msgid_plural))
    ]

    assert wrong == []


@each_language
def test_a_translation_has_the_quotes_and_spaces_of_its_language(language: str) -> None:
    wrong = [
        text for entry in catalogue(language) for text in texts(entry) if re.search(WRONG[language], text)
    ]

    assert wrong == []


@each_language
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    written = catalogue(language)
    compiled = polib.mofile(str(PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo"))

    def content(entries: Any) -> dict[Message, tuple[str, dict[int, str]]]:
        return {
            (entry.msgctxt, entry.msgid, entry.msgid_plural): (entry.msgstr, entry.msgstr_plural)
            for entry in entries
        }

    assert content(compiled) == content(written)


def test_a_catalogue_has_every_message_of_the_source(tmp_path: Path) -> None:
    if shutil.which("xgettext") is None:
        report = pytest.fail if os.environ.get("CI") else pytest.skip
        report("gettext is not installed, which takes messages out of the source")
    shutil.copytree(PACKAGE, tmp_path / "waffle", ignore=shutil.ignore_patterns("__pycache__", "locale"))
    (tmp_path / "waffle" / "locale").mkdir()

    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--verbosity", "0"],
        cwd=tmp_path / "waffle",
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        check=True,
    )

    for language in LANGUAGES:
        assert messages(catalogue(language)) == messages(catalogue("de", tmp_path / "waffle"))


@pytest.mark.parametrize(("language", "words"), [("de", "Ein"), ("es", "Activado"), ("fr", "Activé")])
def test_the_admin_speaks_a_language(language: str, words: str) -> None:
    with override(language):
        assert State.ON.label == words


@each_language
def test_what_django_says_too_is_said_as_there(language: str) -> None:
    """The app that stands first in `INSTALLED_APPS` wins, and translates the pages of the other as well."""
    root = Path(django.__file__).parent
    theirs = {
        (entry.msgctxt, entry.msgid): entry.msgstr
        for folder in (root / "conf", root / "contrib" / "auth", root / "contrib" / "admin")
        for entry in polib.pofile(str(folder / "locale" / language / "LC_MESSAGES" / "django.po"))
        if entry.translated()
    }

    ours = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in catalogue(language)}

    assert {key: text for key, text in ours.items() if theirs.get(key, text) != text} == {}
