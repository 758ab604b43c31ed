"""Where there is no database, and where there is one: when the row is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections
from django.test import SimpleTestCase
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject
from pytest_django import Settings

import waffle
from test_app.models import CustomSwitch, PlainFlag
from tests.each import each_kind
from tests.overrides.cases import ADA, BOB, OVERRIDES, STAFF, Check, each_answer, each_check, request_of
from tests.process import run_python
from tests.worlds import each_flag_is_active, each_flag_verdict
from waffle import Reason, Verdict
from waffle.conditions import CLASSIC, Everyone
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.picking import conditions_of
from waffle.testutils import Override, override_flag, override_sample, override_switch

# Any, in this file: checks of either world, and what fields hold.
UNKNOWN = SimpleLazyObject(lambda: User.objects.get(pk=1))
REASONS = {FLAG: Reason.EVERYONE, SWITCH: Reason.ACTIVE, SAMPLE: Reason.PERCENT}


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


@each_flag_is_active
def test_a_fact_that_the_database_holds_is_not_taken_for_no(flag_is_active: Any) -> None:
    with override_flag("x", staff=True), pytest.raises(RuntimeError, match="Database access not allowed"):
        flag_is_active(request_of(UNKNOWN), "x")


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

    def test_a_fact_that_the_database_holds_is_still_looked_up(self) -> None:
        with self.assertRaisesMessage(AssertionError, "not allowed in SimpleTestCase"):
            waffle.flag_is_active(request_of(UNKNOWN), "x")

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

    assert any("waffle_" in query["sql"] for query in captured) is is_asked


@each_flag_verdict
def test_a_flag_of_which_each_deciding_field_is_set_is_as_set(flag_verdict: Any) -> None:
    with override_flag("x", staff=True, **ALL_BUT_STAFF):
        verdicts = [flag_verdict(request_of(user), "x") for user in (STAFF, ADA)]

    assert verdicts == [Verdict(True, Reason.STAFF), Verdict(False, Reason.DEFAULT)]


@pytest.mark.django_db
def test_a_method_that_decides_finds_what_its_row_holds(
    own_method: Callable[[Any], None],
) -> None:
    own_method(lambda self: (self.owner, self.active) == ("ada", True))
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
