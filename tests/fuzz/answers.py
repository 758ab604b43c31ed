"""The part of the machine that asks, and holds each answer against the naive model's.

The naive model answers by one state of the tables. Which states may stand behind an answer, there and then,
is said here: in a transaction with writes of its own what the connection sees, in a unit of work what it was
told before, else any state that was committed within the refresh time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.db import connection
from django.http import HttpRequest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.conftest import Clock
from tests.fuzz import naive
from tests.fuzz.blocks import YES, Blocks
from tests.fuzz.history import distinct
from tests.fuzz.naive import Answer, Asked, State
from tests.fuzz.questions import Question, Visitor, questions
from tests.fuzz.writes import Write

# Any: whatever is done there.
Thread = Callable[[Callable[[], Any]], Any]


class Answers(Blocks):
    """A process that asks in this thread, and in one beside it."""

    def __init__(self, clock: Clock, in_thread: Thread) -> None:
        super().__init__(clock)
        self.in_thread = in_thread
        self.requests: dict[tuple[int, Visitor], HttpRequest] = {}
        self.seen: dict[str, int] = {}
        """By kind, the oldest state that explains the newest answer: nothing older may be shown again."""
        self.has_undone_elsewhere = False
        """A check there may make the version grow: it cannot know that a rollback has changed nothing."""
        self.asked_at = 0
        """The newest state when the last question was put."""

    @rule(
        asked=st.lists(questions, min_size=1, max_size=3),
        where=st.sampled_from(["here", "here", "here in a coroutine", "elsewhere"]),
    )
    def ask(self, asked: Sequence[Question], where: str) -> None:
        """Ask here, in plain code or in coroutines, or in another thread."""
        for question in asked:
            if where == "elsewhere":
                self._ask_elsewhere(question)
            else:
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
        if self.held is None and not self.may_hold_old_view:
            self.history.look(self.clock.now)
        self.asked_at = self.history.last
        self._explain(question, before, put(request))

    def _ask_elsewhere(self, question: Question) -> None:
        self.is_overtaken |= self.in_transaction and self.has_undone_elsewhere
        request = None if question.visitor is None else question.visitor.request()
        before = Asked.of(request)
        self.history.look(self.clock.now)
        answer = self.in_thread(partial(question.put, request))
        told = self._since(question.kind, self.history.certain)
        found = self._explanations(question, before, answer, told, self.history.states[-1:])
        self._note_seen(question.kind, found)

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

    def _explain(self, question: Question, before: Asked | None, answer: Answer) -> None:
        """Hold an answer that was given here against the states behind it; note which of them it leaves."""
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
        left = distinct(state for _, state in found)
        if len(left) < len(live):  # else it may not have been asked for
            held.live[user] = left

    def _may_tell(self, kind: str) -> list[State]:
        """Return the states that a snapshot may hold."""
        own = [naive.read(connection)] if self.in_transaction and self.waits else []
        if own and self.waits == YES:
            return own
        if self.held is not None:
            states = self.held.may_tell(kind, self.history)
        else:
            certain = self.entry_certain if self.may_hold_old_view else self.history.certain
            states = self._since(kind, certain)
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
        by_the_book = [
            (state, other, question.by_the_book(state, before, self._lists(state, other)))
            for state in told
            for other in live
        ]
        found = [(state, other) for state, other, expected in by_the_book if expected == answer]
        assert found, f"{question} for {before}: {answer}, not {[expected for *_, expected in by_the_book]}"
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
