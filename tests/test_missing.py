"""Toggles that are asked for and are not there."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.template import engines
from pytest_django import Settings

from tests.each import each_kind, switch_on
from tests.tables import table_away
from waffle import snapshots
from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.missing import answer
from waffle.snapshots import UNKNOWN, Snapshot
from waffle.testutils import override_flag, override_sample, override_switch
from waffle.verdicts import Reason, Verdict

pytestmark = pytest.mark.django_db

Check = Callable[[Kind, str], Verdict]

OVERRIDES = {FLAG: override_flag, SWITCH: override_switch, SAMPLE: override_sample}

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


# --- WAFFLE_STRICT --------------------------------------------------------------------------------


@both_worlds
@each_kind
def test_in_a_strict_project_a_name_that_is_not_there_is_an_error_that_names_the_nearest(
    kind: Kind, ask: Check, settings: Settings
) -> None:
    settings.WAFFLE_STRICT = True
    for name in ("new_basket", "old_basket", "shop"):
        switch_on(kind, name)

    assert ask(kind, "new_basket").active is True
    with pytest.raises(LookupError) as caught:
        ask(kind, "new_baskt")

    assert str(caught.value) == (
        f"WAFFLE_STRICT is set, and there is no {kind} 'new_baskt': did you mean 'new_basket'?"
    )


@both_worlds
@each_kind
def test_where_no_name_is_near_none_is_named(kind: Kind, ask: Check, settings: Settings) -> None:
    settings.WAFFLE_STRICT = True
    switch_on(kind, "new_basket")

    with pytest.raises(LookupError, match=f"there is no {kind} 'x'$"):
        ask(kind, "x")


@both_worlds
@each_kind
def test_in_a_strict_project_an_override_counts_as_defined(
    kind: Kind, ask: Check, settings: Settings
) -> None:
    settings.WAFFLE_STRICT = True

    with OVERRIDES[kind]("new_basket", True):
        assert ask(kind, "new_basket").active is True
        with pytest.raises(LookupError, match="did you mean 'new_basket'"):
            ask(kind, "new_baskets")


@each_kind
def test_in_a_strict_project_a_toggle_at_hand_without_a_row_is_an_error(
    kind: Kind, settings: Settings
) -> None:
    settings.WAFFLE_STRICT = True
    arguments = [None] if kind is FLAG else []

    with pytest.raises(LookupError, match=f"there is no {kind} 'x'"):
        kind.model.get("x").is_active(*arguments)


@both_worlds
@each_kind
def test_in_a_strict_project_nothing_is_created_instead(kind: Kind, ask: Check, settings: Settings) -> None:
    settings.WAFFLE_STRICT = True
    set_for(settings, kind, create=True)

    with pytest.raises(LookupError):
        ask(kind, "x")

    assert kind.model.objects.count() == 0


@each_kind
def test_in_a_strict_project_a_store_that_is_away_is_no_error(kind: Kind, settings: Settings) -> None:
    settings.WAFFLE_STRICT = True

    assert answer(kind, "x", UNKNOWN) == Verdict(False, Reason.ERROR)


def test_a_template_does_not_hide_the_error(settings: Settings) -> None:
    settings.WAFFLE_STRICT = True
    template = engines["django"].from_string(
        "{% load waffle_tags %}{% switch 'x' %}on{% else %}off{% endswitch %}"
    )

    with pytest.raises(LookupError, match="there is no switch 'x'"):
        template.render({})
