"""Which names the pages for scripts show to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from tests.each import Get, each_kind, each_server, switch_on
from waffle import Subject, memory, pinned
from waffle.kinds import KINDS, Kind
from waffle.models import Flag
from waffle.status import script, statuses

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("cold")]

urlpatterns = [path("", include("waffle.urls"))]


def expose(request: Any, kind: str, name: str) -> bool:
    """Say what is shown: a setting names this function."""
    calls.append((request, kind, name))
    if name == "broken":
        raise LookupError("nobody knows")
    return name.startswith("shop_") or kind == "sample"


# Any: whatever is asked about.
calls: list[tuple[Any, str, str]] = []
NAMES = ("shop_menu", "secret", "broken")
SHOWN = {"flag": ["shop_menu"], "switch": ["shop_menu"], "sample": ["shop_menu", "secret"]}


@pytest.fixture
def toggles() -> None:
    """Make toggles of every kind."""
    calls.clear()
    for kind in KINDS:
        for name in NAMES:
            switch_on(kind, name)


def names_of(found: dict[Kind, list[Any]]) -> dict[str, list[str]]:
    return {kind.name: [status.name for status in shown] for kind, shown in found.items()}


@pytest.mark.usefixtures("toggles")
@pytest.mark.parametrize(("value", "names"), [("all", list(NAMES)), ("none", [])])
def test_all_or_nothing_is_shown(
    value: str, names: list[str], anonymous: HttpRequest, settings: Settings
) -> None:
    settings.WAFFLE_STATUS_EXPOSE = value

    assert names_of(statuses(anonymous)) == {kind.name: names for kind in KINDS}


@pytest.mark.usefixtures("toggles")
@pytest.mark.parametrize("whom", [None, Subject(), HttpRequest()], ids=["None", "a subject", "a request"])
def test_a_function_says_what_is_shown_to_whom(
    whom: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_STATUS_EXPOSE = f"{__name__}.expose"

    assert names_of(statuses(whom)) == SHOWN
    assert calls == [(whom, kind.name, name) for kind in KINDS for name in NAMES]
    assert names_of(statuses(whom)) == SHOWN  # which is no reason to log it all again
    assert [record.getMessage() for record in caplog.records] == [
        f"The {kind.name} 'broken' is not shown: WAFFLE_STATUS_EXPOSE failed." for kind in KINDS
    ]


@each_server
@each_kind
@pytest.mark.django_db(transaction=True)
def test_both_pages_show_what_is_exposed(kind: Kind, get: Get, settings: Settings) -> None:
    settings.WAFFLE_STATUS_EXPOSE = f"{__name__}.expose"
    for name in ("shop_menu", "secret"):
        switch_on(kind, name)

    pages = {page: get(f"/{page}").content.decode() for page in ("wafflejs", "waffle_status")}

    assert list(json.loads(pages["waffle_status"])[kind.plural]) == SHOWN[kind.name]
    assert {page: "secret" in text for page, text in pages.items()} == dict.fromkeys(
        pages, kind.name == "sample"
    )


def test_what_is_not_shown_is_not_dealt(anonymous: HttpRequest, settings: Settings) -> None:
    settings.WAFFLE_STATUS_EXPOSE = f"{__name__}.expose"
    for name in ("shop_menu", "secret"):
        Flag.objects.create(name=name, percent=50)

    statuses(anonymous)

    assert list(memory.dealt(anonymous)) == ["shop_menu"]


@pytest.mark.usefixtures("toggles")
def test_the_tag_shows_no_more_than_the_page(anonymous: HttpRequest, settings: Settings) -> None:
    settings.WAFFLE_STATUS_EXPOSE = "none"

    with pinned():
        assert "shop_menu" not in script(anonymous)


def test_a_function_that_is_not_there_is_an_error_that_names_the_setting(
    anonymous: HttpRequest, settings: Settings
) -> None:
    settings.WAFFLE_STATUS_EXPOSE = "shop.nowhere.expose"

    with pytest.raises(ImproperlyConfigured, match=r"WAFFLE_STATUS_EXPOSE is 'shop\.nowhere\.expose'"):
        statuses(anonymous)


@each_server
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["wafflejs", "waffle_status"])
def test_a_page_has_a_tag_that_changes_with_it(page: str, get: Get) -> None:
    Flag.objects.create(name="x", everyone=False)

    first, second = get(f"/{page}"), get(f"/{page}")
    Flag.objects.update(everyone=True)
    third = get(f"/{page}")

    assert first["ETag"] == second["ETag"] != third["ETag"]
    assert first["ETag"].strip('"').isalnum()


@pytest.mark.parametrize("page", ["wafflejs", "waffle_status"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_client_that_knows_a_page_is_told_that_it_is_the_same(page: str, method: str) -> None:
    Flag.objects.create(name="x", percent=50)
    browser = Client()
    known = browser.get(f"/{page}")

    same = getattr(browser, method)(f"/{page}", headers={"If-None-Match": known["ETag"]})
    weak = getattr(browser, method)(f"/{page}", headers={"If-None-Match": f"W/{known['ETag']}"})
    other = getattr(browser, method)(f"/{page}", headers={"If-None-Match": '"other"'})

    assert (known.status_code, same.status_code, weak.status_code, other.status_code) == (200, 304, 304, 200)
    assert same.content == b""
    for response in (known, same, other):
        assert response["ETag"] == known["ETag"]
        assert "no-store" in response["Cache-Control"]
        assert response.cookies["dwf_x"].value == known.cookies["dwf_x"].value
