"""Visitors: `python -m tests.faults.visitors PORT PATH` asks from many threads, until its input ends.

It prints what they got as JSON: of each [when, seconds, which process answered or 0, whether all was right].
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from time import monotonic, sleep

VISITORS = 16
LONGEST_WAIT = 30.0  # seconds

Visit = tuple[float, float, int, bool]


def visit(port: int, path: str, is_over: Callable[[], bool]) -> Iterator[Visit]:
    """Ask again and again, over one connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT)
    while not is_over():
        began = monotonic()
        try:
            connection.request("GET", path)
            process, _, is_right = connection.getresponse().read().decode().partition(" ")
            yield began, monotonic() - began, int(process), is_right == "True"
        except (OSError, HTTPException, ValueError):
            connection.close()
            yield began, monotonic() - began, 0, False
            sleep(0.05)
    connection.close()


def main(port: str, path: str) -> None:
    """Let all visitors ask at once."""
    is_over = threading.Event()
    found: list[Visit] = []
    threads = [
        threading.Thread(target=lambda: found.extend(visit(int(port), path, is_over.is_set)))
        for _ in range(VISITORS)
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    is_over.set()
    for thread in threads:
        thread.join()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
