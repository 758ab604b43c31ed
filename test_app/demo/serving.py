"""The site, open to a browser on this machine."""

from __future__ import annotations

import sys
import threading
from time import monotonic

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from test_app.demo.content import PASSWORD, USERS, fill

HOST = "127.0.0.1"


def serve(port: int) -> int:
    """Serve the site until somebody presses Ctrl-C; return 1 where the port is not to be had."""
    try:
        server = ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
    except (OSError, OverflowError) as error:
        print(f"Port {port} of {HOST} is not to be had: {error}", file=sys.stderr)
        print(f"Name another one: tox run -e demo -- serve {8001 if port == 8000 else 8000}", file=sys.stderr)
        return 1
    with server:
        fill()
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        print(welcome(server.server_port), flush=True)
        try:
            server.serve_forever()
        finally:
            _let_requests_end(seconds=1)
    return 0


def _let_requests_end(seconds: float) -> None:
    """Wait for threads that serve a page: each holds a connection to the database until it is done.

    Those that wait for the next request of a browser hold none, and need not end.
    """
    end = monotonic() + seconds
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(max(0.0, end - monotonic()))


def welcome(port: int) -> str:
    """Say where the site is, and how to log in."""
    front = f"http://{HOST}:{port}/"
    return "\n".join(
        [
            f"The Waffle House is open: {front}",
            f"Its admin: {front}admin/ (user: admin, password: {PASSWORD})",
            "",
            f"Who else can log in at {front}login/ with the password {PASSWORD}:",
            *(f"  {name:<6} {who}" for name, who in USERS.items()),
            "",
            "Ctrl-C closes the house, and throws its database away.",
        ]
    )
