"""The machine of the fuzz tests: it writes here and elsewhere, lets time pass, and asks all the while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any, cast
from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import caches
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

import waffle
from tests.conftest import Clock
from tests.fuzz import naive
from tests.fuzz.answers import Answers, Thread
from tests.fuzz.blocks import ASKS, DEEPEST, MAX_AGE, MAYBE, YES, Undo, hooks
from tests.fuzz.history import Held
from tests.fuzz.naive import Answer, Asked
from tests.fuzz.questions import KINDS, Question, questions
from tests.fuzz.writes import Join, Write, writes
from tests.process import elsewhere
from waffle import bells
from waffle.stamps import ROW_LOOK_SECONDS, Stamp

HOW = ("thread", "process", "process", "ring is lost", "bump is to come")
"""Who else writes, and how this process hears of it."""

some_writes = st.lists(writes, min_size=1, max_size=3)
all_asks = st.sampled_from(ASKS)
all_hows = st.sampled_from(HOW)


class Machine(Answers):
    """One process, with a thread beside it and other processes elsewhere, as steps of a hypothesis test."""

    def __init__(self, clock: Clock, in_thread: Thread) -> None:
        super().__init__(clock, in_thread)
        self.is_owing = False
        """Another process has committed, and its bump is to come."""
        self.old_bell: object = None
        self.interruption: Callable[[], None] = lambda: None
        self.moment = 0
        """When the interruption comes: so many moments from now, each before or after a version is read."""
        self.cleaning.enter_context(mock.patch.object(Stamp, "read", self._watched(Stamp.read)))

    # --- writes here ------------------------------------------------------------------------------

    def may_write(self) -> bool:
        """Say whether a write here can succeed: on SQLite not after others' in the same transaction."""
        return not self.is_broken and not (self.is_overtaken and self.may_hold_old_view)

    @precondition(lambda self: self.may_write())
    @rule(write=writes, asks=all_asks)
    def write(self, write: Write, asks: str) -> None:
        """Write here; ask before and after."""
        self._ask_about([write], asks)
        if self.may_write():
            self._write(write)
            self._ask_about([write], asks)

    def _write(self, write: Write) -> None:
        self.written = [write]
        is_nested = sum(block.held is not None for block in self.stack) > 1
        if isinstance(write, Join) and self.in_transaction and is_nested:
            return  # what the outer work knows of the user's groups is its own
        view = connection if self.in_transaction else self.observer
        before = naive.read(view)
        self.is_writing = True
        write()
        after = naive.read(view)
        self.waits = max(self.waits, MAYBE if after.is_same_but_memberships(before) else YES)
        self.has_joined |= isinstance(write, Join) and after != before
        if self.held is not None:
            self.held.live.clear()
        if not self.in_transaction:
            self._note_commit()
            self._settle()
            self.is_writing = self.has_joined = False

    @precondition(lambda self: self.may_write() and len(self.stack) < DEEPEST - 1)
    @rule(
        hook=hooks,
        batch=st.lists(
            st.tuples(writes, st.sampled_from(["plain", "released", "undone"])), min_size=1, max_size=3
        ),
        fails=st.booleans(),
        asks=all_asks,
    )
    def transact(
        self, hook: str | Question | None, batch: Sequence[tuple[Write, str]], fails: bool, asks: str
    ) -> None:
        """Write in a transaction, with a savepoint for some; ask at each turn."""
        self.begin(hook, is_durable=False, has_savepoint=True)
        for write, how in batch:
            if how != "plain":
                self.begin(None, is_durable=False, has_savepoint=True)
            self.write(write, asks)
            if how != "plain":
                self.end(1, how == "undone", asks)
        self.end(1, fails, asks)

    @precondition(lambda self: self.may_write() and len(self.stack) < DEEPEST - 2)
    @rule(
        batch=some_writes,
        where=st.sampled_from(["here", *["in transactions"] * 3, *HOW]),
        fails=st.booleans(),
    )
    def work(self, batch: Sequence[Write], where: str, fails: bool) -> None:
        """Write in a unit of work, or while it goes on; ask at each turn."""
        self.begin_work()
        if where in HOW and self.may_write_elsewhere():
            self.write_elsewhere(batch, where, is_undone=False, asks="here", seconds=self.refresh)
        for write in batch:
            if where == "here":
                self.write(write, "here")
            elif where == "in transactions":
                self.transact(None, [(write, "plain")], fails, "here")
        self._ask_about(batch, "here")
        self.end(1, fails=False, asks="nowhere")

    # --- writes elsewhere -------------------------------------------------------------------------

    def may_write_elsewhere(self) -> bool:
        """Say whether a write elsewhere need not wait for a transaction here."""
        return not (self.in_transaction and (self.is_writing or self.waits))

    @precondition(lambda self: self.may_write_elsewhere())
    @rule(
        batch=some_writes,
        how=all_hows,
        is_undone=st.sampled_from([False, False, False, True]),
        asks=all_asks,
        seconds=st.sampled_from([0.0, 0.0, 1.0, ROW_LOOK_SECONDS + 1, MAX_AGE + 1]),
    )
    def write_elsewhere(
        self, batch: Sequence[Write], how: str, is_undone: bool, asks: str, seconds: float
    ) -> None:
        """Write in another thread, or as other processes do; ask before, and `seconds` after."""
        self._ask_about(batch, asks)
        self._write_elsewhere(batch, how, is_undone=is_undone)
        self.clock.advance(seconds)
        self._ask_about(batch, asks)

    def _write_elsewhere(self, batch: Sequence[Write], how: str, *, is_undone: bool) -> None:
        self.in_thread(lambda: _write_all(batch, is_undone=is_undone, is_heard=how == "thread"))
        if is_undone:
            self.has_undone_elsewhere = True
            return
        self.is_overtaken = self.in_transaction
        state, before = naive.read(self.observer), self.history.states[-1]
        if state != before:
            self.history.commit(state, self.clock.now, due=self.clock.now + MAX_AGE)
        if how == "thread":
            if not state.is_same_but_memberships(before):
                self.history.know()
        elif how == "bump is to come":
            self.is_owing = True
        else:
            self._bump_elsewhere(is_rung=how == "process")

    @precondition(lambda self: self.is_owing and self.may_write_elsewhere())
    @rule()
    def bump_elsewhere(self) -> None:
        """Let the bump of another process come, after a write or more."""
        self._bump_elsewhere(is_rung=True)

    def _bump_elsewhere(self, *, is_rung: bool) -> None:
        self.in_thread(lambda: _bump(is_rung=is_rung))
        self.is_overtaken = self.in_transaction
        self.is_owing = False
        is_lost = self.has_bell and not is_rung
        self.history.hasten(self.clock.now + self.refresh + (ROW_LOOK_SECONDS if is_lost else 0))

    @precondition(lambda self: not self.stack)
    @rule(batch=some_writes, how=all_hows, moment=st.integers(1, 4), is_changed_before=st.booleans())
    def interrupt(self, batch: Sequence[Write], how: str, moment: int, is_changed_before: bool) -> None:
        """Let others write in the midst of a check: before or after it reads a version, once or again."""
        if is_changed_before:
            self._bump_elsewhere(is_rung=True)
        self.interruption = lambda: self._write_elsewhere(batch, how, is_undone=False)
        self.moment = moment
        for _ in range(3):
            self.clock.advance(self.refresh)
            self._ask_about(batch, "here")
        self.moment = 0

    # Any: what stands in for a method.
    def _watched(self, read: Callable[[Stamp, BaseDatabaseWrapper], int | None]) -> Any:
        thread = threading.get_ident()

        def read_and_be_interrupted(stamp: Stamp, connection: BaseDatabaseWrapper) -> int | None:
            if threading.get_ident() != thread:
                return read(stamp, connection)
            self._count_down()
            version = read(stamp, connection)
            self._count_down()
            return version

        return read_and_be_interrupted

    def _count_down(self) -> None:
        self.moment -= 1
        if self.moment == 0:
            self.interruption()

    @precondition(lambda self: not self.stack)
    @rule(asked=st.lists(questions, min_size=1, max_size=3), batch=some_writes, how=all_hows)
    def work_in_a_coroutine(self, asked: Sequence[Question], batch: Sequence[Write], how: str) -> None:
        """Ask in a coroutine's own unit of work, before and after somebody else has written."""
        requests = {question: self._request(question.visitor) for question in asked}
        answers: list[tuple[Question, Asked | None, Answer]] = []

        async def ask_all() -> None:
            for question, request in requests.items():
                before = Asked.of(request)
                answers.append((question, before, await question.aput(request)))

        async def work() -> None:
            async with waffle.apinned():
                held.told = dict.fromkeys(KINDS, self.history.states[held.floor :])
                await ask_all()
                await sync_to_async(self._write_elsewhere)(batch, how, is_undone=False)
                await ask_all()

        self._settle()
        block = self._work(nullcontext())
        held = cast(Held, block.held)
        async_to_sync(work)()
        self.stack.append(block)
        for question, before, answer in answers:
            self._explain(question, before, answer)
        self.stack.pop()

    # --- time, and the cache ----------------------------------------------------------------------

    @rule(
        seconds=st.sampled_from([0.5, 1.0, 1.0, ROW_LOOK_SECONDS + 1, MAX_AGE + 1]),
        loses=st.sampled_from(["nothing", "nothing", "all", "what is new"]),
    )
    def wait(self, seconds: float, loses: str) -> None:
        """Let time pass; the cache may be emptied meanwhile, or go back to what it held before."""
        bell = caches["shared"].get(bells._key())
        if loses == "all":
            caches["shared"].clear()
        elif loses == "what is new" and self.old_bell is not None:
            caches["shared"].set(bells._key(), self.old_bell, None)
            self.history.delay(self.refresh + ROW_LOOK_SECONDS)
        self.old_bell = bell
        self.clock.advance(seconds)


def _write_all(batch: Sequence[Write], *, is_undone: bool, is_heard: bool) -> None:
    with nullcontext() if is_heard else elsewhere(is_told=False), suppress(Undo), transaction.atomic():
        for write in batch:
            write()
        if is_undone:
            raise Undo


def _bump(*, is_rung: bool) -> None:
    Stamp.write(connection)
    if is_rung:
        bells.ring()
