"""A worker: a process in one library's environment, which measures the rows that it is asked for.

It speaks in lines of JSON. Each line that it reads is a question, the name of a method of `Measurer` and its
arguments; each line that it writes is an answer, and the first one introduces it. With a question on its
command line it answers that, and ends.
"""

from __future__ import annotations

import json
import sys

import django


def main(*question: str) -> None:
    """Make the site, and measure until nobody asks any more."""
    django.setup()
    from django.core.management import call_command

    # Only now can models be imported.
    from benchmarks.contenders import here
    from benchmarks.measurer import Measurer, introduction

    measurer = Measurer(here())
    if question:
        print(json.dumps(measurer.answer(*question)))
        return
    call_command("migrate", verbosity=0)
    print(json.dumps({"answer": introduction()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measurer.answer(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
