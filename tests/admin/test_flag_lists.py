"""Lists on the page of a flag: long ones, and what they are searched and picked by."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django import forms
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.forms import address, change_form, errors_of
from waffle.admin import FlagAdmin, widgets
from waffle.admin.forms import FlagForm
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


@pytest.fixture
def crowded() -> Flag:
    """Return a flag with more users than its form holds."""
    flag: Flag = Flag.objects.create(name="crowded", staff=True)
    flag.users.add(*User.objects.bulk_create(User(username=f"user{number}") for number in range(1200)))
    return flag


def test_a_long_list_is_a_number_and_a_link(visit: Client, crowded: Flag) -> None:
    page = visit.get(address(FLAG, "change", crowded.pk)).content.decode()

    assert "1,200 members" in page
    assert address(FLAG, "members", crowded.pk, "users") in page
    assert 'name="users"' not in page
    assert 'name="groups"' in page


def test_saving_a_flag_leaves_its_long_list_alone(visit: Client, crowded: Flag) -> None:
    sent = {**change_form(crowded, note="why"), "users": "1"}

    response = visit.post(address(FLAG, "change", crowded.pk), sent)

    assert response.status_code == 302
    assert Flag.objects.get().note == "why"
    assert crowded.users.count() == 1200


@pytest.mark.parametrize("excluded", [{"exclude": ["users"]}, {"exclude": ["note"]}, {}])
def test_fields_that_a_page_leaves_out_stay_out(crowded: Flag, visit: Client, excluded: Any) -> None:
    class OwnForm(FlagForm):
        class Meta:
            exclude = ("rollout",)

    page: Any = type("OwnPage", (FlagAdmin,), {**excluded, "form": OwnForm})(Flag, site)
    request = visit.get(address(FLAG, "change", crowded.pk)).wsgi_request

    exclude = page.get_exclude(request, crowded)

    left_out = excluded.get("exclude", ["rollout"])
    assert set(exclude) == {*left_out, "users"}
    shown = [name for _, options in page.get_fieldsets(request, crowded) for name in options["fields"]]
    assert (page.long_lists["users"] in shown) is ("users" not in left_out)


@pytest.mark.parametrize(
    "method",
    [
        {"get_readonly_fields": lambda page, request, obj=None: ("created",)},
        {"get_fieldsets": lambda page, request, obj=None: [(None, {"fields": ["name", "note", "users"]})]},
    ],
    ids=["readonly", "fieldsets"],
)
def test_a_page_whose_methods_know_nothing_of_long_lists_has_them_in_its_form(
    crowded: Flag, visit: Client, monkeypatch: pytest.MonkeyPatch, method: Any
) -> None:
    own: Any = type("OwnPage", (FlagAdmin,), method)(Flag, site)
    registry: Any = site._registry
    monkeypatch.setitem(registry, Flag, own)

    response = own.changeform_view(
        visit.get(address(FLAG, "change", crowded.pk)).wsgi_request, str(crowded.pk)
    ).render()

    assert response.status_code == 200
    assert 'name="users"' in response.content.decode()


def test_who_may_only_look_sees_a_long_list_as_a_number(client: Client, crowded: Flag) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    page = client.get(address(FLAG, "change", crowded.pk)).content.decode()

    assert "1,200 members" in page
    assert "user7" not in page
    assert "_effect" not in page
    assert 'name="_save"' not in page


def test_a_list_of_a_hundred_thousand_costs_the_queries_of_a_hundred_and_one(
    visit: Client, crowded: Flag
) -> None:
    other = Flag.objects.create(name="other")
    other.users.add(*crowded.users.all()[:101])
    visit.get(address(FLAG, "change", other.pk))

    counts = []
    for flag in (other, crowded):
        with CaptureQueriesContext(connection) as queries:
            visit.get(address(FLAG, "change", flag.pk))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_list_that_a_script_may_search_says_where(visit: Client) -> None:
    page = visit.get(address(FLAG, "add")).content.decode()

    found = re.findall(r'data-waffle-search="([^"]*)"', page)
    assert [url.rpartition("field_name=")[2] for url in found] == ["users", "groups"]
    assert visit.get(f"{unescape(found[0])}&term=root").status_code == 200


def test_who_may_not_see_users_is_offered_no_search(client: Client) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="add_flag"))
    client.force_login(editor)

    page = client.get(address(FLAG, "add")).content.decode()

    assert "data-waffle-search" not in page
    assert 'name="users"' in page


def test_a_site_without_pages_of_users_and_groups_works(root: User, rf: Any) -> None:
    own = AdminSite(name="own")
    own.register(Flag, FlagAdmin)
    group = Group.objects.create(name="editors")
    request = rf.get("/")
    request.user = root

    form = FlagAdmin(Flag, own).get_form(request)()

    assert f'<option value="{group.pk}">editors</option>' in str(form["groups"])
    assert "data-waffle-search" not in str(form["users"])


def test_of_twelve_thousand_groups_the_form_shows_those_that_are_chosen(visit: Client) -> None:
    Group.objects.bulk_create(Group(name=f"group{number}") for number in range(12_000))
    first, second = Group.objects.order_by("pk")[:2]
    flag = Flag.objects.create(name="x")
    flag.groups.add(second)

    page = visit.get(address(FLAG, "change", flag.pk)).content.decode()
    sent = visit.post(address(FLAG, "change", flag.pk), change_form(flag, groups=[first.pk, second.pk]))
    wrong = visit.post(address(FLAG, "change", flag.pk), change_form(flag, groups=[first.pk, "x"]))

    assert re.findall(r'<option value="\d+" selected>(\w+)</option>', page) == ["group1"]
    assert page.count("group") < 100
    assert sent.status_code == 302
    assert set(flag.groups.all()) == {first, second}
    assert list(errors_of(wrong)) == ["groups"]


def test_a_field_to_pick_from_may_have_options_that_are_no_rows() -> None:
    field = forms.MultipleChoiceField(choices=[("a", "A")], widget=widgets.PickSelect)

    assert '<option value="a">A</option>' in field.widget.render("x", [])
