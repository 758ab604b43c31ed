"""The status: the values of all toggles for a request, for pages and scripts that need them at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from waffle import pins
from waffle.conf import conf, function_of
from waffle.evaluation import check, reminders
from waffle.kinds import KINDS, Kind
from waffle.overrides import entries
from waffle.subjects import Subject
from waffle.work import pinned

logger = logging.getLogger("waffle")

TEMPLATE = "waffle/waffle.js"

# What could end a <script> element, or begin a comment in one.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


class Status(NamedTuple):
    """One toggle's value for a request; a tuple, for there may be thousands of them."""

    name: str
    is_active: bool
    last_modified: datetime


# Any, throughout: a Django request, a framework's wrapper of one, a subject, or None.
def statuses(whom: Any) -> dict[Kind, list[Status]]:
    """Return the values of all toggles for a request or a subject, less those that are not shown to it.

    Reading deals percentages and remembers them, as a check does, unless `WAFFLE_STATUS_ENROLS` is False.
    """
    with pinned() if pins.current() is None else nullcontext():
        is_shown = _exposure(whom)
        return {kind: _statuses(kind, whom, is_shown) for kind in KINDS}


def _statuses(kind: Kind, whom: Any, is_shown: Callable[[Kind, str], bool]) -> list[Status]:
    read_only = not conf.STATUS_ENROLS
    return [
        Status(name, check(kind, name, whom, read_only).active, entry.toggle.modified)
        for name, entry in entries(kind).items()
        if is_shown(kind, name)
    ]


def _exposure(whom: Any) -> Callable[[Kind, str], bool]:
    """Return what says whether a toggle is shown, as `WAFFLE_STATUS_EXPOSE` wants it."""
    if conf.STATUS_EXPOSE in ("all", "none"):
        return lambda kind, name: conf.STATUS_EXPOSE == "all"
    expose = function_of("STATUS_EXPOSE")

    def is_shown(kind: Kind, name: str) -> bool:
        try:
            return bool(expose(whom, kind.name, name))
        except Exception:
            if reminders.is_due((kind, name, "exposure")):
                logger.exception("The %s %r is not shown: WAFFLE_STATUS_EXPOSE failed.", kind.name, name)
            return False

    return is_shown


def script(whom: Any) -> SafeString:
    """Return the script that defines `window.waffle`; it is safe within a <script> element too."""
    context: dict[str, Any] = {}
    for kind, found in statuses(whom).items():
        context[kind.plural] = [(status.name, status.is_active) for status in found]
        context[f"{kind.name}_default"] = kind.default
    context["json"] = to_json(context)
    text: str = _template().render(context, None if isinstance(whom, Subject) else whom)
    return mark_safe(text)


def to_json(value: object) -> SafeString:
    """Return `value` as JSON that is JavaScript, too: all ASCII, and nothing in it ends a script."""
    return mark_safe(json.dumps(value).translate(_ESCAPES))


# Any: the backend's own class, which Django does not name.
def _template() -> Any:
    try:
        return get_template(TEMPLATE)
    except TemplateDoesNotExist:  # in TEMPLATES is Jinja2 alone, or nothing
        return _own_engine().get_template(TEMPLATE)


@cache
def _own_engine() -> DjangoTemplates:
    folder = Path(__file__).parent / "templates"
    return DjangoTemplates({"NAME": "waffle", "DIRS": [folder], "APP_DIRS": False, "OPTIONS": {}})
