"""`python -m tests.faults`: let servers fail while a site is visited, and print a table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.faults.scene import AFTER, BEFORE, DURING, WEB_SERVERS, Outage, Result, Scene
from tests.faults.visitors import VISITORS
from tests.servers.start import SERVERS, NotInstalled

OUTAGES = [Outage(server, how) for server in SERVERS for how in ("hangs", "is down")]
DATABASES = {"memcached": "postgresql", "redis": "mariadb"}
"""What a site with a cache has for a database. A site whose database is troubled has no cache to spare it."""

WIDTHS = (9, 19, 8, 8, 8, 9, 6, 6, 9, 11)
RULER = ["-" * width if number < 2 else "-" * (width - 1) + ":" for number, width in enumerate(WIDTHS)]
HEAD = ("under", "outage", "before", "during", "after", "slowest", "slow", "failed", "time-outs", "log lines")


def main() -> int:
    """Let each outage happen under each web server; return 1 if one has cost more than it may."""
    options = _parse()
    print(*introduction(), "", line(HEAD), line(RULER), sep="\n", flush=True)
    wrong = 0
    for web_server in WEB_SERVERS:
        for outage in OUTAGES:
            if f"{outage.server} {outage.how}" in (options.outages or f"{outage.server} {outage.how}"):
                wrong += play(web_server, outage)
    print(*foot(), sep="\n")
    return 1 if wrong else 0


def play(web_server: str, outage: Outage) -> bool:
    """Let one outage happen, print its line, and say whether it has cost more than it may."""
    names = {outage.server, DATABASES.get(outage.server, outage.server)}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="waffle-faults-"))
        try:
            servers = {name: stack.enter_context(SERVERS[name]()) for name in names}
        except NotInstalled as error:
            print(f"{web_server}, {outage.server}: SKIPPED: {error}", flush=True)
            return "CI" in os.environ
        result = Scene(web_server, servers, Path(folder)).play(servers[outage.server], outage)
    print(line((web_server, f"{outage.server} {outage.how}", *cells(result))), flush=True)
    return result.is_wrong


def introduction() -> Iterator[str]:
    """Say what is measured, and where."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB"
    yield f"What a fault costs, on a machine with {machine}, Python {platform.python_version()}."
    phases = f"{BEFORE:.0f} s before, {DURING:.0f} s during, {AFTER:.0f} s after each outage"
    yield f"{VISITORS} visitors: {phases}."
    yield "A page asks for 20 toggles; gunicorn has 4 processes with 4 threads, uvicorn 2 processes."


def foot() -> Iterator[str]:
    """Say what the columns hold."""
    yield ""
    yield "Requests per second before, during and after; slowest: the longest that a visitor waited, in s."
    yield "Of one process at most: slow, requests over half a second; time-outs, waits for the cache in vain;"
    yield "log lines, that something is away and that it is back."


def cells(result: Result) -> list[str]:
    """Return a line's cells."""
    rates = [f"{rate:.0f}" for rate in result.rates]
    counts = [str(count) for count in (result.slow, result.failed, result.timeouts)]
    return [*rates, f"{result.slowest:.2f}", *counts, "{} + {}".format(*result.lines)]


def line(texts: Iterable[str]) -> str:
    """Return a line of the table, which is one of Markdown too."""
    columns = enumerate(zip(texts, WIDTHS, strict=True))
    padded = (text.ljust(width) if number < 2 else text.rjust(width) for number, (text, width) in columns)
    return f"| {' | '.join(padded)} |"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.faults", description="Let servers fail under a site.")
    parser.add_argument("--outages", default="", help="which, with commas between: redis hangs,redis is down")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
