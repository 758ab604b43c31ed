"""Mixins that put a class-based view behind a flag, a switch or a sample."""

from __future__ import annotations

from collections.abc import Callable
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

    def _pass(self, kind: Kind, dispatch: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return what `dispatch` answers if the gate of this kind is open; in an async view a coroutine."""
        gate = self._gate(kind)
        if self.view_is_async:
            return self._apass(gate, dispatch, *args, **kwargs)
        return dispatch(*args, **kwargs) if gate.is_open(args[0]) else self.invalid_waffle()

    async def _apass(self, gate: Gate, dispatch: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        is_open = await gate.ais_open(args[0])
        response = dispatch(*args, **kwargs) if is_open else self.invalid_waffle()
        return await response if isawaitable(response) else response

    def _gate(self, kind: Kind) -> Gate:
        attribute = f"waffle_{kind.name}"
        name: str | None = getattr(self, attribute)
        if not name:
            raise ImproperlyConfigured(
                f"{type(self).__name__}.{attribute} is not set. Name the {kind.name} that this view stands "
                f"behind, for example: {attribute} = 'new_basket'"
            )
        return gate_of(kind, name)


class WaffleFlagMixin(BaseWaffleMixin):
    """Lets a view answer only while a flag is active for the request; "!name" while it is not."""

    waffle_flag: str | None = None
    """The flag's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return self._pass(FLAG, super().dispatch, request, *args, **kwargs)


class WaffleSwitchMixin(BaseWaffleMixin):
    """Lets a view answer only while a switch is on; "!name" while it is off."""

    waffle_switch: str | None = None
    """The switch's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return self._pass(SWITCH, super().dispatch, request, *args, **kwargs)


class WaffleSampleMixin(BaseWaffleMixin):
    """Lets a view answer only when a sample, drawn for each request, is active; "!name" when it is not."""

    waffle_sample: str | None = None
    """The sample's name."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, or call `invalid_waffle()`."""
        return self._pass(SAMPLE, super().dispatch, request, *args, **kwargs)
