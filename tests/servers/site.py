"""A site for web servers: it asks while it is imported, so workers may be forked after a first check."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.exceptions import SynchronousOnlyOperation  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

import waffle  # noqa: E402

settings.ROOT_URLCONF = __name__

_tasks: list[asyncio.Task[tuple[bool, bool]]] = []
_is_over = asyncio.Event()


def answer(request: HttpRequest) -> HttpResponse:
    """Say which process answers, and whether the switch x is on."""
    return HttpResponse(f"{os.getpid()} {waffle.switch_is_active('x')}")


async def aanswer(request: HttpRequest) -> HttpResponse:
    """Do the same in a coroutine."""
    return answer(request)


async def begin(request: HttpRequest) -> HttpResponse:
    """Begin a task that outlives the request: it asks when the request is long over."""
    before = waffle.switch_is_active("x")

    async def outlive() -> tuple[bool, bool]:
        await _is_over.wait()
        return before, await waffle.aswitch_is_active("x")

    _tasks.append(asyncio.create_task(outlive()))
    return HttpResponse()


async def end(request: HttpRequest) -> HttpResponse:
    """Let that task ask, and say what it was told in the request and after it."""
    _is_over.set()
    before, after = await _tasks.pop()
    return HttpResponse(f"{before} {after}")


urlpatterns = [path("", answer), path("coroutine", aanswer), path("begin", begin), path("end", end)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()

with suppress(SynchronousOnlyOperation):  # uvicorn imports it in a coroutine
    waffle.switch_is_active("x")
    connections.close_all()  # whatever is open here would be shared by all workers
