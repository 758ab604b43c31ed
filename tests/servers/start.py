"""Real servers on free ports of this machine, as root or as a user, and the faults that befall servers.

    with PostgreSQL() as server:
        server.pause()  # it hangs
        server.resume()
        server.kill()  # it crashes
        server.start()

None outlives the process that starts it, nor does its folder.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from tests.servers import family

if TYPE_CHECKING:
    from typing import Self

IS_ROOT = os.geteuid() == 0
HOST = "127.0.0.1"
LONGEST_START = 60.0  # seconds


class NotInstalled(Exception):
    """A server's program is not on this machine; the message says what to install."""


class Server:
    """A server: the context manager starts it, and stops it at the end.

    Its port and its files stay the same from the first `start()` to `stop()`, whatever happens between them.
    """

    name: ClassVar[str]
    """How `SERVERS` and the variables of `tests.settings` call it."""
    package: ClassVar[str]
    """Debian's package."""
    variable: ClassVar[str]
    """The variable of `tests.settings` that takes it."""
    farewell: ClassVar[signal.Signals] = signal.SIGTERM
    """The signal at which it ends in good order, though clients are connected."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder: Path | None = None
        self.process: subprocess.Popen[bytes] | None = None
        """While it runs: its first process."""
        self._watch: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make `tests.settings` use it."""
        return {self.variable: f"{self.name}:{self.port}"}

    def start(self) -> None:
        """Run it, and wait until it answers."""
        if self.process is not None:
            return
        if self.folder is None:
            self.folder = self._own_folder()
            self.prepare()
        with open(self.folder / "log", "ab") as log:
            self.process = self._popen(self.command(), log)
        self._tell_watch(self.process.pid)
        self._wait(self.process)

    def restart(self) -> None:
        """End it in good order, and start it again on the same port."""
        if self.process is not None:
            family.resume(self.process.pid)
            self.process.send_signal(self.farewell)
            self.process.wait(LONGEST_START)
            self._gone()
        self.start()

    def pause(self) -> None:
        """Let it hang: it takes connections, for the kernel does that, and answers nothing."""
        if self.process is not None:
            family.pause(self.process.pid)

    def resume(self) -> None:
        """Let it go on after `pause()`."""
        if self.process is not None:
            family.resume(self.process.pid)

    def kill(self) -> None:
        """Let it crash, with everything that it has started."""
        if self.process is not None:
            family.kill(self.process.pid)
            self.process.wait()
            self._gone()

    def stop(self) -> None:
        """End it for good, and remove its files."""
        self.kill()
        if self._watch is not None:
            self._watch.kill()
            self._watch.communicate()
            self._watch = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def command(self) -> list[str]:
        """Return what runs it; raise `NotInstalled` where that is not there."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Make its files."""

    @property
    def account(self) -> str | None:
        """Whom it runs as; None: as whoever starts it."""
        return None

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Say whether it answers."""
        try:
            socket.create_connection((HOST, self.port), 0.2).close()
        except OSError:
            return False
        return True

    def _own_folder(self) -> Path:
        # In /tmp: the path of a socket is short, and every account may go there.
        folder = Path(tempfile.mkdtemp(dir="/tmp", prefix=f"waffle-{self.name}-"))
        if self.account:
            shutil.chown(folder, self.account)
        self._watch = subprocess.Popen(
            [sys.executable, family.__file__, str(folder), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # the terminal's Ctrl-C is not for it
            text=True,
        )
        return folder

    # Any: a file, or one of the numbers that subprocess has for such.
    def _popen(self, command: list[str], output: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=self.folder,
            **_identity(self.account),
        )

    def _run(self, *command: str) -> None:
        """Run a command that ends by itself, as the server's account."""
        process = self._popen(list(command), subprocess.PIPE)
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{output.decode()}")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + LONGEST_START
        while not self.is_ready(process):
            if process.poll() is not None:
                self._gone()
                raise RuntimeError(f"{self.name} ended with {process.returncode}:\n{self._log()}")
            if time.monotonic() > end:
                raise TimeoutError(f"{self.name} did not answer within {LONGEST_START} s:\n{self._log()}")
            time.sleep(0.02)

    def _gone(self) -> None:
        self.process = None
        self._tell_watch(0)

    def _tell_watch(self, pid: int) -> None:
        assert self._watch is not None
        assert self._watch.stdin is not None
        print(pid, file=self._watch.stdin, flush=True)

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace") if self.folder else ""


class Memcached(Server):
    """memcached; empty after each start."""

    name = "memcached"
    package = "memcached"
    variable = "WAFFLE_TEST_CACHE"

    def command(self) -> list[str]:
        user = ["-u", "root"] if IS_ROOT else []  # as root it starts only if told so
        return [_program(self.package, "memcached"), "-l", HOST, "-p", str(self.port), "-U", "0", *user]


