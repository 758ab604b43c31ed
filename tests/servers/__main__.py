"""Run a command with servers: `python -m tests.servers postgresql pytest`; several as `memcached,mariadb`.

Where one is not installed the command is skipped, with that reason; where `CI` is set that fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

from tests.servers.start import SERVERS, NotInstalled


def main(names: str, *command: str) -> int:
    """Start the servers `names`, run `command`, and return its exit code."""
    environment = dict(os.environ)
    with ExitStack() as stack:
        try:
            for name in names.split(","):
                environment.update(stack.enter_context(SERVERS[name]()).environment)
        except NotInstalled as error:
            print(f"SKIPPED: {error}")
            return 1 if os.environ.get("CI") else 0
        return subprocess.run(command, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
