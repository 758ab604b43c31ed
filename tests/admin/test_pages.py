"""The pages of the three kinds: lists and forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.admin.forms import FORMS, address, errors_of
from tests.each import each_kind
from waffle.admin import (
    FlagAdmin,
)
from waffle.kinds import FLAG, SAMPLE, Kind
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: requests that have no more than is asked of them, and pages, which Django types by model.


@each_kind
def test_every_kind_can_be_added_listed_changed_and_deleted(visit: Client, kind: Kind) -> None:
    added = visit.post(address(kind, "add"), FORMS[kind.name])
    toggle = kind.model.objects.get()
    listed = visit.get(address(kind, "changelist"), {"q": "x"})
    changed = visit.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "note": "why"})
    toggle.refresh_from_db()
    shown = visit.get(address(kind, "change", toggle.pk))
    deleted = visit.post(address(kind, "delete", toggle.pk), {"post": "yes"})

    assert added.status_code == changed.status_code == deleted.status_code == 302
    assert address(kind, "change", toggle.pk) in listed.content.decode()
    assert toggle.note == "why"
    assert shown.status_code == 200
    assert not kind.model.objects.exists()


@each_kind
@pytest.mark.parametrize("name", ["", " x", "x ", "two\tparts", "!x", "x" * 101])
def test_a_new_name_that_cannot_work_is_an_error_of_the_form(visit: Client, kind: Kind, name: str) -> None:
    response = visit.post(address(kind, "add"), {**FORMS[kind.name], "name": name})

    assert list(errors_of(response)) == ["name"]
    assert not kind.model.objects.exists()


@each_kind
def test_an_old_name_stays_as_it_is(visit: Client, kind: Kind) -> None:
    toggle = kind.model.objects.create(name=" !x", **kind.created_as(False))

    visit.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "name": " !x", "note": "why"})

    assert kind.model.objects.values_list("name", "note").get() == (" !x", "why")


@pytest.mark.parametrize(
    ("kind", "percent"),
    [(FLAG, "-0.1"), (FLAG, "100.1"), (FLAG, "5.55"), (FLAG, "nan"), (SAMPLE, "-1"), (SAMPLE, "100.1")],
)
def test_a_wrong_percentage_is_an_error_of_the_form(visit: Client, kind: Kind, percent: str) -> None:
    response = visit.post(address(kind, "add"), {**FORMS[kind.name], "percent": percent})

    assert list(errors_of(response)) == ["percent"]


@pytest.mark.parametrize(("kind", "percent"), [(FLAG, "0"), (FLAG, "99.9"), (SAMPLE, "0"), (SAMPLE, "100")])
def test_the_extremes_of_a_percentage_are_right(visit: Client, kind: Kind, percent: str) -> None:
    visit.post(address(kind, "add"), {**FORMS[kind.name], "percent": percent})

    assert float(kind.model.objects.get().percent) == float(percent)


def test_who_may_only_look_sees_a_page_without_a_form(client: Client) -> None:
    flag = Flag.objects.create(name="x")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    response = client.get(address(FLAG, "change", flag.pk))

    assert response.status_code == 200
    assert 'name="name"' not in response.content.decode()


def test_a_name_is_shown_as_text(visit: Client) -> None:
    Flag.objects.create(name="<script>alert(1)</script>")

    page = visit.get(address(FLAG, "changelist")).content.decode()

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_a_page_may_show_the_name_without_a_field(asked: Any) -> None:
    class ReadOnlyName(FlagAdmin):
        readonly_fields = (*FlagAdmin.readonly_fields, "name")

    form = ReadOnlyName(Flag, site).get_form(asked)()

    assert "name" not in form.fields
