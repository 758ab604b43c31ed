"""Marks that run a test once in plain code and once in a coroutine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse

import waffle
from waffle.middleware import WaffleMiddleware

WORLDS = ["sync", "async"]

each_flag_is_active = pytest.mark.parametrize(
    "flag_is_active", [waffle.flag_is_active, async_to_sync(waffle.aflag_is_active)], ids=WORLDS
)
each_flag_verdict = pytest.mark.parametrize(
    "flag_verdict", [waffle.flag_verdict, async_to_sync(waffle.aflag_verdict)], ids=WORLDS
)

# Any: requests and responses are stand-ins here and there.
View = Callable[[Any], Any]
Server = Callable[[View, HttpRequest], Any]


def serve_sync(view: View, request: HttpRequest) -> Any:
    """Send a request through the middleware to a view."""
    return WaffleMiddleware(view)(request)


def serve_async(view: View, request: HttpRequest) -> Any:
    """Send a request through the middleware, in a coroutine, to a view that asks nothing of the database."""

    async def aview(request: Any) -> Any:
        return view(request)

    middleware: Any = WaffleMiddleware(aview)
    return async_to_sync(middleware)(request)


each_serve = pytest.mark.parametrize("serve", [serve_sync, serve_async], ids=WORLDS)


def visit_sync(request: Any, *names: str) -> Any:
    """Send a request to a page that asks for flags; its text is the names of those that are active."""
    return serve_sync(
        lambda request: HttpResponse(
            " ".join(name for name in names if waffle.flag_is_active(request, name))
        ),
        request,
    )


def visit_async(request: Any, *names: str) -> Any:
    """Do the same where all is native in a coroutine."""

    async def aview(request: Any) -> HttpResponse:
        return HttpResponse(" ".join([name for name in names if await waffle.aflag_is_active(request, name)]))

    middleware: Any = WaffleMiddleware(aview)
    return async_to_sync(middleware)(request)


Visit = Callable[..., Any]
each_visit = pytest.mark.parametrize("visit", [visit_sync, visit_async], ids=WORLDS)
