"""Writes of every sort to toggles, to their lists, and to whom they list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

from django.contrib.auth.models import Group, User
from hypothesis import strategies as st

from tests.fuzz.questions import KINDS, NAMES, USERS, Question, Visitor, one_of_many
from waffle.models import BaseModel, Flag, Sample, Switch

MODELS: Mapping[str, type[BaseModel]] = {"flag": Flag, "switch": Switch, "sample": Sample}
GROUPS = (1, 2)


class Write(Protocol):
    """Called in the thread, and in the transaction, that is to write."""

    def __call__(self) -> None: ...

    def noticed_by(self) -> list[Question]:
        """Return questions whose answers it may change."""


def _questions(kind: str, *names: str) -> list[Question]:
    visitor = Visitor(1) if kind == "flag" else None
    return [Question(kind, name, visitor) for name in names]


# Any, throughout: fields and rows are of many types.
@dataclass(frozen=True)
class Put:
    """Make a toggle, or change it."""

    kind: str
    name: str
    field: str
    value: Any
    how: str = "save"

    def __call__(self) -> None:
        rows: Any = MODELS[self.kind].objects
        toggle = rows.filter(name=self.name).first()
        values = {self.field: self.value}
        if toggle is None:
            CREATIONS[self.how](rows, self.name, values)
            return
        setattr(toggle, self.field, self.value)
        CHANGES[self.how](rows, toggle, values)

    def noticed_by(self) -> list[Question]:
        return _questions(self.kind, self.name)


CREATIONS: Mapping[str, Callable[[Any, str, Mapping[str, Any]], object]] = {
    "save": lambda rows, name, values: rows.model(name=name, **values).save(),
    "save some fields": lambda rows, name, values: rows.create(name=name, **values),
    "update": lambda rows, name, values: rows.get_or_create(name=name, defaults=values),
    "bulk": lambda rows, name, values: rows.bulk_create([rows.model(name=name, **values)]),
    "update or create": lambda rows, name, values: rows.update_or_create(name=name, defaults=values),
}
CHANGES: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], object]] = {
    "save": lambda rows, toggle, values: toggle.save(),
    "save some fields": lambda rows, toggle, values: toggle.save(update_fields=[*values]),
    "update": lambda rows, toggle, values: rows.filter(pk=toggle.pk).update(**values),
    "bulk": lambda rows, toggle, values: rows.bulk_update([toggle], [*values]),
    "update or create": lambda rows, toggle, values: rows.update_or_create(pk=toggle.pk, defaults=values),
}


@dataclass(frozen=True)
class Rename:
    """Give a toggle another name, if that is free."""

    kind: str
    name: str
    to: str
    how: str

    def __call__(self) -> None:
        rows: Any = MODELS[self.kind].objects
        if not rows.filter(name=self.to).exists():
            for toggle in rows.filter(name=self.name):
                toggle.name = self.to
                CHANGES[self.how](rows, toggle, {"name": self.to})

    def noticed_by(self) -> list[Question]:
        return _questions(self.kind, self.name, self.to)


@dataclass(frozen=True)
class Delete:
    """Delete a toggle."""

    kind: str
    name: str
    is_bulk: bool

    def __call__(self) -> None:
        rows: Any = MODELS[self.kind].objects.filter(name=self.name)
        for doomed in [rows] if self.is_bulk else rows:
            doomed.delete()

    def noticed_by(self) -> list[Question]:
        return _questions(self.kind, self.name)


@dataclass(frozen=True)
class Link:
    """Change whom a flag lists, from its side or from the other."""

    flag: str
    field: str
    member: int
    how: str
    is_reverse: bool

    def __call__(self) -> None:
        member = person(self.member) if self.field == "users" else group(self.member)
        for flag in Flag.objects.filter(name=self.flag):
            links: Any = member.flag_set if self.is_reverse else getattr(flag, self.field)
            change_links(links, flag if self.is_reverse else member, self.how)

    def noticed_by(self) -> list[Question]:
        user = self.member if self.field == "users" else 1
        return [Question("flag", self.flag, Visitor(user))]


@dataclass(frozen=True)
class Join:
    """Change which groups a user is in, from the user's side or from the other."""

    user: int
    group: int
    how: str
    is_reverse: bool

    def __call__(self) -> None:
        user, joined = person(self.user), group(self.group)
        links: Any = joined.user_set if self.is_reverse else user.groups
        change_links(links, user if self.is_reverse else joined, self.how)

    def noticed_by(self) -> list[Question]:
        return [Question("flag", name, Visitor(self.user)) for name in NAMES]


