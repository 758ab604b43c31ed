"""What the commands have in common, and their page."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import BaseCommand, CommandError, load_command_class
from django.db import IntegrityError
from django.db.models.signals import pre_save

from tests.commands import SET, run
from tests.each import each_kind
from waffle.kinds import Kind
from waffle.models import Flag

pytestmark = pytest.mark.django_db


DOCS = Path(__file__).parent.parent / "docs"


@each_kind
def test_a_toggle_that_is_not_there_is_made_only_if_asked(kind: Kind) -> None:
    command = f"waffle_{kind.name}"

    with pytest.raises(CommandError, match=rf"^This {kind.name} does not exist\.$"):
        run(command, "new", *SET[kind.name])
    lines = run(command, "new", *SET[kind.name], "--create")
    again = run(command, "new", *SET[kind.name], "--create")

    assert lines[0] == f"Creating {kind.name}: new"
    assert f"Creating {kind.name}: new" not in again
    assert kind.model.objects.filter(name="new").count() == 1


@each_kind
@pytest.mark.parametrize("name", [[], [""]])
def test_a_name_must_be_given(kind: Kind, name: list[str]) -> None:
    with pytest.raises(CommandError, match=rf"^You need to specify a {kind.name} name\.$"):
        run(f"waffle_{kind.name}", *name)


@each_kind
@pytest.mark.parametrize("name", ["two\nlines", "x" * 101, " x", "!x", "\udcff", "\0"])
def test_a_new_name_that_cannot_work_is_refused(kind: Kind, name: str) -> None:
    with pytest.raises(CommandError, match="name"):
        run(f"waffle_{kind.name}", name, *SET[kind.name], create=True)

    assert not kind.model.objects.exists()


@each_kind
def test_a_name_that_no_database_can_hold_is_not_there(kind: Kind) -> None:
    with pytest.raises(CommandError, match=rf"^This {kind.name} does not exist\.$"):
        run(f"waffle_{kind.name}", "\udcff", *SET[kind.name])

    assert run("waffle_delete", f"--{kind.plural}", "\udcff") == [f"Deleted 0 {kind.plural.capitalize()}"]


@each_kind
def test_an_old_name_may_be_odd(kind: Kind) -> None:
    kind.model.objects.create(name=" !x ", **kind.created_as(False))

    run(f"waffle_{kind.name}", " !x ", *SET[kind.name])

    assert kind.model.objects.get().modified > kind.model.objects.get().created


@each_kind
def test_an_empty_list_has_its_title(kind: Kind) -> None:
    lines = run(f"waffle_{kind.name}", **{f"list_{kind.plural}": True})

    assert lines == [f"{kind.plural.capitalize()}:"]


@each_kind
def test_what_the_database_refuses_is_told_plainly(kind: Kind, request: pytest.FixtureRequest) -> None:
    def refuse(**signal: object) -> None:
        raise IntegrityError("not on Fridays")

    pre_save.connect(refuse, sender=kind.model)
    request.addfinalizer(lambda: pre_save.disconnect(refuse, sender=kind.model))

    with pytest.raises(CommandError, match=rf"^The {kind.name} 'x' cannot be saved: not on Fridays$"):
        run(f"waffle_{kind.name}", "x", *SET[kind.name], create=True)


SHOWN = {"flag": ["staff", "everyone"], "switch": ["active"], "sample": ["percent"]}


AS_SET = {"flag": (True, False), "switch": (True,), "sample": (Decimal(34),)}


@each_kind
def test_a_toggle_that_another_process_makes_meanwhile_is_changed(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_or_create = type(kind.model.objects.all()).get_or_create

    def be_late(rows: Any, **values: Any) -> Any:  # Any: Django's own signature
        kind.model.objects.create(name="x", **kind.created_as(False))
        return get_or_create(rows, **values)

    monkeypatch.setattr(type(kind.model.objects.all()), "get_or_create", be_late)

    lines = run(f"waffle_{kind.name}", "x", *SET[kind.name], create=True)

    assert f"Creating {kind.name}: x" not in lines
    assert kind.model.objects.values_list(*SHOWN[kind.name]).get() == AS_SET[kind.name]


COMMON = {action.help for action in BaseCommand().create_parser("manage.py", "any")._actions}


@pytest.mark.parametrize("command", ["waffle_flag", "waffle_switch", "waffle_sample", "waffle_delete"])
def test_every_argument_has_its_place_on_the_page(command: str) -> None:
    page = (DOCS / "reference" / "commands.md").read_text()
    section = page.split(f"## `{command}`")[1].split("\n## ")[0]
    parser = load_command_class("waffle", command).create_parser("manage.py", command)

    own = [action for action in parser._actions if action.help not in COMMON]
    missing = [name for action in own for name in action.option_strings if f"`{name}" not in section]

    assert own
    assert missing == []


def test_every_example_on_the_page_works_as_shown() -> None:
    page = (DOCS / "reference" / "commands.md").read_text()

    for language, block in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE):
        if language == "python":
            exec(block, {})
        for line, output in re.findall(r"^\$ python manage.py (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE):
            assert run(*shlex.split(line)) == output.splitlines()

    assert Flag.objects.values_list("name", "staff", "percent").get() == (
        "new-basket",
        False,
        Decimal("12.5"),
    )
