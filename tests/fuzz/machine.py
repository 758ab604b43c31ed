"""A machine that writes, opens and closes transactions and units of work, waits, and asks.

Each answer is held against what a naive model answers, by the states that may be shown there and then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any, cast
from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from django.core.cache import caches
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

import waffle
from tests.conftest import Clock
from tests.fuzz import naive
from tests.fuzz.blocks import ASKS, DEEPEST, MAX_AGE, MAYBE, YES, Blocks, Undo, hooks
from tests.fuzz.history import Held, distinct
from tests.fuzz.naive import Answer, Asked, State
from tests.fuzz.questions import KINDS, Question, Visitor, questions
from tests.fuzz.writes import Join, Write, writes
from tests.process import elsewhere
from waffle import bells
from waffle.stamps import ROW_LOOK_SECONDS, Stamp

# Any: whatever is done there.
Thread = Callable[[Callable[[], Any]], Any]

HOW = ("thread", "process", "process", "ring is lost", "bump is to come")
"""Who else writes, and how this process hears of it."""


class Machine(Blocks):
    """One process, with a thread beside it and other processes elsewhere, as steps of a hypothesis test."""

    def __init__(self, clock: Clock, in_thread: Thread) -> None:
        super().__init__(clock)
        self.in_thread = in_thread
        self.requests: dict[tuple[int, Visitor], HttpRequest] = {}
        self.seen: dict[str, int] = {}
        """By kind, the oldest state that explains the newest answer: nothing older may be shown again."""
        self.is_owing = False
        """Another process has committed, and its bump is to come."""
        self.has_undone_elsewhere = False
        """A check there may make the version grow: it cannot know that a rollback has changed nothing."""
        self.old_bell: object = None
        self.interruption: Callable[[], None] = lambda: None
        self.moment = 0
        """How many moments from now, where a moment is before or after a version is read, it happens."""
        self.asked_at = 0
        """The newest state when the last question was put."""
        self.cleaning.enter_context(mock.patch.object(Stamp, "read", self._watched(Stamp.read)))

    # --- writes -----------------------------------------------------------------------------------

    def may_write(self) -> bool:
        """Say whether a write here can succeed: on SQLite not after others' in the same transaction."""
        return not self.is_broken and not (self.is_overtaken and self.may_hold_old_view)

    def may_write_elsewhere(self) -> bool:
        """Say whether a write elsewhere need not wait for a transaction here."""
        return not (self.in_transaction and (self.is_writing or self.waits))

    @precondition(lambda self: self.may_write())
    @rule(write=writes, asks=st.sampled_from(ASKS))
    def write(self, write: Write, asks: str) -> None:
        """Write here; with `asks`, ask before and after."""
        self._ask_about([write], asks)
        self._write(write)
        self._ask_about([write], asks)

    @precondition(lambda self: self.may_write() and len(self.stack) < DEEPEST - 1)
    @rule(
        hook=hooks,
        batch=st.lists(
            st.tuples(writes, st.sampled_from(["released", "undone", "plain"])), min_size=1, max_size=3
        ),
        fails=st.booleans(),
        asks=st.sampled_from(ASKS),
    )
    def transact(
        self, hook: str | Question | None, batch: Sequence[tuple[Write, str]], fails: bool, asks: str
    ) -> None:
        """Write in a transaction, with a savepoint for some; with `asks`, ask at each turn."""
        self.begin(hook, is_durable=False, has_savepoint=True)
        for write, how in batch:
            if how != "plain":
                self.begin(None, is_durable=False, has_savepoint=True)
            self.write(write, asks)
            if how != "plain":
                self.end(1, how == "undone", asks)
        self.end(1, fails, asks)

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

    @precondition(lambda self: self.may_write_elsewhere())
    @rule(
        batch=st.lists(writes, min_size=1, max_size=3),
        how=st.sampled_from(HOW),
        is_undone=st.sampled_from([False, False, False, True]),
        asks=st.sampled_from(ASKS),
        seconds=st.sampled_from([0.0, 0.0, 1.0]),
    )
    def write_elsewhere(
        self, batch: Sequence[Write], how: str, is_undone: bool, asks: str, seconds: float
    ) -> None:
        """Write in another thread, or as other processes do; with `asks`, ask before and `seconds` after."""
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

    @precondition(lambda self: self.may_write_elsewhere())
    @rule(
        batch=st.lists(writes, min_size=1, max_size=2),
        how=st.sampled_from(HOW),
        moment=st.integers(1, 4),
        is_changed_before=st.booleans(),
    )
    def interrupt(self, batch: Sequence[Write], how: str, moment: int, is_changed_before: bool) -> None:
        """Let others write in the midst of a check: before or after it reads a version, once or again."""
        if is_changed_before:
            self._bump_elsewhere(is_rung=True)
        self.moment = moment

        def write() -> None:
            self._write_elsewhere(batch, how, is_undone=False)

        self.interruption = write
        for _ in range(3):
            self.clock.advance(self.refresh)
            self._ask_about(batch, "here")
        self.moment = 0

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
        if self.moment == 0 and self.may_write_elsewhere():
            self.interruption()

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

    # --- time, and the cache ----------------------------------------------------------------------

    @rule(
        seconds=st.sampled_from([0.5, 1.0, 1.0, 11.0, MAX_AGE + 1]),
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

    # --- questions --------------------------------------------------------------------------------

    @rule(
        asked=st.lists(questions, min_size=1, max_size=3),
        where=st.sampled_from(["here", "here", "here in a coroutine", "elsewhere"]),
    )
    def ask(self, asked: Sequence[Question], where: str) -> None:
        """Ask here, in plain code or in coroutines, or in another thread."""
        if where == "elsewhere":
            self._ask_elsewhere(asked)
            return
        for question in asked:
            self._ask(question, is_async=where != "here")

    def _ask_about(self, batch: Sequence[Write], where: str) -> None:
        asked = [question for write in batch for question in write.noticed_by()]
        for place in ("here", "elsewhere"):
            if where in (place, "everywhere"):
                self.ask(asked, place)

    def _ask(self, question: Question, *, is_async: bool) -> None:
        request = self._request(question.visitor)
        before = Asked.of(request)
        put = async_to_sync(question.aput) if is_async else question.put
        if self.is_broken:
            put(request)  # the answer is what was known last, or the default
            return
        if not self.in_transaction:
            self._settle()
        if not self.may_hold_old_view:
            self.history.look(self.clock.now)
        self.asked_at = self.history.last
        self._explain(question, before, put(request))

    def _ask_elsewhere(self, asked: Sequence[Question]) -> None:
        self.is_overtaken |= self.in_transaction and self.has_undone_elsewhere
        for question in asked:
            request = None if question.visitor is None else question.visitor.request()
            before = Asked.of(request)
            self.history.look(self.clock.now)
            answer = self.in_thread(partial(question.put, request))
            told = self._since(question.kind, self.history.certain)
            found = self._explanations(question, before, answer, told, self.history.states[-1:])
            self._note_seen(question.kind, found)

    @precondition(lambda self: not self.stack)
    @rule(
        asked=st.lists(questions, min_size=1, max_size=3),
        batch=st.lists(writes, min_size=1, max_size=3),
        how=st.sampled_from(HOW),
    )
    def work_in_a_coroutine(self, asked: Sequence[Question], batch: Sequence[Write], how: str) -> None:
        """Ask in a coroutine's own unit of work, before and after somebody else has written."""
        requests = {question: self._request(question.visitor) for question in asked}
        answers = []

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

    def _request(self, visitor: Visitor | None) -> HttpRequest | None:
        """Return a request: within a unit of work the same for the same visitor."""
        if visitor is None:
            return None
        if self.held is None:
            return visitor.request()
        key = (id(self.held), visitor)
        if key not in self.requests:
            self.requests[key] = visitor.request()
        return self.requests[key]

    # --- the states that may stand behind an answer -----------------------------------------------

    def _explain(self, question: Question, before: Asked | None, answer: Answer) -> None:
        """Hold an answer that was given here against them, and note which of them it leaves."""
        kind, held, user = question.kind, self.held, before.user.pk if before else None
        told, live = self._may_tell(kind), self._may_show(user)
        found = self._explanations(question, before, answer, told, live)
        if self.in_transaction and (self.waits or self.is_writing):
            return  # what was read for the writer alone says nothing of the next answer
        if held is None:
            if not self.may_hold_old_view:
                self._note_seen(kind, found)
            return
        held.told[kind] = distinct(state for state, _ in found)
        held.doubtful.discard(kind)
        if kind == "flag":
            held.live[user] = distinct(state for _, state in found)

    def _may_tell(self, kind: str) -> list[State]:
        """Return the states that a snapshot may hold."""
        own = [naive.read(connection)] if self.in_transaction and self.waits else []
        if own and self.waits == YES:
            return own
        if self.held is not None:
            states = self.held.may_tell(kind, self.history)
        elif self.may_hold_old_view:
            states = self._since(kind, self.entry_certain)
        else:
            states = self._since(kind, self.history.certain)
        return distinct([*states, *own])

    def _since(self, kind: str, number: int) -> list[State]:
        return self.history.states[max(number, self.seen.get(kind, 0)) :]

    def _may_show(self, user: int | None) -> list[State]:
        """Return the states that may be shown of what is in no snapshot: groups of a user, and long lists."""
        own = [naive.read(connection)] if self.in_transaction and (self.is_writing or self.waits) else []
        if own and (self.held is None or self.has_joined):
            return own
        if self.held is not None:
            return distinct([*self.held.may_show(user, self.history), *own])
        return self.history.states[self.entry if self.may_hold_old_view else self.asked_at :]

    def _explanations(
        self, question: Question, before: Asked | None, answer: Answer, told: list[State], live: list[State]
    ) -> list[tuple[State, State]]:
        """Return the pairs of states, in a snapshot and live, by which the naive model answers the same."""
        by_the_book = {
            (number, other): question.by_the_book(state, before, self._lists(state, shown))
            for number, state in enumerate(told)
            for other, shown in enumerate(live)
        }
        found = [
            (told[one], live[other]) for (one, other), expected in by_the_book.items() if expected == answer
        ]
        assert found, f"{question} for {before}: {answer}, not {set(by_the_book.values())}"
        return found

    def _lists(self, state: State, live: State) -> State:
        """Return the state that lists and groups are taken from: long lists are asked for anew."""
        is_long = any(
            sum(map(len, links.values())) > self.longest_list for links in (state.users, state.groups)
        )
        return live if is_long else replace(state, memberships=live.memberships)

    def _note_seen(self, kind: str, found: list[tuple[State, State]]) -> None:
        oldest = min(self.history.states.index(state) for state, _ in found)
        self.seen[kind] = max(self.seen.get(kind, 0), oldest)


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
