"""Overrides lie over the rows, in memory, and every surface sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import FieldDoesNotExist, SynchronousOnlyOperation, ValidationError
from django.db import connection, connections
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory, SimpleTestCase
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

import waffle
from test_app.models import Company, CustomSwitch, LegacyFlag, PlainFlag, ScratchFlag
from tests.each import each_kind
from tests.process import run_python
from tests.worlds import WORLDS, each_flag_is_active, each_flag_verdict
from waffle import Reason, Verdict
from waffle.conditions import CLASSIC, Everyone, conditions_of
from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch
from waffle.overrides import in_force, put
from waffle.status import statuses
from waffle.testutils import Override, override_flag, override_sample, override_switch

OVERRIDES: dict[Kind, type[Override]] = {
    FLAG: override_flag,
    SWITCH: override_switch,
    SAMPLE: override_sample,
}
REASONS = {FLAG: Reason.EVERYONE, SWITCH: Reason.ACTIVE, SAMPLE: Reason.PERCENT}

# Any, in this file: checks of either world, and users, who may be stand-ins.
each_check = pytest.mark.parametrize("check", [check, async_to_sync(acheck)], ids=WORLDS)
each_answer = pytest.mark.parametrize("active", [True, False])

Check = Callable[..., Verdict]


@pytest.fixture(autouse=True)
def _nothing_is_left(cold: None) -> Iterator[None]:
    yield
    assert in_force == []


def request_of(user: Any, url: str = "/") -> HttpRequest:
    request = RequestFactory().get(url)
    request.user = user
    return request


def with_dice(monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: number)


ADA, BOB, STAFF = User(pk=1), User(pk=2), User(pk=3, is_staff=True)


# Where there is no database


@each_answer
@each_check
@each_kind
def test_an_override_that_decides_alone_needs_no_database(kind: Kind, check: Check, active: bool) -> None:
    with OVERRIDES[kind]("x", active):
        verdict = check(kind, "x")

    assert verdict == Verdict(active, REASONS[kind])


@each_flag_is_active
def test_fields_decide_where_a_test_may_not_ask_the_database(flag_is_active: Any) -> None:
    with override_flag("x", staff=True, users=[ADA]):
        answers = [flag_is_active(request_of(user), "x") for user in (STAFF, ADA, BOB)]

    assert answers == [True, True, False]


def let_go_of_cursors() -> None:
    """Undo what Django leaves on each connection where it has forbidden the database for a while."""
    for wrapper in connections.all():
        for name in ("connect", "temporary_connection", "cursor", "chunked_cursor"):
            vars(wrapper).pop(name, None)


@override_flag("x", staff=True)
class TestsInASimpleTestCase(SimpleTestCase):
    """Django forbids the database in another way than pytest does."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.addClassCleanup(let_go_of_cursors)
        super().setUpClass()

    def test_fields_decide(self) -> None:
        assert waffle.flag_is_active(request_of(STAFF), "x") is True
        assert waffle.flag_is_active(request_of(ADA), "x") is False

    async def test_fields_decide_in_coroutines(self) -> None:
        assert await waffle.aflag_is_active(request_of(STAFF), "x") is True
        assert await waffle.aflag_is_active(request_of(ADA), "x") is False

    @override_switch("x", True)
    def test_a_toggle_without_override_is_still_looked_up(self) -> None:
        with self.assertRaisesMessage(AssertionError, "not allowed in SimpleTestCase"):
            waffle.switch_is_active("y")


@each_kind
def test_the_models_show_overrides_without_a_database(kind: Kind) -> None:
    with OVERRIDES[kind]("x", True), override_switch("other", True), override_sample("other", True):
        found = kind.model.get("x")
        names = {toggle.name for toggle in kind.model.get_all()}
        active = found.is_active(request_of(ADA)) if kind is FLAG else found.is_active()

    assert (found.pk, active) == (None, True)
    assert names == ({"x"} if kind is FLAG else {"x", "other"})


