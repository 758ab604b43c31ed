"""Workers, as the process sees them that asks: an environment for each library, and processes in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.caches import LOCMEM, Cache, Settings
from benchmarks.libraries import REQUIREMENTS, Library
from benchmarks.readings import Failed

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Environment:
    """Where a library is installed, beside a copy of this package: the checkout has its own `waffle`."""

    library: Library
    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def install(self) -> None:
        """Make it."""
        _uv("venv", "--clear", "--python", sys.executable, str(self.folder / "environment"))
        wanted = [*REQUIREMENTS, self.library.source] if self.library.source else REQUIREMENTS
        # Reinstalled: uv would not see that a file of the checkout has changed.
        again = ["--reinstall-package", self.library.distribution] if self.library.source else []
        _uv("pip", "install", "--python", str(self.python), *again, *wanted)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE, self.folder / "benchmarks", ignore=ignored)


class Worker:
    """A process that measures one library on a site with one cache."""

    def __init__(self, environment: Environment, cache: Cache, settings: Settings) -> None:
        self.library, self.cache = environment.library, cache
        folder = environment.folder / cache.name
        folder.mkdir()
        self.process = subprocess.Popen(
            [environment.python, "-m", "benchmarks.worker"],
            cwd=environment.folder,
            env=_variables(self.library, settings, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.introduction = self.hear()

    def ask(self, *question: object) -> Any:
        """Ask something, and return the answer."""
        self.say(*question)
        return self.hear()

    def say(self, *question: object) -> None:
        """Ask something; the answer is heard later."""
        assert self.process.stdin is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)

    # Any, here and above: what JSON can say.
    def hear(self) -> Any:
        """Return the next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The worker for {self.library.name} has ended; what it said stands above.")
        told = json.loads(line)
        if "error" in told:
            raise Failed(told["error"])
        return told["answer"]

    def stop(self) -> None:
        """End the process."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


def start(
    stack: ExitStack, libraries: Iterable[Library], caches: Sequence[Cache], folder: Path
) -> Iterator[Worker]:
    """Start a worker for each library and each cache that it asks; `stack` ends them, and their servers."""
    for library in libraries:
        environment = Environment(library, folder / library.contender / library.distribution)
        environment.install()
        for cache in caches if library.asks_cache else (LOCMEM,):
            # A server of its own: a worker may empty its cache.
            worker = Worker(environment, cache, stack.enter_context(cache.running()))
            stack.callback(worker.stop)
            yield worker


def _variables(library: Library, settings: Settings, folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {
        **inherited,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "WAFFLE_BENCH_LIBRARY": library.name,
        "WAFFLE_BENCH_CACHE": json.dumps(settings),
        "WAFFLE_BENCH_FOLDER": str(folder),
    }


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)