@dataclass(frozen=True)
class Leave:
    """Delete a user or a group, whoever lists it."""

    model: type[User | Group]
    pk: int
    is_bulk: bool

    def __call__(self) -> None:
        rows: Any = self.model.objects.filter(pk=self.pk)
        for doomed in [rows] if self.is_bulk else rows:
            doomed.delete()

    def noticed_by(self) -> list[Question]:
        user = self.pk if self.model is User else 1
        return [Question("flag", name, Visitor(user)) for name in NAMES]


def person(pk: int) -> User:
    """Return a user, who may have been deleted before."""
    user: User = User.objects.get_or_create(pk=pk, defaults=USERS[pk])[0]
    return user


def group(pk: int) -> Group:
    """Return a group, which may have been deleted before."""
    return Group.objects.get_or_create(pk=pk, defaults={"name": str(pk)})[0]


def change_links(links: Any, member: Any, how: str) -> None:
    """Change one side's links by one member."""
    if how == "clear":
        links.clear()
    elif how == "set":
        links.set([member])
    else:
        getattr(links, how)(member)


VALUES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "flag": {
        "everyone": (None, None, True, False),
        "percent": (None, 0, 0.1, 99.9),
        "languages": ("", "de", "de,fr"),
        **dict.fromkeys(("testing", "superusers", "staff", "authenticated"), (False, True)),
    },
    "switch": {"active": (True, False)},
    "sample": {"percent": (0, 40, 60, 100)},
}
HOW_TO_LINK = ("add", "add", "remove", "clear", "set")
SIDES = (False, True)

_puts = [
    Put(kind, name, field, value, how)
    for kind, name, how in product(KINDS, NAMES, CHANGES)
    for field, values in VALUES[kind].items()
    for value in values
]
_others: list[Write] = [
    *(Rename(*case) for case in product(KINDS, NAMES, NAMES, ("save", "save some fields", "update", "bulk"))),
    *(Delete(*case) for case in product(KINDS, NAMES, SIDES)),
    *(Leave(model, pk, is_bulk) for model in (User, Group) for pk in GROUPS for is_bulk in SIDES),
    *(Leave(User, 1, is_bulk) for is_bulk in SIDES * 10),
]
_links: list[Write] = [
    *(Link(*case) for case in product(NAMES, ("users",), (1, 2), HOW_TO_LINK, SIDES)),
    *(Link(*case) for case in product(NAMES, ("groups",), GROUPS, HOW_TO_LINK, SIDES)),
]
_joins = [Join(*case) for case in product((1, 2), GROUPS, HOW_TO_LINK, SIDES)]

_all: tuple[Sequence[Write], ...] = (_puts, _puts, _others, _links, _links, _joins)
writes: st.SearchStrategy[Write] = st.one_of([one_of_many(some) for some in _all])

TABLES = (
    "waffle_flag_users",
    "waffle_flag_groups",
    "auth_user_groups",
    "waffle_flag",
    "waffle_switch",
    "waffle_sample",
    "auth_user",
    "auth_group",
)
"""All that is written to; each is emptied before those that it refers to."""

FIRST_ROWS: tuple[Write, ...] = (
    Put("flag", "a", "superusers", False),
    Put("flag", "b", "languages", "de"),
    Link("a", "users", 1, "add", is_reverse=False),
    Link("b", "groups", 1, "add", is_reverse=False),
    Join(1, 1, "add", is_reverse=False),
    Put("switch", "a", "active", True),
    Put("switch", "b", "active", False),
    Put("sample", "a", "percent", 60),
    Put("sample", "b", "percent", 40),
)
