"""Something that can be away (a cache, a table): when to try it again, and one log line at each end."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from time import monotonic

FIRST_WAIT = 1.0  # seconds
LONGEST_WAIT = 30.0  # seconds
AT_ONCE = 0.05  # seconds: what fails sooner was no time-out, and may be tried again

logger = logging.getLogger("waffle")

ongoing: set[Outage] = set()
"""Internal. All outages that are on: a check asks this, and mostly nothing more."""


class Outage:
    """Internal. Tells when `what` is worth a try; `advice` ends the log line that its failure writes."""

    def __init__(self, what: str, advice: str) -> None:
        self.what = what
        self.advice = advice
        self._wait = 0.0
        self._next_try = 0.0
        self._is_told_of = False

    @property
    def is_on(self) -> bool:
        """Whether the last try failed."""
        return bool(self._wait)

    def is_over(self) -> bool:
        """Say whether a try is due: nothing has failed, or the wait since the last failure is over."""
        return not self._wait or monotonic() >= self._next_try

    def failed(self, error: Exception, *, is_told: bool = False) -> None:
        """Note a failure: the next try is due in 1 s, after further ones in up to 30 s.

        With `is_told` the log has a line on what is behind it already.
        """
        if not self.is_over():
            return  # one of several that were under way
        if not self._wait and not is_told:
            said = " ".join(str(error).split())  # PostgreSQL's client says it in two lines
            logger.warning(
                "%s is not available (%s: %s). %s", self.what, type(error).__name__, said, self.advice
            )
        self._is_told_of = not is_told
        ongoing.add(self)
        self._wait = min(self._wait * 2 or FIRST_WAIT, LONGEST_WAIT)
        self._next_try = monotonic() + self._wait

    def worked(self) -> None:
        """Note that it answered: an outage, if there was one, is over."""
        if self._wait:
            self._wait = 0.0
            ongoing.discard(self)
            if self._is_told_of:
                logger.warning("%s is available again.", self.what)


class Reminders:
    """Internal. Tells when a line is due that would otherwise fill the log: once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[Hashable, float] = {}

    def is_due(self, what: Hashable) -> bool:
        """Say whether the line on `what` is to be written now."""
        now = monotonic()
        if now < self._due.get(what, now):
            return False
        self._due[what] = now + self.seconds
        return True

    def forget(self) -> None:
        """Let every line be due."""
        self._due.clear()
