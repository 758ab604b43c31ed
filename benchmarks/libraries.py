"""The libraries that are compared: an environment for each, and a worker in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# The newest long-term Django; django-waffle 5.0.0 works on it.
DJANGO = "Django>=5.2,<5.3"


@dataclass(frozen=True)
class Library:
    """A distribution, and where uv finds it."""

    name: str
    source: str


OURS = Library("django-waffle-iron", str(HERE.parent))
THEIRS = Library("django-waffle", "django-waffle==5.0.0")


class Worker:
    """A process that measures one library, with an environment and a site in a folder of its own."""

    def __init__(self, library: Library, folder: Path) -> None:
        self.library = library
        self.folder = folder / library.name
        python = self._install()
        # A copy: beside the checkout's own `waffle` no other would be imported.
        shutil.copytree(HERE, self.folder / "benchmarks", ignore=shutil.ignore_patterns("__pycache__"))
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.worker"],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.introduction = self._hear()

    # Any, twice: what JSON can say.
    def ask(self, *question: object) -> Any:
        """Say a line to the worker, and return its answer."""
        assert self.process.stdin is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return self._hear()

    def stop(self) -> None:
        """End the process."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()

    def _hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The worker for {self.library.name} has ended; what it said stands above.")
        return json.loads(line)

    def _install(self) -> Path:
        """Make the environment, and return its Python."""
        environment = self.folder / "environment"
        _uv("venv", "--clear", "--python", sys.executable, str(environment))
        python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        # Reinstalled: uv would not see that a file of the checkout has changed.
        options = ("--compile-bytecode", "--reinstall-package", self.library.name)
        _uv("pip", "install", "--python", str(python), *options, DJANGO, self.library.source)
        return python

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        settings = {"DJANGO_SETTINGS_MODULE": "benchmarks.settings", "WAFFLE_BENCH_FOLDER": str(self.folder)}
        return {**inherited, **settings}


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)
