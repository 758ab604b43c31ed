"""Somebody who does what pages of the documentation say: commands, files, visits."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import time
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

from tests.move.environments import Environment
from tests.move.pages import Command, Example, commands_of, examples_of, shows

PASSWORD = "maple-syrup-42"
SITE = "http://127.0.0.1:8000"
LONGEST_START = 30.0  # seconds


class Browser:
    """One visitor's browser."""

    def __init__(self, site: str) -> None:
        self.site = site
        # No proxy: the site is on this machine.
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def open(self, path: str, **form: str) -> str:
        """Return the page at `path`, whatever its status; with fields of a form, send them."""
        sent = urlencode(form).encode() if form else None
        try:
            with self.opener.open(f"{self.site}{path}", sent, timeout=LONGEST_START) as response:
                return str(response.read().decode())
        except HTTPError as error:
            with error:
                return error.read().decode()

    def log_in(self, path: str, username: str) -> None:
        """Log in at `path`, by the form that is there."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(path))
        assert token is not None
        hidden = {"next": path, "csrfmiddlewaretoken": token[1]}
        page = self.open(f"{path}login/", username=username, password=PASSWORD, **hidden)
        assert f"<strong>{username}</strong>" in page, page


class Newcomer:
    """Follows pages, in a folder of its own and with an environment of its own."""

    def __init__(self, environment: Environment, folder: Path, **variables: str) -> None:
        self.environment = environment
        self.folder = folder
        self.variables = variables
        self.done = 0
        """How many examples were followed."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.browser = self.private_window()
        self.server: subprocess.Popen[bytes] | None = None

    def private_window(self) -> Browser:
        return Browser(f"http://127.0.0.1:{self.port}")

    def follow(self, page: str) -> None:
        """Do what the page says."""
        ways = {"console": self.type, "python": self.write, "text": self.look}
        for example in examples_of(page):
            ways[example.language](example)
            self.done += 1

    def type(self, example: Example) -> None:
        """Run the commands of an example."""
        for command in commands_of(example):
            words = shlex.split(command.line)
            if words[0] == "cd":
                self.folder /= words[1]
            elif words[-1] == "runserver":
                self.start()
            else:
                self.run(command, words)

    def run(self, command: Command, words: list[str]) -> None:
        # It asks for the password where there is somebody to ask.
        unasked = ["--no-input"] if "createsuperuser" in words else []
        printed = self.environment.run(
            *words, *unasked, folder=self.folder, DJANGO_SUPERUSER_PASSWORD=PASSWORD, **self.variables
        )
        assert shows(printed, command.shown), f"{command.line}: {printed}"

    def write(self, example: Example) -> None:
        """Write a file: the whole of it, or, of settings, what is new."""
        path = self.folder / re.findall(r"`([\w/]+\.py)`", example.said)[-1]
        if path.name == "settings.py":
            path = next(self.folder.rglob("settings.py"))
            # A page leaves out what a list holds before.
            new = example.text.replace(" = [\n    # …\n", " += [\n")
            path.write_text(path.read_text() + new)
        else:
            path.write_text(example.text)
        if self.server is not None:
            self.start()  # what Django's server does by itself, sooner or later

    def look(self, example: Example) -> None:
        """Open the page that is spoken of, in the windows that are spoken of, and see what is shown."""
        if log_in := re.search(rf"Log in at <{SITE}(\S+)> as `(\w+)`", example.said):
            self.browser.log_in(log_in[1], log_in[2])
        path = re.findall(rf"<{SITE}(\S+)>", example.said)[-1]
        shown = example.text.splitlines()
        if len(shown) == 1:
            window = self.private_window() if "private window" in example.said else self.browser
            page = window.open(path)
            assert shown[0] in page, page
            return
        windows = [self.private_window() for _ in range(40)]
        seen = [window.open(path) for window in windows]
        assert {*seen} == {*shown}, seen
        assert [window.open(path) for window in windows] == seen, "Somebody saw another page the second time."

    def start(self) -> None:
        """Start the site's server, anew if it runs, and wait until it answers."""
        self.stop()
        line = (self.environment.python, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}")
        quiet = subprocess.DEVNULL
        self.server = subprocess.Popen(line, cwd=self.folder, stdout=quiet, stderr=quiet)
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end:
            with suppress(URLError):
                self.private_window().open("/")
                return
            time.sleep(0.05)
        raise AssertionError("The server does not answer.")

    def stop(self) -> None:
        """Stop the server."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait(timeout=LONGEST_START)
