"""What somebody else has changed while the page of a flag was open."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from tests.admin.forms import address, change_form, errors_of
from waffle import history
from waffle.admin.forms import FlagForm
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def shown_version(page: str) -> str:
    return str(re.findall(r'name="waffle_version" value="(\w+)"', page)[0])


def test_what_somebody_else_has_saved_is_not_overwritten_unseen(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=25)
    url = address(FLAG, "change", flag.pk)
    version = shown_version(visit.get(url).content.decode())
    Flag.objects.update(percent=50)

    first = visit.post(url, change_form(flag, staff="on", waffle_version=version))
    again = visit.post(
        url, change_form(flag, staff="on", waffle_version=shown_version(first.content.decode()))
    )

    assert errors_of(first)["__all__"] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet. "
        "Last change, by a test: Percent: 25.0 → 50.0. "
        "If you save now, this will change: Staff, Percent."
    ]
    assert again.status_code == 302
    assert Flag.objects.values_list("percent", "staff").get() == (25, True)


def test_a_member_who_came_meanwhile_is_not_lost(visit: Client, root: User) -> None:
    flag = Flag.objects.create(name="x")
    url = address(FLAG, "change", flag.pk)
    sent = change_form(flag, waffle_version=shown_version(visit.get(url).content.decode()))
    flag.users.add(root)

    response = visit.post(url, sent)

    assert "__all__" in errors_of(response)
    assert list(flag.users.all()) == [root]


def test_what_somebody_else_has_done_alike_is_told_too(visit: Client, root: User, settings: Settings) -> None:
    settings.WAFFLE_HISTORY = False
    flag = Flag.objects.create(name="x")
    url = address(FLAG, "change", flag.pk)
    version = shown_version(visit.get(url).content.decode())
    Flag.objects.update(note="why")

    response = visit.post(url, change_form(flag, note="why", waffle_version=version))

    assert errors_of(response)["__all__"] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet."
    ]


def test_who_has_changed_it_is_not_known_before_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(kind: str) -> None:
        raise OperationalError

    monkeypatch.setattr(history, "changes", fail)
    flag = Flag.objects.create(name="x", note="why")
    form: Any = forms.modelform_factory(Flag, FlagForm, fields=["note"])

    errors = form({"note": "why", "waffle_version": "old"}, instance=flag).errors

    assert [text.partition(" If ")[0] for text in errors["__all__"]] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet."
    ]
