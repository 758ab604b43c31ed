"""Questions that visitors ask, to Waffle Iron and to the naive model alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import strategies as st

import waffle
from tests.fuzz import naive
from tests.fuzz.naive import Answer, Asked, State
from waffle.verdicts import Verdict

Value = TypeVar("Value")

KINDS = ("flag", "switch", "sample")
NAMES = ("a", "b", "c")
"""What toggles of each kind are called; at first there is no `c`."""

# Any: what fields hold.
USERS: dict[int, dict[str, Any]] = {
    1: {"username": "ann"},
    2: {"username": "bob", "is_staff": True},
    3: {"username": "eve", "is_superuser": True},
}

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Visitor:
    """Who asks, and what the browser sends."""

    user: int | None = None
    language: str = "en"
    query: Pairs = ()
    cookies: Pairs = ()
    headers: Pairs = ()

    def request(self) -> HttpRequest:
        """Return a new request."""
        request = RequestFactory().get("/", dict(self.query), headers=dict(self.headers))
        request.COOKIES.update(self.cookies)
        request.LANGUAGE_CODE = self.language
        request.user = AnonymousUser() if self.user is None else User(pk=self.user, **USERS[self.user])
        return request


VISITORS = (
    *(Visitor(1), Visitor(2), Visitor(3), Visitor(), Visitor(1, "de"), Visitor(language="de")),
    *(Visitor(1, query=(("dwft_a", "1"),)), Visitor(2, query=(("dwft_a", "0"), ("dwft_b", "1")))),
    *(Visitor(cookies=(("dwf_a", "True"),)), Visitor(1, cookies=(("dwf_a", "False"), ("dwft_b", "True")))),
    *(Visitor(headers=(("dwft-a", "1"),)), Visitor(3, headers=(("dwft-b", "0"),))),
)


@dataclass(frozen=True)
class Question:
    """Something to ask, and whom for; a `visitor` is there for flags alone, and need not be there."""

    kind: str
    name: str
    visitor: Visitor | None = None

    def by_the_book(self, told: State, asked: Asked | None, live: State) -> Answer:
        """Return what the naive model answers."""
        if self.kind == "flag":
            return naive.flag(told, self.name, asked, live)
        decide = naive.switch if self.kind == "switch" else naive.sample
        return decide(told, self.name)

    def put(self, request: HttpRequest | None) -> Answer:
        """Ask Waffle Iron."""
        return _answer(_function(f"{self.kind}_verdict")(*self._arguments(request)))

    async def aput(self, request: HttpRequest | None) -> Answer:
        """Ask Waffle Iron in a coroutine."""
        return _answer(await _function(f"a{self.kind}_verdict")(*self._arguments(request)))

    def _arguments(self, request: HttpRequest | None) -> tuple[object, ...]:
        return (request, self.name) if self.kind == "flag" else (self.name,)


def _answer(verdict: Verdict) -> Answer:
    return verdict.active, verdict.reason


# Any: one of the public functions, which return a verdict, or what is awaited for one.
def _function(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(waffle, name)
    return function


def one_of_many(values: Sequence[Value]) -> st.SearchStrategy[Value]:
    """Draw one of `values`, of which there are too many to describe."""
    return st.deferred(lambda: st.sampled_from(values))


questions: st.SearchStrategy[Question] = st.one_of(
    one_of_many([Question("flag", name, visitor) for name in "ab" for visitor in VISITORS]),
    one_of_many([Question(kind, name) for kind in KINDS for name in NAMES]),
)
