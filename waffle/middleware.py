"""The middleware: it holds every toggle still during a request, and tells browser and caches what decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async

from waffle import links, pins, store, work
from waffle.caching import tell_caches
from waffle.memory import has_notes, write_cookies
from waffle.work import apinned


# Any, throughout: requests and responses are Django's, or a test's stand-ins.
class WaffleMiddleware:
    """Runs sync and async, whichever its neighbours are."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
        else:
            # Not defined for both: among async neighbours each request would pay a thread for it.
            self.process_view = self._prepare_view

    def __call__(self, request: Any) -> Any:
        """Answer a request, or return a coroutine that does."""
        if self.is_async:
            return self._answer(request)
        pin = work.begin()  # `with pinned()` would take a third longer
        pin.request = request
        try:
            response = self.get_response(request)
            if links.tests_in(request):
                links.follow(request)
            return self.process_response(request, response)
        finally:
            work.end(pin)

    async def _answer(self, request: Any) -> Any:
        async with apinned():
            pins.current().request = request  # type: ignore[union-attr]  # it was opened just now
            response = await self.get_response(request)
            if links.tests_in(request):
                await sync_to_async(links.follow)(request)
            return self.process_response(request, response)

    def _prepare_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        """Let plain checks answer in an async view that a sync server runs."""
        pin = pins.current()
        if pin is not None and iscoroutinefunction(view):
            store.keep_full(pin)

    def process_response(self, request: Any, response: Any) -> Any:
        """Send what was dealt and tested during `request` along as cookies; tell caches what decided."""
        pin = pins.current()
        if has_notes(request) or (pin is not None and pin.is_private):
            write_cookies(request, response)
            tell_caches(request, response)
        return response
