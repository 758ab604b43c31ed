"""The history of changes: a timeline, a list with filters, and one click that takes a change back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.visits import LOOKS, Visits, each_look, picture, problems_of
from waffle import history
from waffle.models import Change, Flag

LIST = "/admin/waffle/change/"

with_and_without_scripts = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])


@pytest.fixture
def flag(root: User) -> Flag:
    users = [User.objects.create(username=f"<i>user {number}") for number in range(25)]
    flag: Flag = Flag.objects.create(name="new_basket", percent=5)
    with history.by(root, source="admin", comment="Sales week <script>alert(1)</script>"):
        flag.percent, flag.note = 50, "Sales\n<b>week</b>"
        flag.save()
        flag.users.set(users)
    return flag


@each_look
def test_the_list_the_timeline_and_a_change_are_readable(
    visits: Visits, root: User, flag: Flag, look: str
) -> None:
    page = visits.open(LIST, root, **LOOKS[look])
    picture(page, "changes", look)
    assert problems_of(page) == ""

    page.goto(f"/admin/waffle/flag/{flag.pk}/history/")
    picture(page, "timeline", look)
    assert problems_of(page) == ""

    page.goto(f"{LIST}{Change.objects.all()[0].pk}/change/")
    picture(page, "change", look)
    assert problems_of(page) == ""


@with_and_without_scripts
def test_a_change_is_found_by_its_time_and_reverted_by_one_click(
    visits: Visits, root: User, flag: Flag, script: bool
) -> None:
    page = visits.open(f"/admin/waffle/flag/{flag.pk}/history/", root, script=script)
    links = page.get_by_role("link", name="Look at the change of")
    expect(links).to_have_count(Change.objects.count())
    links.nth(links.count() - 2).click()

    page.get_by_role("button", name="Revert").click()

    expect(page.locator(".messagelist")).to_contain_text("was reverted")
    flag.refresh_from_db()
    assert flag.percent == 5
    assert flag.note == ""


@with_and_without_scripts
def test_what_was_changed_between_two_moments_is_asked_for_by_keyboard(
    visits: Visits, root: User, flag: Flag, script: bool
) -> None:
    page = visits.open(f"{LIST}?since=2000-01-01T14:00&until=2000-01-01T14:10", root, script=script)
    expect(page.get_by_text("0 Changes")).to_be_visible()

    page.get_by_label("To", exact=True).fill("2099-01-01T00:00")
    page.keyboard.press("Enter")

    expect(page.locator("#result_list")).to_contain_text("new_basket")
    assert "since=2000-01-01T14%3A00" in page.url


def test_a_conflict_is_shown_to_the_slower_of_two(visits: Visits, root: User, flag: Flag) -> None:
    change = Change.objects.filter(after__percent="50.0").get()
    page = visits.open(f"{LIST}{change.pk}/change/", root)
    with history.by("bob"):
        Flag.objects.update(percent=75)

    page.get_by_role("button", name="Revert").click()

    expect(page.locator(".messagelist")).to_contain_text("Changed since then: Percent")
    expect(page.locator(".waffle-later")).to_contain_text("bob")
    assert problems_of(page) == ""
    assert Flag.objects.get().percent == 75
