"""What the tests of the move share, and the table that they print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest

from tests.move.environments import Environment, Site, ours, theirs
from tests.move.story import Story, tell

Compare = Callable[..., None]
Stories = dict[str, "Future[Story]"]


class Count(NamedTuple):
    """How many things were compared."""

    things: int = 0
    on_purpose: int = 0
    different: int = 0

    def plus(self, other: Count) -> Count:
        return Count(*map(sum, zip(self, other, strict=True)))

    def __str__(self) -> str:
        on_purpose = f", {self.on_purpose} other on purpose" if self.on_purpose else ""
        return f"{self.things}{on_purpose}{f', {self.different} DIFFERENT' if self.different else ''}"


# {what was compared: {app that holds the models: count}}
Counts = dict[str, dict[str, Count]]

_COUNTS = pytest.StashKey[Counts]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COUNTS] = {}


@pytest.fixture(scope="session")
def our_environment() -> Environment:
    return ours()


@pytest.fixture(scope="session")
def their_environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return theirs(tmp_path_factory.mktemp("environments") / "django-waffle")


SITES = ("bakery.settings", "bakery.custom")
"""One has the packages' models, the other models of its own."""


@pytest.fixture(scope="session")
def stories(
    their_environment: Environment, our_environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stories]:
    """Make the journeys of all sites, side by side."""
    with ThreadPoolExecutor() as executor:
        yield {
            settings: executor.submit(
                tell,
                Site.in_folder(tmp_path_factory.mktemp("site") / "project", settings),
                their_environment,
                our_environment,
            )
            for settings in SITES
        }


@pytest.fixture(params=SITES)
def story(request: pytest.FixtureRequest, stories: Stories) -> Story:
    """Return the journey of a site."""
    return stories[request.param].result()


# Any, here and below: what is compared is of any type.
@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Compare:
    """Return what compares two mappings, key by key, and notes it for the table."""
    counts = request.config.stash[_COUNTS]

    def compare(
        app: str,
        what: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        on_purpose: Mapping[str, tuple[Any, Any]] | None = None,
    ) -> None:
        found, wanted = differences(before, after), dict(on_purpose or {})
        count = Count(len(before), len(wanted), len(differences(wanted, found)))
        of_apps = counts.setdefault(what, {})
        of_apps[app] = of_apps.get(app, Count()).plus(count)
        assert before
        assert found == wanted

    return compare


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what is not the same in both, `{key: (before, after)}`; None: not there."""
    return {
        key: (before.get(key), after.get(key))
        for key in {**before, **after}
        if before.get(key) != after.get(key)
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was compared."""
    rows = [
        (what, str(of_apps.get("waffle", "")), str(of_apps.get("clubs", "")))
        for what, of_apps in config.stash[_COUNTS].items()
    ]
    if not rows:
        return
    for row in [("", "", ""), ("compared", "the packages' models", "models of the site's own"), *rows]:
        terminalreporter.write_line("{:<52}{:<30}{}".format(*row).rstrip())
