"""Toggles for your tests: set in memory within a block, a function or a test class, and no row is touched."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ClassVar

from django.test.utils import TestContextDecorator

from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.overrides import Layer, lift, put

__all__ = ["override_flag", "override_sample", "override_switch"]

OVERRIDES = "_waffle_overrides"
"""The attribute of a test class that holds its own overrides, the outermost decorator first."""


# Any, throughout: what is decorated, and what fields hold, is of any type.
class Override(TestContextDecorator):
    """Sets a toggle: in a `with` or `async with` block, a (coroutine) function, a `TestCase` class."""

    kind: ClassVar[Kind]

    def __init__(self, name: str, active: Any) -> None:
        super().__init__()
        self.name = name
        self.fields: dict[str, Any] = self.kind.created_as(active)
        self._layers: list[Layer] = []  # a stack: one override may be at work within itself

    def enable(self) -> None:
        """Set the toggle."""
        self._layers.append(put(self.kind, self.name, self.fields))

    def disable(self) -> None:
        """Let what was there before be seen again."""
        lift(self._layers.pop())

    async def __aenter__(self) -> None:
        self.enable()

    async def __aexit__(self, *error: object) -> None:
        self.disable()

    def decorate_class(self, cls: Any) -> Any:
        """Set the toggle while each test of a `TestCase` runs; a subclass inherits that."""
        if not issubclass(cls, unittest.TestCase):
            raise TypeError(f"{cls.__name__} is no unittest.TestCase: decorate its functions.")
        setattr(cls, OVERRIDES, (self, *vars(cls).get(OVERRIDES, ())))
        if not hasattr(cls.setUp, "is_overriding"):
            cls.setUp = _overriding(cls.setUp)
        return cls


class override_flag(Override):
    """Turns a flag on (True) or off (False) for everyone, or lets its other fields decide (None).

    Each of them may be given too, `users` and `groups` as well: `override_flag("x", percent=30, staff=True)`.
    What is not given is as in the row, or as in a new one where there is none.
    """

    kind = FLAG

    def __init__(self, name: str, active: bool | None = None, **fields: Any) -> None:
        super().__init__(name, active)
        self.fields |= fields


class override_switch(Override):
    """Turns a switch on (True) or off (False)."""

    kind = SWITCH


class override_sample(Override):
    """Turns a sample on (True) or off (False) at every check, or sets its percentage."""

    kind = SAMPLE

    def __init__(self, name: str, active: Any) -> None:
        super().__init__(name, active)
        if not isinstance(active, bool):
            self.fields = {"percent": active}


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
