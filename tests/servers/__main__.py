"""Run a command with a server: `python -m tests.servers postgresql pytest`.

Where the server is not installed the command is skipped, with that reason; where `CI` is set that fails.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.servers.start import SERVERS, NotInstalled


def main(name: str, *command: str) -> int:
    """Start the server `name`, run `command`, and return its exit code."""
    try:
        with SERVERS[name]() as environment:
            return subprocess.run(command, env={**os.environ, **environment}).returncode
    except NotInstalled as error:
        print(f"SKIPPED: {error}")
        return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
