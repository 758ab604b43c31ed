"""A process and all that it has started: to stop, wake and kill them together.

Run as a program it is the watch over a server: `python family.py FOLDER PARENT` waits until the process
PARENT is gone, however that ended, then kills the server and removes its folder. Each line of the input is
the id of the server's process, 0 while it does not run.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def family(pid: int) -> Iterator[int]:
    """Yield a process, then its children, looked up only then, and theirs.

    PostgreSQL gives each connection a process, in a session of its own: no group holds them all.
    """
    yield pid
    for child in _children(pid):
        yield from family(child)


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        _, parent = _state_and_parent(int(folder.name))
        if parent == pid:
            found.append(int(folder.name))
    return found


def _state_and_parent(pid: int) -> tuple[str, int]:
    """Return the letter for what a process is doing, and the id of its parent; `("", 0)` if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", 0
    # The program's name comes before, in brackets, and may hold anything.
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, int(parent)


def _send(number: signal.Signals, pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_for(states: str, pid: int) -> None:
    while True:
        state, _ = _state_and_parent(pid)
        if state in states:
            return
        time.sleep(0.001)


def pause(pid: int) -> list[int]:
    """Let a process and its family stand still; return their ids."""
    stopped = []
    for member in family(pid):
        _send(signal.SIGSTOP, member)
        # It stands still before its children are looked up: it starts no other one meanwhile.
        _wait_for("TZ", member)
        stopped.append(member)
    return stopped


def resume(pid: int) -> None:
    """Let them go on."""
    for member in family(pid):
        _send(signal.SIGCONT, member)


def kill(pid: int) -> None:
    """End them all, whether they stand still or not."""
    # Paused first: the children of a killed process can no longer be found.
    members = pause(pid)
    for member in members:
        _send(signal.SIGKILL, member)
    for member in members:
        _wait_for("Z", member)


def watch(folder: str, parent: int) -> None:
    """Wait until `parent` is gone; then kill the server and remove its folder."""
    pid = 0
    while True:
        # All that the parent has said counts, though it may be gone already.
        if select.select([sys.stdin], [], [], 0.2)[0]:
            said = os.read(sys.stdin.fileno(), 1000)
            if not said:
                break
            pid = int(said.split()[-1])
        elif os.getppid() != parent:
            break  # a fork of it holds the other end
    if pid:
        kill(pid)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
