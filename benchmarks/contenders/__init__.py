"""How each library is used: what the rows ask of all of them, in the words of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from benchmarks.libraries import Library, library_here

if TYPE_CHECKING:
    from benchmarks.site import FlagSpec

# Any: what a view returns.
Handler = Callable[[HttpRequest], Any]


class Contender:
    """What the rows ask of a library; one that does not offer something leaves it as it is here."""

    flag: Callable[[HttpRequest, str], object]
    switch: Callable[[str], object]

    django_libraries: tuple[str, ...] = ()
    """Modules of template tags."""
    django_tag = ""
    """A template's question for the flag `NAME`."""
    jinja_extensions: tuple[str, ...] = ()
    jinja_tag = ""

    def middleware(self, view: Handler) -> Handler:
        """Put the library's middleware, if it has one, around a view."""
        return view

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Make these flags, and the switches "switch", which is on, and "saved"."""
        raise NotImplementedError

    def list_everybody(self, name: str) -> None:
        """Let a flag list all users there are."""
        raise NotImplementedError

    def status(self, request: HttpRequest) -> object:
        """Answer with the values of all toggles."""
        raise NotImplementedError

    def saver(self) -> Callable[[], object]:
        """Change the switch "saved", and return what saves it."""
        raise NotImplementedError


def contender(library: Library) -> Contender:
    """Return how a library is used, in whose environment this process must run."""
    found: Contender = import_module(f"{__name__}.{library.contender}").CONTENDER
    return found


def here() -> Contender:
    """Return how the library of this environment is used."""
    return contender(library_here())
