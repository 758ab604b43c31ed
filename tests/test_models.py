"""Models: fields, and methods of two lines."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections
from pytest_django import DjangoAssertNumQueries, Settings

from test_app.models import CompanyAwareFlag, LegacyFlag
from tests.each import each_kind
from waffle import stamps
from waffle.kinds import KINDS, SWITCH, Kind
from waffle.models import Flag, Sample, Stamp, Switch
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
