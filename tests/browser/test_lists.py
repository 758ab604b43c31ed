"""The lists of flags, switches and samples."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.browser.axe import problems_of
from tests.browser.visits import LOOKS, Visits, each_look, picture
from waffle import history
from waffle.models import Flag, Sample, Switch


@pytest.fixture
def shop(root: User) -> None:
    """Fill the three lists."""
    with history.by("ada"):
        fill()


def fill() -> None:
    ada, bob, cleo = (User.objects.create_user(name) for name in ("ada", "bob", "cleo"))
    beta = Group.objects.create(name="beta")
    basket = Flag.objects.create(
        name="new_basket",
        staff=True,
        superusers=False,
        percent=25,
        note="Remembers what was in it.",
    )
    basket.users.add(ada, bob, cleo)
    basket.groups.add(beta)
    Flag.objects.create(name="dark_mode", everyone=True, note="Can go when the old style sheet is gone.")
    Flag.objects.create(name="german_menu", languages="de, de-at", superusers=False, testing=True)
    Flag.objects.create(name="search_by_image", superusers=False, note="Waits for the new index.")
    Flag.objects.create(name="holiday_banner", everyone=False, percent=50)
    Flag.objects.create(name="reviews", authenticated=True, percent=12.5)
    Switch.objects.create(name="sign_up", active=True, note="Turn off when robots come.")
    Switch.objects.create(name="maintenance", note="Turn on, and the site is read only.")
    Sample.objects.create(name="slow_log", percent=2.5, note="Requests whose queries are logged.")
    Sample.objects.create(name="tracing", percent=0)


@each_look
def test_the_list_of_flags(visits: Visits, root: User, shop: None, look: str) -> None:
    page = visits.open("/admin/waffle/flag/", root, **LOOKS[look])
    picture(page, "flags", look)

    assert problems_of(page) == ""
    expect(page.get_by_role("row", name="new_basket")).to_contain_text(
        "On for staff, 3 users (ada, bob, cleo), the group beta and 25 % of everyone else"
    )


def test_every_column_is_in_sight_beside_the_filters(visits: Visits, root: User, shop: None) -> None:
    with history.by(root):
        Flag.objects.create(name="a_name_that_is_rather_long_but_has_no_space", note="Who knows?")
        for flag in Flag.objects.all():
            flag.save()
            flag.note += "!"
            flag.save()
    page = visits.open("/admin/waffle/flag/", root)
    picture(page, "flags-and-filters")

    assert (
        page.evaluate(
            "(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.querySelector('.results'))"
        )
        == 0
    )


@pytest.mark.parametrize("kind", ["switch", "sample"])
@each_look
def test_the_lists_of_switches_and_samples(
    visits: Visits, root: User, shop: None, look: str, kind: str
) -> None:
    page = visits.open(f"/admin/waffle/{kind}/", root, **LOOKS[look])
    picture(page, f"{kind}es" if kind == "switch" else f"{kind}s", look)

    assert problems_of(page) == ""
