"""The page of one list of a flag, as tests visit it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from tests.admin.forms import address
from waffle.kinds import FLAG

# Any, in this file: responses, and whom a test makes.


def many(count: int) -> list[User]:
    """Make so many users."""
    return User.objects.bulk_create(
        User(username=f"user{number:06}", email=f"user{number:06}@example.org") for number in range(count)
    )


def page_of(flag: Any, name: str = "users") -> str:
    return address(FLAG, "members", flag.pk, name)


def names_on(page: Any) -> list[str]:
    return [row.name for row in page.context["rows"]]


def told(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]
