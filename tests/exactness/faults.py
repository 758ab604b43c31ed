"""Faults: what befalls a server in mid-run."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.servers.start import HOST, Redis, Server

REFRESH = 0.1  # seconds: WAFFLE_REFRESH_SECONDS
LOST_RING = 10.0  # seconds after which the row is looked at though no bell rings
LENGTH = 5.0  # seconds that an outage lasts


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens, and how late a change may then be known."""

    name: str
    window: float = LOST_RING + REFRESH
    strike: Callable[[Mapping[str, Server]], None] | None = None
    """Does it, and returns when it is over; the servers by what they are, `cache` and `database`."""
    max_age: float = 300.0
    """WAFFLE_SNAPSHOT_MAX_AGE."""
    kills_writers: bool = False


def _flush(servers: Mapping[str, Server]) -> None:
    cache = servers["cache"]
    command = {"memcached": b"flush_all\r\n", "redis": b"FLUSHALL\r\n"}[cache.name]
    for _ in range(10):
        with socket.create_connection((HOST, cache.port), 5) as client:
            client.sendall(command)
            client.recv(100)
        time.sleep(0.3)


def _empty(servers: Mapping[str, Server]) -> None:
    servers["cache"].restart()


def _age(servers: Mapping[str, Server]) -> None:
    cache = servers["cache"]
    assert isinstance(cache, Redis)
    cache.save()
    time.sleep(2)
    cache.kill()
    cache.start()


def _kill(servers: Mapping[str, Server]) -> None:
    servers["cache"].kill()
    time.sleep(LENGTH)
    servers["cache"].start()


def _hang(servers: Mapping[str, Server]) -> None:
    servers["cache"].pause()
    time.sleep(LENGTH)
    servers["cache"].resume()


def _restart_database(servers: Mapping[str, Server]) -> None:
    servers["database"].restart()


NO_FAULT = Fault("none", REFRESH)

FAULTS = {
    fault.name: fault
    for fault in (
        NO_FAULT,
        Fault("cache flushed", REFRESH, _flush),
        Fault("cache restarted empty", strike=_empty),
        Fault("cache restarted old", strike=_age),
        Fault("cache killed", strike=_kill),
        Fault("cache hung", strike=_hang),
        Fault("database restarted", strike=_restart_database),
        Fault("writers killed", REFRESH, max_age=3.0, kills_writers=True),
    )
}
