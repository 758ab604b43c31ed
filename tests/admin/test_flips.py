"""One click in a list: what it does, and what it does not overwrite."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from test_app.models import CompanyAwareFlag
from tests.admin.flips import messages_of, press, text_of
from tests.admin.forms import FORMS, address
from tests.each import each_kind
from waffle import history, switch_is_active
from waffle.admin import latest
from waffle.admin.census import members_of
from waffle.admin.choices import CHOICES, version_of
from waffle.kinds import FLAG, SWITCH, Kind
from waffle.models import Change, Flag, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


CLICKS = [
    (FLAG, {"everyone": None}, "on", {"everyone": True}, "“x” is on for everyone."),
    (FLAG, {"everyone": True}, "off", {"everyone": False}, "“x” is off for everyone."),
    (FLAG, {"everyone": False}, "conditions", {"everyone": None}, "“x” is decided by its conditions."),
    (SWITCH, {"active": False}, "on", {"active": True}, "“x” is on."),
    (SWITCH, {"active": True}, "off", {"active": False}, "“x” is off."),
]


@pytest.mark.parametrize(("kind", "before", "choice", "after", "told"), CLICKS)
def test_a_click_sets_a_toggle_tells_of_it_and_writes_it_down(
    visit: Client, kind: Kind, before: dict[str, Any], choice: str, after: dict[str, Any], told: str
) -> None:
    toggle = kind.model.objects.create(name="x", note="stays", **before)

    response = press(visit, toggle, choice)

    changed = kind.model.objects.get()
    assert {field: getattr(changed, field) for field in after} == after
    assert (changed.note, changed.modified > toggle.modified) == ("stays", True)
    assert text_of(response) == [f"{told} Undo"]
    assert response.redirect_chain == [(address(kind, "changelist"), 302)]
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.object_repr, entry.get_edited_object()) == (CHANGE, "x", toggle)


def test_the_log_says_what_was_changed(visit: Client) -> None:
    flag, switch = Flag.objects.create(name="x"), Switch.objects.create(name="x")

    press(visit, flag, "off")
    press(visit, switch, "on")

    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Changed Everyone (unknown → no).",
        "Changed Active (no → yes).",
    ]


def test_checks_see_what_a_click_has_done(visit: Client) -> None:
    switch = Switch.objects.create(name="x")

    press(visit, switch, "on")

    assert switch_is_active("x") is True


@each_kind
def test_the_buttons_of_a_row_do_what_they_say(visit: Client, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="it's <b>", **kind.created_as(False))
    page = visit.get(address(kind, "changelist"), {"q": "it"}).content.decode()

    shown = re.findall(r'<button class="waffle-choice"[^>]*formaction="([^"]*)"[^>]*value="([^"]*)"', page)
    places = {value.partition(".")[0]: (place.replace("&amp;", "&"), value) for place, value in shown}
    place, value = places["on"]
    response = visit.post(place, {"flip": value}, follow=True)

    toggle.refresh_from_db()
    assert list(places) == [name for name in CHOICES[kind] if name != "off"]
    assert CHOICES[kind]["on"].is_set(toggle)
    assert response.redirect_chain == [(f"{address(kind, 'changelist')}?q=it", 302)]
    assert escape("“it's <b>” is on") in response.content.decode()
    assert '<form id="waffle-flips" method="post">' in page


def test_a_click_on_an_old_page_overwrites_nothing(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    version = version_of(flag, {})
    with history.by("ada"):
        Flag.objects.filter(name="x").update(percent=5)

    response = press(visit, flag, "on", version=version)

    flag.refresh_from_db()
    assert flag.everyone is None
    assert messages_of(response) == [
        "Nothing was changed: “x” was changed just now by ada (Percent: not set → 5.0)."
    ]
    assert not LogEntry.objects.exists()


def test_without_a_history_a_message_says_what_is_known(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_HISTORY = False
    flag = Flag.objects.create(name="x")
    Flag.objects.filter(name="x").update(percent=5)

    old = press(visit, flag, "on", version="old")
    fresh = press(visit, flag, "on")
    listed = visit.get(address(FLAG, "changelist")).content.decode()

    assert messages_of(old) == ["Nothing was changed: somebody else has changed “x” in the meantime."]
    assert messages_of(fresh) == ["“x” is on for everyone."]
    assert "just now" in listed
    assert "just now by" not in listed


def test_without_a_table_of_changes_the_list_and_messages_say_what_is_known(visit: Client) -> None:
    def lose(execute: Any, sql: str, *others: Any) -> Any:
        if "waffle_change" in sql:
            raise OperationalError("no such table")
        return execute(sql, *others)

    flag = Flag.objects.create(name="x")

    with connection.execute_wrapper(lose):
        old = press(visit, flag, "on", version="old")
        listed = visit.get(address(FLAG, "changelist")).content.decode()

    assert messages_of(old) == ["Nothing was changed: somebody else has changed “x” in the meantime."]
    assert "just now</time></span>" in listed


def test_a_page_is_old_too_when_somebody_has_been_listed(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    version = version_of(flag, {})
    flag.users.add(User.objects.create_user("ada"))

    press(visit, flag, "on", version=version)

    assert Flag.objects.get().everyone is None


def test_a_page_is_old_too_when_somebody_is_listed_in_the_place_of_another(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    ada, bob = (User.objects.create_user(name) for name in ("ada", "bob"))
    flag.users.add(ada)
    version = version_of(flag, members_of([flag])[flag.pk])
    flag.users.set([bob])

    press(visit, flag, "on", version=version)

    assert Flag.objects.get().everyone is None


def test_a_second_click_on_the_same_button_does_no_harm(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    version = version_of(flag, {})
    press(visit, flag, "on", version=version)

    response = press(visit, flag, "on", version=version)

    assert messages_of(response) == ["“x” is on for everyone."]
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("key", ["4711", "nonsense", "99999999999999999999999", "a_2Fb", "1_00"])
def test_a_click_on_what_is_gone_says_so(visit: Client, key: str) -> None:
    response = visit.post(address(FLAG, "flip", key), {"flip": "on.x"}, follow=True)

    assert messages_of(response) == ["Nothing was changed: it no longer exists."]


@pytest.mark.parametrize(
    ("source", "who"),
    [
        ("admin", "the admin"),
        ("command", "a command"),
        ("migration", "a migration"),
        ("code", "code"),
        ("test", "a test"),
    ],
)
def test_a_click_on_what_was_deleted_says_by_whom(visit: Client, source: str, who: str) -> None:
    flag = Flag.objects.create(name="x")
    key = flag.pk
    with history.by(source=source):
        flag.delete()

    response = visit.post(address(FLAG, "flip", key), {"flip": "on.x"}, follow=True)

    assert messages_of(response) == [f"Nothing was changed: “x” was deleted just now by {who}."]


def test_the_list_says_who_has_changed_what(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    Flag.objects.filter(name="x").update(modified=timezone.now() - timedelta(days=3))
    with history.by("<b>ada</b>"):
        flag.groups.add(Group.objects.create(name="beta"))

    page = visit.get(address(FLAG, "changelist")).content.decode()

    assert "just now</time> by &lt;b&gt;ada&lt;/b&gt;" in page


def test_a_click_is_in_the_history_with_a_link_to_take_it_back(visit: Client, root: User) -> None:
    switch = Switch.objects.create(name="x")

    response = press(visit, switch, "on")

    change = history.changes("switch", "x").first()
    assert (change.user, change.source, change.before, change.after) == (
        *(root, "admin"),
        *({"active": False}, {"active": True}),
    )
    assert (
        f'<a href="{reverse("admin:waffle_change_change", args=[change.pk])}">Undo</a>'
        in messages_of(response)[0]
    )


@pytest.mark.parametrize("has_page", [False, True])
def test_a_site_without_our_page_of_changes_has_no_link_to_it(
    rf: RequestFactory, root: User, has_page: bool
) -> None:
    request = rf.get("/")
    request.user = root
    own = AdminSite()
    if has_page:
        own.register(Change, ModelAdmin)

    assert latest.address_of_undo(own, request, 1, "default") is None


def test_a_model_that_is_not_the_projects_has_no_history_in_its_list() -> None:
    flag = CompanyAwareFlag.objects.create(name="x")

    assert latest.latest_changes([flag]) == {}
    assert latest.deletion_of(CompanyAwareFlag, str(flag.pk)) is None
    assert latest.latest_changes([]) == {}


def test_the_log_says_what_a_form_has_changed(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=5, note="old")
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    flag.users.add(ada)
    groups = [Group.objects.create(name=f"group {number:02}") for number in range(12)]
    form = {**FORMS["flag"], "percent": "7.5", "note": "n" * 200, "staff": "on", "users": str(bob.pk)}

    visit.post(address(FLAG, "change", flag.pk), {**form, "groups": [group.pk for group in groups]})
    visit.post(address(FLAG, "change", flag.pk), {**form, "groups": [group.pk for group in groups]})

    told, nothing = (entry.get_change_message() for entry in LogEntry.objects.order_by("pk"))
    assert "Percent (5.0 → 7.5)" in told
    assert f"Note (old → {'n' * 99}…)" in told
    assert "Staff (no → yes)" in told
    assert "Users (added bob; removed ada)" in told
    assert "group 09, and 2 more)" in told
    assert nothing == "No fields changed."


@pytest.mark.parametrize("value", ["", "x", "on", "conditions.1", ".", "everyone.1"])
def test_a_value_that_no_button_has_changes_nothing(visit: Client, value: str) -> None:
    switch = Switch.objects.create(name="x", active=True)

    response = visit.post(address(SWITCH, "flip", switch.pk), {"flip": value})

    assert response.status_code == (302 if value == "on" else 400)
    assert Switch.objects.get().active is True


@each_kind
def test_an_address_of_flips_that_is_only_looked_at_changes_nothing(visit: Client, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))

    response = visit.get(address(kind, "flip", toggle.pk), {"flip": f"on.{version_of(toggle, {})}"})

    assert (response.status_code, response["Location"]) == (302, address(kind, "changelist"))
    assert CHOICES[kind]["off"].is_set(kind.model.objects.get())


def test_a_click_needs_the_token_of_its_page(root: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)
    switch = Switch.objects.create(name="x")

    response = client.post(
        address(SWITCH, "flip", switch.pk), {"flip": f"on.{version_of(switch, {})}"}, follow=True
    )

    assert response.status_code == 403
    assert Switch.objects.get().active is False
