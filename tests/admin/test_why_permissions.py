"""Whom one may ask about."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory
from django.utils.http import urlencode

from tests.admin.why import FLAGS, decided_by, why
from waffle.admin import FlagAdmin
from waffle.admin.whom import asked_by
from waffle.models import Flag

pytestmark = pytest.mark.django_db

# Any, in this file: requests.


@pytest.fixture
def reader(client: Client) -> User:
    """Sign somebody in who may look at flags."""
    reader = User.objects.create_user("reader", "reader@example.org", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)
    return reader


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("typed", ["name", "address", "key", "picked"])
def test_who_may_not_see_users_learns_nothing_of_others(
    client: Client, reader: User, ada: User, method: str, typed: str
) -> None:
    flag = Flag.objects.create(name="x", staff=True)
    asked = {"name": {"user": "ada"}, "address": {"user": "ada@example.org"}}
    asked |= {"key": {"user": str(ada.pk)}, "picked": {"key": str(ada.pk)}}

    for url in (why(flag), FLAGS):
        for query in (asked[typed], {"user": "nobody of this name"}):
            page = getattr(client, method)(f"{url}?{urlencode(query)}")
            assert page.context["asked"].user is None
            assert "There is no user “" in page.content.decode()
            assert "editors" not in page.content.decode()
            assert 'data-waffle-search="' not in page.content.decode()


@pytest.mark.parametrize("asked", ["reader", "reader@example.org", "{key}"])
def test_everybody_may_ask_about_themselves_and_about_nobody(
    client: Client, reader: User, asked: str
) -> None:
    flag = Flag.objects.create(name="x", staff=True)

    page = client.get(why(flag), {"user": asked.format(key=reader.pk)})

    assert (page.context["asked"].user, decided_by(page)) == (reader, ["Staff"])
    assert "Your own username. Leave empty" in page.content.decode()
    assert "For a visitor who is not signed in" in client.get(why(flag)).content.decode()


def test_who_may_see_users_may_ask_about_those_whom_their_page_shows(
    client: Client, reader: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.user_permissions.add(Permission.objects.get(codename="view_user"))
    bob = User.objects.create_user("bob")
    page: Any = site._registry[User]
    monkeypatch.setattr(page, "get_queryset", lambda request: User.objects.filter(username="ada"))

    found = [client.get(FLAGS, {"user": name}).context["asked"].user for name in ("ada", "bob", "reader")]

    assert found == [ada, None, reader]
    assert bob.pk is not None


def test_on_a_site_without_a_page_of_users_the_permission_decides(reader: User, ada: User) -> None:
    request: Any = RequestFactory().get("/", {"user": "ada"})
    request.user, page = reader, FlagAdmin(Flag, AdminSite())

    before = asked_by(page, request).user
    reader.user_permissions.add(Permission.objects.get(codename="view_user"))
    request.user = User.objects.get(pk=reader.pk)

    assert (before, asked_by(page, request).user) == (None, ada)
