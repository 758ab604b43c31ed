"""Evaluation: one walk, and two drivers that come to the same verdict."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import caches
from django.test import RequestFactory
from pytest_django import Settings

import waffle
from test_app.models import Company, CompanyAwareFlag, LegacyFlag, PlainFlag, ScratchFlag
from tests.worlds import each_flag_verdict
from waffle import evaluation
from waffle.conditions import Claim, Condition, Everyone
from waffle.inquiries import Inquiry
from waffle.models import Flag, Sample, Switch
from waffle.snapshots import UNKNOWN
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

# Any, throughout: requests, users and flags are whatever a project has.
FlagVerdict = Callable[..., Verdict]


@pytest.fixture
def users() -> dict[str, Any]:
    names = ("plain", "listed", "member", "staff", "superuser")
    users: dict[str, Any] = {name: User.objects.create(username=name) for name in names}
    users["staff"].is_staff = users["superuser"].is_superuser = True
    users["member"].groups.add(Group.objects.create(name="g"))
    return {**users, "anonymous": AnonymousUser()}


def visit(rf: RequestFactory, user: Any = None, path: str = "/", **attributes: Any) -> Any:
    request = rf.get(path)
    request.__dict__.update({"user": AnonymousUser() if user is None else user, **attributes})
    return request


NOTHING = Verdict(False, Reason.DEFAULT)

# (fields of the flag, who asks, what the verdict is)
CASES: list[tuple[dict[str, Any], str, Verdict]] = [
    ({"everyone": True}, "anonymous", Verdict(True, Reason.EVERYONE)),
    ({"everyone": False, "staff": True}, "staff", Verdict(False, Reason.EVERYONE)),
    ({"authenticated": True}, "plain", Verdict(True, Reason.AUTHENTICATED)),
    ({"authenticated": True}, "anonymous", NOTHING),
    ({"staff": True}, "staff", Verdict(True, Reason.STAFF)),
    ({"staff": True}, "plain", NOTHING),
    ({"superusers": True}, "superuser", Verdict(True, Reason.SUPERUSER)),
    ({"superusers": True}, "staff", NOTHING),
    ({"superusers": False}, "superuser", NOTHING),
    ({"languages": "fr,de"}, "anonymous", Verdict(True, Reason.LANGUAGE)),
    ({"languages": "fr"}, "anonymous", NOTHING),
    ({"testing": True}, "anonymous", NOTHING),
    ({"percent": "99.9"}, "anonymous", Verdict(True, Reason.PERCENT)),
    ({"percent": "0.1"}, "anonymous", Verdict(False, Reason.PERCENT)),
    ({"percent": "99.9"}, "plain", Verdict(True, Reason.PERCENT)),
    ({}, "listed", NOTHING),
]


@each_flag_verdict
@pytest.mark.parametrize(("fields", "who", "verdict"), CASES)
def test_the_fields_of_a_flag_decide(
    fields: dict[str, Any],
    who: str,
    verdict: Verdict,
    flag_verdict: FlagVerdict,
    users: dict[str, Any],
    rf: RequestFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 50)
    Flag.objects.create(name="x", **fields)

    assert flag_verdict(visit(rf, users[who], LANGUAGE_CODE="de"), "x") == verdict


@each_flag_verdict
@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
@pytest.mark.parametrize("is_pinned", [False, True], ids=["unpinned", "pinned"])
def test_lists_decide(
    limit: int,
    is_pinned: bool,
    flag_verdict: FlagVerdict,
    users: dict[str, Any],
    rf: RequestFactory,
    settings: Settings,
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    flag, other = Flag.objects.create(name="x"), Flag.objects.create(name="other")
    flag.users.add(users["listed"])
    flag.groups.add(Group.objects.get(name="g"))
    other.users.add(users["plain"])

    def verdicts() -> dict[str, Verdict]:
        asked = ("listed", "member", "plain", "anonymous")
        return {name: flag_verdict(visit(rf, users[name]), "x") for name in asked}

    if is_pinned:
        with waffle.pinned():
            found = verdicts()
    else:
        found = verdicts()

    assert found == {
        "listed": Verdict(True, Reason.USER),
        "member": Verdict(True, Reason.GROUP),
        "plain": NOTHING,
        "anonymous": NOTHING,
    }


@each_flag_verdict
@pytest.mark.parametrize("everyone", [True, False])
def test_without_a_request_what_needs_nobody_decides(everyone: bool, flag_verdict: FlagVerdict) -> None:
    Flag.objects.create(name="settled", everyone=everyone)
    rest = {"authenticated": True, "staff": True, "testing": True, "languages": "de", "percent": "99.9"}
    Flag.objects.create(name="rest", **rest)

    assert flag_verdict(None, "settled") == Verdict(everyone, Reason.EVERYONE)
    assert flag_verdict(None, "rest") == NOTHING


@each_flag_verdict
def test_a_request_without_a_user_still_gets_its_percentage(
    flag_verdict: FlagVerdict, rf: RequestFactory
) -> None:
    Flag.objects.create(name="x", percent="0.1", staff=True)
    rf.cookies["dwf_x"] = "True"

    assert flag_verdict(rf.get("/"), "x") == Verdict(True, Reason.PERCENT)


@each_flag_verdict
def test_to_read_only_is_to_deal_nothing(flag_verdict: FlagVerdict, rf: RequestFactory) -> None:
    Flag.objects.create(name="x", percent="99.9")
    request = visit(rf)

    assert flag_verdict(request, "x", read_only=True) == NOTHING
    assert not getattr(request, "waffles", None)


@each_flag_verdict
@pytest.mark.parametrize(("query", "active"), [("1", True), ("0", False)])
@pytest.mark.parametrize("fields", [{"everyone": True}, {"everyone": False}, {"testing": True}, {}])
def test_the_override_beats_all_that_a_flag_says(
    query: str,
    active: bool,
    fields: dict[str, bool],
    flag_verdict: FlagVerdict,
    rf: RequestFactory,
    settings: Settings,
) -> None:
    Flag.objects.create(name="x", **fields)
    request = visit(rf, path=f"/?x={query}&missing={query}")
    before = flag_verdict(request, "x").reason

    settings.WAFFLE_OVERRIDE = True

    assert before is not Reason.OVERRIDE
    assert flag_verdict(request, "x") == Verdict(active, Reason.OVERRIDE)
    assert flag_verdict(request, "missing") == Verdict(False, Reason.MISSING)
    assert flag_verdict(visit(rf, path="/?x=2"), "x").reason is before


@pytest.mark.parametrize("active", [True, False])
def test_a_switch_has_no_override(active: bool, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = True
    Switch.objects.create(name="x", active=active)

    assert waffle.switch_verdict("x") == Verdict(active, Reason.ACTIVE)
    assert async_to_sync(waffle.aswitch_verdict)("x") == Verdict(active, Reason.ACTIVE)


def test_a_sample_is_drawn_at_each_check(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [0.0, 80.0, 50.0, 50.1]
    monkeypatch.setattr(random, "uniform", lambda low, high: drawn.pop(0))
    Sample.objects.create(name="x", percent=50)

    found = [waffle.sample_verdict("x") for _ in range(2)]
    found += [async_to_sync(waffle.asample_verdict)("x") for _ in range(2)]

    assert found == [Verdict(active, Reason.PERCENT) for active in (True, False, True, False)]


@pytest.mark.parametrize(
    ("plain", "twin", "arguments"),
    [
        (waffle.flag_is_active, waffle.aflag_is_active, (None, "x")),
        (waffle.switch_is_active, waffle.aswitch_is_active, ("x",)),
        (waffle.sample_is_active, waffle.asample_is_active, ("x",)),
    ],
)
@pytest.mark.parametrize("active", [True, False])
def test_is_active_is_true_or_false(active: bool, plain: Any, twin: Any, arguments: tuple[Any, ...]) -> None:
    Flag.objects.create(name="x", everyone=active)
    Switch.objects.create(name="x", active=active)
    Sample.objects.create(name="x", percent=100 * active)

    assert plain(*arguments) is active
    assert async_to_sync(twin)(*arguments) is active


def test_a_walk_stops_at_the_first_fact_that_it_lacks() -> None:
    staff = Claim("staff", of_user="is_staff", reason=Reason.STAFF)
    toggle, subject = SimpleNamespace(everyone=True), Inquiry(UNKNOWN, None)

    lacking = evaluation.walk(toggle, [staff, Everyone("everyone")], subject)
    subject.facts["user"] = None
    supplied = evaluation.walk(toggle, [staff, Everyone("everyone")], subject)

    assert lacking is staff
    assert supplied == Verdict(True, Reason.EVERYONE)
    assert evaluation.walk(toggle, [staff], subject) is evaluation.OFF
    assert evaluation.walk(toggle, [], subject) == NOTHING


def test_a_condition_that_says_no_ends_the_walk() -> None:
    class No(Condition):
        def decide(self, toggle: Any, subject: Any) -> bool | None:
            return False

    toggle, subject = SimpleNamespace(everyone=True), Inquiry(UNKNOWN, None)

    assert evaluation.walk(toggle, [No(), Everyone("everyone")], subject) == Verdict(False, Reason.CUSTOM)


@each_flag_verdict
def test_a_models_own_condition_decides_after_the_classic_ones(
    flag_verdict: FlagVerdict, users: dict[str, Any], rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    company = Company.objects.create(name="c")
    flag = CompanyAwareFlag.objects.create(name="x")
    flag.companies.add(company)
    flag.users.add(users["listed"])
    users["plain"].company = users["listed"].company = company

    assert flag_verdict(visit(rf, users["plain"]), "x") == Verdict(True, Reason.CUSTOM)
    assert flag_verdict(visit(rf, users["listed"]), "x") == Verdict(True, Reason.USER)
    assert flag_verdict(visit(rf, users["member"]), "x") == NOTHING


@each_flag_verdict
def test_a_model_without_lists_is_decided_by_the_rest(
    flag_verdict: FlagVerdict, users: dict[str, Any], rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    PlainFlag.objects.create(name="x", staff=True)

    assert flag_verdict(visit(rf, users["staff"]), "x") == Verdict(True, Reason.STAFF)
    assert flag_verdict(visit(rf, users["plain"]), "x") == NOTHING


@each_flag_verdict
def test_a_method_of_a_custom_model_decides_and_may_ask_the_database(
    flag_verdict: FlagVerdict, users: dict[str, Any], rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    caches["default"].clear()  # the model keeps companies there, and tests before this one did
    company = Company.objects.create(name="c")
    flag = LegacyFlag.objects.create(name="x", staff=True)
    flag.companies.add(company)
    users["plain"].company = company

    with waffle.pinned():
        found = {
            who: flag_verdict(visit(rf, users[who]), "x") for who in ("plain", "staff", "listed", "plain")
        }

    assert found == {
        "plain": Verdict(True, Reason.CUSTOM),
        "staff": Verdict(True, Reason.CUSTOM),
        "listed": NOTHING,
    }


@each_flag_verdict
@pytest.mark.parametrize("read_only", [False, True])
def test_an_overridden_is_active_is_told_the_request_and_whether_to_read_only(
    read_only: bool, flag_verdict: FlagVerdict, rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    ScratchFlag.objects.create(name="x", percent="99.9")
    request = visit(rf, path="/?scratch=1")

    assert flag_verdict(request, "x", read_only=read_only) == Verdict(True, Reason.CUSTOM)
    assert hasattr(request, "waffles") is not read_only or request.waffles == {}


@each_flag_verdict
def test_answers_of_a_models_own_methods_are_not_kept_in_a_pin(
    flag_verdict: FlagVerdict, rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    for name in ("on", "off"):
        ScratchFlag.objects.create(name=name, everyone=name == "on")
    request = visit(rf)

    with waffle.pinned():
        found = [flag_verdict(request, name).active for name in ("on", "off", "on")]

    assert found == [True, False, True]


def test_an_instance_of_a_model_that_is_not_set_goes_by_its_own_lists(
    users: dict[str, Any], rf: RequestFactory
) -> None:
    company = Company.objects.create(name="c")
    flag = CompanyAwareFlag.objects.create(name="x")
    flag.companies.add(company)
    flag.users.add(users["listed"])
    plain = PlainFlag.objects.create(name="x", staff=True)
    users["plain"].company = company

    answers = {name: flag.is_active(visit(rf, user)) for name, user in users.items()}

    assert [name for name, active in answers.items() if active] == ["plain", "listed", "superuser"]
    assert plain.is_active(visit(rf, users["staff"])) is True
    assert plain.is_active(visit(rf, users["plain"])) is False


def test_an_instance_follows_the_override(rf: RequestFactory, settings: Settings) -> None:
    flag = Flag.objects.create(name="x", everyone=False)
    request = visit(rf, path="/?x=1")

    assert flag.is_active(request) is False
    settings.WAFFLE_OVERRIDE = True
    assert flag.is_active(request) is True
