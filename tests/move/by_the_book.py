"""The pages that begin with an installation, done command by command: install, tutorial, move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.move.environments import THEIR_PACKAGE, Environment, Site, django
from tests.move.newcomer import Newcomer
from tests.move.pages import Command, Example, commands_of, examples_of, shows

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

Begin = Callable[..., Newcomer]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Return what makes a newcomer; the checkout lies beside the project, as the pages say."""
    (tmp_path / "django-waffle-iron").symlink_to(ROOT, target_is_directory=True)
    newcomers = []

    def begin(*packages: str, folder: str, **variables: str) -> Newcomer:
        environment = Environment.new(tmp_path / "environment", *packages)
        newcomers.append(Newcomer(environment, tmp_path / folder, **variables))
        return newcomers[-1]

    yield begin
    for newcomer in newcomers:
        newcomer.stop()


def test_somebody_new_installs_it_and_sees_what_the_tutorial_shows(begin: Begin) -> None:
    newcomer = begin("Django", folder=".")
    newcomer.type(Example("", "console", "$ django-admin startproject shop\n$ cd shop\n"))

    newcomer.follow((DOCS / "start" / "install.md").read_text())
    newcomer.follow((DOCS / "start" / "tutorial.md").read_text())

    assert newcomer.done > 20


def test_a_site_moves_and_goes_back_as_the_howto_says(begin: Begin, tmp_path: Path) -> None:
    newcomer = begin(THEIR_PACKAGE, django(), folder="project", DJANGO_SETTINGS_MODULE="bakery.custom")
    site = Site.in_folder(newcomer.folder, "bakery.custom")
    newcomer.environment.manage(site, "makemigrations", "clubs")
    newcomer.environment.steps(site, "migrate --verbosity=0", "fill")

    newcomer.follow((DOCS / "howto" / "move-from-django-waffle.md").read_text())

    assert newcomer.done == 9
    newcomer.environment.manage(site, "waffle_switch", "--list")
    installed = newcomer.environment.run("python", "-m", "pip", "freeze", folder=tmp_path)
    assert THEIR_PACKAGE in installed
    assert "iron" not in installed


def test_what_a_page_shows_and_a_program_does_not_print_is_found() -> None:
    commands = "```console\n$ one --list\nA:\n\nb\n$ two\n```\n"
    page = f"Do it:\n\n{commands}\n<!-- test\n1\n-->\n\nSee:\n\n```text\nx\n```\n"
    first, second = examples_of(page)

    assert (first.said, second.said) == ("Do it:", "See:")
    assert [*commands_of(first)] == [Command("one --list", ["A:", "b"]), Command("two", [])]
    assert shows("0\nA:\n1\nb\n", ["A:", "b"]) is True
    assert shows("b\nA:\n", ["A:", "b"]) is False
    assert shows("", ["b"]) is False
