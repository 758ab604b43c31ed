"""One click in a list: by mouse and by keyboard, with and without scripts, by two people at once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.browser.visits import LOOKS, Visits, each_look, picture, problems_of
from waffle.models import Flag, Sample, Switch

FLAGS = "/admin/waffle/flag/"

with_and_without_scripts = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])


def message(page: Page) -> str:
    return page.locator(".messagelist").inner_text()


@with_and_without_scripts
def test_a_flag_is_flipped_by_mouse(visits: Visits, root: User, script: bool) -> None:
    Flag.objects.create(name="new_basket", percent=25)
    Flag.objects.create(name="other")
    page = visits.open(f"{FLAGS}?q=basket", root, script=script)

    page.get_by_role("button", name="Turn on “new_basket” for everyone").click()

    expect(page.locator(".messagelist")).to_contain_text("“new_basket” is on for everyone.")
    expect(page.get_by_role("row", name="new_basket")).to_contain_text("On for everyone")
    assert page.url.endswith("?q=basket")
    assert Flag.objects.get(name="new_basket").everyone is True

    page.get_by_role("button", name="Let conditions decide on “new_basket”").click()

    expect(page.locator(".messagelist")).to_contain_text("goes by its conditions")
    assert Flag.objects.get(name="new_basket").everyone is None


@with_and_without_scripts
@pytest.mark.parametrize("kind", ["switch", "sample"])
def test_a_switch_and_a_sample_are_flipped_by_keyboard(
    visits: Visits, root: User, script: bool, kind: str
) -> None:
    Switch.objects.create(name="x")
    Sample.objects.create(name="x", percent=0)
    page = visits.open(f"/admin/waffle/{kind}/", root, script=script)

    page.get_by_role("link", name="x", exact=True).focus()
    page.keyboard.press("Tab")
    focused = page.locator(":focus").get_attribute("aria-label")
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("“x” is on.")
    assert focused == "Turn on “x”"
    assert (Switch.objects.get().active, Sample.objects.get().percent) == (
        (True, 0) if kind == "switch" else (False, 100)
    )


@with_and_without_scripts
def test_a_flip_is_taken_back(visits: Visits, root: User, script: bool) -> None:
    Sample.objects.create(name="tracing", percent=34)
    page = visits.open("/admin/waffle/sample/", root, script=script)

    page.get_by_role("button", name="Turn off “tracing”").click()
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Revert").click()

    expect(page.locator(".messagelist")).to_be_visible()
    assert Sample.objects.get().percent == 34


def test_two_people_at_once_overwrite_nothing(visits: Visits, root: User) -> None:
    ada = User.objects.create_superuser("ada")
    Flag.objects.create(name="new_basket", superusers=False)
    first, second = visits.open(FLAGS, root), visits.open(FLAGS, ada)

    first.get_by_role("button", name="Turn on “new_basket” for everyone").click()
    expect(first.locator(".messagelist")).to_contain_text("is on for everyone")
    second.get_by_role("button", name="Turn off “new_basket” for everyone").click()

    expect(second.locator(".messagelist")).to_contain_text(
        "was changed just now by root (Everyone: not set → yes)"
    )
    expect(second.get_by_role("row", name="new_basket")).to_contain_text("On for everyone")
    picture(second, "conflict")
    assert problems_of(second) == ""
    assert Flag.objects.get().everyone is True


def test_who_may_only_flip_flips_and_edits_nothing(visits: Visits) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="toggle_flag"))
    Flag.objects.create(name="new_basket")
    page = visits.open(FLAGS, editor)

    page.get_by_role("button", name="Turn off “new_basket” for everyone").click()
    expect(page.locator(".messagelist")).to_contain_text("is off for everyone")
    page.get_by_role("link", name="new_basket").click()

    expect(page.get_by_role("heading", name="new_basket")).to_be_visible()
    assert page.locator("input[name=name], [name=_save]").count() == 0
    assert Flag.objects.get().everyone is False


@each_look
def test_the_question_before_a_flip(visits: Visits, root: User, settings: Settings, look: str) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    settings.WAFFLE_ADMIN_BANNER = {
        "text": "Production: a change is live at once.",
        "level": "warning",
    }
    User.objects.bulk_create(User(username=f"user {number}", is_staff=number < 12) for number in range(40))
    Flag.objects.create(name="new_basket", staff=True, superusers=False, percent=25)
    page = visits.open(FLAGS, root, **LOOKS[look])
    picture(page, "banner", look)
    problems = problems_of(page)

    page.get_by_role("button", name="Turn on “new_basket” for everyone").click()
    expect(page.get_by_role("heading", name="Turn on “new_basket” for everyone?")).to_be_visible()
    picture(page, "question", look)
    problems += problems_of(page)
    between = Flag.objects.get().everyone
    page.get_by_role("button", name="Turn on for everyone").click()

    expect(page.locator(".messagelist")).to_contain_text("is on for everyone")
    assert problems == ""
    assert between is None
    assert Flag.objects.get().everyone is True


@with_and_without_scripts
def test_deletion_wants_the_name_typed(visits: Visits, root: User, settings: Settings, script: bool) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    switch = Switch.objects.create(name="sign_up", active=True)
    page = visits.open(f"/admin/waffle/switch/{switch.pk}/delete/", root, script=script)

    page.get_by_label("Type sign_up to confirm:").fill("sign up")
    page.keyboard.press("Enter")
    expect(page.locator(".errornote")).to_contain_text("nothing was deleted")
    if script:
        picture(page, "deletion")
        assert problems_of(page) == ""
    page.get_by_label("Type sign_up to confirm:").fill("sign_up")
    page.get_by_role("button", name="Delete").click()

    expect(page.locator(".messagelist")).to_contain_text("deleted")
    assert not Switch.objects.exists()


@with_and_without_scripts
def test_a_form_asks_by_a_box_to_tick(visits: Visits, root: User, settings: Settings, script: bool) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    switch = Switch.objects.create(name="sign_up")
    page = visits.open(f"/admin/waffle/switch/{switch.pk}/change/", root, script=script)

    page.get_by_label("Active").check()
    page.keyboard.press("Enter")
    page.get_by_label("Yes, save it").check()
    if script:
        picture(page, "tick")
        assert problems_of(page) == ""
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    assert Switch.objects.get().active is True


def test_where_the_admin_is_read_only_there_is_nothing_to_press(
    visits: Visits, root: User, settings: Settings
) -> None:
    settings.WAFFLE_ADMIN_READ_ONLY = True
    Flag.objects.create(name="new_basket")

    page = visits.open(FLAGS, root)
    picture(page, "read-only")

    expect(page.get_by_text("Read-only: nothing can be changed here.")).to_be_visible()
    assert page.locator("#result_list button").count() == 0
    assert problems_of(page) == ""


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
    picture(page, "far-down", whole=False)
    after = page.get_by_role("button", name="Turn off “switch_50”").bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    assert page.get_by_text("1 of 70 selected").is_visible()
    assert problems_of(page) == ""


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

    page.wait_for_url("chrome-error://**")
    visits.complaints.clear()
    assert Switch.objects.get().active is False
