"""LaunchDarkly's client with test data instead of its service: everything is in memory, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from ldclient.client import LDClient  # type: ignore[import-not-found]  # in its own environment only
from ldclient.config import Config  # type: ignore[import-not-found]  # likewise
from ldclient.context import Context  # type: ignore[import-not-found]  # likewise
from ldclient.integrations.test_data import TestData  # type: ignore[import-not-found]  # likewise

from benchmarks.contenders import Contender, Handler
from benchmarks.site import GUESTS_GROUPS, FlagSpec

# Any, throughout: this library's own types are not at hand where types are checked.


def _built(flag: Any, spec: FlagSpec) -> Any:
    """Return a flag; for a percentage stands a value, since test data has none."""
    if spec.sort == "staff":
        return flag.if_match("staff", True).then_return(True).fallthrough_variation(False)
    if spec.sort == "groups":
        return flag.if_match("groups", spec.group).then_return(True).fallthrough_variation(False)
    if spec.sort == "users":
        for name in spec.users:
            flag = flag.variation_for_user(name, True)
        return flag.fallthrough_variation(False)
    return flag.variation_for_all(spec.is_on)


class LaunchDarkly(Contender):
    """The site makes a context for each request, and knows the user's groups without asking."""

    def __init__(self) -> None:
        self.source = TestData.data_source()
        config = Config(
            "benchmarks", update_processor_class=self.source, send_events=False, diagnostic_opt_out=True
        )
        self.client = LDClient(config)
        self.nobody = Context.create("nobody")

    def switch(self, name: str) -> object:
        """Check a flag for nobody in particular."""
        return self.client.variation(name, self.nobody, False)

    def flag(self, request: Any, name: str) -> object:
        """Check a flag by the request's context."""
        return self.client.variation(name, request.context, False)

    def middleware(self, view: Handler) -> Handler:
        """Make the context."""

        def middleware(request: Any) -> Any:
            request.context = _context(request)
            return view(request)

        return middleware

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Give the flags to the client."""
        for spec in flags:
            self.source.update(_built(self.source.flag(spec.name), spec))
        self.source.update(self.source.flag("switch").variation_for_all(True))


def _context(request: HttpRequest) -> Any:
    user: Any = request.user
    made = Context.builder(user.username).set("staff", user.is_staff).set("groups", list(GUESTS_GROUPS))
    return made.build()


CONTENDER = LaunchDarkly()
