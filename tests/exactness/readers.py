"""Readers: processes that ask in the ways in which sites ask, and write down what they saw, and when."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from time import monotonic, sleep
from typing import Any

from django.contrib.auth.models import User
from django.db import Error, connection, connections, transaction
from django.http import HttpRequest, HttpResponse

import waffle
from tests.exactness.asking import aask, ask
from tests.exactness.journals import PIN, VIEW, Journal, Reading, Unit
from tests.exactness.states import KINDS, Question, name_of, questions_about
from tests.exactness.tasks import WRITERS, Task
from waffle import database, snapshots
from waffle.middleware import WaffleMiddleware
from waffle.stamps import stamp_of


class Patience(threading.local):
    """How often this thread has given up waiting for what another one was reading."""

    lost = 0


patience = Patience()


class WatchedLock:
    """A lock that counts who gives up waiting for it."""

    def __init__(self, lock: Any) -> None:  # Any: a lock has no class of its own
        self.lock = lock

    def acquire(self, timeout: float) -> bool:
        """Acquire it, or give up and be counted."""
        is_acquired: bool = self.lock.acquire(timeout=timeout)
        patience.lost += not is_acquired
        return is_acquired

    def release(self) -> None:
        """Release it."""
        self.lock.release()


def watch_locks() -> None:
    """Count who gives up, from now on."""
    stamp = stamp_of("default")
    stamp._looking = WatchedLock(stamp._looking)  # type: ignore[assignment]  # all that is used of it
    for loading in snapshots._loading.values():
        loading.lock = WatchedLock(loading.lock)  # type: ignore[assignment]  # the same


@dataclass(frozen=True, slots=True)
class End:
    """When the last change is known to all, once that is known."""

    is_near: Any  # Any, here and below: multiprocessing has functions for these, not classes
    shared_moment: Any

    @property
    def moment(self) -> float:
        return float(self.shared_moment.value)


class Asker:
    """Asks in one thread, or in one coroutine."""

    def __init__(self, task: Task, number: int, journal: Journal) -> None:
        self.who = f"{task.role} {number}"
        self.dice = Random(f"{task.seed} {self.who}")
        self.final: int | None = None
        """The writer about whose toggles everything is asked: the last change is known to all."""
        self._task = task
        self._journal = journal
        self._readings: list[Reading] = []

    @contextmanager
    def unit(self, hold: str = "") -> Iterator[None]:
        """Write down what is asked within as one unit of work, though it end in an error."""
        self._readings, begin, lost = [], monotonic(), patience.lost
        try:
            yield
        finally:
            is_hurried = patience.lost > lost
            self._journal.note_unit(
                Unit(self.who, begin, tuple(self._readings), hold, is_hurried, self.final is not None)
            )

    def questions(self) -> list[Question]:
        """Return what to ask now: of each writer all rows of a kind, and something more."""
        if self.final is not None:
            return questions_about(self.final, self._task.parts)
        found = []
        for writer in range(WRITERS):
            kind = self.dice.choice(KINDS)
            found += [
                Question("all", kind, name_of(writer, kind)),
                self.dice.choice(questions_about(writer, self._task.parts)),
            ]
        return found

    def ask(self, questions: list[Question]) -> None:
        """Ask; a check that raises is worth noting too."""
        for question in questions:
            begin = monotonic()
            try:
                answer, raised = ask(question), ""
            except Exception as error:
                answer, raised = None, repr(error)
            self._readings.append(Reading(question, answer, begin, monotonic(), raised))

    async def aask(self, questions: list[Question]) -> None:
        """Do the same in a coroutine."""
        for question in questions:
            begin = monotonic()
            try:
                answer, raised = await aask(question), ""
            except Exception as error:
                answer, raised = None, repr(error)
            self._readings.append(Reading(question, answer, begin, monotonic(), raised))

    def ask_twice(self, longest: float = 0.03) -> None:
        """Ask the same again after a while, now and then after a long one."""
        questions = self.questions()
        self.ask(questions)
        self.rest(longest if self.dice.random() < 0.9 else 10 * longest)
        self.ask(questions)

    def rest(self, longest: float) -> None:
        """Do nothing for a while."""
        sleep(self.dice.uniform(0, longest))


def plain(asker: Asker) -> None:
    """Ask without a pin."""
    with asker.unit():
        asker.ask_twice(0.01)


def rare(asker: Asker) -> None:
    """Ask without a pin, and at times not for long."""
    plain(asker)
    asker.rest(0.02 if asker.dice.random() < 0.98 else 3)


def pinned(asker: Asker) -> None:
    """Ask within `pinned()`."""
    with asker.unit(PIN), waffle.pinned():
        asker.ask_twice()


def request(asker: Asker) -> None:
    """Ask in a view behind the middleware."""
    _respond(asker, asker.ask_twice)


def atomic_request(asker: Asker) -> None:
    """Ask in a view with ATOMIC_REQUESTS."""
    _respond(asker, transaction.atomic(partial(_ask_in_view, asker, 0.03)))


def _respond(asker: Asker, work: Callable[[], None]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        work()
        return HttpResponse()

    with asker.unit(PIN):
        WaffleMiddleware(view)(HttpRequest())


def pinned_transaction(asker: Asker) -> None:
    """Ask in a long transaction within `pinned()`."""
    with asker.unit(PIN), waffle.pinned(), transaction.atomic():
        _ask_in_view(asker, 0.3)


def plain_transaction(asker: Asker) -> None:
    """Ask, and ask on in a long transaction, which goes by the look before it."""
    with transaction.atomic():
        hold = VIEW if database.may_hold_old_view(connection) else ""
    with asker.unit(hold):
        asker.ask(asker.questions()[:1])
        with transaction.atomic():
            _ask_in_view(asker, 0.3)


def _ask_in_view(asker: Asker, longest: float) -> None:
    User.objects.count()  # the transaction's view begins with its first statement
    asker.ask_twice(longest)


async def in_coroutine(asker: Asker) -> None:
    """Ask in a coroutine, without a pin."""
    with asker.unit():
        await asker.aask(asker.questions())


async def in_pinned_coroutine(asker: Asker) -> None:
    """Ask within `apinned()`, by the twins and by plain checks that need nothing more."""
    with asker.unit(PIN):
        async with waffle.apinned():
            questions = asker.questions()
            await asker.aask(questions)
            await asyncio.sleep(asker.dice.uniform(0, 0.1))
            asker.ask([question for question in questions if question.form != "listed"])


Work = Callable[[Asker], None]
AsyncWork = Callable[[Asker], Awaitable[None]]

ROLES: dict[str, tuple[Work, ...]] = {
    "requests": (request, atomic_request),
    "single": (rare,),
    "threads": (plain, plain, pinned, request),
    "coroutines": (),
    "transactions": (pinned_transaction, plain_transaction, plain),
    "repeatable": (pinned_transaction, plain_transaction, plain),
}
"""The processes, and what their threads do; `repeatable` is at REPEATABLE READ, where there is that."""

COROUTINES: tuple[AsyncWork, ...] = (in_coroutine, in_pinned_coroutine, in_pinned_coroutine)


def read(task: Task, journal: Journal, start: float, end: End) -> None:
    """Ask from the start to the end, and once more then."""
    if task.role == "coroutines":
        sleep(max(0.0, start - monotonic()))
        asyncio.run(_read_in_coroutines(task, journal, end))
        return
    threads = [
        threading.Thread(target=_read_in_thread, args=(work, Asker(task, number, journal), start, end))
        for number, work in enumerate(ROLES[task.role])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _read_in_thread(work: Work, asker: Asker, start: float, end: End) -> None:
    connection.ensure_connection()  # all at once would be slow, and the first looks with them
    sleep(max(0.0, start - monotonic()))
    while not end.is_near.is_set():
        _work(work, asker)
        asker.rest(0.02)
    sleep(max(0.0, end.moment - monotonic()))
    for asker.final in range(WRITERS):
        work(asker)
    connections.close_all()


def read_beside(task: Task, journal: Journal, is_over: threading.Event) -> None:
    """Ask in a thread beside a writer, now so and now so, until that is over."""
    asker = Asker(task, task.number, journal)
    while not is_over.is_set():
        _work(asker.dice.choice((plain, pinned, request)), asker)
        asker.rest(0.02)
    connections.close_all()


def _work(work: Work, asker: Asker) -> None:
    try:
        work(asker)
    except Error:  # of its own transaction: the database is away
        connections.close_all()
        sleep(0.05)


async def _read_in_coroutines(task: Task, journal: Journal, end: End) -> None:
    await asyncio.gather(
        *(
            _read_in_coroutine(work, Asker(task, number, journal), end)
            for number, work in enumerate(COROUTINES)
        )
    )


async def _read_in_coroutine(work: AsyncWork, asker: Asker, end: End) -> None:
    while not end.is_near.is_set():
        await work(asker)
        await asyncio.sleep(asker.dice.uniform(0, 0.02))
    await asyncio.sleep(max(0.0, end.moment - monotonic()))
    for asker.final in range(WRITERS):
        await work(asker)
