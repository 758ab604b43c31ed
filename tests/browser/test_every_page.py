"""Every page is well: axe finds nothing, none is wider than its window, and no policy is broken."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.browser.shop import ADMIN, PLACES, USER, Shop
from tests.browser.visits import LOOKS, Visits, each_look, each_scheme, look_at

# What would be an element if somebody's words were taken for markup.
MARK = "'\"><b class=injected>bold</b><script>document.title = 'injected'</script>"

each_group = pytest.mark.parametrize("group", PLACES)


@each_group
@each_look
def test_every_page_is_well(visits: Visits, root: User, shop: Shop, look: str, group: str) -> None:
    page = visits.open("/admin/", root, **LOOKS[look])

    found = ""
    for name, place in PLACES[group].items():
        page.goto(shop.address(place))
        found += look_at(page, name, look)

    assert found == ""


@each_scheme
def test_every_page_is_well_with_a_banner_and_nothing_to_press(
    visits: Visits, root: User, shop: Shop, settings: Settings, look: str
) -> None:
    settings.WAFFLE_ADMIN_READ_ONLY = True
    settings.WAFFLE_ADMIN_BANNER = {"text": "An incident: please wait.", "level": "error"}
    page = visits.open("/admin/", root, **LOOKS[look])

    found = ""
    for name in ("flags", "flag", "members", "why", "timeline", "change", "changes"):
        places = {**PLACES["lists"], **PLACES["forms"], **PLACES["rest"]}
        page.goto(shop.address(places[name]))
        found += look_at(page, f"read-only-{name}", look)
        assert page.get_by_text("nothing can be changed here.").is_visible()
        assert page.get_by_text("An incident: please wait.").is_visible()
        assert writing_in(page) == 0, name

    assert found == ""


def writing_in(page: Page) -> int:
    """Return how many forms of the page would change a toggle: what Django's own header sends is not."""
    return page.locator('#content form[method="post"] :is(button, [type="submit"]):visible').count()


@pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])
def test_what_people_write_is_shown_as_they_wrote_it(visits: Visits, root: User, script: bool) -> None:
    shop = Shop(MARK)
    page = visits.open("/admin/", root, script=script)

    for places in (*PLACES.values(), {"user": USER}):
        for name, place in places.items():
            page.goto(shop.address(place))
            assert page.locator(".injected").count() == 0, name
            assert page.title() != "injected", name


def test_what_scripts_show_is_shown_as_people_wrote_it(visits: Visits, root: User) -> None:
    shop = Shop(MARK)
    page = visits.open(shop.address("flag/{flag}/change/"), root)

    page.get_by_role("combobox", name="Users").press_sequentially("guest03")
    expect(page.locator(".waffle-picker [role=option]").first).to_contain_text("<b class=injected>bold</b>")
    page.keyboard.press("Enter")
    page.locator("[name=_effect]").click()
    expect(page.locator("meter")).to_have_count(2)
    assert page.locator(".injected").count() == 0

    page.goto(f"{ADMIN}/flag/")
    page.get_by_role("button", name="Turn on “new_basket").click()
    expect(page.locator(".messagelist")).to_contain_text("<b class=injected>bold</b>")
    assert page.locator(".injected").count() == 0


def test_a_page_that_is_not_well_is_found(visits: Visits, root: User, shop: Shop) -> None:
    page = visits.open(f"{ADMIN}/flag/", root)

    page.evaluate("document.querySelector('#content h1').innerHTML = '<img class=injected width=3000>'")

    assert page.locator(".injected").count() == 1
    assert "image-alt" in look_at(page, "spoilt")
    assert "wider than its window" in look_at(page, "spoilt")
