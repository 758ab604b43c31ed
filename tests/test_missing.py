"""Toggles that are asked for and are not there."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from pytest_django import Settings

from tests.each import each_kind
from tests.tables import table_away
from waffle import snapshots
from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.missing import answer
from waffle.snapshots import UNKNOWN, Snapshot
from waffle.verdicts import Reason, Verdict

pytestmark = pytest.mark.django_db

Check = Callable[[Kind, str], Verdict]

both_worlds = pytest.mark.parametrize("ask", [check, async_to_sync(acheck)], ids=["sync", "async"])


def set_for(settings: Settings, kind: Kind, **values: object) -> None:
    """Set the settings of one kind: `default`, `create`, `log`."""
    names = {
        "default": f"WAFFLE_{kind.name.upper()}_DEFAULT",
        "create": f"WAFFLE_CREATE_MISSING_{kind.plural.upper()}",
        "log": f"WAFFLE_LOG_MISSING_{kind.plural.upper()}",
    }
    for what, value in values.items():
        setattr(settings, names[what], value)


@both_worlds
@each_kind
@pytest.mark.parametrize("default", [True, False])
def test_a_missing_toggle_is_what_the_default_of_its_kind_says(
    default: bool, kind: Kind, ask: Check, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    set_for(settings, kind, default=default)

    assert ask(kind, "nobody") == Verdict(default, Reason.MISSING)
    assert kind.model.objects.count() == 0
    assert caplog.records == []


@both_worlds
@each_kind
@pytest.mark.parametrize("level", [logging.DEBUG, logging.CRITICAL])
def test_a_missing_toggle_is_logged_at_the_level_of_the_setting(
    level: int, kind: Kind, ask: Check, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="waffle")
    set_for(settings, kind, log=level)

    ask(kind, "nobody %s")

    (record,) = caplog.records
    assert (record.name, record.levelno) == ("waffle", level)
    assert (record.msg, record.args) == (f"{kind.title} %s not found", ("nobody %s",))


@both_worlds
@each_kind
@pytest.mark.parametrize("default", [True, False])
def test_a_missing_toggle_is_created_to_say_what_the_default_says(
    default: bool, kind: Kind, ask: Check, settings: Settings
) -> None:
    set_for(settings, kind, default=default, create=True)

    first, second = ask(kind, "new"), ask(kind, "new")

    assert first == Verdict(default, Reason.MISSING)
    assert second.active is default
    assert second.reason is {FLAG: Reason.EVERYONE, SWITCH: Reason.ACTIVE, SAMPLE: Reason.PERCENT}[kind]
    (toggle,) = kind.model.objects.values("name", *kind.created_as(default))
    assert toggle == {"name": "new", **kind.created_as(default)}


def snapshot_without_toggles(kind: Kind) -> Snapshot:
    found = snapshots.read(kind, connection)
    assert found is not None
    return found.replaced(entries={})


@each_kind
def test_a_toggle_that_somebody_else_creates_in_between_is_left_as_it_is(
    kind: Kind, settings: Settings
) -> None:
    set_for(settings, kind, create=True)
    before = snapshot_without_toggles(kind)
    kind.model.objects.create(name="new", note="theirs", **kind.created_as(True))

    answer(kind, "new", before)

    assert [toggle.note for toggle in kind.model.objects.all()] == ["theirs"]
    assert check(kind, "new").active is True


@each_kind
@pytest.mark.parametrize("default", [True, False])
def test_where_no_store_could_be_read_nothing_is_missing(
    default: bool, kind: Kind, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    set_for(settings, kind, default=default, create=True, log=logging.ERROR)

    assert answer(kind, "x", UNKNOWN) == Verdict(default, Reason.ERROR)
    assert kind.model.objects.count() == 0
    assert caplog.records == []


@pytest.mark.django_db(transaction=True)
@each_kind
def test_a_name_that_cannot_be_created_is_a_line_in_the_log_and_no_error(
    kind: Kind, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    set_for(settings, kind, create=True)
    snapshot = snapshot_without_toggles(kind)

    with table_away(kind.model._meta.db_table):
        verdict = answer(kind, "new", snapshot)

    assert verdict == Verdict(False, Reason.MISSING)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith(f"The missing {kind.name} 'new' could not be created (")


@each_kind
def test_in_a_transaction_that_is_lost_nothing_is_created_or_tried(
    kind: Kind, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    set_for(settings, kind, create=True)
    snapshot = snapshot_without_toggles(kind)

    with transaction.atomic():
        transaction.set_rollback(True)
        verdict = answer(kind, "new", snapshot)

    assert verdict == Verdict(False, Reason.MISSING)
    assert kind.model.objects.count() == 0
    assert caplog.records == []
