"""The page of one list of a flag: whom it lists, and who joins and leaves."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from pytest_django import Settings

from test_app.models import Company, CompanyAwareFlag
from tests.admin.forms import address
from tests.admin.members import many, names_on, page_of, told
from waffle import flag_is_active, history
from waffle.admin import FlagAdmin, members
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: responses, and whom a test makes.

own_site = AdminSite(name="own")
own_site.register(CompanyAwareFlag, FlagAdmin)
urlpatterns = [path("own/", own_site.urls), path("", include("test_app.urls"))]


@pytest.fixture
def flag() -> Flag:
    flag: Flag = Flag.objects.create(name="x", superusers=False)
    return flag


def test_members_are_shown_page_by_page(visit: Client, flag: Flag) -> None:
    flag.users.add(*many(230))

    first, last = (visit.get(page_of(flag), {"page": number}) for number in (1, 3))

    assert names_on(first) == [f"user{number:06}" for number in range(100)]
    assert names_on(last) == [f"user{number:06}" for number in range(200, 230)]
    assert "230 members" in first.content.decode()
    assert "user000007@example.org" in first.content.decode()


def test_a_page_that_is_not_there_is_the_last(visit: Client, flag: Flag) -> None:
    flag.users.add(*many(3))

    assert len(names_on(visit.get(page_of(flag), {"page": "x\0"}))) == 3
    assert len(names_on(visit.get(page_of(flag), {"page": 99}))) == 3


def test_many_members_cost_the_queries_of_some(visit: Client, flag: Flag) -> None:
    other = Flag.objects.create(name="other")
    users = many(1500)
    flag.users.add(*users)
    other.users.add(*users[:10])
    visit.get(page_of(other))

    counts = []
    for each in (other, flag):
        with CaptureQueriesContext(connection) as queries:
            visit.get(page_of(each))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_members_are_searched(visit: Client, flag: Flag) -> None:
    flag.users.add(*many(20))

    found = visit.get(page_of(flag), {"q": "000007@exa"})

    assert names_on(found) == ["user000007"]
    assert "1 of 20" in found.content.decode()
    for odd in ("nobody", "\0", "'\"%;--", "🧇"):
        page = visit.get(page_of(flag), {"q": odd})
        assert names_on(page) == []
        assert "Nobody found in this list." in page.content.decode()


def test_an_empty_list_says_so(visit: Client, flag: Flag) -> None:
    assert "The list is empty." in visit.get(page_of(flag)).content.decode()


def test_members_are_removed_one_by_one_or_as_ticked(visit: Client, flag: Flag) -> None:
    users = many(4)
    flag.users.add(*users)
    before = Flag.objects.get().modified

    one = visit.post(page_of(flag), {"remove": users[0].pk}, follow=True)
    two = visit.post(
        page_of(flag), {"_remove": "1", "ticked": [users[1].pk, users[2].pk, "x", ""]}, follow=True
    )
    none = visit.post(page_of(flag), {"_remove": "1"}, follow=True)

    assert told(one) == ["Removed 1: user000000."]
    assert told(two) == ["Removed 2: user000001, user000002."]
    assert told(none) == ["Nobody was removed: select somebody first."]
    assert list(flag.users.all()) == users[3:]
    assert Flag.objects.get().modified > before
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Removed from “Users”: user000000.",
        "Removed from “Users”: user000001, user000002.",
    ]


def test_the_history_tells_who_has_added_and_removed_whom(visit: Client, root: User, flag: Flag) -> None:
    users = many(1000)

    visit.post(page_of(flag), {"_add": "1", "keys": ",".join(str(user.pk) for user in users)})
    visit.post(page_of(flag), {"remove": users[0].pk})

    removed, added, _ = history.changes("flag", "x")
    assert (added.user_label, added.source, added.after["users"]["count"]) == (
        *("root", "admin"),
        {"added": 1000, "removed": 0},
    )
    assert history.describe(removed)[0] == "Users: removed user000000"


def test_checks_see_who_has_joined(visit: Client, flag: Flag, rf: Any) -> None:
    (user,) = many(1)
    request = rf.get("/")
    request.user = user

    visit.post(page_of(flag), {"_add": "1", "keys": str(user.pk)})

    assert flag_is_active(request, "x") is True


def test_who_is_found_by_a_script_is_added(visit: Client, flag: Flag) -> None:
    users = many(13)
    flag.users.add(users[0])

    response = visit.post(
        page_of(flag),
        {"_add": "1", "keys": ", ".join(str(user.pk) for user in users) + ",x,4711,99999999999999999999"},
        follow=True,
    )
    again = visit.post(page_of(flag), {"_add": "1", "keys": str(users[0].pk)}, follow=True)

    names = ", ".join(f"user{number:06}" for number in range(1, 11))
    assert told(response) == [f"Added 12: {names} and 2 more."]
    assert told(again) == ["Nobody was added: choose somebody who is not listed yet."]
    assert flag.users.count() == 13


def test_a_pasted_list_is_shown_before_it_is_added(visit: Client, flag: Flag) -> None:
    users = many(3)
    twins = [User.objects.create(username=f"twin{number}", email="twins@example.org") for number in (1, 2)]
    flag.users.add(users[0])
    pasted = "user000000\nuser000001, user000002@example.org\r\ntwins@example.org;<b>nobody</b>"

    preview = visit.post(page_of(flag), {"_preview": "1", "names": pasted})
    nobody_yet = flag.users.count()
    sent = {"_add": "1", "previewed": preview.context["keys"], "among-1": twins[1].pk}
    response = visit.post(page_of(flag), sent, follow=True)

    page = preview.content.decode()
    assert [title in page for title in ("Found: 3 (1 already listed)", "Ambiguous: 1", "Unknown: 1")] == [
        *[True] * 3
    ]
    assert "&lt;b&gt;nobody&lt;/b&gt;" in page
    assert 'value="Add 2"' in page
    assert nobody_yet == 1
    assert told(response) == ["Added 3: user000001, user000002, twin2."]
    assert set(flag.users.all()) == {*users, twins[1]}


def test_nobody_may_be_found_or_only_be_ambiguous(visit: Client, flag: Flag) -> None:
    for number in (1, 2):
        User.objects.create(username=f"twin{number}", email="twins@example.org")

    nobody = visit.post(page_of(flag), {"_preview": "1", "names": "eve"}).content.decode()
    ambiguous = visit.post(page_of(flag), {"_preview": "1", "names": "twins@example.org"}).content.decode()

    assert 'name="_add"' not in nobody
    assert 'value="Add the selected"' in ambiguous


@pytest.mark.parametrize("previewed", ["", "{", "7", "null", '[["x"]]', '"ada"'])
def test_what_no_preview_has_sent_adds_nobody(visit: Client, flag: Flag, previewed: str) -> None:
    response = visit.post(page_of(flag), {"_add": "1", "previewed": previewed}, follow=True)

    assert told(response) == ["Nobody was added: choose somebody who is not listed yet."]


def test_of_a_long_preview_some_are_shown_and_all_are_added(visit: Client, flag: Flag) -> None:
    users = many(1200)
    pasted = "\n".join([*(user.username for user in users), *(f"nobody{number}" for number in range(150))])

    preview = visit.post(page_of(flag), {"_preview": "1", "names": pasted})
    visit.post(page_of(flag), {"_add": "1", "previewed": preview.context["keys"]})

    assert len(preview.context["found"]) == len(preview.context["unknown"]) == 100
    assert preview.context["more"] == {"found": "and 1,100 more", "ambiguous": "", "unknown": "and 50 more"}
    assert flag.users.count() == 1200


def test_a_list_of_groups_has_a_page_too(visit: Client, flag: Flag) -> None:
    group = Group.objects.create(name="editors")

    preview = visit.post(page_of(flag, "groups"), {"_preview": "1", "names": "editors"})
    visit.post(page_of(flag, "groups"), {"_add": "1", "previewed": preview.context["keys"]})
    page = visit.get(page_of(flag, "groups"))

    assert list(flag.groups.all()) == [group]
    assert names_on(page) == ["editors"]
    assert address(FLAG, "change", flag.pk) in page.content.decode()


def test_lists_of_the_projects_own_have_pages_in_any_admin_site(
    root: User, client: Client, settings: Settings
) -> None:
    settings.ROOT_URLCONF = __name__
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    client.force_login(root)
    acme, other = Company.objects.create(name="Acme"), Company.objects.create(name="Other")
    flag = CompanyAwareFlag.objects.create(name="x")
    flag.companies.add(acme, other)

    form = client.get(f"/own/test_app/companyawareflag/{flag.pk}/change/").content.decode()
    page = client.get(f"/own/test_app/companyawareflag/{flag.pk}/members/companies/", {"q": "ac"})

    assert f"/own/test_app/companyawareflag/{flag.pk}/members/companies/" in form
    assert names_on(page) == ["Acme"]
    assert "data-waffle-search" not in page.content.decode()
    assert [row.url for row in page.context["rows"]] == [""]


def test_members_that_nothing_names_are_listed_and_removed(
    visit: Client, flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "naming_fields", lambda model: [])
    flag.users.add(*many(2))

    page = visit.get(page_of(flag))
    nothing = visit.get(page_of(flag, "groups"), {"q": "x"})

    assert len(names_on(page)) == 2
    assert 'name="names"' not in page.content.decode()
    assert names_on(nothing) == []


def test_a_site_that_cannot_search_groups_goes_by_their_names(
    visit: Client, flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag.groups.add(Group.objects.create(name="editors"), Group.objects.create(name="testers"))
    own: Any = admin.site._registry[Group]
    monkeypatch.setattr(own, "search_fields", ())

    assert names_on(visit.get(page_of(flag, "groups"), {"q": "edit"})) == ["editors"]


def test_a_search_across_links_finds_each_member_once(
    visit: Client, flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    (user,) = many(1)
    user.groups.add(Group.objects.create(name="editors one"), Group.objects.create(name="editors two"))
    flag.users.add(user)
    own: Any = admin.site._registry[User]
    monkeypatch.setattr(own, "search_fields", ("groups__name",))

    assert names_on(visit.get(page_of(flag), {"q": "editors"})) == ["user000000"]


@pytest.mark.parametrize(
    "path", ["4711/members/users/", f"{'9' * 30}/members/users/", "x/members/users/", "{}/members/note/"]
)
def test_what_is_no_list_is_not_found(visit: Client, flag: Flag, path: str) -> None:
    assert visit.get(f"/admin/waffle/flag/{path.format(flag.pk)}").status_code == 404


def test_keys_of_a_preview_are_json(visit: Client, flag: Flag) -> None:
    (user,) = many(1)

    preview = visit.post(page_of(flag), {"_preview": "1", "names": "user000000"})

    value = re.findall(r'name="previewed" value="([^"]*)"', preview.content.decode())[0]
    assert json.loads(value.replace("&quot;", '"')) == [str(user.pk)]


def test_what_was_tampered_with_until_no_parser_takes_it_adds_nobody(visit: Client, flag: Flag) -> None:
    response = visit.post(page_of(flag), {"_add": "1", "previewed": "[" * 100_000}, follow=True)

    assert "Nobody was added" in told(response)[0]
