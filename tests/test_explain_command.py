"""`manage.py waffle_explain`."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

import waffle
from tests.each import each_kind, switch_on
from waffle.kinds import FLAG, Kind
from waffle.models import Flag, Sample, Switch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

Run = Callable[..., str]


@pytest.fixture
def run() -> Run:
    """Call the command and return what it writes."""

    # Any: whatever the command takes.
    def call(*arguments: str, **options: Any) -> str:
        output = StringIO()
        call_command("waffle_explain", *arguments, stdout=output, no_color=True, **options)
        return output.getvalue()

    return call


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com")


@each_kind
def test_it_shows_the_explanation_of_one_toggle(kind: Kind, run: Run) -> None:
    switch_on(kind)
    switch_on(kind, "other")

    shown = run("x", f"--kind={kind}")

    assert shown == f"{waffle.explain(None, 'x', kind.name)}\n"


def test_without_a_name_it_explains_all_by_name(run: Run) -> None:
    for name in ("b", "a"):
        Flag.objects.create(name=name)
    Switch.objects.create(name="c")

    assert run() == f"{waffle.explain(None, 'a')}\n{waffle.explain(None, 'b')}\n"
    assert run(kind="switch").startswith("switch c is off")
    assert run(kind="sample") == ""


@pytest.mark.parametrize("called", ["ada", "ada@example.com"])
def test_it_asks_for_a_user_by_username_or_email(called: str, run: Run, ada: User) -> None:
    Flag.objects.create(name="x").users.add(ada)

    assert run("x", "--user", called).startswith("flag x is on (user): the user is listed\n")


def test_it_asks_for_a_language_and_a_unit(run: Run) -> None:
    Flag.objects.create(name="checkout", languages="de", percent=30)

    spoken = run("checkout", "--language", "de", "--unit", "42")
    dealt = run("checkout", unit=42)

    assert spoken.startswith("flag checkout is on (language): de is listed\n")
    assert dealt.startswith("flag checkout is off (percent): bucket 38.659 is not below 30\n")


def test_json_is_a_list_of_explanations(run: Run, ada: User) -> None:
    Flag.objects.create(name="über", everyone=True)
    Flag.objects.create(name="x", authenticated=True)

    one, all_ = (run(*names, "--json", "--user=ada") for names in (["x"], []))

    assert json.loads(one) == [waffle.explain(waffle.Subject(ada), "x").to_dict()]
    assert [told["name"] for told in json.loads(all_)] == ["x", "über"]
    assert "über" in all_


@each_kind
def test_a_toggle_that_is_not_there_is_an_error_that_names_the_nearest(kind: Kind, run: Run) -> None:
    switch_on(kind, "Basket")

    for name, hint in (("Basked", ": did you mean 'Basket'?"), ("x", "")):
        with pytest.raises(CommandError) as caught:
            run(name, f"--kind={kind}")
        assert str(caught.value) == f"There is no {kind} {name!r}{hint}"


def test_a_user_who_is_not_there_is_an_error(run: Run) -> None:
    Flag.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^User bob does not exist$"):
        run("x", "--user", "bob")


@pytest.mark.parametrize("passed", [["--kind=toggle"], []])
def test_another_kind_is_an_error(passed: list[str], run: Run) -> None:
    with pytest.raises(CommandError, match="toggle"):
        run("x", *passed, **({} if passed else {"kind": "toggle"}))


def test_a_project_without_users_is_told_so(run: Run, settings: Any) -> None:
    settings.AUTH_USER_MODEL = "nowhere.User"

    with pytest.raises(CommandError, match=r"User ada cannot be found: .*nowhere\.User"):
        run("x", "--user", "ada")


def test_it_changes_nothing(run: Run, ada: User, settings: Any) -> None:
    settings.WAFFLE_CREATE_MISSING_FLAGS = True
    Flag.objects.create(name="x", percent=50)
    before = list(Flag.objects.values())

    run("x", "--user=ada")
    with pytest.raises(CommandError):
        run("nobody")

    assert list(Flag.objects.values()) == before


def test_a_user_is_looked_up_once_however_many_flags_there_are(run: Run, ada: User) -> None:
    group = Group.objects.create(name="g")
    ada.groups.add(group)
    for number in range(3):
        Flag.objects.create(name=f"x{number}").groups.add(group)

    with CaptureQueriesContext(connection) as few:
        run(user="ada")
    for number in range(3, 20):
        Flag.objects.create(name=f"x{number}", staff=True)
    with CaptureQueriesContext(connection) as many:
        run(user="ada")

    assert len(many) == len(few)


def test_samples_are_drawn_and_explained(run: Run) -> None:
    Sample.objects.create(name="log", percent=0)

    assert run("log", kind="sample").startswith(
        "sample log is off (percent): drawn at each check, on in 0 of 100\n"
    )


def test_an_error_of_the_store_is_explained_and_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waffle.store, "snapshot", lambda kind: waffle.snapshots.UNKNOWN)

    assert run("x") == "flag x is off (error): no store could be read, now or before\n"


def test_it_speaks_english_in_every_language(run: Run) -> None:
    switch_on(FLAG)

    with override("de"), pytest.raises(CommandError) as caught:
        run("nobody")
    with override("de"):
        shown = run("x")

    assert str(caught.value) == "There is no flag 'nobody'"
    assert shown.startswith("flag x is on (everyone): set to on\n")
