"""Workers of the benchmark that measure nothing: they answer what a test wants."""

from __future__ import annotations

from typing import Any

from benchmarks.caches import Cache
from benchmarks.libraries import Library
from benchmarks.readings import Failed


class Scripted:
    """A worker that takes as long as it is told, and notes what it is asked."""

    def __init__(self, library: Library, cache: Cache, log: list[str], seconds: float = 1.0) -> None:
        self.library, self.cache, self.seconds = library, cache, seconds
        self.introduction = {"python": "3.0", "django": "6.0", "version": "1.0"}
        self.log = log

    # Any: what a worker tells.
    def ask(self, *question: object) -> Any:
        self.say(*question)
        if question[0] == "count":
            return [1, 2]
        return self.seconds

    def say(self, *question: object) -> None:
        self.log.append(f"{self.library.name}: {' '.join(map(str, question))}")

    def hear(self) -> None:
        self.log.append(f"{self.library.name}: heard")


class Failing(Scripted):
    """A worker whose library raises errors."""

    def ask(self, *question: object) -> Any:
        self.say(*question)
        raise Failed("OSError: away")
