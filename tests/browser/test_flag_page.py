"""The page of a flag in a browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.browser.visits import LOOKS, Visits, each_look, picture, problems_of
from waffle.models import Flag


@pytest.fixture
def flag(transactional_db: None) -> Flag:
    """Return a flag of a site with some users."""
    users = User.objects.bulk_create(
        User(username=f"guest{number:03}", email=f"guest{number:03}@example.org") for number in range(240)
    )
    flag = Flag.objects.create(name="new_basket", staff=True, percent=25, note="The basket of the new shop")
    flag.users.add(*users[:3])
    editors, _ = Group.objects.get_or_create(name="editors"), Group.objects.get_or_create(name="beta testers")
    flag.groups.add(editors[0])
    return flag


@each_look
def test_the_page_has_no_problem_that_axe_finds(visits: Visits, root: User, flag: Flag, look: str) -> None:
    page = visits.open(f"/admin/waffle/flag/{flag.pk}/change/", root, **LOOKS[look])

    page.get_by_role("button", name="50 %", exact=True).click()
    page.get_by_role("button", name="Show the effect").click()
    expect(page.get_by_text("This change turns it on for")).to_be_visible()
    picture(page, "flag", look)

    assert problems_of(page) == ""


@each_look
def test_a_list_has_no_problem_that_axe_finds(visits: Visits, root: User, flag: Flag, look: str) -> None:
    flag.users.add(*User.objects.filter(username__startswith="guest"))

    page = visits.open(f"/admin/waffle/flag/{flag.pk}/members/users/", root, **LOOKS[look])
    picture(page, "members", look)

    assert problems_of(page) == ""


@each_look
def test_a_preview_has_no_problem_that_axe_finds(visits: Visits, root: User, flag: Flag, look: str) -> None:
    for number in range(2):
        User.objects.create(username=f"twin{number}", email="twins@example.org")

    page = visits.open(f"/admin/waffle/flag/{flag.pk}/members/users/", root, **LOOKS[look])
    page.get_by_label("Paste a list").fill("guest001\nguest017, guest018\ntwins@example.org\nnobody\n")
    page.get_by_role("button", name="Preview").click()
    picture(page, "preview", look)

    assert problems_of(page) == ""


@each_look
def test_the_answer_to_why_has_no_problem_that_axe_finds(
    visits: Visits, root: User, flag: Flag, look: str
) -> None:
    page = visits.open(f"/admin/waffle/flag/{flag.pk}/why/?user=guest017", root, **LOOKS[look])
    picture(page, "why", look)

    assert problems_of(page) == ""


@each_look
def test_the_flags_of_a_user_have_no_problem_that_axe_finds(
    visits: Visits, root: User, flag: Flag, look: str
) -> None:
    for number, name in enumerate(("checkout", "dark_mode", "search", "gift_cards")):
        Flag.objects.create(name=name, everyone=[True, False, None, None][number], percent=number * 20)

    page = visits.open("/admin/waffle/flag/why/?user=guest001", root, **LOOKS[look])
    picture(page, "flags", look)

    assert problems_of(page) == ""
