"""Managers and query sets: what they write, everybody hears of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from test_app.models import CompanyAwareFlag, CustomSample, CustomSwitch, LegacyFlag
from tests.each import each_kind
from waffle.kinds import Kind
from waffle.managers import BaseManager, FlagManager, SampleManager, SwitchManager, ToggleQuerySet
from waffle.models import Flag, Sample, Switch
from waffle.utils import keyfmt

pytestmark = pytest.mark.django_db


# Any, throughout: toggles of whatever kind.
def noted(kind: Kind) -> dict[str, str]:
    """Return the notes of all toggles, as checks know them."""
    return {toggle.name: toggle.note for toggle in kind.model.get_all()}


def bulk_update(kind: Kind) -> int:
    toggle = kind.model.objects.get(name="x")
    toggle.note = "new"
    return int(kind.model.objects.bulk_update([toggle], ["note"]))


def bulk_create(kind: Kind) -> int:
    toggle = kind.model(name="y", note="new", **kind.created_as(True))
    return len(kind.model.objects.bulk_create([toggle]))


WRITES: dict[str, tuple[Callable[[Kind], Any], dict[str, str]]] = {
    "update": (lambda kind: kind.model.objects.update(note="new"), {"x": "new"}),
    "update of some": (lambda kind: kind.model.objects.filter(name="x").update(note="new"), {"x": "new"}),
    "bulk_update": (bulk_update, {"x": "new"}),
    "bulk_create": (bulk_create, {"x": "", "y": "new"}),
}


@each_kind
@pytest.mark.parametrize(("write", "notes"), WRITES.values(), ids=WRITES)
def test_a_write_in_bulk_is_known_at_once_and_counted(
    kind: Kind, write: Callable[[Kind], Any], notes: dict[str, str]
) -> None:
    kind.model.objects.create(name="x", **kind.created_as(True))
    before = noted(kind)

    count = write(kind)

    assert count == 1
    assert before == {"x": ""}
    assert noted(kind) == notes


@pytest.mark.parametrize(
    ("model", "manager"),
    [
        *((Flag, FlagManager), (Switch, SwitchManager), (Sample, SampleManager)),
        *((CompanyAwareFlag, FlagManager), (CustomSwitch, SwitchManager), (CustomSample, SampleManager)),
    ],
)
def test_each_kind_has_its_manager_and_custom_models_inherit_it(
    model: Any, manager: type[BaseManager]
) -> None:
    assert type(model.objects) is manager
    assert isinstance(model.objects, BaseManager)
    assert isinstance(model.objects.all(), ToggleQuerySet)
    assert model.objects.use_in_migrations is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("cold")
def test_a_write_in_bulk_flushes_the_keys_of_a_custom_model_after_the_commit() -> None:
    cache, key = caches["default"], keyfmt(LegacyFlag.COMPANIES_CACHE_KEY, "x")
    LegacyFlag.objects.create(name="x")

    with transaction.atomic():
        LegacyFlag.objects.update(note="new")
        cache.set(key, [1])
        before_the_commit = cache.get(key)

    assert before_the_commit == [1]
    assert cache.get(key) is None


def test_in_a_test_case_the_callbacks_of_a_change_flush_the_keys_of_a_custom_model(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    cache, key = caches["default"], keyfmt(LegacyFlag.COMPANIES_CACHE_KEY, "x")
    LegacyFlag.objects.create(name="x")
    cache.set(key, [1])

    with django_capture_on_commit_callbacks(execute=True):
        LegacyFlag.objects.update(note="new")

    assert cache.get(key) is None
