"""Another process on the same databases: it evaluates what it is sent, until its input ends.

Run by `tests.process.Peer`. Each line of the input is a JSON text, a Python expression; each line of the
output says in JSON what it gave.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

import waffle  # noqa: E402
from tests import herd, process  # noqa: E402
from waffle import evaluation, kinds, models, stamps, store  # noqa: E402


def number_of_queries(work: Callable[[], object]) -> int:
    """Return how many queries some work needs."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


NAMES = {
    "another_thread": ThreadPoolExecutor(1),
    "call_command": call_command,
    "connections": connections,
    "evaluation": evaluation,
    "herd": herd,
    "kinds": kinds,
    "models": models,
    "number_of_queries": number_of_queries,
    "process": process,
    "stamps": stamps,
    "store": store,
    "waffle": waffle,
}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(eval(json.loads(line), dict(NAMES))), flush=True)


if __name__ == "__main__":
    main()
