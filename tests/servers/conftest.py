"""Servers that are started when a test first asks for them, and caches on them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NoReturn

import pytest
from django.core.cache import caches
from django.core.management import call_command
from pytest_django import Settings

from tests import process
from tests import settings as test_settings
from tests.servers.start import SERVERS, NotInstalled, Server

BELLS = {"memcached": "pymemcache", "pylibmc": "pylibmc", "redis": "redis"}
"""The caches that hold a bell, as `tests.settings` calls them, and what each needs to be installed."""

ROW_LOOKS = ["database", "file", "locmem", "dummy", "none"]
"""Those that hold none."""


@dataclass(frozen=True)
class Cache:
    """The cache of this process and of its peers."""

    place: str
    """Where it is, as `tests.settings.cache` takes it."""
    server: Server | None


def miss(reason: str) -> NoReturn:
    """Skip the test for want of something; where `CI` is set that fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


Start = Callable[[type[Server]], Server]


@pytest.fixture(scope="session")
def running() -> Iterator[Start]:
    """Return what starts a server, once in all tests."""
    servers: dict[type[Server], Server] = {}

    def start(kind: type[Server]) -> Server:
        if kind not in servers:
            servers[kind] = stack.enter_context(kind())
        return servers[kind]

    with ExitStack() as stack:
        yield start


def _server_of(backend: str, running: Start) -> Server | None:
    if backend not in BELLS:
        return None
    if find_spec(BELLS[backend]) is None:
        if backend == "pylibmc" and sys.version_info >= (3, 12):
            pytest.skip("pylibmc has no wheel for this Python")
        miss(f"{BELLS[backend]} is not installed")
    try:
        return running(SERVERS[backend if backend in SERVERS else "memcached"])
    except NotInstalled as error:
        miss(str(error))


@pytest.fixture(scope="session")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def cache(
    request: pytest.FixtureRequest,
    running: Start,
    _folder: str,
    settings: Settings,
    transactional_db: None,
    cold: None,
) -> Iterator[Cache]:
    """Use a cache, empty before; every check looks. It is what `request.param` names: use `each_cache`."""
    server = _server_of(request.param, running)
    location = {"database": "waffle_cache", "file": _folder}.get(request.param, "")
    found = Cache(f"{request.param}:{server.port if server else location}", server)
    settings.CACHES = {"default": test_settings.cache(found.place)}
    settings.WAFFLE_CACHE_NAME = None if request.param == "none" else "default"
    settings.WAFFLE_REFRESH_SECONDS = 0
    if request.param == "database":
        call_command("createcachetable", verbosity=0)
    caches["default"].clear()
    yield found
    if server:
        server.resume()
        server.start()


Peers = dict[tuple[str, str], process.Peer]


@pytest.fixture(scope="session")
def _peers(django_db_setup: None) -> Iterator[Peers]:
    peers: Peers = {}
    yield peers
    for peer in peers.values():
        peer.stop()


def _peer_at(cache: Cache, name: str, peers: Peers) -> process.Peer:
    key = (cache.place, name)
    if key not in peers:
        peers[key] = process.Peer(WAFFLE_TEST_CACHE=cache.place)
    peers[key].evaluate("process.forget_everything()")
    return peers[key]


@pytest.fixture
def another(cache: Cache, _peers: Peers) -> process.Peer:
    """Return another process at the same cache, that knows nothing yet."""
    return _peer_at(cache, "another", _peers)


@pytest.fixture
def writer(cache: Cache, _peers: Peers) -> process.Peer:
    """Return a third one."""
    return _peer_at(cache, "writer", _peers)


each_bell = pytest.mark.parametrize("cache", BELLS, indirect=True)
each_cache = pytest.mark.parametrize("cache", [*BELLS, *ROW_LOOKS], indirect=True)
