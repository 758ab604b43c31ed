"""The banner, and pages that are read only."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from tests.admin.forms import FORMS, address
from tests.each import each_kind
from waffle.admin.choices import CHOICES, version_of
from waffle.admin.guards import banners
from waffle.kinds import Kind

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, []),
        ("", []),
        ("Production", [("Production", "info")]),
        ({"text": "Production", "level": "error"}, [("Production", "error")]),
        ({"text": "Production"}, [("Production", "info")]),
    ],
)
def test_a_banner_has_a_text_and_a_level(
    settings: Settings, given: Any, shown: list[tuple[str, str]]
) -> None:
    settings.WAFFLE_ADMIN_BANNER = given

    assert [(banner.text, banner.level) for banner in banners()] == shown


@each_kind
def test_the_banner_stands_on_every_page_as_text(visit: Client, settings: Settings, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    settings.WAFFLE_ADMIN_BANNER = {"text": "<b>Production</b>", "level": "warning"}
    pages = [address(kind, "changelist"), address(kind, "add")]
    pages += [address(kind, page, toggle.pk) for page in ("change", "delete", "history")]

    for page in pages:
        shown = visit.get(page).content.decode()
        assert '<p class="waffle-banner waffle-banner-warning">&lt;b&gt;Production&lt;/b&gt;</p>' in shown, (
            page
        )


@each_kind
def test_where_the_admin_is_read_only_not_even_a_superuser_changes_anything(
    visit: Client, settings: Settings, kind: Kind
) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    value = f"on.{version_of(kind.model.objects.get(), {})}"
    settings.WAFFLE_ADMIN_READ_ONLY = True

    listed = visit.get(address(kind, "changelist")).content.decode()
    form = visit.get(address(kind, "change", toggle.pk)).content.decode()
    refused = [
        visit.post(address(kind, "flip", toggle.pk), {"flip": value}),
        visit.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "note": "y"}),
        visit.post(address(kind, "add"), {**FORMS[kind.name], "name": "y"}),
        visit.post(address(kind, "delete", toggle.pk), {"post": "yes"}),
    ]
    visit.post(
        address(kind, "changelist"), {"action": "delete_individually", "_selected_action": [toggle.pk]}
    )

    assert [response.status_code for response in refused] == [403] * 4
    assert "Read-only: nothing can be changed here." in listed
    assert "Read-only: nothing can be changed here." in form
    assert not any(word in listed for word in ("waffle-choice", 'name="action"', address(kind, "add")))
    assert 'name="_save"' not in form
    assert kind.model.objects.values_list("name", "note").get() == ("x", "")
    assert CHOICES[kind]["off"].is_set(kind.model.objects.get())
    assert not LogEntry.objects.exists()


@each_kind
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_a_key_that_no_column_holds_is_of_nothing(visit: Client, kind: Kind, page: str) -> None:
    assert visit.get(address(kind, page, "9" * 23)).status_code == 302
