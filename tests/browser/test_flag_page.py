"""The page of a flag in a browser: with a mouse and by keyboard, with and without scripts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Page, expect

from tests.browser.visits import LOOKS, Visits, each_look, picture, problems_of
from waffle.models import Flag

LIST = "/admin/waffle/flag/"

each_way = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


@pytest.fixture
def flag(transactional_db: None) -> Flag:
    """Return a flag of a site with some users."""
    users = User.objects.bulk_create(
        User(username=f"guest{number:03}", email=f"guest{number:03}@example.org") for number in range(240)
    )
    flag: Flag = Flag.objects.create(
        name="new_basket", staff=True, percent=25, note="The basket of the new shop"
    )
    flag.users.add(*users[:3])
    editors = Group.objects.create(name="editors")
    Group.objects.create(name="beta testers")
    flag.groups.add(editors)
    for number in (1, 2):
        User.objects.create(username=f"twin{number}", email="twins@example.org")
    return flag


def names_of(flag: Flag) -> list[str]:
    return list(flag.users.order_by("username").values_list("username", flat=True))


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const at = document.activeElement;
                const label = at.labels?.[0]?.textContent ?? "";
                return [at.getAttribute("aria-label"), label.trim(), at.value, at.textContent.trim()];
            }"""
        )
        if name in focused:
            return
    raise AssertionError(f"Nothing that is called {name!r} can be reached by Tab.")


# What it looks like, and what axe says of it.


@each_look
def test_the_page_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, **LOOKS[look])

    page.get_by_role("button", name="50 %", exact=True).click()
    page.locator("[name=_effect]").click()
    expect(page.locator("meter")).to_have_count(2)
    expect(page.locator("[name=_effect]")).to_be_enabled()
    picture(page, "flag", look)

    assert problems_of(page) == ""


@each_look
def test_a_list_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    flag.users.add(*User.objects.filter(username__startswith="guest"))

    page = visits.open(f"{LIST}{flag.pk}/members/users/", root, **LOOKS[look])
    picture(page, "members", look, whole=False)

    assert problems_of(page) == ""


@each_look
def test_a_preview_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    page = visits.open(f"{LIST}{flag.pk}/members/users/", root, **LOOKS[look])

    page.get_by_label("Paste a list").fill("guest001\nguest017, guest018\ntwins@example.org\nnobody\n")
    page.get_by_role("button", name="Preview").click()
    picture(page, "preview", look)

    assert problems_of(page) == ""


@each_look
def test_an_answer_to_why_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    page = visits.open(f"{LIST}{flag.pk}/why/?user=guest017", root, **LOOKS[look])
    picture(page, "why", look)

    assert problems_of(page) == ""


@each_look
def test_the_flags_of_a_user_are_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    for number, name in enumerate(("checkout", "dark_mode", "search", "gift_cards")):
        Flag.objects.create(name=name, everyone=[True, False, None, None][number], percent=number * 20)

    page = visits.open(f"{LIST}why/?user=guest001", root, **LOOKS[look])
    picture(page, "flags", look)

    assert problems_of(page) == ""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_search_that_is_open_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, **LOOKS[look])

    page.get_by_role("combobox", name="Users").press_sequentially("guest01")
    expect(page.get_by_role("option", name="guest012")).to_be_in_viewport(ratio=0.9)
    picture(page, "search", look, whole=False)

    assert problems_of(page) == ""


# Percentages


