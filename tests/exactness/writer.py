"""A writer: a process that changes its toggles in bursts, at the same instants as the other writers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random
from time import monotonic, sleep

from django.db import Error, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

import waffle
from tests.exactness import readers
from tests.exactness.asking import ask
from tests.exactness.changing import Tables, read_all
from tests.exactness.journals import Journal, Reading, Unit
from tests.exactness.states import State, copy_of, first_state, questions_about
from tests.exactness.tasks import WRITERS, Task
from waffle import unsettled
from waffle.stamps import Stamp, stamp_of

LONGEST_OUTAGE = 60.0  # seconds
GAPS = [(0.02, 0.06), (0.3, 0.5), (0.3, 0.5)]  # seconds between bursts


class Undo(Exception):
    """Takes a transaction back."""


class Writer:
    """Makes changes and writes down when they were committed, and when they were told."""

    def __init__(self, task: Task, journal: Journal) -> None:
        self.task = task
        self.journal = journal
        self.dice = Random(f"{task.seed} {task.number}")
        self.tables = Tables(task.number, first_state(task.number), self.dice)
        self.committed = 0
        self.is_dying = False
        self._watch_bumps()

    def run(self, start: float) -> None:
        """Write until the time is over, while another thread reads."""
        with beside(self.task, self.journal):
            for moment in bursts(self.task, start):
                self._wait_for(moment)
                for _ in range(self.dice.randint(1, 2)):
                    self.change()
            self._pay(monotonic() + LONGEST_OUTAGE)
            if self.task.dies:
                self._die()

    def _die(self) -> None:
        self.is_dying = True
        self.tables.serial += 1
        with transaction.atomic():
            self.tables.update_or_create()
            self._note_committing(monotonic())

    def change(self) -> None:
        """Make a change, in a transaction or not, and take it back or not."""
        before = copy_of(self.tables.state)
        self.tables.serial += 1
        begin = monotonic()
        try:
            self.dice.choices((self._commit_some, self._undo_some, self._commit_one), (5, 3, 3))[0]()
        except Error:
            self._find_out(before, begin)
        self._ask_own(self.committed)
        self._note_told()

    def _commit_some(self) -> None:
        with transaction.atomic():
            self._change_some()
            self._note_committing(monotonic())
        self.committed = self.tables.serial

    def _commit_one(self) -> None:
        begin = monotonic()
        self.tables.change()
        self._note_committing(begin)
        self.committed = self.tables.serial

    def _undo_some(self) -> None:
        before = copy_of(self.tables.state)
        with suppress(Undo), transaction.atomic():
            self._change_some()
            self._note_undone()
            if self.dice.random() < 0.5:
                raise Undo
            transaction.set_rollback(True)
        self.tables.state = before

    def _change_some(self) -> None:
        tables = self.tables
        for _ in range(self.dice.randint(1, 3)):
            self.dice.choice((tables.change, tables.change_all, tables.change_in_vain))()
        self._ask_own(tables.serial)
        sleep(self.dice.uniform(0, 0.02))

    def _find_out(self, before: State, begin: float) -> None:
        """Read what became of a change that has failed: a database may be lost after its commit."""
        self.committed, found = self.committed, self._read_when_it_is_back()
        if found == before:
            self._note_undone()
            self.tables.state = before
        elif found == self.tables.state:
            self._note_committing(begin)
            self.committed = self.tables.serial
        else:
            raise RuntimeError(f"neither {before} nor {self.tables.state}, but {found} is in the database")

    def _read_when_it_is_back(self) -> State:
        end = monotonic() + LONGEST_OUTAGE
        while True:
            connections.close_all()
            try:
                return read_all(self.task.number)
            except Error:
                if monotonic() > end:
                    raise
                sleep(0.05)

    def _ask_own(self, serial: int) -> None:
        """Ask two questions: a writer sees its own change at once, and nobody else's matters here."""
        if not self.task.asks_own:
            return
        begin, readings = monotonic(), []
        for question in self.dice.sample(questions_about(self.task.number, self.task.parts), 2):
            readings.append(Reading(question, ask(question), begin, monotonic()))
        self.journal.note_unit(Unit(f"writer {self.task.number}", begin, tuple(readings), serial=serial))

    def _wait_for(self, moment: float) -> None:
        self._pay(moment)
        sleep(max(0.0, moment - monotonic()))

    def _pay(self, end: float) -> None:
        """Ask, as any process would, until nothing is owed or waits to be told."""
        while not self._note_told() and monotonic() < end:
            waffle.switch_is_active("")
            sleep(0.02)

    def _note_told(self) -> bool:
        if unsettled.waiting or stamp_of("default").is_owed:
            return False
        self.journal.note("told", serial=self.committed)
        return True

    def _note_committing(self, begin: float) -> None:
        self.journal.note("committing", serial=self.tables.serial, at=begin, state=self.tables.state)

    def _note_undone(self) -> None:
        self.journal.note("undone", serial=self.tables.serial, state=self.tables.state)

    def _watch_bumps(self) -> None:
        """Write down that a commit is done, before it is told; there a dying writer dies."""
        bump = Stamp.bump

        def watched(stamp: Stamp, connection: BaseDatabaseWrapper) -> bool:
            self.journal.note("committed", serial=self.tables.serial)
            if self.is_dying:
                os.kill(os.getpid(), signal.SIGKILL)
            return bump(stamp, connection)

        Stamp.bump = watched  # type: ignore[assignment,method-assign]  # that is the point


def bursts(task: Task, start: float) -> Iterator[float]:
    """Yield the instants of the bursts in which this writer takes part; the others' are the same.

    A change that somebody has missed stays missed until the next one tells of both: so at times one writer is
    alone, and silence follows on most bursts.
    """
    dice, moment = Random(task.seed), start
    while moment < start + task.seconds:
        if task.number in dice.sample(range(WRITERS), dice.randint(1, WRITERS)):
            yield moment
        moment += dice.uniform(*dice.choice(GAPS))


@contextmanager
def beside(task: Task, journal: Journal) -> Iterator[None]:
    """Read beside the writer, in a thread of its process: nothing uncommitted may get there."""
    is_over = threading.Event()
    reader = threading.Thread(target=readers.read_beside, args=(task, journal, is_over))
    reader.start()
    try:
        yield
    finally:
        is_over.set()
        reader.join()
