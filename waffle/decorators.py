"""Decorators that put a view behind a flag or a switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.http import Http404, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from waffle.gates import Gate, gate_of
from waffle.kinds import FLAG, SWITCH

__all__ = ["waffle_flag", "waffle_switch"]

# Any, here and below: views take and return what their project likes.
View = TypeVar("View", bound=Callable[..., Any])
Target = Callable[..., Any] | str | None


def waffle_flag(flag_name: str, redirect_to: Target = None) -> Callable[[View], View]:
    """Let a view answer only while a flag is active for the request; "!name" while it is not.

    Whoever may not pass is sent to `redirect_to`, a URL name or a view, which is given the view's
    arguments if it takes them. Without it, and where it has no URL, the answer is 404.
    """
    return _behind(gate_of(FLAG, flag_name), redirect_to)


def waffle_switch(switch_name: str, redirect_to: Target = None) -> Callable[[View], View]:
    """Let a view answer only while a switch is on; "!name" while it is off.

    Whoever may not pass gets what `waffle_flag` gives.
    """
    return _behind(gate_of(SWITCH, switch_name), redirect_to)


def _behind(gate: Gate, redirect_to: Target) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: Any, *args: Any, **kwargs: Any) -> Any:
            if gate.is_open(request):
                return view(request, *args, **kwargs)
            return _turn_away(redirect_to, args, kwargs)

        @wraps(view)
        async def aanswer(request: Any, *args: Any, **kwargs: Any) -> Any:
            if await gate.ais_open(request):
                return await view(request, *args, **kwargs)
            return _turn_away(redirect_to, args, kwargs)

        return cast(View, aanswer if iscoroutinefunction(view) else answer)

    return decorate


def _turn_away(target: Target, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> HttpResponseRedirect:
    """Return a redirect to `target`, or raise `Http404`: without words, which sites show to everybody."""
    if target is not None:
        # A URL gives positional or named arguments; beside the former stand only the URLconf's own extras.
        for given in ({"args": args} if args else {"kwargs": kwargs}, {}):
            with suppress(NoReverseMatch):
                return HttpResponseRedirect(reverse(target, **given))
    raise Http404
