"""Waffle Iron: feature flags for Django."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = [
    "Explanation",
    "Reason",
    "Subject",
    "Verdict",
    "aexplain",
    "aflag_is_active",
    "aflag_verdict",
    "apinned",
    "asample_is_active",
    "asample_verdict",
    "asubject_of",
    "aswitch_is_active",
    "aswitch_verdict",
    "evaluated",
    "explain",
    "flag_is_active",
    "flag_verdict",
    "get_waffle_flag_model",
    "get_waffle_model",
    "get_waffle_sample_model",
    "get_waffle_switch_model",
    "pinned",
    "sample_is_active",
    "sample_verdict",
    "subject_of",
    "switch_is_active",
    "switch_verdict",
]

if TYPE_CHECKING:
    from waffle.explanations import Explanation, aexplain, explain
    from waffle.facts import asubject_of, subject_of
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
    from waffle.records import evaluated
    from waffle.subjects import Subject
    from waffle.verdicts import Reason, Verdict
    from waffle.work import apinned, pinned
else:
    _HOMES = {
        **dict.fromkeys(("Explanation", "aexplain", "explain"), "explanations"),
        **dict.fromkeys(("Reason", "Verdict"), "verdicts"),
        **dict.fromkeys(("apinned", "pinned"), "work"),
        **dict.fromkeys(("asubject_of", "subject_of"), "facts"),
        "Subject": "subjects",
        "evaluated": "records",
    }

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
