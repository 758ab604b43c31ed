"""One click in a list: who may, what it does, and what it does not overwrite."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.html import escape

from tests.admin.forms import FORMS, address
from tests.each import each_kind
from waffle import switch_is_active
from waffle.admin.choices import CHOICES, version_of
from waffle.kinds import FLAG, SWITCH, Kind
from waffle.models import Flag, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: toggles of several models, and responses with what a test client hangs on them.


def press(client: Client, toggle: Any, choice: str, *, version: str | None = None, **more: Any) -> Any:
    """Press a button of a toggle's row, as it is in the database or as an older page has shown it."""
    if version is None:
        version = version_of(type(toggle).objects.get(pk=toggle.pk), {})
    place = address(toggle._waffle_kind, "flip", toggle.pk)
    return client.post(place, {"flip": f"{choice}.{version}", **more}, follow=True)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


CLICKS = [
    (FLAG, {"everyone": None}, "on", {"everyone": True}, "“x” is on for everyone."),
    (FLAG, {"everyone": True}, "off", {"everyone": False}, "“x” is off for everyone."),
    (FLAG, {"everyone": False}, "conditions", {"everyone": None}, "“x” goes by its conditions."),
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
    assert messages_of(response) == [told]
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
    Flag.objects.filter(name="x").update(percent=5)

    response = press(visit, flag, "on", version=version)

    flag.refresh_from_db()
    assert flag.everyone is None
    assert messages_of(response) == ["Nothing was changed: somebody has changed “x” meanwhile."]
    assert not LogEntry.objects.exists()


def test_a_page_is_old_too_when_somebody_has_been_listed(visit: Client) -> None:
    flag = Flag.objects.create(name="x")
    version = version_of(flag, {})
    flag.users.add(User.objects.create_user("ada"))

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

    assert messages_of(response) == ["It is gone: somebody has deleted it."]


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


Editor = Callable[..., Client]


@pytest.fixture
def signed_in(client: Client) -> Editor:
    """Return what signs somebody in who has these permissions."""

    def sign_in(*codenames: str, is_staff: bool = True) -> Client:
        editor = User.objects.create_user("editor", is_staff=is_staff)
        editor.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        assert editor.user_permissions.count() == len(codenames)
        client.force_login(editor)
        return client

    return sign_in


# permission: may look at the list, may flip, may edit
MAY = {"view": (True, False, False), "toggle": (True, True, False), "change": (True, True, True)}


@each_kind
@pytest.mark.parametrize("permission", [*MAY, "add", "delete", None])
def test_everybody_may_do_what_the_permissions_say_and_no_more(
    signed_in: Editor, kind: Kind, permission: str | None
) -> None:
    looks, flips, edits = MAY.get(permission or "", (False, False, False))
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    client = signed_in(*([f"{permission}_{kind.name}"] if permission else []))

    listed = client.get(address(kind, "changelist"))
    form = client.get(address(kind, "change", toggle.pk))
    value = f"on.{version_of(kind.model.objects.get(), {})}"
    flipped = client.post(address(kind, "flip", toggle.pk), {"flip": value})
    is_flipped = CHOICES[kind]["on"].is_set(kind.model.objects.get())
    saved = client.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "name": "other"})

    assert (listed.status_code == 200) is (form.status_code == 200) is looks
    assert (b'name="flip"' in listed.content) is flips
    assert (flipped.status_code, is_flipped) == ((302, True) if flips else (403, False))
    assert (b'name="_save"' in form.content) is edits
    assert (saved.status_code, kind.model.objects.get().name) == ((302, "other") if edits else (403, "x"))


@each_kind
def test_who_is_not_staff_may_do_nothing(signed_in: Editor, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    client = signed_in(f"toggle_{kind.name}", f"change_{kind.name}", is_staff=False)

    response = client.post(address(kind, "flip", toggle.pk), {"flip": f"on.{version_of(toggle, {})}"})

    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert CHOICES[kind]["off"].is_set(kind.model.objects.get())
