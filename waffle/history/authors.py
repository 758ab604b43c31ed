"""Who makes the changes, and from where. Internal, but for `by`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import LazyObject, empty

from waffle import database, pins
from waffle.history.changes import Source
from waffle.values import Value

MOST_CHARACTERS = 255


class Author(Value):
    """Who is behind a change, as its row says it."""

    user_id: str = ""
    user_label: str = ""
    source: str = ""
    comment: str = ""
    reverts: int | None = None

    def is_same(self, other: Author) -> bool:
        """Say whether both are the same in all that a row says."""
        return self._fields() == other._fields()


NOBODY = Author()


class Block:
    """What `by` gives to its block."""

    def __init__(self, author: Author, outer: Block | None) -> None:
        self.author = author
        self.outer = outer
        self.written: list[int] = []
        """The keys of the changes that were written within, in that order."""


_block: ContextVar[Block | None] = ContextVar("waffle_history_block", default=None)

# aliases of the databases that are being migrated
migrating: set[str] = set()


UNKNOWN = {"user_id": "", "user_label": ""}


# Any, from here on: a user is an instance of the project's model, or a name.
@contextmanager
def by(user: Any = None, *, source: str | None = None, comment: str = "") -> Iterator[Block]:
    """Say who makes the changes within the block, from where, and why; what is left out an outer block says.

    `user` is a user, or a name such as "nightly import". What one transaction does to one toggle within the
    block is one change. `written`, of what the block is given, has the keys of the changes.
    """
    if source is not None and source not in Source.ALL:
        raise ValueError(f"{source!r} is no source of changes: use one of {', '.join(Source.ALL)}.")
    said: dict[str, Any] = {} if user is None else _named(user)
    if source is not None:
        said["source"] = source
    if comment:
        said["comment"] = _storable(comment)
    with _within(**said) as block:
        yield block


@contextmanager
def reverting(change: Any) -> Iterator[Block]:
    """Note that the changes within the block take `change` back."""
    with _within(reverts=change.pk) as block:
        yield block


@contextmanager
def _within(**said: Any) -> Iterator[Block]:
    outer = _block.get()
    block = Block((outer.author if outer else NOBODY).replaced(**said), outer)
    _block.set(block)
    try:
        yield block
    finally:
        # Not by `ContextVar.reset`: a block around a generator may end in another context.
        _block.set(outer)


def note(change: int) -> None:
    """Tell every open block of a change that was written."""
    block = _block.get()
    while block is not None:
        if change not in block.written[-1:]:
            block.written.append(change)
        block = block.outer


def forget(change: int) -> None:
    """Tell them that it has come to nothing: what was changed in a transaction was changed back in it."""
    block = _block.get()
    while block is not None:
        if change in block.written:
            block.written.remove(change)
        block = block.outer


def current(connection: BaseDatabaseWrapper, *, is_loaded: bool = False) -> Author:
    """Return who is behind what is written now; with `is_loaded` it comes out of a fixture."""
    block = _block.get()
    said = block.author if block else NOBODY
    source = said.source or _source(connection, is_loaded)
    user = {"user_id": said.user_id, "user_label": said.user_label} if said.user_label else _user_of_request()
    # All in their order: what is named takes longer.
    return Author(user["user_id"], user["user_label"], source, said.comment, said.reverts)


def _source(connection: BaseDatabaseWrapper, is_loaded: bool) -> str:
    if database.in_test_case(connection):
        return Source.TEST
    if connection.alias in migrating:
        return Source.MIGRATION
    if is_loaded or _is_command.get():
        return Source.COMMAND
    return Source.ADMIN if _is_in_admin() else Source.CODE


_is_command: ContextVar[bool] = ContextVar("waffle_history_is_command", default=False)


@contextmanager
def command() -> Iterator[None]:
    """Let changes within the block come from a command, unless a test or a migration calls it."""
    before = _is_command.get()
    _is_command.set(True)
    try:
        yield
    finally:
        _is_command.set(before)


def _request() -> Any:
    """Return the request that is being answered, as far as the middleware knows of one."""
    pin = pins.current()
    while pin is not None and pin.request is None:
        pin = pin.outer()
    return None if pin is None else pin.request


def _is_in_admin() -> bool:
    """Say whether a page of Django's admin answers, on whatever site."""
    match = getattr(_request(), "resolver_match", None)
    return match is not None and "admin" in match.app_names


def _user_of_request() -> dict[str, Any]:
    """Return the user of that request, if somebody has loaded it already."""
    request = _request()
    if request is None:
        return UNKNOWN
    held = request.__dict__
    user = held.get("user")
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        user = held.get("_acached_user")
    return _named(user) if getattr(user, "pk", None) is not None else UNKNOWN


def _named(user: Any) -> dict[str, Any]:
    if isinstance(user, str):
        return {"user_id": "", "user_label": _storable(user)[:MOST_CHARACTERS]}
    key = getattr(user, "pk", None)
    if key is None:
        return {}  # nobody who is signed in
    label = user.get_username() if hasattr(user, "get_username") else user
    return {
        "user_id": _storable(key)[:MOST_CHARACTERS],
        "user_label": _storable(label)[:MOST_CHARACTERS],
    }


def _storable(text: Any) -> str:
    """Return text without what a database may refuse, and a save with it: NUL, and halves of a character."""
    return str(text).replace("\0", "").encode(errors="replace").decode()
