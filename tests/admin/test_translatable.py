"""Each text of the admin can be translated: in a language that marks translations, none is bare."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

import waffle
from tests.admin.forms import FORMS, address
from tests.each import each_kind
from tests.marked import mark_translations, texts_of, unmarked
from waffle import history
from waffle.admin import census, flagpage, timeline
from waffle.admin.choices import version_of
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Change, Flag
from waffle.templatetags.waffle_admin import waffle_flags_link

pytestmark = pytest.mark.django_db

# Any, in this file: responses, toggles, and what a browser sends.

NAMES = (
    # what the tests below make up
    *(
        "checkout",
        "newcomer",
        "shop",
        "journal",
        "root",
        "ada.b@example.org",
        "ada@example.org",
        "ada",
        "bob",
    ),
    *("editors", "made by hand", "nobody's", "pt-br", "dwft_new_basket=1", "new_basket"),
    # what the admin's log calls a toggle that a list has changed: scripts match it
    *(" on", " off"),
    "Waffle",
)

# Django's own, which it does not translate, or once and for all when it makes a model.
DJANGOS = ("Search", "Flag-user relationships", "Flag-group relationships")


@pytest.fixture
def world(root: User) -> dict[Kind, Any]:
    """Make toggles with a history, people and a group."""
    ada = User.objects.create_user("ada", "ada@example.org", is_staff=True)
    User.objects.create_user("bob", "ada.b@example.org")
    group = Group.objects.create(name="editors")
    ada.groups.add(group)
    with history.by(root, comment="made by hand"):
        flag = Flag.objects.create(
            name="checkout", staff=True, authenticated=True, testing=True, languages="pt-br", percent=25
        )
        flag.users.add(ada)
        flag.groups.add(group)
    toggles = {FLAG: flag}
    for kind, name in ((SWITCH, "shop"), (SAMPLE, "journal")):
        toggles[kind] = kind.model.objects.create(name=name, **kind.created_as(True))
    Flag.objects.create(name="newcomer", superusers=False)
    return toggles


@pytest.fixture
def read(world: Any, visit: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Visit a page and return it, unless a text on it has no marks; with `sent` it is sent there first."""
    mark_translations(monkeypatch)

    def visited(place: str, sent: Any = None, **asked: Any) -> str:
        response = visit.get(place, asked) if sent is None else visit.post(place, sent, follow=True)
        page: str = response.content.decode()
        assert response.status_code == 200
        assert unmarked(texts_of(page), (*NAMES, *DJANGOS)) == []
        return page

    return visited


def page_of(kind: Kind, toggles: dict[Kind, Any], page: str) -> str:
    return address(kind, page, toggles[kind].pk)


def test_a_bare_text_is_found() -> None:
    page = '<p title="So">⟦Now <b>x</b>, ⟦then⟧⟧ or never</p><input type="submit" value="Go"><i>x</i> 25 %'

    assert unmarked(texts_of(page), ["x"]) == ["or never", "So", "Go"]


