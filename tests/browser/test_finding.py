"""How toggles are found in a list: by search, by filters, by the order of a column."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.shop import ADMIN, Shop
from tests.browser.visits import LOOKS, Visits, look_at
from waffle import history
from waffle.models import Flag


def names_in(page: Page) -> list[str]:
    return page.locator("#result_list .field-name").all_inner_texts()


def test_the_list_says_who_gets_what(visits: Visits, root: User, shop: Shop) -> None:
    page = visits.open(f"{ADMIN}/flag/", root, **LOOKS["phone"])

    expect(page.get_by_role("row", name="new_basket")).to_contain_text(
        "On for staff, 25 users, the group beta and 25 % of everyone else"
    )
    assert names_in(page)[0] == "dark_mode"


@with_and_without_scripts
@each_hand
def test_flags_are_searched_by_name_and_by_note(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(f"{ADMIN}/flag/", root, script=script)

    hand.write(page.locator("#searchbar"), "basket")
    hand.press(page.locator("#changelist-search [type=submit]"))
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    by_name = names_in(page)
    hand.write(page.locator("#searchbar"), "new index")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="search_by_image")).to_have_count(1)

    assert by_name == ["new_basket"]
    assert names_in(page) == ["search_by_image"]


@with_and_without_scripts
@each_hand
def test_flags_are_filtered_by_state_by_audience_and_by_age(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(f"{ADMIN}/flag/", root, script=script)
    filters = page.locator("#changelist-filter")

    hand.press(filters.get_by_role("link", name="Conditional", exact=True))
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    hand.press(filters.get_by_role("link", name="Languages", exact=True))
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    conditional = names_in(page)
    page.goto(f"{ADMIN}/flag/")
    hand.press(filters.locator('a[href*="changed=stale"]'))
    expect(page.locator("#result_list tbody tr")).to_have_count(1)

    assert conditional == ["german_menu"]
    assert names_in(page) == ["dark_mode"]


@with_and_without_scripts
@each_hand
def test_a_list_is_sorted_by_a_column(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(f"{ADMIN}/switch/", root, script=script)
    names = page.locator("#result_list .field-name")
    expect(names).to_have_text(["sign_up", "maintenance"])

    hand.press(page.locator("#result_list .column-name .text a"))
    expect(page).to_have_url(re.compile(r"[?&]o=-2"))
    expect(names).to_have_text(["sign_up", "maintenance"])
    hand.press(page.locator("#result_list .column-name .text a"))

    expect(page).to_have_url(re.compile(r"[?&]o=2"))
    expect(names).to_have_text(["maintenance", "sign_up"])


def test_every_column_is_in_sight_beside_the_filters(visits: Visits, root: User, shop: Shop) -> None:
    with history.by(root):
        Flag.objects.create(name="a_name_that_is_rather_long_but_has_no_space", note="Who knows?")
        for flag in Flag.objects.all():
            flag.note += "!"
            flag.save()
    page = visits.open(f"{ADMIN}/flag/", root)
    results = page.locator(".results")

    assert results.evaluate("({ scrollWidth, clientWidth }) => scrollWidth - clientWidth") == 0
    assert look_at(page, "flags-and-filters") == ""
