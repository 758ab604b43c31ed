"""`python -m test_app.demo [serve [PORT]]`."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django

STOPS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run the demo and return its exit code."""
    options = _parse()
    for number in STOPS:
        signal.signal(number, _stop)
    try:
        with database():
            # Only now are there settings, and models to be imported.
            if options.what == "serve":
                from test_app.demo.serving import serve

                return serve(options.port)
            from test_app.demo.report import show

            return show()
    except KeyboardInterrupt:
        return 0


def _stop(number: int, frame: object) -> None:
    """End the demo, and let nothing disturb the removal of its folder: tox passes Ctrl-C on a second time."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m test_app.demo", description="Show what Waffle Iron does.")
    parser.add_argument(
        "what",
        nargs="?",
        choices=["show", "serve"],
        default="show",
        help="show: visit the site as several people and print who saw what; serve: open it on this machine",
    )
    parser.add_argument("port", nargs="?", type=int, default=8000, help="for serve (8000; 0: any free one)")
    return parser.parse_args()


@contextmanager
def database() -> Iterator[None]:
    """Set Django up with a database in a temporary folder, which is gone afterwards."""
    with TemporaryDirectory(prefix="waffle-demo-") as folder:
        os.environ["DJANGO_SETTINGS_MODULE"] = "test_app.demo.settings"
        os.environ["WAFFLE_DEMO_DATABASE"] = str(Path(folder, "demo.sqlite3"))
        django.setup()
        from django.db import connections

        try:
            yield
        finally:
            connections.close_all()


if __name__ == "__main__":
    raise SystemExit(main())
