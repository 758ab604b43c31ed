"""Who may press the buttons of a list, and take that back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.admin.flips import Editor, press, text_of
from tests.admin.forms import address
from tests.each import each_kind
from waffle import history
from waffle.admin import FlagAdmin, SwitchAdmin
from waffle.admin.choices import CHOICES, version_of
from waffle.kinds import FLAG, Kind
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def test_who_may_only_flip_takes_back_own_clicks_alone(signed_in: Editor) -> None:
    client = signed_in("toggle_sample")
    sample = Sample.objects.create(name="x", percent=34)

    response = press(client, sample, "on")
    own = history.changes("sample", "x").first()
    Sample.objects.filter(name="x").update(percent=50)
    foreign = history.changes("sample", "x").first()
    refused = client.post(reverse("admin:waffle_change_revert", args=[foreign.pk]))
    Sample.objects.filter(name="x").update(percent=100)
    done = client.post(reverse("admin:waffle_change_revert", args=[own.pk]))

    assert text_of(response) == ["“x” is on. Undo"]
    assert (refused.status_code, done.status_code) == (403, 302)
    assert Sample.objects.get().percent == 34


def test_what_a_click_cannot_do_is_not_taken_back_by_who_may_only_flip(signed_in: Editor) -> None:
    client = signed_in("toggle_switch")
    switch = Switch.objects.create(name="x", note="old")
    with history.by(User.objects.get(username="editor")):
        switch.note = "new"
        switch.save()

    change = history.changes("switch", "x").first()
    response = client.post(reverse("admin:waffle_change_revert", args=[change.pk]))

    assert response.status_code == 403
    assert Switch.objects.get().note == "new"


def test_a_page_may_refuse_one_toggle(rf: RequestFactory, root: User) -> None:
    class Strict(SwitchAdmin):
        def has_toggle_permission(self, request: Any, obj: Any = None) -> bool:
            return obj is None or obj.name != "kept"

    switch = Switch.objects.create(name="kept")
    request = rf.post("/", {"flip": f"on.{version_of(Switch.objects.get(), {})}"})
    request.user = root

    with pytest.raises(PermissionDenied):
        Strict(Switch, site).flip_view(request, str(switch.pk))

    assert Switch.objects.get().active is False


@each_kind
@pytest.mark.parametrize("permission", ["view", "toggle", "change"])
def test_a_list_has_buttons_and_a_page_a_form_for_who_may_use_them(
    signed_in: Editor, kind: Kind, permission: str
) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    client = signed_in(f"{permission}_{kind.name}")

    listed = client.get(address(kind, "changelist")).content.decode()
    page = client.get(address(kind, "change", toggle.pk)).content.decode()

    assert ('name="flip"' in listed) is (permission != "view")
    assert ('name="_save"' in page) is (permission == "change")


@each_kind
def test_who_is_not_staff_may_do_nothing(signed_in: Editor, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    client = signed_in(f"toggle_{kind.name}", f"change_{kind.name}", is_staff=False)

    response = client.post(address(kind, "flip", toggle.pk), {"flip": f"on.{version_of(toggle, {})}"})

    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert CHOICES[kind]["off"].is_set(kind.model.objects.get())


@each_kind
def test_who_may_flip_may_take_a_flip_back_and_nothing_else(signed_in: Editor, kind: Kind) -> None:
    client = signed_in(f"toggle_{kind.name}")
    toggle = kind.model.objects.create(name="x", **kind.created_as(False))
    toggle.note = "new"
    toggle.save()
    edited = Change.objects.latest("id")
    press(client, toggle, "on")
    flipped = Change.objects.latest("id")

    answers = [
        client.post(reverse("admin:waffle_change_revert", args=[change.pk])).status_code
        for change in (flipped, edited)
    ]

    toggle.refresh_from_db()
    assert answers == [302, 403]
    assert CHOICES[kind]["off"].is_set(toggle)
    assert toggle.note == "new"


def test_who_may_flip_in_general_may_not_flip_what_a_page_hides(rf: RequestFactory) -> None:
    class Narrow(FlagAdmin):
        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return super().has_view_permission(request, obj) and (obj is None or obj.name == "ours")

    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="toggle_flag"))
    request = rf.get("/")
    request.user = editor
    page = Narrow(Flag, AdminSite())

    may = [
        page.has_toggle_permission(request, toggle) for toggle in (None, Flag(name="ours"), Flag(name="x"))
    ]

    assert may == [True, True, False]


def test_a_click_tells_nothing_of_a_toggle_that_exists_again_and_is_hidden(
    visit: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = Flag.objects.create(name="theirs")
    key = flag.pk
    flag.delete()
    history.revert(Change.objects.latest("id"))
    monkeypatch.setattr(site._registry[Flag], "get_queryset", lambda request: Flag.objects.none())

    response = visit.post(address(FLAG, "flip", key), {"flip": "on.x"}, follow=True)

    assert text_of(response) == ["Nothing was changed: it no longer exists."]
