"""`Exclude`: a list that turns a flag off for whoever is in it, whatever else the flag says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, ClassVar
from unittest import mock

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models.signals import m2m_changed, post_delete
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

import waffle
from test_app.models import OverrulingFlag, TailoredFlag
from tests.worlds import each_flag_verdict
from waffle.conditions import CLASSIC, Condition, Exclude, InLongList, InShortList, Listed
from waffle.kinds import FLAG
from waffle.models import AbstractUserFlag
from waffle.picking import conditions_of
from waffle.testutils import override_flag
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold", "_tailored")]

# Any, throughout: requests and users are whatever a project has.
FlagVerdict = Callable[..., Verdict]
OFF = Verdict(False, Reason.CUSTOM)


@pytest.fixture
def _tailored(settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"


@pytest.fixture(params=[10_000, 0], ids=["short lists", "long lists"])
def _limit(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.WAFFLE_ROSTER_LIMIT = request.param


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada", is_staff=True)


def request_of(user: Any) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.mark.usefixtures("_limit")
@each_flag_verdict
@pytest.mark.parametrize(
    "fields", [{"everyone": True}, {"staff": True}, {"percent": "99.9"}, {"testing": True}], ids=str
)
def test_whoever_is_excluded_is_off_whatever_else_the_flag_says(
    fields: dict[str, Any], flag_verdict: FlagVerdict, ada: User
) -> None:
    bob = User.objects.create(username="bob", is_staff=True)
    flag = TailoredFlag.objects.create(name="x", **fields)
    flag.users_off.add(ada)
    flag.users.add(ada, bob)

    assert flag_verdict(request_of(ada), "x") == OFF
    assert flag_verdict(waffle.Subject(ada), "x") == OFF
    assert flag_verdict(request_of(bob), "x").active is True


@pytest.mark.usefixtures("_limit")
@each_flag_verdict
def test_nobody_is_not_excluded(flag_verdict: FlagVerdict, ada: User) -> None:
    TailoredFlag.objects.create(name="x", everyone=True).users_off.add(ada)

    assert flag_verdict(None, "x") == Verdict(True, Reason.EVERYONE)


def test_a_flag_that_excludes_nobody_is_settled_as_ever(ada: User) -> None:
    TailoredFlag.objects.create(name="x", everyone=True)
    TailoredFlag.objects.create(name="other").users_off.add(ada)

    entry = waffle.store.snapshot(FLAG).entries["x"]

    assert entry.settled == Verdict(True, Reason.EVERYONE)


@pytest.mark.usefixtures("_limit")
def test_who_is_excluded_by_the_flag_is_told_so_without_a_request(ada: User) -> None:
    flag = TailoredFlag.objects.create(name="x", everyone=True)
    flag.users_off.add(ada)

    assert TailoredFlag.get("x").is_active_for_user(ada) is False
    assert TailoredFlag.get("x").is_active(request_of(ada)) is False


@pytest.mark.usefixtures("_limit")
@pytest.mark.parametrize("is_override", [False, True], ids=["row", "override"])
def test_a_method_of_the_models_own_cannot_overrule_it(is_override: bool, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.OverrulingFlag"
    bob, other = (User.objects.create(username=name) for name in ("bob", "other"))
    flag = OverrulingFlag.objects.create(name="x")
    free = [OverrulingFlag.get("x").is_active_for_user(user) for user in (bob, other)]
    if not is_override:
        flag.users_off.add(bob)

    with override_flag("x", users_off=[bob]) if is_override else nullcontext():
        answers = [
            OverrulingFlag.get("x").is_active_for_user(bob),
            OverrulingFlag.get("x").is_active(request_of(bob)),
            waffle.flag_is_active(request_of(bob), "x"),
        ]

    assert free == [True, None]
    assert answers == [False] * 3


def test_a_method_of_the_models_own_cannot_overrule_everyone() -> None:
    bob, other = (User.objects.create(username=name) for name in ("bob", "other"))

    assert OverrulingFlag.objects.create(name="off", everyone=False).is_active_for_user(bob) is False
    assert OverrulingFlag.objects.create(name="on", everyone=True).is_active_for_user(other) is True


def test_a_method_that_is_inherited_heeds_it_already() -> None:
    class Model(OverrulingFlag):
        class Meta:
            app_label = "test_app"
            abstract = True

    assert "is_active_for_user" in vars(OverrulingFlag)
    assert "is_active_for_user" not in vars(Model)


def test_a_flag_whose_model_asks_requests_excludes_users_all_the_same(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TailoredFlag, "_is_active_for_user", lambda flag, request: True)
    flag = TailoredFlag.objects.create(name="x")
    flag.users.add(ada)
    free = flag.is_active_for_user(ada)
    flag.users_off.add(ada)

    assert (free, flag.is_active_for_user(ada)) == (True, False)


def test_a_check_asks_it_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.OverrulingFlag"
    bob = User.objects.create(username="bob")
    OverrulingFlag.objects.create(name="x")
    asked = mock.Mock(return_value=None)
    monkeypatch.setattr("waffle.evaluation.beyond_users", asked)

    with waffle.pinned():
        waffle.flag_is_active(request_of(bob), "x")

    assert asked.call_count == 1  # by the base, which the method asks


def test_a_change_of_the_list_counts_at_once(ada: User) -> None:
    flag = TailoredFlag.objects.create(name="x", everyone=True)
    answers = []

    with waffle.pinned():
        for change in (flag.users_off.add, flag.users_off.remove):
            change(ada)
            answers.append(waffle.flag_is_active(request_of(ada), "x"))

    assert answers == [False, True]


def test_the_ears_listen_to_its_link_table_and_to_whom_it_lists() -> None:
    through = TailoredFlag.users_off.through

    assert "_list_changed" in receivers_of(m2m_changed, through)
    assert "_listed_deleted" in receivers_of(post_delete, User)


def receivers_of(signal: Any, sender: Any) -> list[str]:
    found = signal._live_receivers(sender)
    flat = [receiver for group in found for receiver in group] if isinstance(found, tuple) else found
    return [receiver.__name__ for receiver in flat]


def test_long_lists_of_both_sorts_take_one_query(settings: Any, ada: User) -> None:
    settings.WAFFLE_ROSTER_LIMIT = 0
    TailoredFlag.objects.create(name="x").users_off.add(ada)
    TailoredFlag.objects.create(name="y").users.add(ada)

    with waffle.pinned():
        waffle.flag_is_active(None, "x")
        request = request_of(ada)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answers = [waffle.flag_verdict(request, name) for name in ("x", "y")]

    assert answers == [OFF, Verdict(True, Reason.USER)]
    assert len(queries) == 1


@pytest.mark.parametrize("conditions", [(*CLASSIC, Exclude("users_off")), (Exclude("users_off"), *CLASSIC)])
def test_it_is_asked_first_wherever_it_stands(conditions: tuple[Condition, ...]) -> None:
    class Model:
        is_active_for_user = AbstractUserFlag.is_active_for_user
        _is_active_for_user = AbstractUserFlag._is_active_for_user
        _is_active_for_language = AbstractUserFlag._is_active_for_language
        _is_active_for_percent = AbstractUserFlag._is_active_for_percent

    Model.conditions = conditions  # type: ignore[attr-defined]  # as a model has them
    fields = [condition.field for condition in conditions_of(Model)]

    assert fields == ["users_off", *(condition.field for condition in CLASSIC)]


def test_an_overridden_method_does_not_speak_for_it() -> None:
    class Model(AbstractUserFlag):
        conditions: ClassVar[tuple[Condition, ...]] = (*CLASSIC, Exclude("users_off"))

        def is_active_for_user(self, user: Any) -> bool | None:
            return True

        class Meta:
            app_label = "test_app"
            abstract = True

    found = [str(condition) for condition in conditions_of(Model)]

    assert found == [
        *("Exclude('users_off')", "Everyone('everyone')", "Testing('testing')", "Language('languages')"),
        *("_is_active_for_user()", "Percent('percent')"),
    ]


def test_groups_are_excluded_by_the_attribute_of_the_user(ada: User) -> None:
    group = Group.objects.create(name="g")
    ada.groups.add(group)
    excluded = Exclude("groups", by="groups")
    short = excluded.pick(TailoredFlag(pk=1), {"groups": {1: frozenset([group.pk])}})
    long = excluded.pick(TailoredFlag(pk=1), None)

    assert isinstance(excluded, Listed)
    assert isinstance(short, InShortList)
    assert isinstance(long, InLongList)
    assert [str(each) for each in (short, long)] == ["Exclude('groups')"] * 2


def test_an_override_may_exclude(ada: User) -> None:
    with override_flag("x", active=True, users_off=[ada]):
        answers = [waffle.flag_is_active(whom, "x") for whom in (request_of(ada), None)]

    assert answers == [False, True]
