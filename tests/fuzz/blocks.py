"""The part of the machine that opens and closes transactions, savepoints and units of work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import pytest
from django.core.cache import caches
from django.db import Error, connection, transaction
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

import waffle
from tests.conftest import Clock
from tests.fuzz import naive
from tests.fuzz.history import Held, History
from tests.fuzz.questions import Question, questions
from tests.fuzz.writes import FIRST_ROWS, TABLES, Write
from tests.process import forget_everything

MAX_AGE = 300.0
"""Seconds: `WAFFLE_SNAPSHOT_MAX_AGE`."""

DEEPEST = 4
"""Blocks that may be open within each other."""

ASKS = ("nowhere", "here", "here", "elsewhere", "everywhere")
"""Who asks about what is written."""

NO, MAYBE, YES = range(3)


hooks = st.sampled_from([None, None, None, "fails"]) | questions
"""What is done after a commit, before Waffle Iron's own hook: nothing, an error, or a check."""


class Undo(Exception):
    """What makes a block fail."""


class Boom(Exception):
    """What an `on_commit` hook raises."""


@dataclass
class Block:
    """A block that is open."""

    context: AbstractContextManager[None]
    held: Held | None = None
    """What has been told, if it is a unit of work; else it is a transaction or a savepoint."""


class Blocks(RuleBasedStateMachine):
    """A process whose only thread opens and closes blocks."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.observer = connection.copy()
        self.cleaning = ExitStack()
        self.cleaning.callback(self.observer.close)
        self.stack: list[Block] = []
        self.written: Sequence[Write] = ()
        """What was written here last."""
        self.waits = NO
        """Whether this connection has changed toggles and has told nobody yet."""
        self.is_writing = False
        """Something was written in this transaction, or just now."""
        self.has_joined = False
        """In this transaction a user has joined or left a group, in a unit of work that goes on."""
        self.is_overtaken = False
        """Somebody else has written since this transaction began."""
        self.entry = self.entry_certain = 0
        """The newest state when this transaction began, and the oldest that could be shown then."""

    @initialize(
        refresh=st.sampled_from([0.0, 1.0]),
        cache=st.sampled_from([None, "shared"]),
        longest_list=st.sampled_from([10_000, 10_000, 0, 1]),
    )
    def start(self, refresh: float, cache: str | None, longest_list: int) -> None:
        """Begin with some rows, and with a process that knows nothing."""
        self.refresh, self.has_bell, self.longest_list = refresh, cache is not None, longest_list
        settings = override_settings(
            WAFFLE_REFRESH_SECONDS=refresh,
            WAFFLE_CACHE_NAME=cache,
            WAFFLE_ROSTER_LIMIT=longest_list,
            WAFFLE_SNAPSHOT_MAX_AGE=MAX_AGE,
        )
        settings.enable()
        self.cleaning.callback(settings.disable)
        with transaction.atomic(), connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table}")
            for write in FIRST_ROWS:
                write()
        caches["shared"].clear()
        forget_everything()
        self.history = History(naive.read(self.observer))

    def teardown(self) -> None:
        while self.stack:
            self.stack.pop().context.__exit__(Undo, Undo(), None)
        self.cleaning.close()
        forget_everything()

    @property
    def held(self) -> Held | None:
        """What the innermost unit of work has been told; None: there is none."""
        return next((block.held for block in reversed(self.stack) if block.held is not None), None)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return any(block.held is None for block in self.stack)

    @property
    def may_hold_old_view(self) -> bool:
        """Whether this transaction sees nothing of what others commit meanwhile, and so does not look."""
        return self.in_transaction and connection.vendor == "sqlite"

    @property
    def is_broken(self) -> bool:
        """Whether a statement has failed, so that the transaction can only be taken back."""
        return bool(connection.needs_rollback)

    @precondition(lambda self: len(self.stack) < DEEPEST)
    @rule(hook=hooks, is_durable=st.booleans(), has_savepoint=st.booleans())
    def begin(self, hook: str | Question | None, is_durable: bool, has_savepoint: bool) -> None:
        """Open a transaction or a savepoint; a transaction may begin with a hook for its end."""
        is_outermost = not self.in_transaction
        block = transaction.atomic(savepoint=has_savepoint, durable=is_durable and is_outermost)
        block.__enter__()
        self.stack.append(Block(block))
        if is_outermost:
            self.entry, self.entry_certain = self.history.last, self.history.certain
            if hook is not None:
                transaction.on_commit(lambda: self._run(hook))

    def _run(self, hook: str | Question) -> None:
        """Run a hook, before Waffle Iron's own: it raises, or asks what was committed."""
        if not isinstance(hook, Question):
            raise Boom
        self._note_commit()
        self._ask(hook, is_async=False)

    def _ask(self, question: Question, *, is_async: bool) -> None:
        """Ask here."""
        raise NotImplementedError

    def _ask_about(self, batch: Sequence[Write], where: str) -> None:
        """Ask what `batch` may have changed."""
        raise NotImplementedError

    @precondition(lambda self: self.in_transaction and not self.is_broken)
    @rule()
    def fail_in_transaction(self) -> None:
        """Let a statement fail."""
        with pytest.raises(Error), transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute("SELECT no_column FROM waffle_flag")

    @precondition(lambda self: len(self.stack) < DEEPEST)
    @rule()
    def begin_work(self) -> None:
        """Open a unit of work."""
        block = self._work(waffle.pinned())
        block.context.__enter__()
        self.stack.append(block)

    def _work(self, work: AbstractContextManager[None]) -> Block:
        if self.may_hold_old_view:
            return Block(work, Held(self.entry_certain, self.entry))
        self.history.look(self.clock.now)
        return Block(work, Held(self.history.certain, self.history.last))

    @precondition(lambda self: self.stack)
    @rule(
        levels=st.sampled_from([1, 1, DEEPEST]),
        fails=st.sampled_from([False, False, True]),
        asks=st.sampled_from(ASKS),
    )
    def end(self, levels: int, fails: bool, asks: str) -> None:
        """Leave the innermost blocks; transactions and savepoints may fail. Ask about the last write."""
        for _ in range(min(levels, len(self.stack))):
            if self.stack[-1].held is not None:
                self._end_work()
            else:
                self._end_atomic(fails=fails)
        self._ask_about(self.written, asks)

    def _end_work(self) -> None:
        if not self.in_transaction:
            self._settle()
        self.stack.pop().context.__exit__(None, None, None)

    def _end_atomic(self, *, fails: bool) -> None:
        error, is_undone = Undo() if fails else None, fails or self.is_broken
        self.has_joined = self.has_joined and not is_undone
        block = self.stack.pop()
        try:
            block.context.__exit__(type(error) if error else None, error, None)
        except Boom:
            self._note_commit()
        else:
            if not self.in_transaction and not is_undone and self._note_commit():
                self._settle()
        if not self.in_transaction:
            self.is_writing = self.is_overtaken = self.has_joined = False

    def _note_commit(self) -> bool:
        """Add what was committed to the history; return whether that was a change of toggles."""
        state, before = naive.read(self.observer), self.history.states[-1]
        if state != before:
            self.history.commit(state, self.clock.now, due=self.clock.now + MAX_AGE)
        is_change = not state.is_same_but_memberships(before)
        if is_change:
            self.waits = YES
        elif self.is_writing:
            # What was written has come to nothing; it may have been told of all the same.
            self.waits = min(self.waits, MAYBE)
        if self.has_joined and self.held is not None:
            self.held.forget_users(self.history)
        return is_change

    def _settle(self) -> None:
        """Take it that what waits is told of now: the next check, or the end of the work, sees to that."""
        if self.waits == YES:
            self.history.know()
            if self.held is not None:
                self.held.forget(self.history)
        elif self.waits == MAYBE and self.held is not None:
            self.held.doubt()
        self.waits = NO
