"""Mixins that put a class-based view behind a flag, a switch or a sample."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404

from waffle.gates import Gate, gate_of
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind

if TYPE_CHECKING:
    from django.views import View as Base
else:
    Base = object

__all__ = ["BaseWaffleMixin", "WaffleFlagMixin", "WaffleSampleMixin", "WaffleSwitchMixin"]


# Any, throughout: views take and return what their project likes.
class BaseWaffleMixin(Base):
    """What the mixins have in common."""

    def invalid_waffle(self) -> Any:
        """Answer whoever may not pass: 404, unless you override it. In an async view it may be async."""
        raise Http404

    def validate_waffle(self, waffle: str, func: Callable[[str], bool]) -> bool:
        """Say whether a view may answer: while `func` says so of a toggle's name; for "!name" while not.

        It is for mixins of your own.
        """
        return bool(func(waffle.removeprefix("!"))) is not waffle.startswith("!")


class WaffleFlagMixin(BaseWaffleMixin):
    """Lets a view answer only while a flag is active for the request; "!name" while it is not."""

    waffle_flag: str | None = None
    """The flag's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return _answer(self, FLAG, request, partial(super().dispatch, request, *args, **kwargs))


class WaffleSwitchMixin(BaseWaffleMixin):
    """Lets a view answer only while a switch is on; "!name" while it is off."""

    waffle_switch: str | None = None
    """The switch's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return _answer(self, SWITCH, request, partial(super().dispatch, request, *args, **kwargs))


class WaffleSampleMixin(BaseWaffleMixin):
    """Lets a view answer only when a sample, drawn for each request, is active; "!name" when it is not."""

    waffle_sample: str | None = None
    """The sample's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return _answer(self, SAMPLE, request, partial(super().dispatch, request, *args, **kwargs))


def _answer(view: BaseWaffleMixin, kind: Kind, request: Any, dispatch: Callable[[], Any]) -> Any:
    """Return what `dispatch` answers if the gate of this kind is open; for an async view a coroutine."""
    gate = _gate(view, kind)
    if view.view_is_async:
        return _aanswer(view, gate, request, dispatch)
    return dispatch() if gate.is_open(request) else view.invalid_waffle()


async def _aanswer(view: BaseWaffleMixin, gate: Gate, request: Any, dispatch: Callable[[], Any]) -> Any:
    response = dispatch() if await gate.ais_open(request) else view.invalid_waffle()
    return await response if isawaitable(response) else response


def _gate(view: BaseWaffleMixin, kind: Kind) -> Gate:
    attribute = f"waffle_{kind.name}"
    name: str | None = getattr(view, attribute)
    if not name:
        raise ImproperlyConfigured(
            f"{type(view).__name__}.{attribute} is not set. Name the {kind.name} that this view stands "
            f"behind, for example: {attribute} = 'new_basket'"
        )
    return gate_of(kind, name)
