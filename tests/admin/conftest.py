"""What the tests of the admin share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tests.admin.flips import Editor
from waffle import history
from waffle.models import Flag


# Any, in what follows: pages and forms are Django's, and typed by model.
@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def visit(root: User, client: Client) -> Client:
    """Sign the superuser in."""
    client.force_login(root)
    return client


@pytest.fixture
def asked(root: User) -> Any:
    """Return the least request that actions are called with."""
    return SimpleNamespace(user=root, GET={})


@pytest.fixture
def flag() -> Flag:
    """Return a flag that was made, and then changed by Ada."""
    flag: Flag = Flag.objects.create(name="x", percent=5)
    with history.by("ada", comment="Sales <week>"):
        flag.percent, flag.note = 50, "<b>"
        flag.save()
    return flag


@pytest.fixture
def ada() -> User:
    """Return an editor, who is no superuser."""
    user = User.objects.create_user("ada", "ada@example.org", is_staff=True)
    user.groups.add(Group.objects.create(name="editors"))
    return user


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
