"""Another process, which changes a flag so many times: `python -m benchmarks.scale.writer TIMES PAUSE`."""

from __future__ import annotations

import sys
from time import sleep

import django


def main(times: int, pause: float) -> None:
    """Change it, and wait after each time."""
    django.setup()
    # Only now can models be imported.
    from waffle.models import Flag

    for number in range(times):
        Flag.objects.filter(name="everyone_0").update(note=str(number))
        sleep(pause)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
