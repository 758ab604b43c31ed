"""Kinds: what differs between flags, switches and samples."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from pytest_django import Settings

from test_app.models import CompanyAwareFlag, CustomSample, CustomSwitch, LegacyFlag, PlainFlag, ScratchFlag
from tests.each import each_kind
from waffle.conditions import Active, Dice, InLongList, InShortList
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind, copy_of, is_custom
from waffle.models import Flag, Sample, Switch
from waffle.picking import Method
from waffle.verdicts import Reason, Verdict

CUSTOM = [
    (FLAG, Flag, CompanyAwareFlag),
    (SWITCH, Switch, CustomSwitch),
    (SAMPLE, Sample, CustomSample),
]


def test_there_are_three_kinds() -> None:
    assert [(str(kind), kind.name, kind.plural, kind.title) for kind in KINDS] == [
        ("flag", "flag", "flags", "Flag"),
        ("switch", "switch", "switches", "Switch"),
        ("sample", "sample", "samples", "Sample"),
    ]


@pytest.mark.parametrize(("kind", "stock", "custom"), CUSTOM)
def test_the_model_is_a_live_setting(kind: Kind, stock: Any, custom: Any) -> None:
    before = kind.model

    with override_settings(**{f"WAFFLE_{kind.name.upper()}_MODEL": custom._meta.label}):
        within = kind.model

    assert (before, within, kind.model) == (stock, custom, stock)


@each_kind
@pytest.mark.parametrize("value", ["test_app.Nobody", "nowhere.Flag", "Flag", "a.b.c", "", None, 7, b""])
def test_a_model_that_cannot_be_found_is_a_clear_error(kind: Kind, value: object, settings: Settings) -> None:
    name = f"WAFFLE_{kind.name.upper()}_MODEL"
    setattr(settings, name, value)

    with pytest.raises(ImproperlyConfigured) as raised:
        _ = kind.model

    assert str(raised.value) == (
        f"{name} is {value!r}, which is no installed model. Set it to 'app_label.Model', for example "
        f"'waffle.{kind.title}', and see that its app is in INSTALLED_APPS."
    )


@each_kind
@pytest.mark.parametrize(("value", "default"), [(True, True), (False, False), (1, True), (None, False)])
def test_the_default_is_a_live_setting_of_each_kind(
    kind: Kind, value: object, default: bool, settings: Settings
) -> None:
    setattr(settings, f"WAFFLE_{kind.name.upper()}_DEFAULT", value)

    assert kind.default is default
    assert [other.default for other in KINDS if other is not kind] == [False, False]


@each_kind
def test_creating_and_logging_are_live_settings_of_each_kind(kind: Kind, settings: Settings) -> None:
    others = [other for other in KINDS if other is not kind]
    setattr(settings, f"WAFFLE_CREATE_MISSING_{kind.plural.upper()}", True)
    setattr(settings, f"WAFFLE_LOG_MISSING_{kind.plural.upper()}", logging.INFO)

    assert (kind.creates_missing, kind.logs_missing) == (True, logging.INFO)
    assert [(other.creates_missing, other.logs_missing) for other in others] == [(False, None)] * 2


@pytest.mark.parametrize(
    ("kind", "default", "values"),
    [
        (FLAG, True, {"everyone": True}),
        (FLAG, False, {"everyone": False}),
        (SWITCH, True, {"active": True}),
        (SWITCH, False, {"active": False}),
        (SAMPLE, True, {"percent": 100}),
        (SAMPLE, False, {"percent": 0}),
    ],
)
def test_what_is_created_answers_as_the_default_does(
    kind: Kind, default: bool, values: dict[str, object]
) -> None:
    assert kind.created_as(default) == values


class Replicated:
    """A router that reads from another database than it writes to."""

    # Any: Django's own signature.
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "other"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "default"


@each_kind
def test_rows_are_read_where_the_router_says_unless_the_setting_says_otherwise(
    kind: Kind, settings: Settings
) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.Replicated"]

    assert (kind.write_alias(), kind.read_alias()) == ("default", "other")
    settings.WAFFLE_READ_FROM_WRITE_DB = True
    assert (kind.write_alias(), kind.read_alias()) == ("default", "default")


def test_switches_and_samples_have_one_condition_each() -> None:
    assert [type(condition) for condition in SWITCH.conditions()] == [Active]
    assert [type(condition) for condition in SAMPLE.conditions()] == [Dice]


@pytest.mark.parametrize(
    ("model", "lists"),
    [
        (Flag, {"users": "user", "groups": "groups"}),
        (CompanyAwareFlag, {"users": "user", "groups": "groups", "companies": "company"}),
        (PlainFlag, {}),
    ],
)
def test_the_lists_are_the_many_to_many_fields_that_conditions_name(
    model: Any, lists: dict[str, str], settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = model._meta.label

    assert {name: listed.by for name, listed in FLAG.lists().items()} == lists
    assert SWITCH.lists() == SAMPLE.lists() == {}


@pytest.mark.parametrize(
    ("model", "custom"),
    [
        *((Flag, False), (Switch, False), (Sample, False), (CompanyAwareFlag, False), (PlainFlag, False)),
        *((CustomSwitch, False), (CustomSample, False), (LegacyFlag, True), (ScratchFlag, True)),
    ],
)
def test_a_model_is_custom_when_it_overrides_a_method_that_decides(model: Any, custom: bool) -> None:
    assert is_custom(model) is custom


@pytest.mark.parametrize("everyone", [True, False])
def test_a_flag_for_everyone_is_settled(everyone: bool) -> None:
    entry = FLAG.entry(Flag(name="x", everyone=everyone, staff=True), {"users": {}, "groups": {}})

    assert entry.settled == Verdict(everyone, Reason.EVERYONE)
    assert len(entry.conditions) == 1  # nobody asks the others


def test_a_flag_without_conditions_is_settled_off() -> None:
    entry = FLAG.entry(Flag(name="x", superusers=False), {"users": {}, "groups": {}})

    assert entry.conditions == ()
    assert entry.settled == Verdict(False, Reason.DEFAULT)


@pytest.mark.parametrize("active", [True, False])
def test_a_switch_is_settled(active: bool) -> None:
    assert SWITCH.entry(Switch(name="x", active=active), {}).settled == Verdict(active, Reason.ACTIVE)


def test_a_sample_is_never_settled() -> None:
    entry = SAMPLE.entry(Sample(name="x", percent=Decimal(0)), {})

    assert entry.settled is None
    assert [type(condition) for condition in entry.conditions] == [Dice]


def test_a_flag_is_decided_by_the_conditions_that_it_makes_use_of() -> None:
    flag = Flag(pk=3, name="x", staff=True, percent=5)

    short = FLAG.entry(flag, {"users": {3: frozenset([7])}, "groups": {4: frozenset([8])}})
    long = FLAG.entry(flag, None)

    assert short.settled is long.settled is None
    assert [condition.reason.value for condition in short.conditions] == [
        *("staff", "superuser", "user", "percent"),
    ]
    assert isinstance(short.conditions[2], InShortList)
    assert [condition.reason.value for condition in long.conditions] == [
        *("staff", "superuser", "user", "group", "percent"),
    ]
    assert isinstance(long.conditions[2], InLongList)


class OwnSwitch:
    """A switch, as far as that is asked for here."""

    def is_active(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("kind", "toggle", "takes"),
    [
        (FLAG, ScratchFlag(name="x", everyone=True), ("whom", "read_only")),
        (SWITCH, OwnSwitch(), ()),
    ],
)
def test_an_overridden_is_active_is_the_one_condition(
    kind: Kind, toggle: Any, takes: tuple[str, ...]
) -> None:
    entry = kind.entry(toggle, {})

    (condition,) = entry.conditions
    assert isinstance(condition, Method)
    assert (condition.name, condition.takes) == ("is_active", takes)
    assert entry.settled is None
    assert entry.is_custom is True


def test_a_check_gets_the_shared_toggle_unless_its_model_is_custom() -> None:
    shared, custom = Flag(name="x"), ScratchFlag(name="x")

    assert FLAG.entry(shared, None).own_toggle() is shared
    assert FLAG.entry(custom, None).own_toggle() is not custom


def test_a_copy_shares_nothing_that_a_method_could_change() -> None:
    flag = ScratchFlag(pk=3, name="x")
    flag._state.adding, flag._state.db = False, "other"
    flag._state.fields_cache["kept"] = 1

    copy = copy_of(flag)
    copy.scratch = 1
    copy.name = "y"
    copy._state.fields_cache["kept"] = 2
    copy._state.db = "default"

    assert type(copy) is ScratchFlag
    assert copy.pk == 3
    assert copy._state.adding is False
    assert flag.name == "x"
    assert not hasattr(flag, "scratch")
    assert (flag._state.db, flag._state.fields_cache) == ("other", {"kept": 1})
    assert copy_of(flag)._state.db == "other"
