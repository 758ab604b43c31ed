"""Users, groups and the like, by the names that people call them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import CommandError

LONGEST_LIST = 10  # members that an error names


# Any, throughout: users and groups are of whatever models the project has.
def find(model: Any, alias: str, name: str, title: str) -> Any:
    """Return the one member that `name` means; raises `CommandError` where that is none, or several.

    `title` is what errors call the like: "User", "Group".
    """
    for field in naming_fields(model):
        found = _matches(model, alias, field, name)
        if len(found) > 1:
            several = ", ".join(f"{called(member)} (id {member.pk})" for member in found)
            raise CommandError(
                f"{title} {name} may be any of these, by {field}: {several}. Pass what only one of them has."
            )
        if found:
            return found[0]
    raise CommandError(f"{title} {name} does not exist")


def called(member: Any) -> str:
    """Return what people call a member: a user's username, a group's name."""
    fields = naming_fields(type(member))
    return str(getattr(member, fields[0]) if fields else member)


def naming_fields(model: Any) -> list[str]:
    """Return the fields that name a member, the best first: a username, then an e-mail address; or a name."""
    wanted = [getattr(model, "USERNAME_FIELD", "name"), getattr(model, "EMAIL_FIELD", None)]
    return [name for name in dict.fromkeys(wanted) if name and has_field(model, name)]


def has_field(model: Any, name: str) -> bool:
    """Say whether a model has a field of that name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


def can_be_stored(text: str) -> bool:
    """Say whether a database can be asked for `text`: not for NUL, nor for half a character."""
    return text.encode(errors="ignore").replace(b"\0", b"").decode() == text


def _matches(model: Any, alias: str, field: str, name: str) -> list[Any]:
    if not name or not can_be_stored(name):
        return []  # many users have no e-mail address
    try:
        rows = model._default_manager.using(alias).filter(**{field: name})
        return list(rows.order_by("pk")[:LONGEST_LIST])
    except (OverflowError, ValueError, ValidationError):
        return []  # usernames need not be text