@each_kind
def test_the_list_of_toggles(kind: Kind, read: Any, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_READ_ONLY = True
    read(address(kind, "changelist"))
    settings.WAFFLE_ADMIN_READ_ONLY = False

    page = read(address(kind, "changelist"))

    assert "waffle-audience" in page


@each_kind
def test_the_page_of_a_toggle(kind: Kind, read: Any, world: Any) -> None:
    read(address(kind, "add"))
    read(page_of(kind, world, "change"))
    read(page_of(kind, world, "history"))

    page = read(page_of(kind, world, "delete"))

    assert world[kind].name in page


@each_kind
def test_what_is_wrong_with_a_form(kind: Kind, read: Any, world: Any) -> None:
    for wrong in ("", "!x", " x", "x\tx", "x" * 99 + "!x" * 9):
        sent = {**FORMS[kind.name], "name": wrong, **({} if kind is SWITCH else {"percent": "-1"})}
        page = re.sub("x|!", "", read(address(kind, "add"), sent).replace("'\\", "'").replace("\\t", ""))

        assert "errornote" in page


@each_kind
@pytest.mark.parametrize("choice", ["on", "off", "conditions"])
def test_a_click_and_what_is_asked_before_it(
    choice: str, kind: Kind, read: Any, world: Any, settings: Settings
) -> None:
    if choice == "conditions" and kind is not FLAG:
        return
    flip = page_of(kind, world, "flip")
    version = version_of(world[kind], census.members_of([world[kind]])[world[kind].pk])
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    read(flip, {"flip": f"{choice}.{version}"})
    settings.WAFFLE_ADMIN_CONFIRM = "none"
    read(flip, {"flip": f"{choice}.old"})
    read(flip, {"flip": f"{choice}.{version}"})
    read(flip, {"flip": f"{choice}.old"})

    page = read(address(kind, "flip", 999), {"flip": "on.old"})

    assert "messagelist" in page


@each_kind
def test_an_action_and_what_is_asked_before_it(kind: Kind, read: Any, world: Any, settings: Settings) -> None:
    rows = {"_selected_action": [world[kind].pk]}
    actions = {FLAG: ["enable_for_all", "disable_for_all"], SWITCH: ["enable_switches", "disable_switches"]}
    for action in (*actions.get(kind, []), "delete_individually"):
        for confirm in ("always", "none"):
            settings.WAFFLE_ADMIN_CONFIRM = confirm
            page = read(address(kind, "changelist"), {**rows, "action": action, "typed": "no"})

    assert "messagelist" in page


@each_kind
def test_the_name_is_asked_for_before_a_deletion(
    kind: Kind, read: Any, world: Any, settings: Settings
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    read(page_of(kind, world, "delete"))

    page = read(page_of(kind, world, "delete"), {"post": "yes", "_confirmed": "1", "typed": "no"})

    assert "errornote" in page


FORM = {"name": "checkout", "everyone": "unknown", "percent": "25", "users": "", "note": ""}


def test_the_effect_of_a_change(read: Any, world: Any, settings: Settings) -> None:
    place = page_of(FLAG, world, "change")
    for sent in ({}, {"testing": "on", "languages": "pt-br"}, {"everyone": "true"}, {"percent": "101"}):
        read(place, {**FORM, **sent, "_effect": "1"})
    settings.WAFFLE_UNIT = "tests.test_explanations.unit"
    read(place, {**FORM, "_effect": "1"})
    settings.WAFFLE_STICKY_PERCENT = False

    page = read(place, {**FORM, "_effect": "1"})

    assert "<meter" in page


def test_what_a_page_says_after_saving(read: Any, world: Any, settings: Settings) -> None:
    place = page_of(FLAG, world, "change")
    read(place, {**FORM, "waffle_version": "old"})
    read(place, {**FORM, "everyone": "false", "percent": "100"})
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    read(place, {**FORM, "everyone": "true"})
    settings.WAFFLE_ADMIN_CONFIRM = "none"

    page = read(place, {**FORM, "percent": "100"})

    assert "messagelist" in page


def test_why_a_flag_is_on(read: Any, world: Any) -> None:
    place = page_of(FLAG, world, "why")
    for user in ("", "ada", "root", "nobody's"):
        read(place, user=user, language="pt-br", unit="1")
        read(reverse("admin:waffle_why"), user=user)

    page = read(place, user="ada", query="dwft_checkout=1")

    assert "waffle-decides" in page


def test_why_a_flag_is_on_for_oneself(world: Any, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = User.objects.get(username="ada")
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)
    mark_translations(monkeypatch)

    pages = [client.get(place) for place in (page_of(FLAG, world, "why"), reverse("admin:waffle_why"))]

    assert [unmarked(texts_of(page.content.decode()), (*NAMES, *DJANGOS)) for page in pages] == [[], []]


def test_a_list_and_who_joins_it(read: Any, world: Any) -> None:
    place = address(FLAG, "members", world[FLAG].pk, "users")
    read(address(FLAG, "members", world[FLAG].pk, "groups"), q="none")
    read(place)
    User.objects.filter(username="root").update(email="ada@example.org")
    read(place, {"_preview": "1", "names": "ada@example.org\nbob\nada\nnobody's"})
    read(place, {"_add": "1", "keys": str(User.objects.get(username="bob").pk)})
    read(place, {"_add": "1", "keys": ""})
    read(place, {"_remove": "1"})

    page = read(place, {"remove": str(User.objects.get(username="bob").pk)})

    assert "messagelist" in page


def test_lists_that_are_long(read: Any, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagpage, "LONGEST_FORM", 0)
    monkeypatch.setattr(timeline, "PER_PAGE", 1)
    monkeypatch.setattr("waffle.admin.members.PER_PAGE", 1)
    world[FLAG].users.add(User.objects.get(username="bob"))
    for page in ("change", "history"):
        read(page_of(FLAG, world, page))

    page = read(address(FLAG, "members", world[FLAG].pk, "users"))

    assert "waffle-pages" in page


def test_the_history_and_what_is_reverted(read: Any, world: Any, settings: Settings) -> None:
    for kind in KINDS:
        world[kind].save()
    flag = world[FLAG]
    flag.percent = 50
    flag.save()
    flag.users.clear()
    Flag.objects.get(name="newcomer").delete()
    changes = [*Change.objects.order_by("-id")]
    read(reverse("admin:waffle_change_changelist"), since="no", until="no")
    for change in changes:
        read(reverse("admin:waffle_change_change", args=[change.pk]))
    for confirm in ("always", "none"):
        settings.WAFFLE_ADMIN_CONFIRM = confirm
        for change in changes:
            page = read(reverse("admin:waffle_change_revert", args=[change.pk]), {})

    assert "messagelist" in page


def test_what_leads_to_these_pages(read: Any, world: Any) -> None:
    index = read(reverse("admin:index"))

    link = waffle_flags_link(
        {"request": SimpleNamespace(user=User.objects.get(username="root"))}, world[FLAG]
    )

    assert reverse("admin:waffle_change_changelist") in index
    assert unmarked(texts_of(link), []) == []


@pytest.mark.parametrize("query", [{}, {"dwft_checkout": "0"}, {"checkout": "1"}])
@pytest.mark.parametrize("name", ["ada", "root", None])
def test_what_conditions_say(
    name: str | None,
    query: dict[str, str],
    world: Any,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    rf: Any,
) -> None:
    settings.WAFFLE_OVERRIDE = True
    mark_translations(monkeypatch)
    request = rf.get("/", query)
    if name is not None:
        request.user = User.objects.get(username=name)

    explanations = [waffle.explain(whom, "checkout") for whom in (request, waffle.Subject(language="de"))]
    explanations += [waffle.explain(None, toggle.name, str(kind)) for kind, toggle in world.items()]
    explanations += [waffle.explain(None, "checkuot", str(kind)) for kind in KINDS]
    details = [step.detail for each in explanations for step in each.steps]

    assert unmarked([str(each) for each in explanations] + details, ["editors", *_CODES]) == []


# the fields of conditions, which are codes
_CODES = ("WAFFLE_OVERRIDE",)


@pytest.mark.parametrize(
    "script", sorted(Path(waffle.__file__).parent.glob("static/waffle/*.js")), ids=lambda path: path.name
)
def test_a_script_has_no_words_of_its_own(script: Path) -> None:
    quoted = re.findall(r'"([^"\n]*)"|`([^`]*)`', re.sub(r"//[^\n]*", "", script.read_text()))

    words = [text for pair in quoted for text in pair if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)]
    selectors = [text for text in words if re.search(r"[#.[]", text)]

    assert [text for text in words if text not in selectors] == ["use strict"]
