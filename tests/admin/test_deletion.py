"""Deleting in the admin: what goes with a toggle is told, in few queries however many it lists."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AdminSite, ModelAdmin, site
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.admin.forms import address
from tests.each import each_kind
from waffle.admin.deletion import DeletionPage
from waffle.kinds import FLAG, Kind
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: responses and requests, with what tests hang on them.


def flag_of(count: int) -> Flag:
    """Return a new flag that lists so many new users, and one group."""
    flag: Flag = Flag.objects.create(name="x")
    first = User.objects.count()
    users = [User.objects.create(username=f"user {first + number:03}") for number in range(count)]
    flag.users.set(users)
    flag.groups.add(Group.objects.create(name=f"group {first}"))
    return flag


def test_members_are_counted_and_not_named(visit: Client) -> None:
    flag = flag_of(40)

    response = visit.get(address(FLAG, "delete", flag.pk))

    page = response.content.decode()
    assert "Users: 40 are taken off the list but not deleted" in page
    assert "Groups: 1 is taken off the list but not deleted" in page
    assert "user 007" not in page
    assert dict(response.context["model_count"]) == {
        "flags": 1,
        "flag-user relationships": 40,
        "flag-group relationships": 1,
    }
    assert f'Flag: <a href="{address(FLAG, "change", flag.pk)}">x</a>' in page


def ask(client: Client, flag: Flag) -> None:
    assert client.get(address(FLAG, "delete", flag.pk)).status_code == 200


def delete(client: Client, flag: Flag) -> None:
    answer = {"post": "yes", "typed": flag.name, "_confirmed": "1"}
    assert client.post(address(FLAG, "delete", flag.pk), answer).status_code == 302


def delete_by_action(client: Client, flag: Flag) -> None:
    action = {"action": "delete_individually", "index": "0", "_selected_action": [flag.pk]}
    answer = {**action, "typed": flag.name, "_confirmed": "1"}
    assert client.post(address(FLAG, "changelist"), answer).status_code == 302


@pytest.mark.parametrize("confirm", ["none", "always"])
@pytest.mark.parametrize("work", [ask, delete, delete_by_action])
def test_many_members_cost_the_queries_of_few(
    visit: Client, settings: Settings, work: Any, confirm: str
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = confirm
    costs = []

    for count in (2, 2, 40):  # the first visit finds nothing prepared
        flag = flag_of(count)
        with CaptureQueriesContext(connection) as queries:
            work(visit, flag)
        costs.append(len(queries))
        Flag.objects.all().delete()

    assert costs[2] <= costs[1]  # a few are named, which takes a query


@each_kind
def test_djangos_page_tells_what_is_deleted(visit: Client, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="<x>", **kind.created_as(True))

    page = visit.get(address(kind, "delete", toggle.pk)).content.decode()

    assert f'<a href="{address(kind, "change", toggle.pk)}">&lt;x&gt;</a>' in page
    assert "off the list" not in page


@pytest.fixture
def referred(root: User) -> User:
    """Return somebody whom a row of another model refers to: toggles of a project may have such rows."""
    ada = User.objects.create_user("ada")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=ada, content_type=kind, object_repr="x", action_flag=CHANGE)
    return ada


@pytest.mark.parametrize("has_address", [True, False])
def test_rows_that_refer_to_it_are_told_with_their_pages_and_permissions(
    rf: RequestFactory, root: User, referred: User, settings: Settings, has_address: bool
) -> None:
    class Refusing(ModelAdmin):  # type: ignore[type-arg]  # of log entries
        def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
            return False

    request: Any = rf.get("/")
    request.user = root
    own = AdminSite()
    own.register(LogEntry, Refusing)
    settings.ROOT_URLCONF = "test_app.urls" if has_address else "waffle.urls"
    pages = {User: site if has_address else own, LogEntry: own}

    shown = {
        model: DeletionPage(User, where).get_deleted_objects([referred], request)
        for model, where in pages.items()
    }

    told, counts, refused, protected = shown[LogEntry]
    assert (told[0], told[1][0].startswith("Log entry: ")) == ("User: ada", True)
    assert (counts, refused, protected) == ({"users": 1, "log entries": 1}, {"log entry"}, [])
    link = f'User: <a href="/admin/auth/user/{referred.pk}/change/">ada</a>'
    assert shown[User][0][0] == (link if has_address else "User: ada")
