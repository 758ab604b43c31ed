"""Environments, and sites that run in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

OUR_PACKAGE = "django-waffle-iron"
THEIR_PACKAGE = "django-waffle==5.0.0"
UV = (sys.executable, "-m", "uv", "--no-config")

PROJECT = Path(__file__).parent / "project"


def run(*command: str, folder: Path, **variables: str) -> str:
    """Run a program and return what it prints; fail with all of that if it fails."""
    # Nothing of pytest's environment is passed on that could make a folder of packages known.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Site:
    """A copy of the project, with a database and browsers of its own."""

    folder: Path
    settings: str

    @classmethod
    def in_folder(cls, folder: Path, settings: str) -> Site:
        """Copy the project to a new folder."""
        shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
        return cls(folder, settings)


@dataclass(frozen=True)
class Environment:
    """A Python with packages of its own."""

    python: str

    @classmethod
    def new(cls, folder: Path, *packages: str) -> Environment:
        """Make an environment in a new folder, with the Python that runs these tests."""
        run(*UV, "venv", "--python", sys.executable, str(folder), folder=folder.parent)
        made = cls(str(folder / ("Scripts" if os.name == "nt" else "bin") / "python"))
        made.run("python", "-m", "pip", "install", *packages, folder=folder.parent)
        return made

    def run(self, *command: str, folder: Path, **variables: str) -> str:
        """Run what somebody types who has activated this environment; uv does pip's work, in less time."""
        if command[:3] == ("python", "-m", "pip"):
            return run(
                *UV, *command[2:4], *self._for_uv(command[3]), *command[4:], folder=folder, **variables
            )
        programs = {"python": (self.python,), "django-admin": (self.python, "-m", "django")}
        return run(*programs[command[0]], *command[1:], folder=folder, **variables)

    def _for_uv(self, action: str) -> tuple[str, ...]:
        # Else uv installs what it has built of an older state of this checkout.
        anew = ("--refresh-package", OUR_PACKAGE) if action == "install" else ()
        return ("--python", self.python, *anew)

    def manage(self, site: Site, *command: str, database: str = "db.sqlite3") -> str:
        """Run one command of the site; return what it prints."""
        variables = {"DJANGO_SETTINGS_MODULE": site.settings, "BAKERY_DATABASE": database}
        return run(self.python, "-W", "error", "manage.py", *command, folder=site.folder, **variables)

    def steps(self, site: Site, *steps: str, database: str = "db.sqlite3") -> str:
        """Run several commands of the site in one process."""
        return self.manage(site, "steps", *steps, database=database)


def ours() -> Environment:
    """Return the environment that runs these tests: this checkout is installed in it."""
    assert version(OUR_PACKAGE)
    return Environment(sys.executable)


def theirs(folder: Path) -> Environment:
    """Make an environment with django-waffle, and with the Django that ours has."""
    return Environment.new(folder, THEIR_PACKAGE, django())


def django() -> str:
    """Return the Django that runs here, as a requirement."""
    return f"Django=={version('Django')}"
