"""Writes that cross a read: each is put exactly where a test wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.process import after_each, elsewhere
from waffle.models import Switch

# Any, in this file: threads return anything, and targets are of every sort.
Thread = Callable[[Callable[[], Any]], Any]


def set_switch(active: bool) -> None:
    Switch.objects.update_or_create(name="x", defaults={"active": active})


def set_elsewhere(active: bool, *, is_told: bool = True) -> None:
    with elsewhere(is_told=is_told):
        set_switch(active)


@contextmanager
def right_after(
    target: Any, name: str, do: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Do something once, after the next call of `target.name` and before its caller goes on."""
    left = [do]
    with monkeypatch.context() as patch:
        after_each(target, name, lambda: left and left.pop()(), patch)
        yield
    assert not left, f"{name} was not called"
