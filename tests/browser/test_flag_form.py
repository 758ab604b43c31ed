"""The form of a flag: percentages, who is listed, what a change would do, and two people at once."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.shop import Shop
from tests.browser.visits import LOOKS, Visits, each_look, each_scheme, look_at
from waffle.models import Flag

PAGE = "flag/{flag}/change/"


def is_listed(flag: Flag, name: str) -> bool:
    return flag.users.filter(username=name).exists()


@each_look
def test_an_effect_is_well(visits: Visits, root: User, shop: Shop, look: str) -> None:
    page = visits.open(shop.address(PAGE), root, **LOOKS[look])

    page.get_by_role("button", name="50 %", exact=True).click()
    page.locator("[name=_effect]").click()
    expect(page.locator("meter")).to_have_count(2)
    expect(page.locator("[name=_effect]")).to_be_enabled()

    assert look_at(page, "flag-and-effect", look) == ""


@each_scheme
def test_a_search_that_is_open_is_well(visits: Visits, root: User, shop: Shop, look: str) -> None:
    page = visits.open(shop.address(PAGE), root, **LOOKS[look])

    page.get_by_role("combobox", name="Users").press_sequentially("guest03")
    expect(page.get_by_role("option", name="guest032")).to_be_in_viewport(ratio=0.9)

    assert look_at(page, "flag-search", look, whole=False) == ""


# Percentages


@each_hand
def test_a_usual_percentage_is_a_click(visits: Visits, root: User, shop: Shop, hand: Hand) -> None:
    page = visits.open(shop.address(PAGE), root)

    hand.press(page.get_by_role("button", name="10 %", exact=True))
    expect(page.get_by_role("button", name="10 %", exact=True)).to_have_attribute("aria-pressed", "true")
    hand.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    shop.flag.refresh_from_db()
    assert shop.flag.percent == 10


@each_hand
def test_a_hundred_percent_are_everyone_and_can_be_taken_back(
    visits: Visits, root: User, shop: Shop, hand: Hand
) -> None:
    page = visits.open(shop.address(PAGE), root)

    hand.press(page.get_by_role("button", name="100 %"))
    expect(page.locator("#id_everyone")).to_have_value("true")
    expect(page.get_by_text("100 percent means everyone")).to_be_visible()
    hand.press(page.get_by_role("button", name="5 %", exact=True))
    expect(page.locator("#id_everyone")).to_have_value("unknown")
    hand.choose(page.locator("#id_everyone"), "No")
    expect(page.locator(".waffle-said").get_by_text("“Everyone”")).to_be_visible()
    hand.press(page.get_by_role("button", name="100 %"))
    hand.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    shop.flag.refresh_from_db()
    assert (shop.flag.everyone, shop.flag.percent) == (True, Decimal(5))


@each_hand
def test_without_scripts_a_hundred_percent_are_everyone_too(
    visits: Visits, root: User, shop: Shop, hand: Hand
) -> None:
    page = visits.open(shop.address(PAGE), root, script=False)

    assert not page.get_by_role("button", name="10 %", exact=True).is_visible()
    hand.write(page.locator("#id_percent"), "100")
    page.keyboard.press("Enter")

    expect(page.get_by_text("100 percent means everyone")).to_be_visible()
    shop.flag.refresh_from_db()
    assert (shop.flag.everyone, shop.flag.percent) == (True, Decimal(25))


# The effect


@with_and_without_scripts
@each_hand
def test_the_effect_is_shown_and_nothing_is_saved(
    visits: Visits, root: User, shop: Shop, hand: Hand, script: bool
) -> None:
    page = visits.open(shop.address(PAGE), root, script=script)

    hand.press(page.locator("#id_authenticated"))
    hand.press(page.locator("[name=_effect]"))
    expect(page.locator(".waffle-bar-words").last).to_have_text("On for 44 of 44 users")

    assert page.locator("#id_authenticated").is_checked()
    shop.flag.refresh_from_db()
    assert shop.flag.authenticated is False


def test_an_effect_grows_old_when_the_form_is_changed(visits: Visits, root: User, shop: Shop) -> None:
    page = visits.open(shop.address(PAGE), root)

    page.locator("[name=_effect]").click()
    expect(page.locator("meter")).to_have_count(2)
    expect(page.locator("[data-waffle-old]")).to_be_hidden()
    page.get_by_role("button", name="Remove guest001").click()
    expect(page.locator("[data-waffle-old]")).to_be_visible()
    page.locator("[name=_effect]").click()
    expect(page.locator("[data-waffle-old]")).to_be_hidden()


@with_and_without_scripts
def test_a_wrong_form_shows_what_is_wrong_in_the_place_of_an_effect(
    visits: Visits, root: User, shop: Shop, script: bool
) -> None:
    page = visits.open(shop.address(PAGE), root, script=script)

    page.locator("#id_percent").fill("-1")
    page.locator("[name=_effect]").click()

    expect(page.get_by_text("a percentage from 0 to 99.9.")).to_be_visible()
    if script:  # axe is one
        assert look_at(page, "flag-wrong") == ""


@with_and_without_scripts
def test_two_people_do_not_overwrite_each_other_unseen(
    visits: Visits, root: User, shop: Shop, script: bool
) -> None:
    one, other = (visits.open(shop.address(PAGE), root, script=script) for _ in range(2))

    one.locator("#id_percent").fill("50")
    one.get_by_role("button", name="Save and continue").click()
    expect(one.get_by_text("was changed successfully")).to_be_visible()
    other.locator("#id_note").fill("Mine")
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_text("Somebody else has changed this flag")).to_be_visible()

    if script:
        assert look_at(other, "flag-conflict") == ""
    shop.flag.refresh_from_db()
    assert (shop.flag.percent, shop.flag.note) == (Decimal(50), "Remembers what was in it.")


# Who is listed


@each_hand
def test_users_and_groups_are_found_as_you_type(visits: Visits, root: User, shop: Shop, hand: Hand) -> None:
    page = visits.open(shop.address(PAGE), root)

    hand.seek(page.get_by_role("combobox", name="Users"), "guest031")
    hand.press(page.get_by_role("button", name="Remove guest001"))
    hand.seek(page.get_by_role("combobox", name="Groups"), "editors")
    hand.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    assert is_listed(shop.flag, "guest031")
    assert not is_listed(shop.flag, "guest001")
    assert {str(group) for group in shop.flag.groups.all()} == {"beta", "editors"}


@each_hand
def test_without_scripts_users_are_keys_and_groups_a_choice(
    visits: Visits, root: User, shop: Shop, hand: Hand
) -> None:
    found = User.objects.get(username="guest031")
    page = visits.open(shop.address(PAGE), root, script=False)

    hand.write(page.locator("#id_users"), f"{found.pk}")
    hand.choose(page.locator("#id_groups"), "editors")
    hand.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    assert [*shop.flag.users.all()] == [found]
    assert {str(group) for group in shop.flag.groups.all()} == {"editors"}


def test_a_search_is_left_begun_again_and_walked_through_by_keyboard(
    visits: Visits, root: User, shop: Shop
) -> None:
    page = visits.open(shop.address(PAGE), root)
    options = page.locator(".waffle-picker [role=option]")

    page.get_by_role("combobox", name="Users").focus()
    page.keyboard.type("guest03")
    expect(options.first).to_be_visible()
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(options.first).to_be_visible()
    for key in ("ArrowUp", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)

    expect(page.get_by_role("button", name="Remove guest031")).to_be_visible()


def test_a_search_says_when_nobody_is_found(visits: Visits, root: User, shop: Shop) -> None:
    page = visits.open(shop.address(PAGE), root)

    page.get_by_role("combobox", name="Users").press_sequentially("somebody else")

    expect(page.get_by_text("Nothing found")).to_be_attached()
