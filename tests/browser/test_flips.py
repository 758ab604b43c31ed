"""One click in a list: by mouse and by keyboard, with and without scripts, by two people at once."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.visits import LOOKS, Visits, each_scheme, look_at
from waffle.models import Flag, Sample, Switch

FLAGS = "/admin/waffle/flag/"


def told(page: Page, words: str) -> None:
    expect(page.locator(".messagelist")).to_contain_text(words)


@with_and_without_scripts
@each_hand
def test_a_flag_is_turned_on_and_off_and_left_to_its_conditions(
    visits: Visits, root: User, hand: Hand, script: bool
) -> None:
    Flag.objects.create(name="new_basket", percent=25)
    Flag.objects.create(name="other")
    page = visits.open(f"{FLAGS}?q=basket", root, script=script)

    hand.press(page.get_by_role("button", name="Turn on “new_basket” for everyone"))
    told(page, "“new_basket” is on for everyone.")
    is_on = Flag.objects.get(name="new_basket").everyone
    hand.press(page.get_by_role("button", name="Turn off “new_basket” for everyone"))
    told(page, "“new_basket” is off for everyone.")
    is_off = Flag.objects.get(name="new_basket").everyone
    hand.press(page.locator('[name=flip][value^="conditions."]'))
    told(page, "by its conditions")

    assert (is_on, is_off, Flag.objects.get(name="new_basket").everyone) == (True, False, None)
    assert page.url.endswith("?q=basket")
    expect(page.get_by_role("row", name="other")).to_have_count(0)


@with_and_without_scripts
@each_hand
@pytest.mark.parametrize("kind", ["switch", "sample"])
def test_a_switch_and_a_sample_are_turned_on_and_off(
    visits: Visits, root: User, hand: Hand, script: bool, kind: str
) -> None:
    Switch.objects.create(name="x")
    Sample.objects.create(name="x", percent=0)
    page = visits.open(f"/admin/waffle/{kind}/", root, script=script)

    hand.press(page.get_by_role("button", name="Turn on “x”"))
    told(page, "“x” is on.")
    on = (Switch.objects.get().active, Sample.objects.get().percent)
    hand.press(page.get_by_role("button", name="Turn off “x”"))
    told(page, "“x” is off.")

    assert on == ((True, 0) if kind == "switch" else (False, 100))
    assert (Switch.objects.get().active, Sample.objects.get().percent) == (False, 0)


@with_and_without_scripts
@each_hand
def test_a_flip_is_taken_back(visits: Visits, root: User, hand: Hand, script: bool) -> None:
    Sample.objects.create(name="tracing", percent=34)
    page = visits.open("/admin/waffle/sample/", root, script=script)

    hand.press(page.get_by_role("button", name="Turn off “tracing”"))
    hand.press(page.get_by_role("link", name="Undo"))
    hand.press(page.get_by_role("button", name="Revert"))

    expect(page.locator(".messagelist")).to_be_visible()
    assert Sample.objects.get().percent == 34


@with_and_without_scripts
def test_two_people_at_once_overwrite_nothing(visits: Visits, root: User, script: bool) -> None:
    ada = User.objects.create_superuser("ada")
    Flag.objects.create(name="new_basket", superusers=False)
    first, second = (visits.open(FLAGS, user, script=script) for user in (root, ada))

    first.get_by_role("button", name="Turn on “new_basket” for everyone").click()
    told(first, "is on for everyone")
    second.get_by_role("button", name="Turn off “new_basket” for everyone").click()

    told(second, "was changed just now by root (Everyone: not set → yes)")
    expect(second.get_by_role("row", name="new_basket")).to_contain_text("On for everyone")
    assert Flag.objects.get().everyone is True


@each_scheme
def test_messages_are_well(visits: Visits, root: User, look: str) -> None:
    Flag.objects.create(name="new_basket")
    page, other = (visits.open(FLAGS, root, **LOOKS[look]) for _ in range(2))

    page.get_by_role("button", name="Turn on “new_basket” for everyone").click()
    told(page, "is on for everyone")
    other.get_by_role("button", name="Turn off “new_basket” for everyone").click()
    told(other, "was changed just now")

    assert look_at(page, "flipped", look) + look_at(other, "conflict", look) == ""


@with_and_without_scripts
@each_hand
def test_who_may_only_flip_flips_and_edits_nothing(visits: Visits, hand: Hand, script: bool) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="toggle_flag"))
    Flag.objects.create(name="new_basket")
    page = visits.open(FLAGS, editor, script=script)

    hand.press(page.get_by_role("button", name="Turn off “new_basket” for everyone"))
    told(page, "is off for everyone")
    hand.press(page.get_by_role("link", name="new_basket", exact=True))

    expect(page.get_by_role("heading", name="new_basket")).to_be_visible()
    assert page.locator("input[name=name], [name=_save]").count() == 0
    if script:  # axe is one
        assert look_at(page, "flag-to-read") == ""
    assert Flag.objects.get().everyone is False


def test_with_scripts_a_flip_leaves_the_list_where_it_is(visits: Visits, root: User) -> None:
    Switch.objects.bulk_create(Switch(name=f"switch_{number:02}", active=number > 60) for number in range(70))
    page = visits.open("/admin/waffle/switch/", root)
    page.get_by_role("row", name="switch_50").get_by_role("checkbox").check()
    button = page.get_by_role("button", name="Turn on “switch_50”")
    button.scroll_into_view_if_needed()
    before = button.bounding_box()

    button.click()

    expect(page.get_by_role("status")).to_contain_text("“switch_50” is on.")
    expect(page.get_by_role("button", name="Turn off “switch_50”")).to_be_focused()
    expect(page.get_by_role("status")).to_be_in_viewport()
    after = page.get_by_role("button", name="Turn off “switch_50”").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    assert page.get_by_text("1 of 70 selected").is_visible()
    assert look_at(page, "far-down", whole=False) == ""


def test_what_a_filter_leaves_out_after_a_flip_is_gone_from_the_list(visits: Visits, root: User) -> None:
    Switch.objects.bulk_create([Switch(name="first", active=True), Switch(name="second", active=True)])
    page = visits.open("/admin/waffle/switch/?state=on", root)

    page.get_by_role("button", name="Turn off “first”").click()

    expect(page.get_by_role("status")).to_contain_text("“first” is off.")
    expect(page.get_by_role("row", name="first")).to_have_count(0)
    expect(page.get_by_role("row", name="second")).to_be_visible()


def test_where_the_site_cannot_be_reached_the_browser_says_so(visits: Visits, root: User) -> None:
    Switch.objects.create(name="x")
    page = visits.open("/admin/waffle/switch/", root)
    page.context.set_offline(True)

    page.get_by_role("button", name="Turn on “x”").click()

    # Waiting for the navigation itself would raise, for it fails.
    expect(page).to_have_url(re.compile("^chrome-error://"))
    visits.complaints.clear()
    assert Switch.objects.get().active is False
