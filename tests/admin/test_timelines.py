"""The timeline of a toggle, and what Django's own log has noted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.admin.forms import address
from tests.admin.history import last, page_of, staff
from tests.tables import table_away
from waffle.kinds import FLAG, SWITCH
from waffle.models import Change, Flag, Switch

pytestmark = pytest.mark.django_db

# Any, throughout: pages, with what a test client hangs on them.


def test_the_timeline_of_a_toggle_shows_each_change_and_djangos_own_log(visit: Client, flag: Flag) -> None:
    visit.post(address(FLAG, "change", flag.pk), {"name": "x", "everyone": "unknown", "note": "new"})

    page = visit.get(address(FLAG, "history", flag.pk)).content.decode()

    assert page.count('class="module waffle-event"') == 3
    assert "Sales &lt;week&gt;" in page
    assert page_of(last()) in page
    assert "Django’s own log" in page
    assert "Note (&lt;b&gt; → new)" in page


def test_a_long_timeline_has_pages(visit: Client, flag: Flag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waffle.admin.timeline.PER_PAGE", 1)
    where = address(FLAG, "history", flag.pk)

    first, second = (visit.get(where, {"changes": number}).content.decode() for number in (1, 2))

    assert ("Older</a>" in first, "Newer</a>" in first) == (True, False)
    assert ("Older</a>" in second, "Newer</a>" in second) == (False, True)


def test_a_toggle_from_before_there_was_a_history_says_so(visit: Client, flag: Flag) -> None:
    Change.objects.all().delete()

    assert (
        "No changes have been recorded yet." in visit.get(address(FLAG, "history", flag.pk)).content.decode()
    )


@pytest.mark.django_db(transaction=True)
def test_without_the_table_the_timeline_names_migrate(visit: Client, flag: Flag) -> None:
    with table_away("waffle_change"):
        page = visit.get(address(FLAG, "history", flag.pk)).content.decode()

    assert "“migrate” creates it" in page


def test_the_timeline_is_for_who_may_see_the_toggle(client: Client, flag: Flag) -> None:
    staff(client, "view_switch")

    assert client.get(address(FLAG, "history", flag.pk)).status_code == 403
    assert client.get(address(FLAG, "history", 0)).status_code == 302


def test_an_event_on_a_site_without_pages_of_changes_has_no_link(flag: Flag, settings: Any) -> None:
    from waffle.admin.timeline import event

    settings.ROOT_URLCONF = "waffle.urls"

    assert event(last(), admin.site).url == ""


SUBMITS: dict[str, Callable[[Client, Flag], object]] = {
    "form": lambda client, flag: client.post(
        address(FLAG, "change", flag.pk), {"name": "x", "everyone": "true", "note": "new", "percent": "7"}
    ),
    "action": lambda client, flag: client.post(
        address(FLAG, "changelist"), {"action": "enable_for_all", "_selected_action": [flag.pk]}
    ),
    "deletion": lambda client, flag: client.post(address(FLAG, "delete", flag.pk), {"post": "yes"}),
}


@pytest.mark.parametrize("has_middleware", [True, False])
@pytest.mark.parametrize("how", SUBMITS)
def test_what_the_admin_does_is_one_change_by_who_did_it(
    visit: Client, root: User, flag: Flag, settings: Any, how: str, has_middleware: bool
) -> None:
    if not has_middleware:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("waffle")]
    before = Change.objects.count()

    SUBMITS[how](visit, flag)

    assert Change.objects.count() == before + 1
    assert (last().user, last().source) == (root, "admin")


def test_djangos_log_says_from_what_to_what_a_form_has_changed(visit: Client, flag: Flag) -> None:
    users = [User.objects.create(username=name) for name in ("ada", "bob")]
    group = Group.objects.create(name="g")
    flag.users.add(users[0])
    form = {"name": "x", "everyone": "unknown", "note": "<b>", "percent": "7", "staff": "on"}

    visit.post(address(FLAG, "change", flag.pk), {**form, "users": f"{users[1].pk}", "groups": [group.pk]})

    message = LogEntry.objects.get().get_change_message()
    assert "Percent (50" in message
    assert "Superusers (yes → no)" in message
    assert "Staff (no → yes)" in message
    assert "Users (added bob; removed ada)" in message
    assert "Groups (added g)" in message


def test_a_form_that_changes_nothing_is_logged_so(visit: Client) -> None:
    switch = Switch.objects.create(name="s")

    visit.post(address(SWITCH, "change", switch.pk), {"name": "s", "note": ""})

    assert LogEntry.objects.get().get_change_message() == "No fields changed."
