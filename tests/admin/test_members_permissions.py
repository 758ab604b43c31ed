"""Who sees the page of a list, and who changes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from tests.admin.forms import address
from tests.admin.members import many, names_on, page_of
from waffle.admin import FlagAdmin
from waffle.admin.forms import FlagForm
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: responses, and what a page allows.

own_site = AdminSite(name="own")
own_site.register(Flag, FlagAdmin)
urlpatterns = [path("own/", own_site.urls), path("", include("test_app.urls"))]


@pytest.mark.parametrize(
    ("permissions", "get", "post"),
    [([], 403, 403), (["view_flag"], 200, 403), (["change_flag"], 200, 302), (["view_user"], 403, 403)],
)
def test_the_page_is_for_those_who_may_see_flags_and_its_buttons_for_those_who_may_change_them(
    client: Client, flag: Flag, permissions: list[str], get: int, post: int
) -> None:
    (user,) = many(1)
    flag.users.add(user)
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client.force_login(editor)

    shown = client.get(page_of(flag))
    sent = [
        client.post(page_of(flag), data).status_code
        for data in ({"_preview": "1", "names": "ada"}, {"_add": "1"}, {"remove": user.pk})
    ]

    assert shown.status_code == get
    assert sent == [200 if post == 302 else post, post, post]
    assert flag.users.exists() is (post != 302)
    if get == 200:
        assert ('name="remove"' in shown.content.decode()) is (post == 302)
        assert [row.url for row in shown.context["rows"]] == [""]


def test_nobody_who_is_not_signed_in_sees_it(client: Client, flag: Flag) -> None:
    assert client.get(page_of(flag)).status_code == 302


def test_a_browser_must_prove_where_it_comes_from(root: User, flag: Flag) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(root)

    assert strict.post(page_of(flag), {"_add": "1"}).status_code == 403


def test_addresses_are_for_who_may_look_at_users(client: Client, flag: Flag) -> None:
    ada = User.objects.create_user("ada", "secret@example.org")
    flag.users.add(ada)
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="change_flag"))
    client.force_login(editor)
    pages = [
        client.get(page_of(flag)),
        client.get(page_of(flag), {"q": "secret"}),
        client.get(page_of(flag), {"q": "ada"}),
        client.post(page_of(flag), {"_preview": "1", "names": "ada"}),
    ]
    editor.user_permissions.add(Permission.objects.get(codename="view_user"))

    shown = client.get(page_of(flag), {"q": "secret"})

    assert ["secret@" in page.content.decode() for page in pages] == [False] * 4
    assert [names_on(page) for page in pages[:3]] == [["ada"], [], ["ada"]]
    assert "secret@example.org" in shown.content.decode()


@pytest.mark.parametrize(("permission", "count"), [("view_user", 1), ("view_group", 0)])
def test_a_site_without_pages_of_users_goes_by_the_permission_to_look_at_them(
    client: Client, flag: Flag, settings: Settings, permission: str, count: int
) -> None:
    settings.ROOT_URLCONF = __name__
    ada = User.objects.create_user("ada", "secret@example.org")
    flag.users.add(ada)
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_flag", permission]))
    client.force_login(editor)

    page = client.get(f"/own/waffle/flag/{flag.pk}/members/users/", {"q": "secret"})

    assert len(names_on(page)) == count


def form_with(**meta: list[str]) -> Any:
    return type("OwnForm", (FlagForm,), {"Meta": type("Meta", (), meta)})


@pytest.mark.parametrize("length", [1, 101])
def test_a_list_that_a_page_only_shows_is_changed_by_nobody(
    visit: Client, flag: Flag, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag.users.add(*many(length))
    new = User.objects.create(username="ada")
    page = admin.site._registry[Flag]
    monkeypatch.setattr(page, "readonly_fields", ("users", "created", "modified"), raising=False)

    shown = visit.get(page_of(flag))
    codes = [
        visit.post(page_of(flag), sent).status_code
        for sent in ({"_add": "1", "keys": str(new.pk)}, {"_preview": "1", "names": "ada"}, {"remove": "1"})
    ]

    assert shown.context["can_change"] is False
    assert codes == [403, 403, 403]
    assert flag.users.count() == length
    assert visit.get(page_of(flag, "groups")).context["can_change"] is True


@pytest.mark.parametrize("length", [1, 101])
@pytest.mark.parametrize(
    "attributes",
    [
        {"exclude": ["users"]},
        {"fields": ["name", "groups"]},
        {"fieldsets": [(None, {"fields": ["name", ("staff", "groups")]})]},
        {"form": form_with(exclude=["users"])},
        {"form": form_with(fields=["name", "groups"])},
    ],
    ids=["exclude", "fields", "fieldsets", "exclude of the form", "fields of the form"],
)
def test_a_list_that_a_page_leaves_out_has_no_page(
    visit: Client, flag: Flag, length: int, attributes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag.users.add(*many(length))
    page = admin.site._registry[Flag]
    for name, value in attributes.items():
        monkeypatch.setattr(page, name, value, raising=False)

    answers = visit.get(page_of(flag)), visit.post(page_of(flag), {"remove": str(flag.users.all()[0].pk)})

    assert [answer.status_code for answer in answers] == [404, 404]
    assert flag.users.count() == length
    assert visit.get(page_of(flag, "groups")).status_code == 200
    assert page_of(flag) not in visit.get(address(FLAG, "change", flag.pk)).content.decode()
