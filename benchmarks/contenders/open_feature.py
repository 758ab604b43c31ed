"""OpenFeature with the provider that has its flags in memory: a function of the site's own decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from openfeature import api  # type: ignore[import-not-found]  # in its own environment only
from openfeature.evaluation_context import EvaluationContext  # type: ignore[import-not-found]  # likewise
from openfeature.flag_evaluation import FlagResolutionDetails  # type: ignore[import-not-found]  # likewise
from openfeature.provider.in_memory_provider import (  # type: ignore[import-not-found]  # likewise
    InMemoryFlag,
    InMemoryProvider,
)

from benchmarks.contenders import Contender, Handler
from benchmarks.site import GUESTS_GROUPS, FlagSpec

# Any, throughout: this library's own types are not at hand where types are checked.
VARIANTS = {"on": True, "off": False}


def _deciding(is_on: Callable[[Any], bool]) -> Callable[[Any, Any], Any]:
    """Return what decides by the context."""
    return lambda flag, context: FlagResolutionDetails(value=is_on(context))


def _flag(spec: FlagSpec) -> Any:
    """Return a flag; for a percentage stands a value, since the provider has none."""
    users, group = frozenset(spec.users), spec.group
    deciders: dict[str, Callable[[Any], bool]] = {
        "staff": lambda context: bool(context.attributes["staff"]),
        "users": lambda context: context.targeting_key in users,
        "groups": lambda context: group in context.attributes["groups"],
    }
    decides = _deciding(deciders[spec.sort]) if spec.sort in deciders else None
    return InMemoryFlag("on" if spec.is_on else "off", VARIANTS, context_evaluator=decides)


class OpenFeature(Contender):
    """The site makes a context for each request, and knows the user's groups without asking."""

    def __init__(self) -> None:
        self.client = api.get_client()

    def switch(self, name: str) -> object:
        """Check a flag without a context."""
        return self.client.get_boolean_value(name, False)

    def flag(self, request: Any, name: str) -> object:
        """Check a flag by the request's context."""
        return self.client.get_boolean_value(name, False, request.context)

    def middleware(self, view: Handler) -> Handler:
        """Make the context."""

        def middleware(request: Any) -> Any:
            request.context = _context(request)
            return view(request)

        return middleware

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Give the flags to a provider."""
        made = {spec.name: _flag(spec) for spec in flags}
        api.set_provider_and_wait(InMemoryProvider({**made, "switch": InMemoryFlag("on", VARIANTS)}))


def _context(request: HttpRequest) -> Any:
    user: Any = request.user
    return EvaluationContext(user.username, {"staff": user.is_staff, "groups": list(GUESTS_GROUPS)})


CONTENDER = OpenFeature()
