"""Delays, where a slow machine or a slow network would put them: they hold races open."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from time import sleep
from typing import Any

from waffle import bells
from waffle.stamps import Stamp

# Any, throughout: whatever the delayed function takes and returns.


def delay_telling(dice: Random) -> None:
    """Let a fifth of a writer's bumps be late: the row after the commit, or the bell after the row."""
    _patch(Stamp, "bump", dice, share=0.2, longest=0.05, is_before=True)
    _patch(bells, "ring", dice, share=0.2, longest=0.05, is_before=True)


def delay_reading(dice: Random) -> None:
    """Let a third of a reader's reads be slow: the row after the bell, or the toggles after the row."""
    _patch(bells, "listen", dice, share=0.3, longest=0.04, is_before=False)
    _patch(Stamp, "read", dice, share=0.3, longest=0.04, is_before=False)


def _patch(target: Any, name: str, dice: Random, *, share: float, longest: float, is_before: bool) -> None:
    original: Callable[..., Any] = getattr(target, name)

    def delayed(*args: Any) -> Any:
        seconds = dice.uniform(0, longest) if dice.random() < share else 0
        sleep(seconds if is_before else 0)
        result = original(*args)
        sleep(0 if is_before else seconds)
        return result

    setattr(target, name, delayed)
