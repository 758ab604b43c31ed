"""Toggles for your tests: set within a block, a function or a test class, and afterwards as they were."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db import connections
from django.test.utils import TestContextDecorator

from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind, copy_of

__all__ = ["override_flag", "override_sample", "override_switch"]

OVERRIDES = "_waffle_overrides"
"""The attribute of a test class that holds its own overrides, the outermost decorator first."""


# Any, throughout: toggles are instances of the project's models; what is decorated is of any type.
@dataclass(frozen=True)
class Before:
    """What was there: a toggle with all that it lists, or nothing."""

    model: Any
    alias: str
    name: str
    toggle: Any
    lists: dict[str, list[Any]]

    @classmethod
    def of(cls, kind: Kind, name: str) -> Before:
        """Take down what is there now."""
        alias = kind.write_alias()
        toggle = kind.model._default_manager.using(alias).filter(name=name).first()
        fields = kind.lists() if toggle is not None else ()
        lists = {field: list(getattr(toggle, field).values_list("pk", flat=True)) for field in fields}
        return cls(kind.model, alias, name, toggle, lists)

    def come_back(self) -> None:
        """Make it so again, through `save` and `delete`, so that everybody hears of it."""
        if connections[self.alias].needs_rollback:
            return  # nothing can be asked; what is to be rolled back comes back by that
        rows = self.model._default_manager.using(self.alias)
        for stranger in rows.filter(name=self.name).exclude(pk=getattr(self.toggle, "pk", None)):
            stranger.delete()
        if self.toggle is None:
            return
        modified = self.toggle.modified
        self.toggle.save()
        rows.filter(pk=self.toggle.pk).update(modified=modified)
        for field, keys in self.lists.items():
            getattr(self.toggle, field).set(keys)


class Override(TestContextDecorator):
    """Sets a toggle: in a `with` or `async with` block, a (coroutine) function, a `TestCase` class."""

    kind: ClassVar[Kind]

    def __init__(self, name: str, active: Any) -> None:
        super().__init__()
        self.name = name
        self.active = active
        self._before: list[Before] = []  # a stack: one override may be at work within itself

    def fields(self) -> dict[str, Any]:
        """Return the fields to set."""
        return self.kind.created_as(self.active)

    def enable(self) -> None:
        """Set the toggle."""
        before = Before.of(self.kind, self.name)
        toggle = before.model(name=self.name) if before.toggle is None else copy_of(before.toggle)
        for field, value in self.fields().items():
            setattr(toggle, field, value)
        toggle.save()
        self._before.append(before)

    def disable(self) -> None:
        """Let what was there before come back."""
        self._before.pop().come_back()

    async def __aenter__(self) -> None:
        await sync_to_async(self.enable)()

    async def __aexit__(self, *error: object) -> None:
        await sync_to_async(self.disable)()

    def decorate_callable(self, func: Any) -> Any:
        """Set the toggle while a function, or a coroutine function, runs."""
        if not iscoroutinefunction(func):
            return super().decorate_callable(func)

        @wraps(func)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            async with self:
                return await func(*args, **kwargs)

        return inner

    def decorate_class(self, cls: Any) -> Any:
        """Set the toggle while each test of a `TestCase` runs; a subclass inherits that."""
        if not issubclass(cls, unittest.TestCase):
            raise TypeError(f"{cls.__name__} is no unittest.TestCase: decorate its functions.")
        setattr(cls, OVERRIDES, (self, *vars(cls).get(OVERRIDES, ())))
        if not hasattr(cls.setUp, "is_overriding"):
            cls.setUp = _overriding(cls.setUp)
        return cls


class override_flag(Override):
    """Turns a flag on (True) or off (False) for everyone, or lets its other fields decide (None)."""

    kind = FLAG


class override_switch(Override):
    """Turns a switch on (True) or off (False)."""

    kind = SWITCH


class override_sample(Override):
    """Turns a sample on (True) or off (False) at every check, or sets its percentage."""

    kind = SAMPLE

    def fields(self) -> dict[str, Any]:
        """Return the percentage to set."""
        return super().fields() if isinstance(self.active, bool) else {"percent": self.active}


def _overriding(set_up: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a `setUp` that sets the toggles of its test's class first."""

    @wraps(set_up)
    def inner(case: Any) -> None:
        for override in _overrides_of(type(case)):
            override.enable()
            case.addCleanup(override.disable)
        set_up(case)

    inner.__dict__["is_overriding"] = True
    return inner


def _overrides_of(cls: type) -> Iterator[Override]:
    """Return the overrides of a class and its bases; the last one has the last word."""
    for base in reversed(cls.__mro__):
        yield from vars(base).get(OVERRIDES, ())
