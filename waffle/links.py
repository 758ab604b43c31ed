"""Testing links: `?dwft_x=1` counts on any page, also on one that does not ask for `x`. Internal."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from waffle.conf import conf
from waffle.database import FORBIDDEN
from waffle.kinds import FLAG
from waffle.memory import NOTHING, parameters, tested
from waffle.overrides import find


# Any, throughout: Django's requests, or stand-ins.
def tests_in(request: Any) -> dict[str, bool]:
    """Return what the query string wants to try: `{flag name: active}`, if there is such a flag or not."""
    query = getattr(request, "META", NOTHING).get("QUERY_STRING")
    if not query:
        return {}
    query = str(query)  # a stand-in may have anything there
    prefix, suffix = _around_names(conf.TEST_COOKIE)
    if prefix not in query and "%" not in query:  # escaped, it may be there all the same
        return {}
    return {
        name[len(prefix) : len(name) - len(suffix)]: value == "1"
        for name, value in parameters(request).items()
        if name.startswith(prefix) and name.endswith(suffix)
    }


@cache
def _around_names(pattern: str) -> tuple[str, str]:
    prefix, _, suffix = (pattern % "\0").partition("\0")
    return prefix, suffix


def follow(request: Any) -> None:
    """Note those of the tests in the query string whose flags are in testing mode, as a check does."""
    for name, active in tests_in(request).items():
        with suppress(*FORBIDDEN):
            _, entry = find(FLAG, name)
            if entry is not None and getattr(entry.toggle, "testing", False):
                tested(request)[name] = active
