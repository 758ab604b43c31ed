"""The context processor: `{% if waffle.flag.new_basket and user.is_staff %}` in templates."""

from __future__ import annotations

import logging
from typing import Any

from django.utils.safestring import SafeString

from waffle.evaluation import check
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.status import script

logger = logging.getLogger("waffle")

# What the engines take for "there is no such item", and so for nothing.
HIDDEN = (AttributeError, LookupError, TypeError, ValueError)


# Any, throughout: a Django request, a subject, or None.
def waffle(request: Any) -> dict[str, Toggles]:
    """Give templates the variable `waffle`; nothing is asked before a template names a toggle."""
    return {"waffle": Toggles(request)}


class Toggles:
    """`waffle.flag.NAME`, `waffle.switch.NAME` and `waffle.sample.NAME`, in templates of Django and Jinja."""

    def __init__(self, whom: Any) -> None:
        self._whom = whom
        self.flag = Named(FLAG, whom)
        self.switch = Named(SWITCH, whom)
        self.sample = Named(SAMPLE, whom)

    def wafflejs(self) -> SafeString:
        """Return the script that defines `window.waffle`, as the Jinja extension's own `waffle` does."""
        return script(self._whom)


class Named:
    """Toggles of one kind, by name: `flag.new_basket`, in Jinja `flag["new basket"]` too, and `flag("x")`.

    Both engines take an attribute that is not there for an item.
    """

    do_not_call_in_templates = True  # or Django would call it without a name

    def __init__(self, kind: Kind, whom: Any) -> None:
        self._kind = kind
        self._whom = whom

    def __call__(self, name: str) -> bool:
        return check(self._kind, name, self._whom).active

    def __getitem__(self, name: object) -> bool:
        try:
            return self(str(name))
        except Exception as error:
            # Django takes every error within `and`, `or` and `not` for false: the log should know.
            logger.error("A template's waffle.%s.%s has failed: %s", self._kind, name, error)
            if isinstance(error, HIDDEN):
                raise RuntimeError(str(error)) from error
            raise

    def __repr__(self) -> str:
        return f"<toggles of the kind {self._kind}>"
