"""Waffle Iron: feature flags for Django."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Reason",
    "Verdict",
    "aflag_is_active",
    "aflag_verdict",
    "apinned",
    "asample_is_active",
    "asample_verdict",
    "aswitch_is_active",
    "aswitch_verdict",
    "flag_is_active",
    "flag_verdict",
    "get_waffle_flag_model",
    "get_waffle_model",
    "get_waffle_sample_model",
    "get_waffle_switch_model",
    "pinned",
    "sample_is_active",
    "sample_verdict",
    "switch_is_active",
    "switch_verdict",
]

if TYPE_CHECKING:
    from waffle.public import (
        aflag_is_active,
        aflag_verdict,
        asample_is_active,
        asample_verdict,
        aswitch_is_active,
        aswitch_verdict,
        flag_is_active,
        flag_verdict,
        get_waffle_flag_model,
        get_waffle_model,
        get_waffle_sample_model,
        get_waffle_switch_model,
        sample_is_active,
        sample_verdict,
        switch_is_active,
        switch_verdict,
    )
    from waffle.verdicts import Reason, Verdict
    from waffle.work import apinned, pinned
else:
    _HOMES = {"Reason": "verdicts", "Verdict": "verdicts", "apinned": "work", "pinned": "work"}

    # Any: a public name stands for a function or a class.
    def __getattr__(name: str) -> Any:
        """Import a public name when it is first asked for: until then the package costs next to nothing."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"waffle.{_HOMES.get(name, 'public')}"), name)
        # Kept: from now on the name is found without this function.
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
