"""Changing: a writer's toggles in the database, and beside them what should be there.

Each change of `CHANGES` is one commit where no transaction is open. It is noted before it is made: so what
should be there is right too if the database is lost in the moment of the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from tests.exactness.asking import MODELS, members
from tests.exactness.states import (
    KINDS,
    LISTS,
    MEMBERS,
    RENAMED,
    ROWS,
    State,
    copy_of,
    name_of,
    names_of,
)


# Any, throughout: models are the project's own, fields hold what they hold.
class Tables:
    """A writer's toggles."""

    def __init__(self, writer: int, state: State, dice: Random) -> None:
        self.writer = writer
        self.state = state
        self.dice = dice
        self.serial = 0

    def change(self) -> None:
        """Make one change."""
        self.dice.choice(CHANGES)(self)

    def change_all(self) -> None:
        """Change all rows of a kind, one statement each: who sees half of it sees a torn transaction."""
        part = self.dice.choice(KINDS)
        for name in self.state[part]:
            self.save(part, name)

    def change_in_vain(self) -> None:
        """Change, and go back to a savepoint."""
        before = copy_of(self.state)
        with transaction.atomic():
            self.change()
            transaction.set_rollback(True)
        self.state = before

    def save(self, part: str, name: str) -> None:
        toggle = MODELS[part].objects.get(name=name)
        for field, value in self._put(part, name).items():
            setattr(toggle, field, value)
        toggle.save()

    def update(self) -> None:
        part = self.dice.choice(KINDS)
        names = self._some(part)
        is_on = self.dice.random() < 0.5
        for name in names:
            self._put(part, name, is_on)
        MODELS[part].objects.filter(name__in=names).update(**_fields(part, self.serial, is_on))

    def save_one(self) -> None:
        part = self.dice.choice(KINDS)
        for name in self._some(part)[:1]:
            self.save(part, name)

    def bulk_update(self) -> None:
        part = self.dice.choice(KINDS)
        toggles = list(MODELS[part].objects.filter(name__in=self.state[part]))
        fields: dict[str, Any] = {}
        for toggle in toggles:
            fields = self._put(part, toggle.name)
            for field, value in fields.items():
                setattr(toggle, field, value)
        if toggles:
            MODELS[part].objects.bulk_update(toggles, list(fields))

    def update_or_create(self) -> None:
        part = self.dice.choice(KINDS)
        name = self.dice.choice(names_of(self.writer, part))
        MODELS[part].objects.update_or_create(name=name, defaults=self._put(part, name))

    def rename(self) -> None:
        part = self.dice.choice(KINDS)
        for name in self._some(part)[:1]:
            to = name.removesuffix(RENAMED) if name.endswith(RENAMED) else name + RENAMED
            if to in self.state[part]:
                return
            toggle = MODELS[part].objects.get(name=name)
            del self.state[part][name]
            for field, value in {"name": to, **self._put(part, to)}.items():
                setattr(toggle, field, value)
            toggle.save()

    def delete(self) -> None:
        part = self.dice.choice(KINDS)
        for name in self._some(part)[:1]:
            del self.state[part][name]
            MODELS[part].objects.get(name=name).delete()

    def delete_some(self) -> None:
        part = self.dice.choice(KINDS)
        names = self._some(part)[: ROWS - 1]
        for name in names:
            del self.state[part][name]
        MODELS[part].objects.filter(name__in=names).delete()

    def create_missing(self) -> None:
        part = self.dice.choice(KINDS)
        names = [name_of(self.writer, part, number) for number in range(ROWS)]
        model = MODELS[part]
        model.objects.bulk_create(
            [model(name=name, **self._put(part, name)) for name in names if name not in self.state[part]]
        )

    def set_list(self) -> None:
        part = self.dice.choice(LISTS)
        chosen = sorted(self.dice.sample(range(MEMBERS), self.dice.randrange(MEMBERS)))
        self._put_list(part, chosen)
        getattr(self._lister(part), part).set(_listed_as(part, chosen))

    def add_to_list(self) -> None:
        part = self.dice.choice(LISTS)
        member = self.dice.randrange(MEMBERS)
        self._put_list(part, {*self._listed(part), member})
        getattr(self._lister(part), part).add(*_listed_as(part, [member]))

    def take_from_list_by_the_other_side(self) -> None:
        part = self.dice.choice(LISTS)
        member = self.dice.randrange(MEMBERS)
        self._put_list(part, {*self._listed(part)} - {member})
        _listed_as(part, [member])[0].flag_set.remove(self._lister(part))

    def clear_list(self) -> None:
        part = self.dice.choice(LISTS)
        self._put_list(part, [])
        getattr(self._lister(part), part).clear()

    def _some(self, part: str) -> list[str]:
        names = sorted(self.state[part])
        return self.dice.sample(names, self.dice.randint(1, len(names))) if names else []

    def _put(self, part: str, name: str, is_on: bool | None = None) -> dict[str, Any]:
        is_on = self.dice.random() < 0.5 if is_on is None else is_on
        self.state[part][name] = [self.serial, is_on]
        return _fields(part, self.serial, is_on)

    def _lister(self, part: str) -> Any:
        return MODELS["flag"].objects.get(name=name_of(self.writer, part))

    def _listed(self, part: str) -> list[int]:
        listed: list[int] = self.state[part][name_of(self.writer, part)]
        return listed

    def _put_list(self, part: str, chosen: Iterable[int]) -> None:
        self.state[part][name_of(self.writer, part)] = sorted(chosen)


