"""Start a server, wait until it answers, stop it at the end; as root or as a user."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from glob import glob
from pathlib import Path
from typing import Any

IS_ROOT = os.geteuid() == 0
HOST = "127.0.0.1"


class NotInstalled(Exception):
    """A server's program is not on this machine; the message says what to install."""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


def _program(package: str, *patterns: str) -> str:
    """Return the newest program that one of `patterns` finds."""
    found = [path for pattern in patterns for path in glob(pattern)]
    if not found:
        raise NotInstalled(f"{package} is not installed: on Debian, `apt-get install {package}`")
    return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path)])


# Any: arguments of `subprocess.Popen`, of many types.
def _identity(account: str | None) -> dict[str, Any]:
    """Return what makes a process run as `account`; None: as whoever runs the tests."""
    if account is None:
        return {}
    return {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []}


@contextmanager
def _running(argv: list[str], port: int, account: str | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        argv,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
        **_identity(account),
    )
    try:
        _wait_for(port, process, argv[0])
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], name: str, timeout: float = 30) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
        try:
            socket.create_connection((HOST, port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"{name} did not answer within {timeout} s")


@contextmanager
def postgresql() -> Iterator[dict[str, str]]:
    """Run PostgreSQL, with nothing that survives a crash: it is quicker so."""
    initdb = _program("postgresql", "/usr/lib/postgresql/*/bin/initdb", shutil.which("initdb") or "-")
    port, account = _free_port(), "postgres" if IS_ROOT else None
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="waffle-postgresql-") as folder:
        if account:
            shutil.chown(folder, account)
        options = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [initdb, "-D", f"{folder}/data", "-U", "postgres", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **_identity(account),
        )
        postgres = str(Path(initdb).with_name("postgres"))
        server = [
            postgres,
            "-D",
            f"{folder}/data",
            "-k",
            folder,
            "-p",
            str(port),
            "-c",
            f"listen_addresses={HOST}",
        ]
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server += ["-c", f"{setting}=off"]
        with _running(server, port, account):
            yield {"WAFFLE_TEST_DATABASE": f"postgresql:{port}"}


SERVERS: Mapping[str, Callable[[], AbstractContextManager[dict[str, str]]]] = {"postgresql": postgresql}
"""What to start, by name: a context manager that gives the environment variables for `tests.settings`."""
