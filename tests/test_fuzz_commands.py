"""Whatever a command is given: it does it, or ends with a `CommandError` and has changed nothing."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.texts import any_text, undone
from waffle.kinds import KINDS

pytestmark = pytest.mark.django_db

NAMES = ["a", "b", "new", "!a", " a", "", "a\n", "\0", "\ud800", "x" * 101]
PERCENTAGES = [
    "0",
    "50",
    "99.9",
    "100",
    "100.1",
    "-1",
    "nan",
    "inf",
    "1e1",
    "1e-9",
    "0x1",
    "٣",
    "",
    " 5 ",
    "5,5",
    "\0",
]

names = st.sampled_from(NAMES) | any_text
numbers = st.sampled_from(PERCENTAGES) | any_text

# Any, throughout: options are of many types.
words = (
    st.sampled_from(["--create", "--append", "--list", "-l", "on", "off", "--", "-", "--everyone", "--no"])
    | names
)
flag_words = st.one_of(
    words,
    st.sampled_from(
        ["--deactivate", "--staff", "--no-staff", "-r", "-t", "--testing", "--no-testing", "--superusers"]
    ),
    st.builds("--percent={}".format, numbers),
    st.builds("{}={}".format, st.sampled_from(["--group", "--user", "-g", "-u", "--flags", "--what"]), names),
)
arguments = {
    "waffle_flag": st.lists(flag_words, max_size=6),
    "waffle_switch": st.lists(words, max_size=4),
    "waffle_sample": st.lists(words | numbers, max_size=4),
    "waffle_delete": st.lists(
        st.sampled_from(["--flags", "--switches", "--samples", "--what"]) | names, max_size=6
    ),
}

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    names,
    numbers,
    st.binary(max_size=3),
    st.lists(names, max_size=2),
)
KEYWORDS = {
    "waffle_flag": (
        "everyone",
        "deactivate",
        "percent",
        "superusers",
        "staff",
        "group",
        "user",
        "append",
        "testing",
        "create",
    ),
    "waffle_switch": ("state", "create"),
    "waffle_sample": ("percent", "create"),
    "waffle_delete": ("flag_names", "switch_names", "sample_names"),
}


@pytest.fixture(params=arguments)
def command(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def make_rows() -> None:
    for kind in KINDS:
        for name in ("a", "b"):
            kind.model.objects.create(name=name, **kind.created_as(True))
    Group.objects.create(name="a")
    User.objects.create(username="a")


def rows() -> list[Any]:
    """Return all that a command could change."""
    tables = [kind.model.objects.order_by("pk").values() for kind in KINDS]
    links = [
        getattr(KINDS[0].model, name).through.objects.order_by("pk").values() for name in ("users", "groups")
    ]
    return [list(table) for table in (*tables, *links)]


def change_or_refuse(*args: Any, **options: Any) -> None:
    """Run a command, which may raise `CommandError` if it changes nothing, and nothing else at all."""
    with undone():
        make_rows()
        before = rows()
        try:
            call_command(*args, stdout=StringIO(), stderr=StringIO(), **options)
        except CommandError:
            assert rows() == before


@given(st.data())
def test_a_command_does_what_it_is_told_or_nothing(command: str, data: st.DataObject) -> None:
    change_or_refuse(command, *data.draw(arguments[command]))


@given(st.data())
def test_a_command_that_is_called_does_what_it_is_told_or_nothing(command: str, data: st.DataObject) -> None:
    name = [] if command == "waffle_delete" else [data.draw(names)]
    options = data.draw(st.dictionaries(st.sampled_from(KEYWORDS[command]), anything, max_size=4))

    change_or_refuse(command, *name, **options)
