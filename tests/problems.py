"""What the system checks tell."""

from __future__ import annotations

from django.core.checks import CheckMessage, run_checks

Problem = tuple[str | None, str, str | None]
"""A problem's id, its message and its hint."""


def found() -> list[Problem]:
    """Return what is told of settings, and of what is installed."""
    return [_told(problem) for problem in run_checks(tags=["waffle"])]


def found_in_database() -> list[Problem]:
    """Return what is told where the database may be asked."""
    problems = run_checks(tags=["database"], databases=["default"])
    return [_told(problem) for problem in problems if str(problem.id).startswith("waffle")]


def ids() -> list[str | None]:
    """Return the ids of what is told of settings."""
    return [problem.id for problem in run_checks(tags=["waffle"])]


def _told(problem: CheckMessage) -> Problem:
    return problem.id, problem.msg, problem.hint
