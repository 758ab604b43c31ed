"""Marks that run a test once for each kind, or under each sort of server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from waffle.kinds import KINDS, Kind

# Any: a response, with what a test client hangs on it.
Get = Callable[[str], Any]


def get_by_wsgi(url: str) -> Any:
    """Get a page: an async view runs in a loop of its own."""
    return Client().get(url)


@async_to_sync
async def get_by_asgi(url: str) -> Any:
    """Get a page: a sync view runs in a thread."""
    return await AsyncClient().get(url)


each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
each_server = pytest.mark.parametrize("get", [get_by_wsgi, get_by_asgi], ids=["wsgi", "asgi"])


def switch_on(kind: Kind, name: str = "x") -> None:
    """Make a toggle that is active for everybody."""
    kind.model.objects.create(name=name, **kind.created_as(True))
