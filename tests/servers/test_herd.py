"""A herd of threads and processes that are cold, or that all find a change, load it once for each process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from tests.herd import THREADS
from tests.process import Peer
from waffle.models import Switch

CHANGES = 50
REFRESH = 0.1  # seconds


@pytest.fixture
def herd(transactional_db: None) -> Iterator[list[Peer]]:
    """Return eight processes that know nothing."""
    peers = [Peer(WAFFLE_TEST_REFRESH_SECONDS=str(REFRESH)) for _ in range(8)]
    for peer in peers:
        peer.evaluate("herd.wait_without_limit()")
    yield peers
    for peer in peers:
        peer.stop()


# Any: what a peer answers goes through JSON.
def rush(herd: list[Peer]) -> list[tuple[Any, Any]]:
    """Let all threads of all processes ask at one instant; return what each process saw and loaded."""
    moment = monotonic() + REFRESH
    for peer in herd:
        peer.send(f"herd.rush({json.dumps(moment)})")
    return [tuple(peer.receive()) for peer in herd]


def test_a_herd_loads_once_when_it_is_cold_and_once_for_each_change(herd: list[Peer]) -> None:
    rows = Switch.objects.filter(name="x")
    Switch.objects.create(name="x", active=True)
    found = [rush(herd)]
    for change in range(CHANGES):
        rows.update(active=change % 2 == 1)
        found.append(rush(herd))

    for change, results in enumerate(found):
        is_on = change % 2 == 0
        assert results == [([is_on] * THREADS, ["switch"])] * len(herd)