def test_a_usual_percentage_is_a_click(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.get_by_role("button", name="10 %", exact=True).click()
    expect(page.get_by_role("button", name="10 %", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    flag.refresh_from_db()
    assert flag.percent == 10


def test_a_hundred_percent_are_everyone_and_can_be_taken_back(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.get_by_role("button", name="100 %").click()
    expect(page.locator("#id_everyone")).to_have_value("true")
    expect(page.get_by_text("100 percent means everyone")).to_be_visible()
    page.get_by_role("button", name="5 %", exact=True).click()
    expect(page.locator("#id_everyone")).to_have_value("unknown")
    page.locator("#id_everyone").select_option("false")
    expect(page.get_by_text("“Everyone” decides")).to_be_visible()
    page.get_by_role("button", name="100 %").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    flag.refresh_from_db()
    assert (flag.everyone, flag.percent) == (True, Decimal(5))


def test_without_scripts_a_hundred_percent_are_everyone_too(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, script=False)

    assert not page.get_by_role("button", name="10 %", exact=True).is_visible()
    page.locator("#id_percent").fill("100")
    page.keyboard.press("Enter")

    expect(page.get_by_text("100 percent means everyone")).to_be_visible()
    flag.refresh_from_db()
    assert (flag.everyone, flag.percent) == (True, Decimal(25))


# The effect


@each_way
def test_the_effect_is_shown_and_nothing_is_saved(
    visits: Visits, root: User, flag: Flag, script: bool
) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, script=script)

    page.locator("#id_authenticated").check()
    page.locator("[name=_effect]").click()
    expect(page.locator(".waffle-bar-words").last).to_have_text("On for 243 of 243 users")

    assert page.locator("#id_authenticated").is_checked()
    flag.refresh_from_db()
    assert flag.authenticated is False


def test_an_effect_grows_old_when_the_form_is_changed(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.locator("[name=_effect]").click()
    expect(page.locator("meter")).to_have_count(2)
    expect(page.get_by_text("You have changed the form since")).to_be_hidden()
    page.get_by_role("button", name="Remove guest001").click()
    expect(page.get_by_text("You have changed the form since")).to_be_visible()
    page.locator("[name=_effect]").click()
    expect(page.get_by_text("You have changed the form since")).to_be_hidden()


@each_way
def test_a_wrong_form_shows_what_is_wrong_in_the_place_of_an_effect(
    visits: Visits, root: User, flag: Flag, script: bool
) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, script=script)

    page.locator("#id_percent").fill("-1")
    page.locator("[name=_effect]").click()

    expect(page.get_by_text("Enter a percentage from 0 to 99.9.")).to_be_visible()


@each_way
def test_two_people_do_not_overwrite_each_other_unseen(
    visits: Visits, root: User, flag: Flag, script: bool
) -> None:
    one, other = (visits.open(f"{LIST}{flag.pk}/change/", root, script=script) for _ in range(2))

    one.locator("#id_percent").fill("50")
    one.get_by_role("button", name="Save and continue").click()
    expect(one.get_by_text("was changed successfully")).to_be_visible()
    other.locator("#id_note").fill("Mine")
    other.get_by_role("button", name="Save and continue").click()
    expect(other.get_by_text("Somebody else has changed this flag")).to_be_visible()

    flag.refresh_from_db()
    assert (flag.percent, flag.note) == (Decimal(50), "The basket of the new shop")


# Who is listed


def test_users_and_groups_are_found_as_you_type(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.get_by_role("combobox", name="Users").press_sequentially("guest017")
    page.get_by_role("option", name="guest017").click()
    page.get_by_role("button", name="Remove guest001").click()
    page.get_by_role("combobox", name="Groups").press_sequentially("beta")
    page.get_by_role("option", name="beta testers").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    assert names_of(flag) == ["guest000", "guest002", "guest017"]
    assert {str(group) for group in flag.groups.all()} == {"beta testers", "editors"}


def test_users_are_picked_by_keyboard(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.get_by_role("combobox", name="Users").focus()
    page.keyboard.type("guest01")
    expect(page.locator(".waffle-picker [role=option]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".waffle-picker [role=option]").first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".waffle-picker [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove guest011")).to_be_visible()
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.get_by_text("was changed successfully")).to_be_visible()

    assert names_of(flag) == ["guest000", "guest001", "guest002", "guest011"]


def test_a_search_says_when_nobody_is_found(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root)

    page.get_by_role("combobox", name="Users").press_sequentially("somebody else")

    expect(page.get_by_text("Nothing found")).to_be_attached()


@each_way
def test_a_list_is_pasted_looked_at_and_added(visits: Visits, root: User, flag: Flag, script: bool) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, script=script)

    page.get_by_role("link", name="Paste a list, search or remove").first.click()
    page.get_by_label("Paste a list").fill(
        "guest001\nguest017, guest018@example.org\ntwins@example.org\nnobody"
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Unknown: 1")).to_be_visible()
    page.get_by_label("twin2").check()
    page.get_by_role("button", name="Add 2").click()
    expect(page.get_by_text("Added 3: guest017, guest018, twin2.")).to_be_visible()

    assert names_of(flag) == ["guest000", "guest001", "guest002", "guest017", "guest018", "twin2"]


@each_way
def test_members_are_found_and_removed(visits: Visits, root: User, flag: Flag, script: bool) -> None:
    flag.users.add(*User.objects.filter(username__startswith="guest"))
    page = visits.open(f"{LIST}{flag.pk}/members/users/", root, script=script)

    page.get_by_role("link", name="3", exact=True).click()
    page.get_by_role("button", name="Remove guest239").click()
    expect(page.get_by_text("Removed 1: guest239.")).to_be_visible()
    page.get_by_label("Search the list").fill("guest00")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_label("Tick guest003").check()
    page.get_by_label("Tick guest004").check()
    page.get_by_role("button", name="Remove selected").click()
    expect(page.get_by_text("Removed 2: guest003, guest004.")).to_be_visible()

    assert flag.users.count() == 237


def test_members_are_added_as_they_are_found_by_keyboard(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/members/users/", root)

    tab_to(page, "Search")
    page.keyboard.type("guest10")
    expect(page.get_by_role("option", name="guest100")).to_be_visible()
    page.keyboard.press("Enter")
    tab_to(page, "Add")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Added 1: guest100.")).to_be_visible()


# Why


@each_way
def test_why_is_asked_for_somebody(visits: Visits, root: User, flag: Flag, script: bool) -> None:
    page = visits.open(f"{LIST}{flag.pk}/change/", root, script=script)

    page.get_by_role("link", name="Why is it on?").click()
    page.get_by_label("User", exact=True).fill("guest001@example.org")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("the user is listed").first).to_be_visible()
    page.get_by_role("link", name="All flags of guest001@example.org").click()
    expect(page.get_by_role("heading", name="1 of 1 flag is on")).to_be_visible()


def test_whom_to_ask_about_is_found_by_keyboard(visits: Visits, root: User, flag: Flag) -> None:
    page = visits.open(f"{LIST}{flag.pk}/why/", root)

    tab_to(page, "User")
    page.keyboard.type("guest00")
    expect(page.get_by_role("option", name="guest000")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("User", exact=True)).to_have_value("guest001")
    page.keyboard.press("Enter")

    expect(page.get_by_text("For guest001")).to_be_visible()
    assert f"key={User.objects.get(username='guest001').pk}" in page.url


# Any: a style as a browser computes it.
def test_a_phone_shows_no_page_that_is_wider_than_itself(visits: Visits, root: User, flag: Flag) -> None:
    flag.users.add(*User.objects.filter(username__startswith="guest"))
    looks: dict[str, Any] = LOOKS["phone"]
    addresses = ("change/", "members/users/", "why/?user=guest001")

    for place in addresses:
        page = visits.open(f"{LIST}{flag.pk}/{place}", root, **looks)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
