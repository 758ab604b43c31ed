"""A browser, and the site that it visits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from playwright.sync_api import Browser, sync_playwright

from tests.browser.policy import forbid_what_is_inline
from tests.browser.shop import Shop
from tests.browser.visits import Visits
from tests.lacking import miss

# The shell has no windows, and opens a page in half the time. The last is what GitHub's machines have.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def browser(django_db_setup: object) -> Iterator[Browser]:
    """Return the browser of this process; `CHROMIUM` may name its program.

    It is closed before the databases are, for that needs an event loop of its own.
    """
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        miss("Chromium is not installed: on Debian, `apt-get install chromium-headless-shell`")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, where Django would refuse to ask the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def _policy() -> Iterator[None]:
    middleware = f"{forbid_what_is_inline.__module__}.{forbid_what_is_inline.__name__}"
    with override_settings(MIDDLEWARE=[middleware, *settings.MIDDLEWARE]):
        yield


# Any: pytest-django's own class.
@pytest.fixture(scope="session")
def live_server(_policy: None, live_server: Any) -> Any:
    """Return the site, served with a strict content security policy."""
    return live_server


@pytest.fixture
def visits(browser: Browser, live_server: Any, cold: None) -> Iterator[Visits]:
    """Return what opens pages; the test fails if a browser had anything to complain of."""
    visits = Visits(browser, live_server.url)
    yield visits
    visits.close()
    assert visits.complaints == []


@pytest.fixture
def root(transactional_db: None) -> User:
    return User.objects.create_superuser("root", password="root")


@pytest.fixture
def shop(transactional_db: None) -> Shop:
    """Return a shop that has one of everything."""
    return Shop()
