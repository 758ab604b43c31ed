"""The four commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import BaseCommand, CommandError, call_command, load_command_class
from django.db import IntegrityError, connection
from django.db.models.signals import pre_delete, pre_save
from django.test.utils import CaptureQueriesContext

from test_app.models import Company, CustomSample, CustomSwitch, PlainFlag
from tests.each import each_kind
from waffle.kinds import KINDS, SAMPLE, Kind
from waffle.management.base import percentage
from waffle.management.members import called, find
from waffle.models import Flag, Sample, Switch

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]

DOCS = Path(__file__).parent.parent / "docs"

# Arguments that make or change a toggle of each kind.
SET = {"flag": ["--staff"], "switch": ["on"], "sample": ["34"]}


@pytest.fixture
def run() -> Run:
    """Call a command and return the lines that it writes."""

    def call(name: str, *arguments: object, **options: object) -> list[str]:
        output = StringIO()
        call_command(name, *arguments, stdout=output, **options)
        return output.getvalue().splitlines()

    return call


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com")


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", "bob@example.com")


@pytest.fixture
def editors() -> Group:
    return Group.objects.create(name="editors")


class NumberedUser(User):
    """A user who is called by number, and has no e-mail address."""

    USERNAME_FIELD = "id"
    EMAIL_FIELD = ""

    class Meta:
        app_label = "tests"
        proxy = True


# What all of them do


@each_kind
def test_a_toggle_that_is_not_there_is_made_only_if_asked(run: Run, kind: Kind) -> None:
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
def test_a_name_must_be_given(run: Run, kind: Kind, name: list[str]) -> None:
    with pytest.raises(CommandError, match=rf"^You need to specify a {kind.name} name\.$"):
        run(f"waffle_{kind.name}", *name)


@each_kind
@pytest.mark.parametrize("name", ["two\nlines", "x" * 101, " x", "!x"])
def test_a_new_name_that_cannot_work_is_refused(run: Run, kind: Kind, name: str) -> None:
    with pytest.raises(CommandError, match="name"):
        run(f"waffle_{kind.name}", name, *SET[kind.name], create=True)

    assert not kind.model.objects.exists()


@each_kind
def test_an_old_name_may_be_odd(run: Run, kind: Kind) -> None:
    kind.model.objects.create(name=" !x ", **kind.created_as(False))

    run(f"waffle_{kind.name}", " !x ", *SET[kind.name])

    assert kind.model.objects.get().modified > kind.model.objects.get().created


@each_kind
def test_an_empty_list_has_its_title(run: Run, kind: Kind) -> None:
    lines = run(f"waffle_{kind.name}", **{f"list_{kind.plural}": True})

    assert lines == [f"{kind.plural.capitalize()}:"]


@each_kind
def test_what_the_database_refuses_is_told_plainly(
    run: Run, kind: Kind, request: pytest.FixtureRequest
) -> None:
    def refuse(**signal: object) -> None:
        raise IntegrityError("not on Fridays")

    pre_save.connect(refuse, sender=kind.model)
    request.addfinalizer(lambda: pre_save.disconnect(refuse, sender=kind.model))

    with pytest.raises(CommandError, match=rf"^The {kind.name} 'x' cannot be saved: not on Fridays$"):
        run(f"waffle_{kind.name}", "x", *SET[kind.name], create=True)


@each_kind
def test_a_toggle_that_another_process_makes_meanwhile_is_changed(
    run: Run, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    get_or_create = type(kind.model.objects.all()).get_or_create

    def be_late(rows: Any, **values: Any) -> Any:  # Any: Django's own signature
        kind.model.objects.create(name="x", **kind.created_as(False))
        return get_or_create(rows, **values)

    monkeypatch.setattr(type(kind.model.objects.all()), "get_or_create", be_late)

    lines = run(f"waffle_{kind.name}", "x", *SET[kind.name], create=True)

    assert f"Creating {kind.name}: x" not in lines
    assert kind.model.objects.values_list(*SHOWN[kind.name]).get() == AS_SET[kind.name]


SHOWN = {"flag": ["staff", "everyone"], "switch": ["active"], "sample": ["percent"]}
AS_SET = {"flag": (True, False), "switch": (True,), "sample": (Decimal(34),)}


# Flags


@pytest.mark.parametrize("field", ["everyone", "superusers", "staff", "authenticated", "rollout", "testing"])
@pytest.mark.parametrize("state", [True, False])
def test_a_keyword_sets_its_field_and_no_other(run: Run, field: str, state: bool) -> None:
    before = Flag.objects.create(name="x", percent=Decimal("12.5"), note="kept", languages="de")

    lines = run("waffle_flag", "x", **{field: state})

    after = Flag.objects.get()
    changed = {
        name: value
        for name, value in vars(after).items()
        if value != getattr(before, name) and name[0] != "_"
    }
    expected = {} if getattr(before, field) is state else {field: state}
    assert changed == {**expected, "modified": after.modified}
    assert lines == [f"Setting {field}: {state}"]


@pytest.mark.parametrize(
    ("option", "field", "state"),
    [
        ("--everyone", "everyone", True),
        ("--deactivate", "everyone", False),
        ("--superusers", "superusers", True),
        ("--no-superusers", "superusers", False),
        ("--staff", "staff", True),
        ("--no-staff", "staff", False),
        ("--authenticated", "authenticated", True),
        ("--no-authenticated", "authenticated", False),
        ("--rollout", "rollout", True),
        ("-r", "rollout", True),
        ("--no-rollout", "rollout", False),
        ("--testing", "testing", True),
        ("-t", "testing", True),
        ("--no-testing", "testing", False),
    ],
)
def test_an_option_sets_its_field(run: Run, option: str, field: str, state: bool) -> None:
    Flag.objects.create(name="x", **{field: not state})

    lines = run("waffle_flag", "x", option)

    assert getattr(Flag.objects.get(), field) is state
    assert lines == [f"Setting {field}: {state}"]


def test_a_negative_keyword_counts_only_if_it_is_true(run: Run) -> None:
    Flag.objects.create(name="x", staff=True, everyone=True)

    run("waffle_flag", "x", no_staff=False, deactivate=True)

    assert Flag.objects.values_list("staff", "everyone").get() == (True, False)


def test_on_and_off_at_once_is_refused(run: Run) -> None:
    Flag.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^Pass --staff or --no-staff, not both\.$"):
        run("waffle_flag", "x", "--everyone", "--staff", "--no-staff")

    assert Flag.objects.get().everyone is None


@pytest.mark.parametrize(
    ("given", "stored"),
    [("12.5", "12.5"), ("0", "0"), (0, "0"), (7.1, "7.1"), (Decimal("99.9"), "99.9"), ("99.90", "99.9")],
)
def test_a_percentage_is_set_exactly(run: Run, given: object, stored: str) -> None:
    Flag.objects.create(name="x", percent=50)

    run("waffle_flag", "x", percent=given)

    assert Flag.objects.get().percent == Decimal(stored)


@pytest.mark.parametrize("option", ["-p", "--percent"])
def test_a_percentage_may_come_from_the_command_line(run: Run, option: str) -> None:
    lines = run("waffle_flag", "x", option, "0", "--create")

    assert lines == ["Creating flag: x", "Setting percent: 0"]
    assert Flag.objects.get().percent == 0


@pytest.mark.parametrize("given", ["-1", "100", "12.55", "half", "nan", "inf", "", True, "1e3", "\0"])
def test_a_wrong_percentage_of_a_flag_changes_nothing(run: Run, given: object) -> None:
    Flag.objects.create(name="x")

    with pytest.raises(
        CommandError, match=r"no percentage for a flag: .* from 0 to 99\.9, in steps of 0\.1\.$"
    ):
        run("waffle_flag", "x", percent=given, staff=True)

    assert Flag.objects.values_list("staff", "percent").get() == (False, None)


def test_groups_and_users_replace_those_listed(run: Run, ada: User, bob: User, editors: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(bob)
    flag.groups.add(Group.objects.create(name="old"))

    lines = run("waffle_flag", "x", "--group", "editors", "--user", "ada")

    assert list(flag.users.all()) == [ada]
    assert list(flag.groups.all()) == [editors]
    assert lines == ["Setting group(s): ['editors']", "Setting user(s): ['ada']"]


def test_groups_and_users_may_be_appended(run: Run, ada: User, bob: User, editors: Group) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(bob)
    flag.groups.add(Group.objects.create(name="old"))

    run("waffle_flag", "x", "-g", "editors", "-u", "ada@example.com", "--append")

    assert set(flag.users.all()) == {ada, bob}
    assert set(flag.groups.values_list("name", flat=True)) == {"old", "editors"}


@pytest.mark.parametrize("options", [{}, {"user": []}, {"user": None, "group": []}])
def test_lists_that_nobody_named_stay_as_they_are(run: Run, ada: User, options: dict[str, Any]) -> None:
    flag = Flag.objects.create(name="x")
    flag.users.add(ada)

    run("waffle_flag", "x", staff=True, **options)

    assert list(flag.users.all()) == [ada]


def test_one_name_may_be_passed_as_a_string(run: Run, ada: User, editors: Group) -> None:
    lines = run("waffle_flag", "x", create=True, user="ada", group="editors")

    assert lines[1:] == ["Setting group(s): ['editors']", "Setting user(s): ['ada']"]


def test_a_user_named_twice_is_listed_once(run: Run, ada: User) -> None:
    lines = run("waffle_flag", "x", create=True, user=["ada", "ada@example.com"])

    assert lines[1:] == ["Setting user(s): ['ada']"]


def test_a_flag_whose_list_changes_is_modified(run: Run, ada: User) -> None:
    before = Flag.objects.create(name="x")

    run("waffle_flag", "x", user=["ada"])

    assert Flag.objects.get().modified > before.modified


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": ["ada", "eve"]}, "User eve does not exist"),
        ({"user": [""]}, "User  does not exist"),
        ({"group": ["editors", "gods"]}, "Group gods does not exist"),
    ],
)
def test_a_name_that_nobody_has_changes_nothing(
    run: Run, ada: User, editors: Group, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run("waffle_flag", "x", create=True, staff=True, **options)

    assert str(caught.value) == message
    assert not Flag.objects.exists()


def test_an_email_address_that_two_users_share_is_refused_with_their_names(
    run: Run, ada: User, bob: User
) -> None:
    User.objects.update(email="both@example.com")

    with pytest.raises(CommandError) as caught:
        run("waffle_flag", "x", create=True, user=["both@example.com"])

    names = f"ada (id {ada.pk}), bob (id {bob.pk})"
    told = f"User both@example.com may be any of these, by email: {names}. Pass what only one of them has."
    assert str(caught.value) == told
    assert not Flag.objects.exists()


def test_a_username_goes_before_an_email_address(run: Run, ada: User) -> None:
    namesake = User.objects.create_user("ada@example.com")

    run("waffle_flag", "x", create=True, user=["ada@example.com"])

    assert list(Flag.objects.get().users.all()) == [namesake]


def test_a_username_need_not_be_text(ada: User) -> None:
    found = find(NumberedUser, "default", str(ada.pk), "User")

    assert found.pk == ada.pk
    assert called(found) == str(ada.pk)
    with pytest.raises(CommandError, match=r"^User ada does not exist$"):
        find(NumberedUser, "default", "ada", "User")
    with pytest.raises(CommandError, match=r"^User ada@example\.com does not exist$"):
        find(NumberedUser, "default", "ada@example.com", "User")


def test_what_has_no_name_of_its_own_is_called_as_it_prints() -> None:
    entry = Flag(name="x").__class__.users.through(id=7)

    assert called(entry) == str(entry)
    assert called(Company(name="Acme")) == "Acme"


@pytest.mark.parametrize("options", [{"user": "ada"}, {"group": "editors"}])
def test_a_list_that_the_projects_flags_lack_is_named(
    run: Run, settings: Any, ada: User, editors: Group, options: dict[str, Any]
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"

    with pytest.raises(
        CommandError, match=r"have no (users|groups): test_app\.PlainFlag has no field of that name"
    ):
        run("waffle_flag", "x", create=True, **options)

    assert not PlainFlag.objects.exists()


def test_flags_without_lists_are_listed_with_empty_ones(run: Run, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    run("waffle_flag", "x", create=True, everyone=True)

    lines = run("waffle_flag", "--list")

    assert lines[1] == "NAME: x"
    assert lines[-3:] == ["GROUPS: []", "USERS: []", ""]


def test_switches_and_samples_may_be_of_the_projects_own_models(run: Run, settings: Any) -> None:
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
    settings.WAFFLE_SAMPLE_MODEL = "test_app.CustomSample"

    run("waffle_switch", "x", "on", "--create")
    run("waffle_sample", "x", "100", "--create")

    assert CustomSwitch.objects.get().active is True
    assert CustomSample.objects.get().percent == 100


def test_without_anything_to_change_nothing_is_saved(run: Run) -> None:
    before = Flag.objects.create(name="x")

    lines = run("waffle_flag", "x", "--create")

    assert lines == ["Nothing to change was passed: see --help."]
    assert Flag.objects.get().modified == before.modified


def test_the_list_of_flags_shows_what_decides(run: Run, ada: User, bob: User, editors: Group) -> None:
    Flag.objects.create(name="zebra", everyone=False, percent=Decimal("12.5"), staff=True)
    flag = Flag.objects.create(name="ant")
    flag.users.add(bob, ada)
    flag.groups.add(editors)

    lines = run("waffle_flag", "-l")

    assert lines == [
        "Flags:",
        "NAME: ant",
        "SUPERUSERS: True",
        "EVERYONE: None",
        "AUTHENTICATED: False",
        "PERCENT: None",
        "TESTING: False",
        "ROLLOUT: False",
        "STAFF: False",
        "GROUPS: ['editors']",
        "USERS: ['ada', 'bob']",
        "",
        "NAME: zebra",
        "SUPERUSERS: True",
        "EVERYONE: False",
        "AUTHENTICATED: False",
        "PERCENT: 12.5",
        "TESTING: False",
        "ROLLOUT: False",
        "STAFF: True",
        "GROUPS: []",
        "USERS: []",
        "",
    ]


def test_the_list_of_flags_costs_the_same_for_many(run: Run, ada: User) -> None:
    for number in range(5):
        Flag.objects.create(name=f"flag {number}").users.add(ada)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        run("waffle_flag", list_flags=True)

    assert len(queries) == 3


# Switches and samples


@pytest.mark.parametrize(("state", "active"), [("on", True), ("off", False)])
def test_a_switch_is_turned(run: Run, state: str, active: bool) -> None:
    Switch.objects.create(name="x", active=not active, note="kept")

    lines = run("waffle_switch", "x", state)

    assert lines == []
    assert Switch.objects.values_list("active", "note").get() == (active, "kept")


@pytest.mark.parametrize("state", [[], ["maybe"]])
def test_a_switch_is_on_or_off(run: Run, state: list[str]) -> None:
    Switch.objects.create(name="x")

    with pytest.raises(CommandError, match=r"^Say what to turn the switch to: on or off\.$"):
        run("waffle_switch", "x", *state)


def test_switches_are_listed_with_their_state(run: Run) -> None:
    Switch.objects.create(name="b", active=True)
    Switch.objects.create(name="a")

    assert run("waffle_switch", "--list") == ["Switches:", "a: off", "b: on"]


@pytest.mark.parametrize("given", ["34", "0", "100", "99.9"])
def test_a_sample_gets_its_percentage(run: Run, given: str) -> None:
    Sample.objects.create(name="x", percent=50, note="kept")

    lines = run("waffle_sample", "x", given)

    assert lines == []
    assert Sample.objects.values_list("percent", "note").get() == (Decimal(given), "kept")


@pytest.mark.parametrize("given", ["-1", "100.1", "12.55", "half"])
def test_a_wrong_percentage_of_a_sample_changes_nothing(run: Run, given: str) -> None:
    Sample.objects.create(name="x", percent=50)

    with pytest.raises(
        CommandError, match=r"no percentage for a sample: give a number from 0 to 100, in steps of 0\.1"
    ):
        run("waffle_sample", "x", given)

    assert Sample.objects.get().percent == 50


def test_a_sample_needs_a_percentage(run: Run) -> None:
    with pytest.raises(CommandError, match=r"^You need to specify a percentage, from 0 to 100\.$"):
        run("waffle_sample", "x", "--create")


def test_a_percentage_is_the_number_that_the_field_holds() -> None:
    assert percentage(SAMPLE, 0.1) == Decimal("0.1")


def test_samples_are_listed_with_their_percentage(run: Run) -> None:
    Sample.objects.create(name="b", percent=34)
    Sample.objects.create(name="a", percent=Decimal("0.5"))

    assert run("waffle_sample", "--list") == ["Samples:", "a: 0.5%", "b: 34.0%"]


# Deleting


@each_kind
def test_toggles_of_one_kind_are_deleted_by_name(run: Run, kind: Kind) -> None:
    for each in KINDS:
        for name in ("a", "b", "c"):
            each.model.objects.create(name=name, **each.created_as(False))

    lines = run("waffle_delete", f"--{kind.plural}", "a", "b")

    assert lines == [f"Deleted 2 {kind.plural.capitalize()}"]
    left = {each: each.model.objects.count() for each in KINDS}
    assert left == {each: 1 if each is kind else 3 for each in KINDS}


def test_keywords_name_what_is_to_be_deleted(run: Run) -> None:
    for kind in KINDS:
        kind.model.objects.create(name="old", **kind.created_as(False))

    lines = run("waffle_delete", flag_names=["old"], switch_names=["old"], sample_names="old")

    assert lines == ["Deleted 1 Flags", "Deleted 1 Switches", "Deleted 1 Samples"]


def test_a_name_that_is_gone_already_is_told_and_is_no_error(run: Run) -> None:
    errors = StringIO()

    lines = run("waffle_delete", switch_names=["gone"], stderr=errors, no_color=True)

    assert lines == ["Deleted 0 Switches"]
    assert errors.getvalue() == "There is no switch 'gone'.\n"


def test_nothing_named_is_nothing_deleted(run: Run) -> None:
    Flag.objects.create(name="x")

    assert run("waffle_delete") == []
    assert Flag.objects.count() == 1


def test_what_cannot_all_be_deleted_is_not_deleted_at_all(run: Run, request: pytest.FixtureRequest) -> None:
    for kind in KINDS:
        kind.model.objects.create(name="x", **kind.created_as(False))

    def refuse(**signal: object) -> None:
        raise ZeroDivisionError

    pre_delete.connect(refuse, sender=Sample)
    request.addfinalizer(lambda: pre_delete.disconnect(refuse, sender=Sample))

    with pytest.raises(ZeroDivisionError):
        run("waffle_delete", flag_names=["x"], switch_names=["x"], sample_names=["x"])

    assert [kind.model.objects.count() for kind in KINDS] == [1, 1, 1]


# The page on commands


@pytest.mark.parametrize("command", ["waffle_flag", "waffle_switch", "waffle_sample", "waffle_delete"])
def test_every_argument_has_its_place_on_the_page(command: str) -> None:
    page = (DOCS / "reference" / "commands.md").read_text()
    section = page.split(f"## `{command}`")[1].split("\n## ")[0]
    parser = load_command_class("waffle", command).create_parser("manage.py", command)

    own = [action for action in parser._actions if action.help not in COMMON]
    missing = [name for action in own for name in action.option_strings if f"`{name}" not in section]

    assert own
    assert missing == []


COMMON = {action.help for action in BaseCommand().create_parser("manage.py", "any")._actions}


def test_every_example_on_the_page_works_as_shown(run: Run) -> None:
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
