"""The history of changes: a timeline, a list with filters, and one click that takes a change back."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.shop import ADMIN, Shop
from tests.browser.visits import LOOKS, Visits, each_scheme, look_at
from waffle import history
from waffle.models import Change, Flag

LIST = f"{ADMIN}/change/"
TIMELINE = "flag/{flag}/history/"


def change_of_percent(shop: Shop) -> Change:
    return Change.objects.filter(comment__startswith="Ticket 17").earliest("pk")


@with_and_without_scripts
@each_hand
def test_a_change_is_found_on_the_timeline_and_reverted(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    change = change_of_percent(shop)
    page = visits.open(shop.address(TIMELINE), root, script=script)

    hand.press(page.locator(f'#waffle-timeline a[href*="/change/{change.pk}/"]'))
    hand.press(page.get_by_role("button", name="Revert"))

    expect(page.locator(".messagelist")).to_contain_text("was reverted")
    shop.flag.refresh_from_db()
    assert (shop.flag.percent, shop.flag.note) == (Decimal(5), "")


def test_a_timeline_shows_before_and_after(visits: Visits, root: User, shop: Shop) -> None:
    page = visits.open(shop.address(TIMELINE), root)
    row = page.locator(".waffle-diff").get_by_role("row", name="Percent 5.0 25.0")

    expect(row.locator("del")).to_have_text("5.0")
    expect(row.locator("ins")).to_have_text("25.0")
    expect(page.locator("#waffle-timeline")).to_contain_text("Ticket 17")


@with_and_without_scripts
@each_hand
def test_what_was_changed_between_two_moments_is_asked_for(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(f"{LIST}?since=2000-01-01T14:00&until=2000-01-01T14:10", root, script=script)
    expect(page.locator("#result_list tbody tr")).to_have_count(0)

    until = page.get_by_label("To", exact=True)
    until.fill("2099-01-01T00:00")  # how a moment is typed differs between browsers
    hand.press(page.locator(".waffle-moments button"))

    expect(page.locator("#result_list")).to_contain_text("new_basket")
    assert "since=2000-01-01T14%3A00" in page.url


@with_and_without_scripts
@each_hand
def test_changes_are_filtered_by_source_and_searched(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(LIST, root, script=script)

    hand.press(page.locator("#changelist-filter").get_by_role("link", name="Admin", exact=True))
    expect(page.locator("#result_list tbody tr")).to_have_count(Change.objects.filter(source="admin").count())
    hand.write(page.locator("#searchbar"), "Ticket 17")
    page.keyboard.press("Enter")

    expect(page.locator("#result_list")).to_contain_text("new_basket")
    expect(page.locator("#result_list")).not_to_contain_text("dark_mode")


@with_and_without_scripts
@each_hand
def test_a_conflict_is_shown_to_the_slower_of_two(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(f"{LIST}{change_of_percent(shop).pk}/change/", root, script=script)
    with history.by("bob"):
        Flag.objects.filter(pk=shop.flag.pk).update(percent=75)

    hand.press(page.get_by_role("button", name="Revert"))

    expect(page.locator(".messagelist")).to_contain_text("Nothing was reverted")
    expect(page.locator(".waffle-later")).to_contain_text("bob")
    shop.flag.refresh_from_db()
    assert shop.flag.percent == 75


@each_scheme
def test_a_conflict_and_a_revert_are_well(visits: Visits, root: User, shop: Shop, look: str) -> None:
    change = change_of_percent(shop)
    page = visits.open(f"{LIST}{change.pk}/change/", root, **LOOKS[look])
    with history.by("bob"):
        Flag.objects.filter(pk=shop.flag.pk).update(percent=75)

    page.reload()
    found = look_at(page, "change-conflict", look)
    history.revert(change, force=True)
    page.reload()
    found += look_at(page, "change-reverted", look)

    assert found == ""
