"""Whom a flag lists, as its page shows it and takes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from pytest_django import Settings

from test_app.models import Company, CompanyAwareFlag, PlainFlag
from tests.admin.forms import FORMS, address, errors_of
from waffle.admin import (
    FlagAdmin,
    InformativeManyToManyRawIdWidget,
)
from waffle.admin.widgets import KeysField, is_key
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: requests that have no more than is asked of them, and pages, which Django types by model.


def test_the_users_of_a_flag_are_keys_with_names_beside_them(asked: Any) -> None:
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    flag = Flag.objects.create(name="x")
    flag.users.add(ada, bob)

    form = FlagAdmin(Flag, site).get_form(asked)(instance=flag)
    field = form.fields["users"]

    assert isinstance(field.widget, InformativeManyToManyRawIdWidget)
    assert f'value="{ada.pk},{bob.pk}"' in str(form["users"])
    assert "<strong>(ada, bob)</strong>" in str(form["users"])
    assert "<strong>(bob, ada)</strong>" in field.widget.render("users", [bob.pk, 4711, ada.pk])
    assert "<strong>" not in field.widget.render("users", [])


def test_the_names_beside_the_keys_are_shown_as_text() -> None:
    user = User.objects.create_user("<b>")
    widget = InformativeManyToManyRawIdWidget(Flag._meta.get_field("users").remote_field, site)

    assert "<strong>(&lt;b&gt;)</strong>" in widget.render("users", [user.pk])


def test_of_many_users_the_first_names_stand_beside_the_keys() -> None:
    users = User.objects.bulk_create(User(username=f"user {number}") for number in range(99))
    widget = InformativeManyToManyRawIdWidget(Flag._meta.get_field("users").remote_field, site)

    names = ", ".join(f"user {number}" for number in range(10))
    assert f"<strong>({names}, and 89 more)</strong>" in widget.render("users", [user.pk for user in users])


def test_users_are_saved_by_key_and_a_comma_too_many_does_no_harm(visit: Client) -> None:
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")

    visit.post(address(FLAG, "add"), {**FORMS["flag"], "users": f" {ada.pk}, {bob.pk} ,,"})

    assert set(Flag.objects.get().users.all()) == {ada, bob}


@pytest.mark.parametrize("field", ["users", "groups"])
@pytest.mark.parametrize(
    "keys", ["ada", "4711", "1.5", "99999999999999999999", "-99999999999999999999", "1\0", "1;2"]
)
def test_a_wrong_key_is_an_error_of_the_form(visit: Client, field: str, keys: str) -> None:
    response = visit.post(address(FLAG, "add"), {**FORMS["flag"], field: keys})

    assert response.status_code == 200
    assert list(errors_of(response)) == [field]
    assert not Flag.objects.exists()


def test_a_key_of_text_may_not_hold_what_a_database_refuses() -> None:
    assert is_key(models.CharField(max_length=5), "ada") is True
    assert is_key(models.CharField(max_length=5), "a\0") is False
    assert is_key(models.CharField(max_length=5), "longer") is False
    assert is_key(models.UUIDField(), "ada") is False


def test_no_keys_are_no_users() -> None:
    field = KeysField(User.objects.all(), required=False)

    assert list(field.clean(None)) == []
    with pytest.raises(ValidationError, match="“ada” is not a valid value"):
        field.clean(["ada"])


def test_flags_that_list_nobody_have_a_page_too(asked: Any, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    page = FlagAdmin(PlainFlag, site)

    form = page.get_form(asked)

    assert page.check() == []
    assert {"users", "groups"}.isdisjoint(form.base_fields)


def test_flags_that_list_more_have_a_field_for_it(asked: Any, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    acme = Company.objects.create(name="Acme")

    form = FlagAdmin(CompanyAwareFlag, site).get_form(asked)()

    assert f'<option value="{acme.pk}">Acme</option>' in str(form["companies"])
    assert {"users", "groups"} <= set(form.fields)


def test_groups_can_be_chosen(visit: Client) -> None:
    group = Group.objects.create(name="editors")

    visit.post(address(FLAG, "add"), {**FORMS["flag"], "groups": [group.pk]})

    assert list(Flag.objects.get().groups.all()) == [group]
