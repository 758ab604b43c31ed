"""Another process on the same databases: it evaluates what it is sent, until its input ends.

Run by `tests.process.Peer`. Each line of the input is a JSON text, a Python expression; each line of the
output says in JSON what it gave.
"""

from __future__ import annotations

import json
import sys

import django

django.setup()

import waffle  # noqa: E402
from waffle import evaluation, kinds, models, store  # noqa: E402

NAMES = {"evaluation": evaluation, "kinds": kinds, "models": models, "store": store, "waffle": waffle}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(eval(json.loads(line), dict(NAMES))), flush=True)


if __name__ == "__main__":
    main()
