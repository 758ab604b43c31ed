"""Clicks on the buttons of a list, and what the page says then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.utils.html import strip_tags

from tests.admin.forms import address
from waffle.admin.choices import version_of

# Any, in this file: toggles of several models, and responses with what a test client hangs on them.


def press(client: Client, toggle: Any, choice: str, *, version: str | None = None, **more: Any) -> Any:
    """Press a button of a toggle's row, as it is in the database or as an older page has shown it."""
    if version is None:
        version = version_of(type(toggle).objects.get(pk=toggle.pk), {})
    place = address(toggle._waffle_kind, "flip", toggle.pk)
    return client.post(place, {"flip": f"{choice}.{version}", **more}, follow=True)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def text_of(response: Any) -> list[str]:
    """Return the messages without their links."""
    return [strip_tags(message) for message in messages_of(response)]


# Signs somebody in who has these permissions.
Editor = Callable[..., Client]