class Redis(Server):
    """Redis; empty after a start, but for what it was told to `save()`."""

    name = "redis"
    package = "redis-server"
    variable = "WAFFLE_TEST_CACHE"

    def command(self) -> list[str]:
        program = _program(self.package, "redis-server")
        return [program, "--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        # It listens before it has read what it holds.
        try:
            return self._ask(b"PING") == b"+PONG\r\n"
        except OSError:
            return False

    def save(self) -> None:
        """Let it hold after its next start what it holds now: old contents, by then."""
        answer = self._ask(b"SAVE")
        if not answer.startswith(b"+OK"):
            raise RuntimeError(f"Redis does not save: {answer!r}")

    def _ask(self, words: bytes) -> bytes:
        with socket.create_connection((HOST, self.port), 5) as client:
            client.sendall(words + b"\r\n")
            return client.recv(100)

    def start(self) -> None:
        super().start()
        if self.folder is not None:
            (self.folder / "dump.rdb").unlink(missing_ok=True)  # once


class Database(Server):
    """A server of databases; they keep their rows whatever happens to it, until `stop()`."""

    variable = "WAFFLE_TEST_DATABASE"

    def create_database(self, name: str) -> None:
        """Make an empty database."""
        raise NotImplementedError


class PostgreSQL(Database):
    """PostgreSQL, with the super-user postgres and no password."""

    name = "postgresql"
    package = "postgresql"
    farewell = signal.SIGINT

    @property
    def account(self) -> str | None:
        return "postgres" if IS_ROOT else None  # it refuses to run as root

    def command(self) -> list[str]:
        server = [self._tool("postgres"), "-D", f"{self.folder}/data", "-k", str(self.folder)]
        # It need not survive a crash of the machine, and is quicker so.
        off = [f"--{setting}=off" for setting in ("fsync", "synchronous_commit", "full_page_writes")]
        return [*server, "-p", str(self.port), f"--listen_addresses={HOST}", "--max_connections=200", *off]

    def prepare(self) -> None:
        options = ["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        self._run(self._tool("initdb"), "-D", f"{self.folder}/data", "-U", "postgres", *options)

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        # It listens before it answers; this file says when it does, first whose file it is.
        try:
            lines = Path(f"{self.folder}/data/postmaster.pid").read_text().split()
        except OSError:
            return False
        return lines[:1] == [str(process.pid)] and lines[-1] == "ready"

    def create_database(self, name: str) -> None:
        self._run(self._tool("createdb"), "-h", HOST, "-p", str(self.port), "-U", "postgres", name)

    def _tool(self, name: str) -> str:
        return _program(self.package, name, f"/usr/lib/postgresql/*/bin/{name}")


class MariaDB(Database):
    """MariaDB, with the user root and no password."""

    name = "mariadb"
    package = "mariadb-server-core mariadb-client-core"

    def command(self) -> list[str]:
        server = [_program(self.package, "mariadbd", "/usr/sbin/mariadbd"), *self._options()]
        access = [f"--port={self.port}", f"--bind-address={HOST}", f"--socket={self.folder}/socket"]
        # It need not survive a crash of the machine, and is quicker so.
        quick = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
        return [*server, *access, *quick, "--character-set-server=utf8mb4"]

    def prepare(self) -> None:
        options = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        self._run(_program(self.package, "mariadb-install-db"), *self._options(), *options)

    def create_database(self, name: str) -> None:
        client = [_program(self.package, "mariadb"), "--no-defaults", "-h", HOST, "-P", str(self.port)]
        self._run(*client, "-u", "root", "-e", f"CREATE DATABASE `{name}`")

    def _options(self) -> list[str]:
        me = pwd.getpwuid(os.geteuid()).pw_name
        return ["--no-defaults", f"--user={me}", f"--datadir={self.folder}/data"]


SERVERS: dict[str, type[Server]] = {server.name: server for server in (Memcached, Redis, PostgreSQL, MariaDB)}


def free_port() -> int:
    """Return a port that nobody uses, and that no client is given.

    The kernel gives clients ports from 32768 on: one that tries in vain to reach a server that is down would
    sooner or later be given the server's own port, reach itself, and keep the server from starting again.
    """
    while True:
        with socket.socket() as listener:
            port = random.randrange(20_000, 32_000)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return port


def _program(package: str, name: str, *patterns: str) -> str:
    """Return a program of the PATH, or the newest that one of `patterns` finds."""
    found = shutil.which(name) or max(
        (path for pattern in patterns for path in glob(pattern)),
        key=lambda path: [int(number) for number in re.findall(r"\d+", path)],
        default=None,
    )
    if found is None:
        raise NotInstalled(f"{name} is not installed: on Debian, `apt-get install {package}`")
    return found


# Any: arguments of `subprocess.Popen`, of many types.
def _identity(account: str | None) -> dict[str, Any]:
    """Return what makes a process run as `account`; None: as whoever starts it."""
    if account is None:
        return {}
    return {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []}
