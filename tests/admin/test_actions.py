"""What the admin does with all toggles that are ticked."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from tests.admin.forms import address
from tests.each import each_kind
from waffle import flag_is_active, switch_is_active
from waffle.admin import (
    FlagAdmin,
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.kinds import FLAG, SWITCH, Kind
from waffle.models import Flag, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: requests that have no more than is asked of them, and pages, which Django types by model.


Action = Callable[[Any, Any, Any], None]


TURNS = [
    (enable_for_all, FLAG, "everyone", True),
    (disable_for_all, FLAG, "everyone", False),
    (enable_switches, SWITCH, "active", True),
    (disable_switches, SWITCH, "active", False),
]


@pytest.mark.parametrize(("action", "kind", "field", "state"), TURNS)
def test_an_action_turns_what_is_ticked_and_writes_it_down(
    asked: Any, action: Action, kind: Kind, field: str, state: bool
) -> None:
    ticked = kind.model.objects.create(name="x", **{field: not state})
    other = kind.model.objects.create(name="other", **{field: not state})

    action(None, asked, kind.model.objects.filter(name="x"))

    ticked.refresh_from_db()
    other.refresh_from_db()
    assert (getattr(ticked, field), getattr(other, field)) == (state, not state)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.action_flag) == (asked.user, CHANGE)
    assert entry.object_repr == f"x {'on' if state else 'off'}"
    assert entry.get_edited_object() == ticked
    words = [{True: "yes", False: "no"}[value] for value in (not state, state)]
    assert entry.get_change_message() == f"Changed {field.capitalize()} ({' → '.join(words)})."


def test_checks_see_what_an_action_has_done(asked: Any) -> None:
    Flag.objects.create(name="x")
    Switch.objects.create(name="x", active=True)

    enable_for_all(None, asked, Flag.objects.all())
    disable_switches(None, asked, Switch.objects.all())

    assert flag_is_active(asked, "x") is True
    assert switch_is_active("x") is False


@each_kind
def test_toggles_are_deleted_one_by_one_and_written_down(asked: Any, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(True))
    key = str(toggle.pk)

    delete_individually(None, asked, kind.model.objects.all())

    assert not kind.model.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.object_id, entry.action_flag) == ("x deleted", key, DELETION)


def test_an_action_that_fails_half_way_has_done_nothing(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Flag.objects.create(name="a")
    Flag.objects.create(name="b")
    save = Flag.save

    def refuse_b(flag: Flag, **options: Any) -> None:
        if flag.name == "b":
            raise RuntimeError
        save(flag, **options)

    monkeypatch.setattr(Flag, "save", refuse_b)

    with pytest.raises(RuntimeError):
        enable_for_all(None, asked, Flag.objects.order_by("name"))

    assert set(Flag.objects.values_list("everyone", flat=True)) == {None}
    assert not LogEntry.objects.exists()


ACTIONS = {
    "flag": {"enable_for_all": "change", "disable_for_all": "change", "delete_individually": "delete"},
    "switch": {"enable_switches": "change", "disable_switches": "change", "delete_individually": "delete"},
    "sample": {"delete_individually": "delete"},
}


@each_kind
@pytest.mark.parametrize("permission", ["change", "delete", "view"])
def test_an_action_is_for_those_who_may_do_it(kind: Kind, permission: str) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename=f"{permission}_{kind.name}"))
    page: Any = site._registry[kind.model]

    actions = page.get_actions(SimpleNamespace(user=editor, GET={}))

    assert list(actions) == [name for name, needed in ACTIONS[kind.name].items() if needed == permission]


@each_kind
def test_a_superuser_has_these_actions_and_no_others(visit: Client, kind: Kind) -> None:
    kind.model.objects.create(name="x", **kind.created_as(False))

    page = visit.get(address(kind, "changelist")).content.decode()

    assert re.findall(r'<option value="(\w+)"', page.split('name="action"')[1].split("</select>")[0]) == list(
        ACTIONS[kind.name]
    )


@each_kind
def test_an_action_tells_what_it_has_done(visit: Client, kind: Kind) -> None:
    toggles = [kind.model.objects.create(name=name, **kind.created_as(False)) for name in ("a", "b")]

    response = visit.post(
        address(kind, "changelist"),
        {"action": "delete_individually", "_selected_action": [toggle.pk for toggle in toggles]},
        follow=True,
    )

    told = f"Deleted 2 {kind.plural}."
    assert [str(message) for message in response.context["messages"]] == [told]
    assert not kind.model.objects.exists()


@pytest.mark.parametrize("action", [enable_for_all, delete_individually])
def test_an_action_does_nothing_where_a_page_forbids_it_for_one_of_the_toggles(
    root: User, rf: RequestFactory, action: Action
) -> None:
    class Narrow(FlagAdmin):
        def has_change_permission(self, request: Any, obj: Any = None) -> bool:
            return obj is None or obj.name != "theirs"

        has_delete_permission = has_change_permission

    for name in ("ours", "theirs"):
        Flag.objects.create(name=name)
    request = rf.post("/")
    request.user = root

    with pytest.raises(PermissionDenied):
        action(Narrow(Flag, AdminSite()), request, Flag.objects.all())

    assert [*Flag.objects.values_list("everyone", flat=True)] == [None, None]