CHANGES: tuple[Callable[[Tables], None], ...] = (
    Tables.update,
    Tables.update,
    Tables.save_one,
    Tables.save_one,
    Tables.bulk_update,
    Tables.update_or_create,
    Tables.rename,
    Tables.delete,
    Tables.delete_some,
    Tables.create_missing,
    Tables.create_missing,
    Tables.set_list,
    Tables.add_to_list,
    Tables.take_from_list_by_the_other_side,
    Tables.clear_list,
)


def _fields(part: str, serial: int, is_on: bool) -> dict[str, Any]:
    """Return the fields of a row that is on or off."""
    on_or_off: dict[str, dict[str, Any]] = {
        "flag": {"everyone": is_on},
        "switch": {"active": is_on},
        "sample": {"percent": 100 * is_on},
    }
    return {"note": str(serial), **on_or_off[part]}


def _listed_as(part: str, chosen: Iterable[int]) -> list[Any]:
    """Return what a list field holds for these members: the users, or their groups."""
    users = [members[member] for member in chosen]
    return users if part == "users" else [user.groups.all()[0] for user in users]


def make_all(states: dict[int, State]) -> None:
    """Make the users, and what each writer finds."""
    for number in range(MEMBERS):
        user = User.objects.create(username=f"member {number}")
        user.groups.add(Group.objects.create(name=f"group {number}"))
    for writer, state in states.items():
        for part in KINDS:
            for name, (serial, is_on) in state[part].items():
                MODELS[part].objects.create(name=name, **_fields(part, serial, is_on))
        for part in LISTS:
            MODELS["flag"].objects.create(name=name_of(writer, part), everyone=None, superusers=False)


def read_all(writer: int) -> State:
    """Read a writer's tables, past Waffle Iron."""
    state: State = {part: {} for part in (*KINDS, *LISTS)}
    for part in KINDS:
        for toggle in MODELS[part].objects.filter(name__in=names_of(writer, part)):
            is_on = {"flag": "everyone", "switch": "active", "sample": "percent"}[part]
            state[part][toggle.name] = [int(toggle.note), bool(getattr(toggle, is_on))]
    for part in LISTS:
        name = name_of(writer, part)
        listed = MODELS["flag"].objects.filter(name=name).values_list(f"{part}__{_NAMES[part]}", flat=True)
        state[part][name] = sorted(int(found.split()[-1]) for found in listed if found is not None)
    return state


_NAMES = {"users": "username", "groups": "name"}
