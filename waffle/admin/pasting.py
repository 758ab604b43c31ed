"""Names that people paste, and whom they mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError

from waffle.management.members import can_be_stored, naming_fields

CHUNK = 900  # SQLite took no more than 999 parameters


# Any, throughout: users, groups and the like are of the project's models.
class Meant:
    """Whom a list of names means."""

    def __init__(
        self,
        found: dict[Any, Any] | None = None,
        ambiguous: dict[str, list[Any]] | None = None,
        unknown: list[str] | None = None,
    ) -> None:
        self.found = found or {}
        """By primary key."""
        self.ambiguous = ambiguous or {}
        self.unknown = unknown or []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meant) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # as for all that holds a dictionary


def names_in(text: str) -> list[str]:
    """Return the names in a text, each once: they stand on lines of their own, or between commas."""
    names = (_bare(name) for name in re.split(r"[\n\r,;\t]+", text))
    return list(dict.fromkeys(name for name in names if name))


def _bare(name: str) -> str:
    """Return an address without the name that mail programs put before it: `Ada <ada@example.org>`."""
    # One @ and no more: with any number of them a long text would be searched from each.
    address = re.fullmatch(r"[^<>]*<([^<>@\s]+@[^<>@\s]+)>", name.strip())
    return (address[1] if address else name).strip().strip("\"'").strip()


def meant_by(rows: Any, names: Iterable[str]) -> Meant:
    """Find whom `names` mean among `rows`, by a username, else by an e-mail address, as commands do."""
    meant, left = Meant(), list(names)
    for naming in naming_fields(rows.model):
        matches = _matches(rows, naming, left)
        for name, members in matches.items():
            if len(members) > 1:
                meant.ambiguous[name] = members
            else:
                meant.found[members[0].pk] = members[0]
        left = [name for name in left if name not in matches]
    meant.unknown.extend(left)
    return meant


def chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    """Return keys in lists that every database takes."""
    every = list(keys)
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))


def _matches(rows: Any, naming: str, names: list[str]) -> dict[str, list[Any]]:
    """Return for each name that is there the members that bear it."""
    column = rows.model._meta.get_field(naming)
    exactly: dict[str, list[Any]] = defaultdict(list)
    # Some databases take upper and lower case for the same.
    loosely: dict[str, list[Any]] = defaultdict(list)
    for some in chunks(name for name in names if _can_be_asked(column, name)):
        for member in rows.filter(**{f"{naming}__in": some}).order_by("pk"):
            exactly[str(getattr(member, naming))].append(member)
            loosely[str(getattr(member, naming)).casefold()].append(member)
    found = {name: exactly.get(name) or loosely.get(name.casefold(), []) for name in names}
    return {name: members for name, members in found.items() if members}


def _can_be_asked(column: Any, name: str) -> bool:
    """Say whether a database can be asked for a name: a username need not be text."""
    if not name or not can_be_stored(name):
        return False  # many users have no e-mail address
    try:
        value = column.to_python(name)
    except (OverflowError, ValueError, ValidationError):
        return False
    return not isinstance(value, int) or abs(value) < 2**63
