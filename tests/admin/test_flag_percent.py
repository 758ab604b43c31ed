"""The percentage on the page of a flag: 100 is everyone."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps

from tests.admin.forms import FORMS, address, change_form, errors_of
from waffle.admin import widgets
from waffle.admin.forms import FlagForm
from waffle.kinds import FLAG
from waffle.models import AbstractUserFlag, Flag

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def test_a_hundred_percent_are_everyone(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=25)

    response = visit.post(address(FLAG, "change", flag.pk), change_form(flag, percent="100.0"), follow=True)

    flag.refresh_from_db()
    assert (flag.everyone, flag.percent) == (True, Decimal(25))
    assert "100 percent means everyone" in str(next(iter(response.context["messages"])))


def test_a_new_flag_may_begin_with_a_hundred_percent(visit: Client) -> None:
    visit.post(address(FLAG, "add"), {**FORMS["flag"], "percent": "100"})

    assert Flag.objects.values_list("everyone", "percent").get() == (True, None)


def test_a_hundred_percent_of_nobody_is_an_error(visit: Client) -> None:
    response = visit.post(address(FLAG, "add"), {**FORMS["flag"], "percent": "100", "everyone": "false"})

    assert list(errors_of(response)) == ["percent"]
    assert not Flag.objects.exists()


@isolate_apps("test_app")
def test_a_column_that_holds_a_hundred_keeps_it() -> None:
    class Exact(AbstractUserFlag):
        percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
        users: Any = None
        groups: Any = None

        class Meta:
            app_label = "test_app"

    form_class: Any = forms.modelform_factory(Exact, FlagForm, fields=["percent", "everyone"])
    fine, too_many = (form_class({"percent": value, "everyone": "unknown"}) for value in ("100", "100.001"))
    fine.full_clean()
    too_many.full_clean()

    assert (fine.cleaned_data["percent"], fine.cleaned_data["everyone"]) == (Decimal(100), None)
    assert list(too_many.errors) == ["percent"]


def test_a_form_without_everyone_takes_no_hundred_percent() -> None:
    form_class: Any = forms.modelform_factory(Flag, FlagForm, fields=["percent"])
    form = form_class({"percent": "100"})

    assert list(form.errors) == ["percent"]


def test_the_usual_percentages_are_at_hand() -> None:
    rendered = widgets.PercentInput().render("percent", "25", {"id": "id_percent"})

    assert 'list="id_percent_usual"' in rendered
    assert re.findall(r'<button type="button" class="button" value="(\d+)">', rendered) == [
        *("0", "1", "5", "10", "25", "50", "100")
    ]
    assert "list=" not in widgets.PercentInput().render("percent", "25", {})
