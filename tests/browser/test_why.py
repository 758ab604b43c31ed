"""Why a flag is on for somebody, and all flags of somebody."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.shop import ADMIN, USER, Shop
from tests.browser.visits import Visits


@with_and_without_scripts
@each_hand
def test_why_is_asked_for_somebody_and_then_for_all_flags(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address("flag/{flag}/change/"), root, script=script)

    hand.press(page.get_by_role("link", name="Why is it on?"))
    hand.write(page.get_by_label("User", exact=True), "guest001@example.org")
    hand.press(page.locator(".waffle-whom [type=submit]"))
    expect(page.locator(".waffle-decides")).to_contain_text("the user is listed")
    hand.press(page.get_by_role("link", name="All flags of guest001@example.org"))
    expect(page.get_by_role("row", name="new_basket")).to_contain_text("user")
    hand.choose(page.get_by_label("State"), "off")
    hand.press(page.get_by_role("button", name="Filter"))

    expect(page.get_by_role("row", name="new_basket")).to_have_count(0)
    expect(page.get_by_role("row", name="holiday_banner")).to_contain_text("off")


@with_and_without_scripts
@each_hand
def test_a_language_a_unit_and_parameters_of_an_address_are_asked_about(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address("flag/{flag}/why/"), root, script=script)

    hand.write(page.get_by_label("Language"), "de")
    hand.write(page.get_by_label("Unit"), "a tenant")
    hand.write(page.get_by_label("Query parameters"), "dwft_new_basket=1")
    hand.press(page.locator(".waffle-whom [type=submit]"))

    expect(page.locator(".waffle-decides")).to_have_count(1)
    expect(page.get_by_label("Language")).to_have_value("de")
    expect(page.get_by_label("Unit")).to_have_value("a tenant")
    assert "dwft_new_basket" in page.url


@each_hand
def test_whom_to_ask_about_is_found_as_you_type(visits: Visits, root: User, shop: Shop, hand: Hand) -> None:
    page = visits.open(shop.address("flag/{flag}/why/"), root)

    hand.seek(page.get_by_label("User", exact=True), "guest031")
    expect(page.get_by_label("User", exact=True)).to_have_value("guest031")
    hand.press(page.locator(".waffle-whom [type=submit]"))

    expect(page.get_by_text("For guest031")).to_be_visible()
    assert f"key={User.objects.get(username='guest031').pk}" in page.url


@with_and_without_scripts
@each_hand
def test_the_page_of_a_user_leads_to_all_flags(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address(USER), root, script=script)

    hand.press(page.locator(".object-tools a[href*='/waffle/flag/why/']"))

    expect(page.get_by_role("row", name="new_basket")).to_contain_text("on")
    assert page.url.startswith(f"{visits.address}{ADMIN}/flag/why/?")
