"""What saving the page of a flag would do, told before."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.translation import override
from pytest_django import Settings

from tests.admin.forms import FORMS, address, change_form, errors_of
from waffle.admin import FlagAdmin, effect
from waffle.kinds import FLAG
from waffle.models import Flag
from waffle.reach import Count, Reach

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def test_the_effect_of_a_change_is_told_and_nothing_is_saved(visit: Client) -> None:
    User.objects.bulk_create(User(username=f"user{number}", is_staff=number < 30) for number in range(1199))
    flag = Flag.objects.create(name="x")

    response = visit.post(
        address(FLAG, "change", flag.pk), change_form(flag, staff="on", note="why", _effect="1")
    )

    page = response.content.decode()
    assert "On for 1 of 1,200 users" in page
    assert "On for 31 of 1,200 users" in page
    assert "This change turns it on for 30 and off for 0." in page
    assert ">\nwhy</textarea>" in page
    assert "errornote" not in page
    assert Flag.objects.values_list("staff", "note").get() == (False, "")


def test_the_effect_of_members_is_told(visit: Client) -> None:
    ada, eve = User.objects.create_user("ada"), User.objects.create_user("eve")
    flag = Flag.objects.create(name="x", superusers=False)
    flag.users.add(ada)

    page = visit.post(
        address(FLAG, "change", flag.pk), change_form(flag, users=f"{eve.pk}", _effect="1")
    ).content.decode()

    assert "This change turns it on for 1 and off for 1." in page
    assert list(flag.users.all()) == [ada]


def test_the_effect_of_a_new_flag_is_told(visit: Client) -> None:
    page = visit.post(address(FLAG, "add"), {**FORMS["flag"], "_effect": "1"}).content.decode()

    assert "This change turns it on for 1 and off for 0." in page
    assert not Flag.objects.exists()


def test_a_change_that_reaches_nobody_says_so(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    page = visit.post(address(FLAG, "change", flag.pk), change_form(flag, _effect="1")).content.decode()

    assert "This change turns it on or off for nobody." in page


def test_the_effect_of_a_wrong_form_is_its_errors(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    response = visit.post(address(FLAG, "change", flag.pk), change_form(flag, percent="-1", _effect="1"))

    assert list(errors_of(response)) == ["percent"]
    assert "<meter" not in response.content.decode()


def test_who_may_not_change_a_flag_is_not_told_the_effect(client: Client) -> None:
    flag = Flag.objects.create(name="x")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    response = client.post(address(FLAG, "change", flag.pk), change_form(flag, _effect="1"))

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("fields", "settings_of", "note"),
    [
        ({"languages": "de"}, {}, "Testing links and languages are not counted"),
        ({"testing": True}, {}, "Testing links and languages are not counted"),
        ({"percent": 5}, {}, "Visitors who are not signed in are not counted."),
        ({"percent": 5}, {"WAFFLE_STICKY_PERCENT": False}, "drawn at random"),
        ({"percent": 5}, {"WAFFLE_UNIT": "tests.test_dealing.tenant"}, "WAFFLE_UNIT"),
    ],
)
def test_what_cannot_be_told_beforehand_is_named(
    fields: dict[str, Any], settings_of: dict[str, Any], note: str, settings: Settings
) -> None:
    for name, value in settings_of.items():
        setattr(settings, name, value)
    flag, settled = Flag(name="x", **fields), Flag(name="x", everyone=True, **fields)
    nobody = Reach(3, Count(0), Count(0), Count(0), Count(0))

    assert [note in text for text in effect.told(nobody, [flag]).notes] == [True]
    assert effect.told(nobody, [settled]).notes == ()


def test_an_estimate_says_how_far_off_it_may_be() -> None:
    found = Reach(
        1_200_000, Count(124_321, 4_712), Count(150_000, 5_120), Count(25_679, 87), Count(0, 4), failed=2
    )

    told = effect.told(found, [])

    assert told.bars[0].words == "On for about 124,300 (± 4,700) of 1,200,000 users"
    assert told.sentence == "This change turns it on for about 25,679 (± 87) and off for about 0 (± 4)."
    assert told.notes == (
        "Estimated from a sample of users; 95 of 100 samples stay within this error.",
        "A condition failed for 2 users, which counts as off: the log says why.",
    )
    with override("de"):
        assert effect.grouped(1_200_000) == "1.200.000"


def test_a_page_that_has_actions_is_looked_at_all_the_same(visit: Client, rf: Any, root: User) -> None:
    request = rf.post("/", {"_effect": "1", "action": ""})
    request.user = root

    assert FlagAdmin(Flag, site).get_actions(request) == {}
