"""Models: fields, and methods of two lines."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from test_app.models import Company, CompanyAwareFlag, LegacyFlag
from tests.each import each_kind
from waffle import stamps
from waffle.kinds import FLAG, KINDS, SWITCH, Kind
from waffle.models import Flag, Sample, Stamp, Switch
from waffle.testutils import override_flag
from waffle.utils import keyfmt

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2001, 2, 3, tzinfo=timezone.utc)


# Any: a toggle of whatever kind.
def create(kind: Kind, name: str = "x", *, on: bool = True) -> Any:
    return kind.model.objects.create(name=name, **kind.created_as(on))


@each_kind
def test_a_toggle_is_called_by_its_name(kind: Kind) -> None:
    toggle = create(kind, "my toggle")

    assert str(toggle) == "my toggle"
    assert toggle.natural_key() == ("my toggle",)
    assert kind.model.objects.get_by_natural_key("my toggle") == toggle


@each_kind
def test_a_name_is_given_once(kind: Kind) -> None:
    create(kind)

    with pytest.raises(IntegrityError):
        create(kind)


@each_kind
def test_get_returns_a_copy_of_the_toggle_or_an_unsaved_one(kind: Kind) -> None:
    toggle = create(kind)

    found, missing = kind.model.get("x"), kind.model.get("y")
    found.name = "scribbled"

    assert found.pk == toggle.pk
    assert found._state.adding is False
    assert kind.model.get("x").name == "x"
    assert (missing.pk, missing.name, missing._state.adding) == (None, "y", True)


@each_kind
def test_get_all_returns_a_list_of_copies(kind: Kind) -> None:
    assert kind.model.get_all() == []
    toggles = {create(kind, "x"), create(kind, "y")}

    found = kind.model.get_all()
    found[0].name = "scribbled"

    assert isinstance(found, list)
    assert set(found) == toggles
    assert {toggle.name for toggle in kind.model.get_all()} == {"x", "y"}


@each_kind
def test_what_is_known_is_not_asked_for_again(
    kind: Kind, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    create(kind)
    kind.model.get("x")

    with django_assert_num_queries(0):
        kind.model.get("x"), kind.model.get("y"), kind.model.get_all()


@each_kind
def test_from_db_means_from_the_database(
    kind: Kind, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    toggle = create(kind)

    with django_assert_num_queries(2):
        assert kind.model.get_from_db("x") == toggle
        assert kind.model.get_all_from_db() == [toggle]
    with pytest.raises(kind.model.DoesNotExist):
        kind.model.get_from_db("y")


def test_a_model_that_the_project_has_not_set_answers_from_its_own_table() -> None:
    Flag.objects.create(name="x")
    own = CompanyAwareFlag.objects.create(name="own")

    assert CompanyAwareFlag.get("own") == own
    assert CompanyAwareFlag.get_all() == CompanyAwareFlag.get_all_from_db() == [own]
    assert (CompanyAwareFlag.get("x").pk, CompanyAwareFlag.get("x").name) == (None, "x")


class Replicated:
    # Any: Django's own signature.
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"


@pytest.mark.django_db(databases=["default", "other"])
@each_kind
def test_rows_come_from_the_database_that_reads_are_routed_to(kind: Kind, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.Replicated"]
    create(kind)

    assert kind.model.get_all_from_db() == []
    settings.WAFFLE_READ_FROM_WRITE_DB = True
    assert len(kind.model.get_all_from_db()) == 1


@each_kind
@pytest.mark.parametrize("arguments", [{}, {"update_fields": ["note"]}, {"update_fields": ("note", "name")}])
def test_save_notes_the_time_of_the_change(kind: Kind, arguments: dict[str, Any]) -> None:
    toggle = create(kind)
    kind.model.objects.update(created=LONG_AGO, modified=LONG_AGO)
    toggle.refresh_from_db()
    toggle.note = "changed"

    toggle.save(**arguments)

    toggle.refresh_from_db()
    assert toggle.note == "changed"
    assert toggle.created == LONG_AGO
    assert datetime.now(timezone.utc) - toggle.modified < timedelta(minutes=1)


def test_to_save_no_fields_is_to_save_nothing() -> None:
    create(SWITCH)
    Switch.objects.update(modified=LONG_AGO)
    switch = Switch.objects.get()

    switch.save(update_fields=[])

    switch.refresh_from_db()
    assert switch.modified == LONG_AGO


@each_kind
def test_a_new_toggle_is_created_and_modified_now(kind: Kind) -> None:
    toggle = create(kind)

    assert datetime.now(timezone.utc) - toggle.created < timedelta(minutes=1)
    assert datetime.now(timezone.utc) - toggle.modified < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("toggle", "field"),
    [
        (Flag(name="x", percent="100"), "percent"),
        (Sample(name="x", percent="1000"), "percent"),
        (Sample(name="x", percent="0.05"), "percent"),
        (Switch(name="x" * 101), "name"),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_invalid(toggle: Any, field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        toggle.full_clean()

    assert list(raised.value.message_dict) == [field]


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


def test_stock_models_keep_no_keys_of_their_own() -> None:
    assert [kind.model.flush_after_change() for kind in KINDS] == [None] * 3
    assert Flag.flush_after_change(Flag(name="x")) is None
    assert Flag(name="x").get_flush_keys() == []
    assert Flag(name="x").get_flush_keys(["a"]) == ["a"]


def test_flush_deletes_the_keys_of_a_custom_model() -> None:
    cache, key = caches["default"], keyfmt(LegacyFlag.COMPANIES_CACHE_KEY, "x")
    cache.set_many({key: [1], "other": 1})
    flag = LegacyFlag.objects.create(name="x")

    flag.flush()

    assert (cache.get(key), cache.get("other")) == (None, 1)


@each_kind
def test_flush_tells_of_a_write_that_nobody_heard_of(kind: Kind) -> None:
    toggle = create(kind, on=False)
    before = kind.model.get("x").note
    super(type(kind.model.objects.all()), kind.model.objects.all()).update(note="unheard")
    unheard = kind.model.get("x").note

    toggle.flush()

    assert (before, unheard, kind.model.get("x").note) == ("", "", "unheard")


@pytest.mark.parametrize(("flag", "left"), [(LegacyFlag(name="x"), {"y"}), (None, set())], ids=["one", "all"])
def test_what_flushes_the_keys_of_a_custom_model_flushes_those_of_one_toggle_or_of_all(
    flag: LegacyFlag | None, left: set[str]
) -> None:
    cache = caches["default"]
    LegacyFlag.objects.bulk_create([LegacyFlag(name="x"), LegacyFlag(name="y")])
    keys = {name: keyfmt(LegacyFlag.COMPANIES_CACHE_KEY, name) for name in ("x", "y")}
    cache.set_many(dict.fromkeys(keys.values(), "old"))

    flush = LegacyFlag.flush_after_change(flag)

    assert flush is not None
    flush()
    assert {name for name, key in keys.items() if cache.get(key) == "old"} == left


def test_the_stamp_is_no_content() -> None:
    stamps.Stamp.write(connections["default"])

    assert list(Stamp.objects.all()) == list(Stamp._default_manager.all()) == []
    assert list(Stamp._base_manager.all()) == []
    assert str(Stamp(id=1, version=7)) == "version 7"
