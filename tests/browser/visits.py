"""How a test visits the site, and how a visitor's browser is set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.axe import problems_of

# How a browser is set, and the options of `Visits.open` for it.
LOOKS: dict[str, dict[str, Any]] = {  # Any: options of several types
    "light": {},
    "dark": {"dark": True},
    "phone": {"phone": True},
    "phone-dark": {"phone": True, "dark": True},
    "rtl": {"language": "he"},
}
each_look = pytest.mark.parametrize("look", LOOKS)
each_scheme = pytest.mark.parametrize("look", ["light", "dark"])

PATIENCE = 20_000  # milliseconds: a busy machine is slow, and no test waits without need
expect.set_options(timeout=PATIENCE)

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


class Visits:
    """Opens pages of the site, each in a browser of its own, and notes what a browser complains of."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.complaints: list[str] = []
        """What its console says: scripts that fail, what the policy forbids, what is not found."""
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        path: str,
        user: User | None = None,
        *,
        dark: bool = False,
        phone: bool = False,
        script: bool = True,
        language: str = "en",
    ) -> Page:
        """Return the page at `path`, as `user` sees it, who is signed in; without one nobody is."""
        context = self.browser.new_context(
            base_url=self.address,
            color_scheme="dark" if dark else "light",
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]  # a typed dictionary, spelt out
            has_touch=phone,
            is_mobile=phone,
            java_script_enabled=script,
            locale=language,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.on("console", self._note)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        if user is not None:
            self._sign_in(context, user)
        page = context.new_page()
        page.goto(path)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _note(self, message: ConsoleMessage) -> None:
        place = message.location["url"]
        # Browsers ask for the icon by themselves, now and then; what has no place is axe's own.
        is_ours = place and not place.endswith("/favicon.ico")
        if message.type in ("error", "warning") and is_ours:
            self.complaints.append(f"{message.text} ({place})")

    def _sign_in(self, context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self.address}])


def look_at(page: Page, name: str, look: str = "light", *, whole: bool = True) -> str:
    """Return what is wrong with a page as it is now; nothing where all is well. Take a picture of it.

    Pictures are taken if `WAFFLE_TEST_PICTURES` names a folder for them.
    """
    folder = os.environ.get("WAFFLE_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder, f"{name}-{look}.png"), full_page=whole, animations="disabled")
    found = problems_of(page)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found += "\nIt is wider than its window."
    return "".join(f"\n{name}: {line}" for line in found.splitlines() if line)
