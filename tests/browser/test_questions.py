"""What is asked before a large change: on a page, by a name to type, by a box to tick."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect
from pytest_django import Settings

from tests.browser.hands import Hand, each_hand, with_and_without_scripts
from tests.browser.visits import LOOKS, Visits, each_look, look_at
from waffle.models import Change, Flag, Switch

FLAGS = "/admin/waffle/flag/"


@pytest.fixture(autouse=True)
def _always(settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    settings.WAFFLE_ADMIN_BANNER = {"text": "Production: a change is live at once.", "level": "warning"}


@pytest.fixture
def flag(root: User) -> Flag:
    User.objects.bulk_create(User(username=f"user {number}", is_staff=number < 12) for number in range(40))
    flag: Flag = Flag.objects.create(name="new_basket", staff=True, superusers=False, percent=25)
    return flag


@each_look
def test_every_question_is_well(visits: Visits, root: User, flag: Flag, look: str) -> None:
    switch = Switch.objects.create(name="sign_up", active=True)
    page = visits.open(FLAGS, root, **LOOKS[look])

    page.get_by_role("button", name="Turn on “new_basket” for everyone").click()
    expect(page.get_by_role("heading", name="Turn on “new_basket” for everyone?")).to_be_visible()
    found = look_at(page, "question", look)
    page.goto(f"/admin/waffle/switch/{switch.pk}/delete/")
    page.locator("#waffle-typed").fill("sign up")
    page.keyboard.press("Enter")
    expect(page.locator(".errornote")).to_be_visible()
    found += look_at(page, "deletion", look)
    page.goto(f"/admin/waffle/switch/{switch.pk}/change/")
    page.locator("#id_active").uncheck()
    page.keyboard.press("Enter")
    expect(page.locator(".waffle-tick")).to_be_visible()
    found += look_at(page, "tick", look)

    assert found == ""
    assert Switch.objects.get().active is True


@with_and_without_scripts
@each_hand
def test_a_flip_waits_for_the_answer(
    visits: Visits, root: User, flag: Flag, hand: Hand, script: bool
) -> None:
    page = visits.open(FLAGS, root, script=script)

    hand.press(page.get_by_role("button", name="Turn on “new_basket” for everyone"))
    hand.press(page.get_by_role("link", name="No, take me back"))
    hand.press(page.get_by_role("button", name="Turn on “new_basket” for everyone"))
    expect(page.get_by_role("button", name="Turn on for everyone")).to_be_visible()
    between = Flag.objects.get().everyone
    hand.press(page.get_by_role("button", name="Turn on for everyone"))

    expect(page.locator(".messagelist")).to_contain_text("is on for everyone")
    assert between is None
    assert Flag.objects.get().everyone is True


@with_and_without_scripts
@each_hand
def test_deletion_wants_the_name_typed(visits: Visits, root: User, hand: Hand, script: bool) -> None:
    switch = Switch.objects.create(name="sign_up", active=True)
    page = visits.open(f"/admin/waffle/switch/{switch.pk}/delete/", root, script=script)

    hand.write(page.get_by_label("Type sign_up"), "sign up")
    hand.press(page.get_by_role("button", name="Delete"))
    expect(page.locator(".errornote")).to_contain_text("nothing was deleted")
    hand.write(page.get_by_label("Type sign_up"), "sign_up")
    hand.press(page.get_by_role("button", name="Delete"))

    expect(page.locator(".messagelist")).to_contain_text("deleted")
    assert not Switch.objects.exists()


@with_and_without_scripts
@each_hand
def test_a_form_asks_by_a_box_to_tick(visits: Visits, root: User, hand: Hand, script: bool) -> None:
    switch = Switch.objects.create(name="sign_up")
    page = visits.open(f"/admin/waffle/switch/{switch.pk}/change/", root, script=script)

    hand.press(page.get_by_label("Active"))
    hand.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.locator(".waffle-tick")).to_be_visible()
    between = Switch.objects.get().active
    hand.press(page.get_by_label("Yes, save it"))
    hand.press(page.get_by_role("button", name="Save", exact=True))

    expect(page.locator(".messagelist")).to_contain_text("changed successfully")
    assert between is False
    assert Switch.objects.get().active is True


@with_and_without_scripts
@each_hand
def test_an_action_on_what_is_ticked_asks(visits: Visits, root: User, hand: Hand, script: bool) -> None:
    Switch.objects.bulk_create(Switch(name=name) for name in ("first", "second", "third"))
    page = visits.open("/admin/waffle/switch/", root, script=script)

    for name in ("first", "third"):
        hand.press(page.get_by_role("row", name=name).get_by_role("checkbox"))
    hand.choose(page.locator("select[name=action]").first, "Turn on")
    hand.press(page.locator(".actions button[name=index]").first)
    hand.press(page.locator('.waffle-confirm [type="submit"]'))

    expect(page.locator(".messagelist")).to_contain_text("Changed 2")
    assert {*Switch.objects.filter(active=True).values_list("name", flat=True)} == {"first", "third"}


@with_and_without_scripts
@each_hand
def test_a_revert_asks_too(visits: Visits, root: User, flag: Flag, hand: Hand, script: bool) -> None:
    for everyone in (True, None):
        flag.everyone = everyone
        flag.save()
    change = Change.objects.latest("pk")
    page = visits.open(f"/admin/waffle/change/{change.pk}/change/", root, script=script)

    hand.press(page.get_by_role("button", name="Revert"))
    expect(page.locator(".waffle-confirm")).to_contain_text("On for everyone")
    between = Flag.objects.get().everyone
    hand.press(page.locator('.waffle-confirm [type="submit"]'))

    expect(page.locator(".messagelist")).to_contain_text("was reverted")
    assert between is None
    assert Flag.objects.get().everyone is True
