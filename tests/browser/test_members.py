"""The page of a flag's list: names are pasted, members found, added and removed."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.shop import Shop
from tests.browser.visits import LOOKS, Visits, each_look, look_at

PAGE = "flag/{flag}/members/users/"
PASTED = ("guest001", "guest030, Guest <guest031@example.org>", "twins@example.org", "nobody")


@each_look
def test_a_preview_is_well(visits: Visits, root: User, shop: Shop, look: str) -> None:
    page = visits.open(shop.address(PAGE), root, **LOOKS[look])

    page.get_by_label("Paste a list").fill("\n".join(PASTED))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Unknown: 1")).to_be_visible()

    assert look_at(page, "preview", look) == ""


@with_and_without_scripts
@each_hand
def test_a_list_is_pasted_looked_at_and_added(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address("flag/{flag}/change/"), root, script=script)

    hand.press(page.locator('a[href$="/members/users/"]'))
    hand.write(page.get_by_label("Paste a list"), ", ".join(PASTED))
    hand.press(page.get_by_role("button", name="Preview"))
    expect(page.get_by_text("Unknown: 1")).to_be_visible()
    between = shop.flag.users.count()
    hand.pick(page.get_by_label("twin2"))
    hand.press(page.get_by_role("button", name="Add 2"))
    expect(page.get_by_text("Added 3: guest030, guest031, twin2.")).to_be_visible()

    assert (between, shop.flag.users.count()) == (25, 28)


@with_and_without_scripts
@each_hand
def test_members_are_found_and_removed(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address(PAGE), root, script=script)

    hand.press(page.get_by_role("button", name="Remove guest024"))
    expect(page.get_by_text("Removed 1: guest024.")).to_be_visible()
    hand.write(page.get_by_label("Search the list"), "guest00")
    hand.press(page.locator(".waffle-roster").get_by_role("button", name="Search", exact=True))
    expect(page.get_by_role("row", name="guest010")).to_have_count(0)
    hand.press(page.get_by_role("row", name="guest003").get_by_role("checkbox"))
    hand.press(page.get_by_role("row", name="guest004").get_by_role("checkbox"))
    hand.press(page.locator("[name=_remove]"))
    expect(page.get_by_text("Removed 2: guest003, guest004.")).to_be_visible()

    assert shop.flag.users.count() == 22


@each_hand
def test_members_are_added_as_they_are_found(visits: Visits, root: User, shop: Shop, hand: Hand) -> None:
    page = visits.open(shop.address(PAGE), root)

    hand.seek(page.get_by_role("combobox", name="Search", exact=True), "guest030")
    hand.press(page.get_by_role("button", name="Add", exact=True))

    expect(page.get_by_text("Added 1: guest030.")).to_be_visible()
    assert shop.flag.users.filter(username="guest030").exists()


@with_and_without_scripts
def test_a_long_list_has_pages(visits: Visits, root: User, shop: Shop, script: bool) -> None:
    crowd = User.objects.bulk_create(User(username=f"many{number:03}") for number in range(250))
    shop.flag.users.add(*crowd)
    page = visits.open(shop.address(PAGE), root, script=script)

    page.get_by_role("link", name="3", exact=True).click()

    expect(page.get_by_role("button", name="Remove many249")).to_be_visible()
    if script:
        assert look_at(page, "members-last", whole=False) == ""