@pytest.mark.parametrize("database", ["empty", "away"])
def test_before_any_migration_and_without_a_database_overrides_decide(database: str, tmp_path: Path) -> None:
    name = tmp_path / ("x.sqlite3" if database == "empty" else "nowhere/x.sqlite3")
    tmp_path.joinpath("bare_settings.py").write_text(
        "from tests.settings import *\n"
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {str(name)!r}}}}}\n"
    )
    program = (
        "import waffle\n"
        "from types import SimpleNamespace\n"
        "from waffle.testutils import override_flag, override_sample, override_switch\n"
        "with override_flag('x', True), override_switch('x', True), override_sample('x', True):\n"
        "    answers = [waffle.flag_is_active(None, 'x'), waffle.switch_is_active('x')]\n"
        "    answers += [waffle.sample_is_active('x')]\n"
        "with override_flag('x', staff=True):\n"
        "    for is_staff in (True, False):\n"
        "        request = SimpleNamespace(user=SimpleNamespace(pk=1, is_staff=is_staff))\n"
        "        answers.append(waffle.flag_is_active(request, 'x'))\n"
        "print(json.dumps(answers))\n"
    )

    answers = run_python(program, DJANGO_SETTINGS_MODULE="bare_settings", PYTHONPATH=str(tmp_path))

    assert answers == [True, True, True, True, False]


ALL_BUT_STAFF: dict[str, Any] = {
    **dict.fromkeys(("testing", "authenticated", "superusers"), False),
    **{"languages": "", "users": [], "groups": [], "percent": None},
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("override", "is_asked"),
    [
        *((override("x", True), False) for override in OVERRIDES.values()),
        (override_flag("x", None), True),
        (override_flag("x", staff=True), True),
        (override_flag("x", staff=True, **ALL_BUT_STAFF), False),
    ],
    ids=["flag", "switch", "sample", "none", "one field", "all fields"],
)
@each_check
def test_the_row_is_asked_for_only_where_it_may_matter(
    check: Check, override: Override, is_asked: bool
) -> None:
    with CaptureQueriesContext(connection) as captured, override:
        check(override.kind, "x", request_of(STAFF))

    assert any('FROM "waffle_' in query["sql"] for query in captured) is is_asked


@each_flag_verdict
def test_a_flag_of_which_each_deciding_field_is_set_is_as_set(flag_verdict: Any) -> None:
    with override_flag("x", staff=True, **ALL_BUT_STAFF):
        verdicts = [flag_verdict(request_of(user), "x") for user in (STAFF, ADA)]

    assert verdicts == [Verdict(True, Reason.STAFF), Verdict(False, Reason.DEFAULT)]


@pytest.mark.django_db
def test_a_method_that_decides_finds_what_its_row_holds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
    monkeypatch.setattr(CustomSwitch, "is_active", lambda self: (self.owner, self.active) == ("ada", True))
    CustomSwitch.objects.create(name="x", owner="ada")

    with override_switch("x", True):
        active = waffle.switch_is_active("x")

    assert active is True


