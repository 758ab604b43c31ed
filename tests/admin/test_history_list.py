"""The list of all changes, and its filters."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from tests.admin.history import LIST, shown
from waffle.admin import ChangeAdmin
from waffle.admin.moments import MomentFilter
from waffle.models import Change, Flag, Switch

pytestmark = pytest.mark.django_db

# Any, throughout: pages, with what a test client hangs on them.


def test_the_list_shows_what_was_changed_and_escapes_it(visit: Client, flag: Flag) -> None:
    response = visit.get(LIST)
    page = response.content.decode()

    assert shown(response) == ["flag x changed", "flag x created"]
    assert "Note: empty → &lt;b&gt;; Percent: 5.0 → 50.0" in page
    assert "<strong>created</strong> Name: x; Percent: 5.0" in page
    assert "<b>" not in page


def test_of_a_long_change_the_list_shows_the_first_lines(visit: Client, flag: Flag) -> None:
    flag.staff = flag.testing = flag.rollout = flag.authenticated = True
    flag.save()

    assert "Authenticated: no → yes (+1)" in visit.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind__exact": "switch"}, ["switch s created"]),
        ({"action__exact": "changed"}, ["flag x changed"]),
        ({"source__exact": "test"}, ["switch s created", "flag x changed", "flag x created"]),
        ({"who": "ada"}, ["flag x changed"]),
        ({"q": "sales"}, ["flag x changed"]),
        ({"since": "2026-01-02T14:00", "until": "2026-01-02T14:10"}, ["flag x created"]),
        ({"until": "2026-01-02T13:59"}, []),
        ({"since": "2026-01-02T14:05", "q": "x"}, ["flag x changed"]),
        ({"since": "yesterday"}, ["switch s created", "flag x changed", "flag x created"]),
    ],
)
def test_filters_find_what_was_changed_by_whom_and_when(
    visit: Client, flag: Flag, query: dict[str, str], found: list[str]
) -> None:
    Switch.objects.create(name="s")
    Change.objects.filter(action="created", kind="flag").update(
        at=datetime(2026, 1, 2, 14, 3, tzinfo=timezone.utc)
    )

    response = visit.get(LIST, query)

    assert shown(response) == found
    assert ("Enter a date and a time" in response.content.decode()) is ("yesterday" in query.values())


@pytest.mark.parametrize(
    ("zone", "moment"),
    [("Europe/Berlin", "0001-01-01T00:00"), ("America/New_York", "9999-12-31T23:59")],
)
def test_a_moment_that_is_none_in_another_time_zone_is_a_wrong_one(
    visit: Client, settings: Any, zone: str, moment: str
) -> None:
    settings.TIME_ZONE = zone

    for name in ("since", "until"):
        assert "Enter a date and a time" in visit.get(LIST, {name: moment}).content.decode()


def test_the_form_of_times_keeps_the_other_filters(visit: Client, flag: Flag) -> None:
    page = visit.get(LIST, {"kind__exact": "flag", "since": "2026-01-02T14:00", "q": "x"}).content.decode()
    page = page[page.index('class="waffle-moments"') :].partition("</form>")[0]

    assert '<input type="hidden" name="kind__exact" value="flag">' in page
    assert '<input type="hidden" name="q" value="x">' in page
    assert 'name="since" value="2026-01-02T14:00"' in page
    assert '<input type="hidden" name="since"' not in page


def test_the_list_costs_the_same_queries_whatever_it_shows(
    visit: Client, flag: Flag, django_assert_max_num_queries: Any
) -> None:
    visit.get(LIST)
    for number in range(50):
        Switch.objects.create(name=f"{number}")

    with django_assert_max_num_queries(9):
        visit.get(LIST)


def test_what_was_changed_between_two_moments_is_found_in_the_time_zone_of_the_site(
    visit: Client, flag: Flag, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    Change.objects.update(at=datetime(2026, 1, 2, 14, 3, tzinfo=timezone.utc))

    found = visit.get(LIST, {"since": "2026-01-02T19:30", "until": "2026-01-02T19:40"})

    assert len(shown(found)) == 2


def test_the_filter_of_times_names_what_an_address_may_say(root: User, rf: RequestFactory) -> None:
    page = ChangeAdmin(Change, admin.site)

    assert MomentFilter(rf.get("/"), {}, Change, page).expected_parameters() == ["since", "until"]
