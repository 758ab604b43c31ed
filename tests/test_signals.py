"""The ears: what is heard of, and what is no business of ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import m2m_changed, post_delete, post_save

from waffle import signals, unsettled
from waffle.conditions import Listed
from waffle.models import Flag, Stamp
from waffle.stamps import stamp_of


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("tables", "is_change"), [(["waffle_stamp"], True), (["auth_user"], False)])
def test_a_migration_is_a_change_where_the_stamp_has_its_table(
    tables: list[str], is_change: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = stamp_of("default")
    before = stamp.known
    monkeypatch.setattr(connections["default"].introspection, "table_names", lambda: tables)

    signals._migrated(sender=None, using="default")

    assert (stamp.known > before) is is_change


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_migration_of_a_database_without_toggles_is_no_change() -> None:
    call_command("migrate", database="other", verbosity=0)

    assert not unsettled.waiting
    assert stamp_of("other").known == 0


@pytest.mark.parametrize("signal", [post_save, post_delete, m2m_changed])
def test_models_that_are_no_toggles_and_in_no_list_have_no_receiver_of_ours(signal: object) -> None:
    receivers = signal._live_receivers(Permission)  # type: ignore[attr-defined]  # what Django itself asks

    found = (
        [receiver for group in receivers for receiver in group] if isinstance(receivers, tuple) else receivers
    )
    assert [receiver for receiver in found if "waffle" in receiver.__module__] == []


def test_the_stamp_itself_is_no_toggle() -> None:
    assert not hasattr(Stamp, "flush")


def test_a_project_without_users_has_no_users_to_listen_to(settings: Any) -> None:
    settings.AUTH_USER_MODEL = "nowhere.User"

    signals._listen_to_listed(Flag._meta.get_field("groups"), Listed("groups", by="groups"))

    assert signals._user_model() is None
