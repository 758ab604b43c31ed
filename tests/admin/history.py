"""What tests of the history's pages ask for, and where."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from waffle import history
from waffle.models import Change

# Any, throughout: pages, with what a test client hangs on them.

LIST = "/admin/waffle/change/"


def last() -> Change:
    change: Change = history.changes().first()
    return change


def page_of(change: Change, where: str = "admin") -> str:
    return reverse("admin:waffle_change_change", args=[change.pk], current_app=where)


def revert(client: Client, change: Change, where: str = "admin") -> Any:
    return client.post(
        reverse("admin:waffle_change_revert", args=[change.pk], current_app=where), follow=True
    )


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def shown(response: Any) -> list[str]:
    return [f"{change.kind} {change.name} {change.action}" for change in response.context["cl"].result_list]


def staff(client: Client, *codenames: str) -> User:
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user
