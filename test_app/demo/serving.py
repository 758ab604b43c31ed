"""The site, open to a browser on this machine."""

from __future__ import annotations

import sys
from contextlib import suppress
from socket import SHUT_RD, socket

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from test_app.demo.content import PASSWORD, USERS, fill

HOST = "127.0.0.1"


class Server(ThreadedWSGIServer):
    """Finishes the pages that are under way before it closes, and hangs up on browsers that ask for none."""

    # What still runs when Python ends leaves its database open.
    daemon_threads = False

    def __init__(self, port: int) -> None:
        self._connected: set[socket] = set()
        super().__init__((HOST, port), WSGIRequestHandler)

    def process_request(self, request: socket, client_address: object) -> None:  # type: ignore[override]  # TCP alone
        self._connected.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: socket) -> None:  # type: ignore[override]  # TCP alone
        self._connected.discard(request)
        super().close_request(request)

    def server_close(self) -> None:
        for request in tuple(self._connected):
            with suppress(OSError):  # closed just now
                request.shutdown(SHUT_RD)
        super().server_close()


def serve(port: int) -> int:
    """Serve the site until somebody presses Ctrl-C; return 1 where the port is not to be had."""
    try:
        server = Server(port)
    except (OSError, OverflowError) as error:
        print(f"Port {port} of {HOST} is not to be had: {error}", file=sys.stderr)
        print(f"Name another one: tox run -e demo -- serve {8001 if port == 8000 else 8000}", file=sys.stderr)
        return 1
    with server:
        fill()
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        print(welcome(server.server_port), flush=True)
        server.serve_forever()
    return 0


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
