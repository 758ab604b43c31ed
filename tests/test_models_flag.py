"""What a flag answers by itself: for a user without a request, and part by part."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import RequestFactory
from pytest_django import Settings

import waffle
from test_app.models import Company, CompanyAwareFlag, LegacyFlag
from tests.test_models import create
from waffle.kinds import FLAG, SWITCH
from waffle.models import Flag, Sample, Switch
from waffle.testutils import override_flag

pytestmark = pytest.mark.django_db


def test_a_flag_of_which_nothing_is_said_is_for_superusers_alone() -> None:
    flag = Flag(name="x")

    assert (flag.everyone, flag.percent, flag.languages, flag.superusers) == (None, None, "", True)
    assert (flag.testing, flag.staff, flag.authenticated, flag.rollout) == (False, False, False, False)


def test_a_flag_tells_whom_it_lists() -> None:
    user, group = User.objects.create(username="u"), Group.objects.create(name="g")
    flag = Flag.objects.create(name="x")
    empty = flag._get_user_ids(), flag._get_group_ids()
    flag.users.add(user)
    flag.groups.add(group)

    assert empty == (set(), set())
    assert (flag._get_user_ids(), flag._get_group_ids()) == ({user.pk}, {group.pk})


def test_an_instance_answers_by_its_fields_as_they_are_now(rf: RequestFactory) -> None:
    flag, switch = create(FLAG, on=False), create(SWITCH, on=False)
    sample = Sample.objects.create(name="x", percent=0)
    flag.everyone, switch.active, sample.percent = True, True, 100

    assert (flag.is_active(rf.get("/")), switch.is_active(), sample.is_active()) == (True, True, True)
    assert Switch.objects.get().is_active() is False


@pytest.mark.parametrize("default", [True, False])
def test_an_instance_without_a_row_answers_with_the_default(
    default: bool, rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_DEFAULT = settings.WAFFLE_SWITCH_DEFAULT = settings.WAFFLE_SAMPLE_DEFAULT = default

    assert Flag(name="x", everyone=not default).is_active(rf.get("/")) is default
    assert Switch(name="x", active=not default).is_active() is default
    assert Sample(name="x", percent=100 * (not default)).is_active() is default


def test_an_instance_that_was_gotten_by_name_creates_its_missing_row(settings: Settings) -> None:
    settings.WAFFLE_CREATE_MISSING_SWITCHES = True

    assert Switch.get("x").is_active() is False
    assert [switch.name for switch in Switch.objects.all()] == ["x"]


def test_a_flag_answers_for_a_user_without_a_request() -> None:
    listed, member, staff, other = (
        User.objects.create(username=name, is_staff=name == "s") for name in ("l", "m", "s", "o")
    )
    group = Group.objects.create(name="g")
    member.groups.add(group)
    flag = Flag.objects.create(name="x", staff=True, languages="en")
    flag.users.add(listed)
    flag.groups.add(group)

    assert [flag.is_active_for_user(user) for user in (listed, member, staff)] == [True] * 3
    assert flag.is_active_for_user(other) is False
    assert flag.is_active_for_user(AnonymousUser()) is False


# User 2 has bucket 4971 of this flag, user 1 has 65057.
@pytest.mark.parametrize(("key", "active"), [(1, False), (2, True)])
@pytest.mark.parametrize("model", [Flag, CompanyAwareFlag], ids=["set", "not set"])
def test_a_flag_knows_the_percentage_of_a_user_without_a_request(
    model: Any, key: int, active: bool, rf: RequestFactory
) -> None:
    user = User.objects.create(pk=key, username="u")
    flag = model.objects.create(name="checkout", percent=40)
    request: Any = rf.get("/")
    request.user = user

    assert flag.is_active_for_user(user) is active
    assert flag.is_active(request) is active


def test_a_flag_knows_no_percentage_that_the_request_alone_can_tell(settings: Settings) -> None:
    user = User.objects.create(pk=2, username="u")
    flag = Flag.objects.create(name="checkout", percent=40)

    settings.WAFFLE_STICKY_PERCENT = False
    by_dice = flag.is_active_for_user(user)
    settings.WAFFLE_STICKY_PERCENT = True
    settings.WAFFLE_UNIT = "shop.nowhere.tenant"
    by_tenant = flag.is_active_for_user(user)

    assert (by_dice, by_tenant) == (False, False)
    assert flag.is_active_for_user(User(username="no primary key")) is False
    assert flag.is_active_for_user(None) is False


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("model", ["waffle.Flag", "test_app.LegacyFlag"])
def test_a_name_without_a_row_is_the_default_for_a_user_too(
    default: bool, model: str, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL, settings.WAFFLE_FLAG_DEFAULT = model, default
    user = User(pk=7, is_superuser=True)
    flag = FLAG.model.get("x")
    before = flag.is_active_for_user(user)
    flag.save()
    with override_flag("y", staff=True):
        overridden = FLAG.model.get("y").is_active_for_user(user)

    assert before is waffle.flag_is_active(waffle.Subject(user), "y") is default
    assert flag.is_active_for_user(user) is True
    assert overridden is True
    assert FLAG.model(name="x").is_active_for_user(user) is True


def test_in_a_strict_project_a_name_without_a_row_is_an_error_for_a_user_too(settings: Settings) -> None:
    settings.WAFFLE_STRICT = True

    with pytest.raises(LookupError, match="there is no flag 'x'"):
        Flag.get("x").is_active_for_user(User(pk=7))


@pytest.mark.parametrize("everyone", [True, False])
def test_everyone_beats_the_list_also_without_a_request(everyone: bool) -> None:
    user = User.objects.create(username="u")
    flag = Flag.objects.create(name="x", everyone=everyone)
    if not everyone:
        flag.users.add(user)

    assert flag.is_active_for_user(user) is everyone


@pytest.mark.parametrize("model", [Flag, CompanyAwareFlag], ids=["set", "not set"])
def test_each_part_of_a_flag_answers_for_itself(model: Any, rf: RequestFactory) -> None:
    user = User.objects.create(username="u")
    flag = model.objects.create(name="x", languages="de", percent="99.9")
    flag.users.add(user)
    rf.cookies["dwf_x"] = "True"
    request: Any = rf.get("/")
    request.user, request.LANGUAGE_CODE = user, "de"

    assert flag._is_active_for_user(request) is True
    assert flag._is_active_for_language(request) is True
    assert flag._is_active_for_percent(request, True) is True
    assert flag._is_active_for_percent(request) is True
    assert request.waffles == {}


def test_a_part_that_does_not_apply_says_nothing(rf: RequestFactory) -> None:
    flag = Flag.objects.create(name="x", everyone=None, languages="de")
    request: Any = rf.get("/")
    nobody = flag._is_active_for_user(request)
    request.user, request.LANGUAGE_CODE = AnonymousUser(), "en"

    assert nobody is None
    assert flag._is_active_for_user(request) is None
    assert flag._is_active_for_language(request) is None
    assert flag._is_active_for_percent(request) is None


def test_the_cookie_may_say_that_a_percentage_came_out_inactive(rf: RequestFactory) -> None:
    flag = Flag.objects.create(name="x", percent="99.9")
    rf.cookies["dwf_x"] = "False"

    assert flag._is_active_for_percent(rf.get("/")) is False


def test_a_method_that_overrides_another_may_build_on_it() -> None:
    flag = LegacyFlag.objects.create(name="x")
    company, user = Company.objects.create(name="c"), User.objects.create(username="u")
    flag.companies.add(company)

    without = flag.is_active_for_user(user)
    user.company = company  # type: ignore[attr-defined]  # as the project's middleware would

    assert without is None
    assert flag.is_active_for_user(user) is True