@pytest.mark.django_db
def test_a_field_that_would_settle_it_is_as_in_the_row(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    monkeypatch.setattr(PlainFlag, "conditions", (Everyone("superusers"), *CLASSIC))
    monkeypatch.setattr("waffle.kinds.conditions_of", conditions_of.__wrapped__)
    PlainFlag.objects.create(name="x", superusers=False)

    with override_flag("x", True):
        active = waffle.flag_is_active(None, "x")

    assert active is False


def test_a_plain_check_in_a_coroutine_says_so_where_the_row_must_be_asked_for() -> None:
    async def ask() -> None:
        with override_flag("x", staff=True):
            waffle.flag_is_active(request_of(STAFF), "x")

    with pytest.raises(SynchronousOnlyOperation, match="aflag_is_active"):
        async_to_sync(ask)()


# Layers


@each_check
@each_kind
def test_the_innermost_counts_in_whatever_order_they_leave(kind: Kind, check: Check) -> None:
    on, off, on_again = (OVERRIDES[kind]("x", active) for active in (True, False, True))
    answers = []

    for override in (on, off, on_again):
        override.enable()
        answers.append(check(kind, "x").active)
    for override in (off, on_again):
        override.disable()
        answers.append(check(kind, "x").active)
    off.enable()
    on.disable()
    answers.append(check(kind, "x").active)
    off.disable()

    assert answers == [True, False, True, True, True, False]


def test_one_layer_over_another_sets_its_own_fields_alone() -> None:
    with override_flag("x", staff=True, users=[ADA]), override_flag("x", superusers=False, users=[BOB]):
        answers = [waffle.flag_is_active(request_of(user), "x") for user in (STAFF, ADA, BOB)]

    assert answers == [True, False, True]


def test_fields_lie_over_an_outer_on_for_everyone() -> None:
    with override_flag("x", True), override_flag("x", staff=True):
        answers = [waffle.flag_is_active(request_of(user), "x") for user in (STAFF, ADA)]

    assert answers == [True, False]


@pytest.mark.django_db
@each_check
@each_kind
def test_an_override_is_of_one_name_and_of_one_kind(kind: Kind, check: Check) -> None:
    with OVERRIDES[kind]("x", True):
        others = [check(other, "x").reason for other in KINDS if other is not kind]
        another = check(kind, "X").reason

    assert {*others, another} == {Reason.MISSING}


@each_kind
def test_other_threads_see_it(kind: Kind, in_thread: Callable[[Callable[[], bool]], bool]) -> None:
    with OVERRIDES[kind]("x", True):
        answer = in_thread(lambda: check(kind, "x").active)

    assert answer is True


@pytest.mark.django_db(transaction=True)
def test_a_live_server_sees_it(live_server: LiveServer) -> None:
    def status() -> dict[str, bool]:
        with urlopen(f"{live_server.url}/waffle_status") as response:
            found = json.load(response)["switches"]
        return {name: toggle["is_active"] for name, toggle in found.items()}

    Switch.objects.create(name="x")
    with override_switch("x", True), override_switch("y", True):
        within = status()

    assert within == {"x": True, "y": True}
    assert status() == {"x": False}


# Fields of a flag


@pytest.mark.django_db
@each_flag_verdict
def test_what_is_not_set_is_as_in_the_row(flag_verdict: Any) -> None:
    flag = Flag.objects.create(name="x", staff=True, superusers=False)
    flag.users.add(User.objects.create(pk=1, username="ada"))
    flag.groups.add(Group.objects.create(name="editors"))

    with override_flag("x", authenticated=False, superusers=True):
        verdicts = [
            flag_verdict(request_of(user), "x") for user in (STAFF, ADA, User(pk=4, is_superuser=True), BOB)
        ]

    reasons = [Reason.STAFF, Reason.USER, Reason.SUPERUSER, Reason.DEFAULT]
    assert [verdict.reason for verdict in verdicts] == reasons


@pytest.mark.django_db
@each_flag_verdict
@each_answer
def test_what_the_row_says_of_everyone_does_not_count(flag_verdict: Any, active: bool) -> None:
    Flag.objects.create(name="x", everyone=active)

    with override_flag("x", staff=True):
        verdicts = [flag_verdict(request_of(user), "x") for user in (STAFF, ADA)]

    assert verdicts == [Verdict(True, Reason.STAFF), Verdict(False, Reason.DEFAULT)]


@each_answer
@each_flag_verdict
def test_everyone_is_a_field_too(flag_verdict: Any, active: bool) -> None:
    with override_flag("x", everyone=active):
        verdict = flag_verdict(None, "x")

    assert verdict == Verdict(active, Reason.EVERYONE)


@pytest.mark.parametrize(("number", "active"), [(29.9, True), (30.1, False)])
@each_flag_is_active
def test_a_percentage_is_dealt_and_remembered(
    flag_is_active: Any, number: float, active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dice(monkeypatch, number)
    request: Any = request_of(AnonymousUser())

    with override_flag("x", percent=30, rollout=True):
        answer = flag_is_active(request, "x")

    assert answer is active
    assert request.waffles == {"x": [active, True]}


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
@each_flag_verdict
@pytest.mark.django_db
def test_a_list_that_is_set_replaces_that_of_the_row_and_no_other(
    flag_verdict: Any, limit: int, settings: Settings
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    ada, bob, eve = (User.objects.create(username=name) for name in ("ada", "bob", "eve"))
    editors = Group.objects.create(name="editors")
    eve.groups.add(editors)
    flag = Flag.objects.create(name="x")
    flag.users.add(ada)
    flag.groups.add(editors)

    with override_flag("x", users=[bob.pk]):
        verdicts = [flag_verdict(request_of(user), "x") for user in (ada, bob, eve)]

    reasons = [Reason.DEFAULT, Reason.USER, Reason.GROUP]
    assert [verdict.reason for verdict in verdicts] == reasons


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
@each_flag_verdict
@pytest.mark.django_db
def test_a_flag_without_a_row_may_list_groups(flag_verdict: Any, limit: int, settings: Settings) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    eve, editors = User.objects.create(username="eve"), Group.objects.create(name="editors")
    eve.groups.add(editors)
    Flag.objects.create(name="y").users.add(eve)

    with override_flag("x", groups=Group.objects.all()):
        verdicts = [flag_verdict(request_of(user), "x") for user in (eve, AnonymousUser())]

    assert verdicts == [Verdict(True, Reason.GROUP), Verdict(False, Reason.DEFAULT)]


@each_flag_is_active
def test_a_custom_list_can_be_set(flag_is_active: Any, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    user: Any = User(pk=1)

    with override_flag("x", companies=[Company(pk=5)]):
        answers = []
        for user.company in (Company(pk=5), Company(pk=6)):
            answers.append(flag_is_active(request_of(user), "x"))

    assert answers == [True, False]


@pytest.mark.parametrize(
    ("model", "fields", "error", "message"),
    [
        ("waffle.Flag", {"percnt": 30}, FieldDoesNotExist, "Flag has no field named 'percnt'"),
        ("waffle.Flag", {"percent": "much"}, ValidationError, "“much” value must be a decimal number"),
        ("waffle.Flag", {"everyone": "no"}, ValidationError, "“no” value must be either True"),
        ("waffle.Flag", {"users": [User(username="ada")]}, ValueError, r"^An object without a primary key "),
        ("test_app.PlainFlag", {"users": [ADA]}, FieldDoesNotExist, "PlainFlag has no field named 'users'"),
    ],
)
def test_what_cannot_be_set_is_told_at_once(
    model: str, fields: dict[str, Any], error: type[Exception], message: str, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = model
    override = override_flag("x", **fields)

    with pytest.raises(error, match=message):
        override.enable()


def test_a_list_that_no_condition_looks_into_cannot_be_set(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"

    with pytest.raises(TypeError, match="forward side of a many-to-many set"):
        put(FLAG, "x", {"companies": [5]})


# Who sees it


@each_answer
@each_check
def test_the_query_string_beats_an_override(check: Check, active: bool, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = True
    url = f"/?x={int(not active)}"

    with override_flag("x", active), override_flag("y", active):
        verdicts = [check(FLAG, name, request_of(ADA, url)) for name in ("x", "y")]

    assert verdicts == [Verdict(not active, Reason.OVERRIDE), Verdict(active, Reason.EVERYONE)]


@pytest.mark.django_db
@each_kind
def test_the_models_show_the_override_and_the_rows_do_not(kind: Kind) -> None:
    kind.model.objects.create(name="x", note="why", **kind.created_as(False))
    ((field, _),) = kind.created_as(True).items()

    with OVERRIDES[kind]("x", True), OVERRIDES[kind]("new", True):
        row = kind.model.objects.get()
        found = [kind.model.get(name) for name in ("x", "new")]
        every = kind.model.get_all()

    shown = [(toggle.pk, toggle.name, toggle.note, getattr(toggle, field)) for toggle in found]
    on = kind.created_as(True)[field]
    assert shown == [(row.pk, "x", "why", on), (None, "new", "", on)]
    assert [(toggle.pk, getattr(toggle, field)) for toggle in every] == [(row.pk, on), (None, on)]
    assert getattr(row, field) == kind.created_as(False)[field]


@pytest.mark.django_db
@each_kind
def test_what_the_models_show_is_a_copy(kind: Kind) -> None:
    with OVERRIDES[kind]("x", True):
        kind.model.get("x").note = "changed"
        found = kind.model.get("x")

    assert found.note == ""


@pytest.mark.django_db
@each_answer
@each_kind
def test_an_instance_sees_it_with_a_row_and_without(kind: Kind, active: bool) -> None:
    saved = kind.model.objects.create(name="x", **kind.created_as(not active))
    unsaved = kind.model(name="x", **kind.created_as(not active))
    arguments = [request_of(ADA)] if kind is FLAG else []

    with OVERRIDES[kind]("x", active):
        answers = [toggle.is_active(*arguments) for toggle in (saved, unsaved)]

    assert answers == [active, active]
    assert saved.is_active(*arguments) is not active


@pytest.mark.django_db
@pytest.mark.parametrize("is_saved", [True, False], ids=["row", "no row"])
def test_a_flag_at_hand_sees_fields_and_lists(is_saved: bool) -> None:
    flag = Flag(name="x", superusers=False, everyone=False)
    if is_saved:
        flag.save()

    with override_flag("x", staff=True, users=[ADA]):
        for_request = [flag.is_active(request_of(user)) for user in (STAFF, ADA, BOB)]
        for_user = [flag.is_active_for_user(user) for user in (STAFF, ADA, BOB)]

    assert for_request == for_user == [True, True, False]
    assert flag.everyone is False


@each_answer
def test_a_flag_at_hand_needs_no_database_for_it(active: bool) -> None:
    with override_flag("x", active):
        answers = Flag(name="x").is_active(request_of(ADA)), Flag(name="x").is_active_for_user(ADA)

    assert answers == (active, active)


@pytest.mark.django_db
def test_the_parts_of_a_flag_see_it() -> None:
    flag = Flag.objects.create(name="x")
    request: Any = request_of(ADA)
    request.LANGUAGE_CODE = "de"

    with override_flag("x", languages="de"):
        within = flag._is_active_for_language(request)

    assert (within, flag._is_active_for_language(request)) == (True, None)


@pytest.mark.django_db
def test_an_instance_of_another_model_than_the_projects_does_not_see_it(settings: Settings) -> None:
    flag = Flag.objects.create(name="x", everyone=False)
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"

    with override_flag("x", True):
        answers = flag.is_active(request_of(ADA)), Flag.get("x").everyone

    assert answers == (False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("is_saved", [True, False], ids=["row", "no row"])
@pytest.mark.parametrize("model", [LegacyFlag, ScratchFlag])
@each_flag_is_active
def test_models_whose_own_methods_decide_see_it(
    flag_is_active: Any, model: Any, is_saved: bool, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = model._meta.label
    if is_saved:
        model.objects.create(name="x")

    with override_flag("x", True):
        on = flag_is_active(request_of(ADA), "x")
    with override_flag("x", staff=True, users=[ADA]):
        answers = [flag_is_active(request_of(user), "x") for user in (STAFF, ADA, BOB)]

    assert (on, answers) == (True, [True, True, False])


@pytest.mark.django_db
def test_the_status_shows_it_and_toggles_without_a_row() -> None:
    Sample.objects.create(name="x", percent=0)
    Flag.objects.create(name="y", everyone=True)

    with override_sample("x", True), override_flag("z", staff=True):
        found = statuses(request_of(STAFF))

    active = {(kind.name, status.name): status.is_active for kind in KINDS for status in found[kind]}
    assert active == {("sample", "x"): True, ("flag", "y"): True, ("flag", "z"): True}


@each_kind
def test_template_tags_see_it(kind: Kind) -> None:
    template = engines["django"].from_string(
        f'{{% load waffle_tags %}}{{% {kind.name} "x" %}}on{{% else %}}off{{% end{kind.name} %}}'
    )

    with OVERRIDES[kind]("x", True):
        text = template.render({}, request_of(ADA))

    assert text == "on"
