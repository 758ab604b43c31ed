"""Who may do what, by URL and by POST: the table of the reference, tried cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.admin.forms import FORMS, address
from tests.admin.history import LIST, page_of
from tests.each import each_kind
from waffle import history
from waffle.admin.choices import CHOICES, version_of
from waffle.kinds import FLAG, SAMPLE, Kind
from waffle.models import Change

pytestmark = pytest.mark.django_db

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "admin.md"
PERMISSIONS = ["view", "toggle", "change", "add", "delete"]
BESIDE = {"view", "toggle", "change"}

# Any, in this file: toggles of several models, and responses with what a test client hangs on them.


class Scene:
    """Somebody with some permissions, and the toggles of one kind."""

    def __init__(self, client: Client, kind: Kind, user: User) -> None:
        self.client, self.kind, self.user = client, kind, user

    def toggle(self, **fields: Any) -> Any:
        """Return a new toggle, the only one there is."""
        self.kind.model.objects.all().delete()
        return self.kind.model.objects.create(name="x", **{**self.kind.created_as(False), **fields})

    def shows(self, *urls: str) -> bool:
        """Say whether all of these pages are shown; all of them, or none, must be."""
        codes = {self.client.get(url).status_code for url in urls}
        assert codes in ({200}, {403}, {404}, {403, 404}), codes
        return codes == {200}

    def url(self, page: str, *arguments: object) -> str:
        return address(self.kind, page, *arguments)

    def revert(self, change: Change) -> None:
        url = reverse("admin:waffle_change_revert", args=[change.pk])
        before = Change.objects.count()
        assert self.client.get(url).status_code in (302, 404)
        assert Change.objects.count() == before  # a link does nothing
        self.client.post(url)

    def act(self, action: str, toggle: Any) -> None:
        self.client.post(self.url("changelist"), {"action": action, "_selected_action": [toggle.pk]})


def last() -> Change:
    return Change.objects.latest("id")


def form_of(scene: Scene) -> dict[str, Any]:
    return {**FORMS[scene.kind.name], "name": "x"}


def reads_changes(scene: Scene) -> bool:
    toggle = scene.toggle()
    listed: Any = scene.client.get(LIST)
    is_listed = listed.status_code == 200 and last() in listed.context["cl"].result_list
    assert scene.shows(page_of(last()), scene.url("history", toggle.pk)) is is_listed
    return is_listed


def flips(scene: Scene) -> bool:
    toggle = scene.toggle()
    url, on = scene.url("flip", toggle.pk), CHOICES[scene.kind]["on"]
    value = {"flip": f"on.{version_of(scene.kind.model.objects.get(), {})}"}
    scene.client.get(url, value)
    assert not on.is_set(scene.kind.model.objects.get())
    scene.client.post(url, value)
    return on.is_set(scene.kind.model.objects.get())


def undoes(scene: Scene) -> bool:
    toggle = scene.toggle()
    for field, value in scene.kind.created_as(True).items():
        setattr(toggle, field, value)
    with history.by(scene.user):
        toggle.save()
    scene.revert(last())
    return CHOICES[scene.kind]["off"].is_set(scene.kind.model.objects.get())


def reverts(scene: Scene) -> bool:
    toggle = scene.toggle()
    toggle.note = "new"
    toggle.save()
    scene.revert(last())
    return bool(scene.kind.model.objects.get().note == "")


def saves(scene: Scene) -> bool:
    scene.client.post(scene.url("change", scene.toggle().pk), {**form_of(scene), "note": "new"})
    return bool(scene.kind.model.objects.get().note)


def sees_effects(scene: Scene) -> bool:
    url = scene.url("change", scene.toggle().pk)
    return bool(scene.client.post(url, {**form_of(scene), "_effect": "1"}).status_code == 200)


def changes_members(scene: Scene) -> bool:
    flag = scene.toggle()
    url, key = scene.url("members", flag.pk, "users"), str(scene.user.pk)
    can_preview = scene.client.post(url, {"_preview": "1", "names": scene.user.username}).status_code == 200
    scene.client.post(url, {"_add": "1", "keys": key})
    is_added = flag.users.exists()
    flag.users.add(scene.user)
    scene.client.post(url, {"remove": key})
    assert can_preview is is_added is not flag.users.exists()
    return bool(is_added)


def turns_on(scene: Scene) -> bool:
    scene.act("enable_for_all" if scene.kind is FLAG else "enable_switches", scene.toggle())
    return CHOICES[scene.kind]["on"].is_set(scene.kind.model.objects.get())


def adds(scene: Scene) -> bool:
    scene.kind.model.objects.all().delete()
    is_shown = scene.shows(scene.url("add"))
    scene.client.post(scene.url("add"), form_of(scene))
    is_added = bool(scene.kind.model.objects.exists())
    assert is_added is is_shown
    return is_added


def reverts_deletion(scene: Scene) -> bool:
    scene.toggle().delete()
    scene.revert(last())
    return bool(scene.kind.model.objects.exists())


def reverts_creation(scene: Scene) -> bool:
    scene.toggle()
    scene.revert(last())
    return not scene.kind.model.objects.exists()


def deletes(scene: Scene) -> bool:
    url = scene.url("delete", scene.toggle().pk)
    is_shown = scene.shows(url)
    scene.client.post(url, {"post": "yes"})
    assert scene.kind.model.objects.exists() is not is_shown
    return is_shown


def deletes_by_action(scene: Scene) -> bool:
    scene.act("delete_individually", scene.toggle())
    return not scene.kind.model.objects.exists()


# what is tried for each row of the table, and of which kinds
TRIES: dict[str, tuple[Callable[[Scene], bool], bool]] = {
    "read the list": (lambda scene: scene.shows(scene.url("changelist")), True),
    "read a page": (lambda scene: scene.shows(scene.url("change", scene.toggle().pk)), True),
    "read *History*, and the page of each change": (reads_changes, True),
    "ask *Why?*, and for all flags of a user": (
        lambda scene: scene.shows(scene.url("why", scene.toggle().pk), reverse("admin:waffle_why")),
        False,
    ),
    "read whom a list names": (
        lambda scene: scene.shows(scene.url("members", scene.toggle().pk, "users")),
        False,
    ),
    "press the buttons of the list": (flips, True),
    "undo: revert own clicks": (undoes, True),
    "revert any change of fields and lists": (reverts, True),
    "save a form": (saves, True),
    "see the effect of a form": (sees_effects, False),
    "add and remove members": (changes_members, False),
    "use the actions that turn on and off": (turns_on, True),
    "make a new one": (adds, True),
    "revert a deletion": (reverts_deletion, True),
    "delete on its page": (deletes, True),
    "use the action that deletes": (deletes_by_action, True),
    "revert a creation": (reverts_creation, True),
}


def table() -> dict[str, dict[str, str]]:
    """Return the table of the reference: what is in the cell of a permission, for each thing to do."""
    lines = REFERENCE.read_text().partition("| | view |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first: dict(zip(PERMISSIONS, rest, strict=True)) for first, *rest in cells}


def is_allowed(cells: dict[str, str], held: list[str]) -> bool:
    """Say whether one may do this with these permissions, by the table."""
    marks = [cells[name] for name in held]
    return "✓" in marks or ("✓ ²" in marks and bool(BESIDE & {*held}))


def staff(client: Client, kind: Kind, held: list[str]) -> User:
    user = User.objects.create_user("editor", is_staff=True)
    codenames = [f"{name}_{kind.name}" for name in held]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    assert user.user_permissions.count() == len(held)
    client.force_login(user)
    return user


def tried(scene: Scene) -> dict[str, bool]:
    """Try everything that there is to do with a kind, and return what was done."""
    return {
        name: attempt(scene)
        for name, (attempt, is_for_all) in TRIES.items()
        if (is_for_all or scene.kind is FLAG) and not (scene.kind is SAMPLE and attempt is turns_on)
    }


HELD = [[], *([name] for name in PERMISSIONS), ["view", "add", "delete"]]


@each_kind
@pytest.mark.parametrize("held", HELD, ids="+".join)
def test_everybody_may_do_what_the_table_says_and_no_more(
    client: Client, kind: Kind, held: list[str]
) -> None:
    scene = Scene(client, kind, staff(client, kind, held))

    done = tried(scene)

    assert done == {name: is_allowed(table()[name], held) for name in done}


def test_everything_in_the_table_is_tried() -> None:
    assert list(table()) == list(TRIES)


def test_the_effect_of_a_new_flag_is_for_who_may_add_it(client: Client) -> None:
    scene = Scene(client, FLAG, staff(client, FLAG, ["add"]))

    response = client.post(scene.url("add"), {**form_of(scene), "_effect": "1"})

    assert response.status_code == 200
    assert response.context["effect"] is not None


@each_kind
def test_where_the_admin_is_read_only_superusers_read(visit: Client, kind: Kind, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_READ_ONLY = True

    done = tried(Scene(visit, kind, User.objects.get(username="root")))

    allowed = [name for name, is_done in done.items() if is_done]
    assert allowed == [name for name in done if name.startswith(("read ", "ask "))]
