"""The status: the values of all toggles for a request, for pages and scripts that need them at once."""

from __future__ import annotations

import json
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
from waffle.conf import conf
from waffle.evaluation import check
from waffle.kinds import KINDS, Kind
from waffle.overrides import entries
from waffle.work import pinned

TEMPLATE = "waffle/waffle.js"

# What could end a <script> element, or begin a comment in one.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


class Status(NamedTuple):
    """One toggle's value for a request; a tuple, for there may be thousands of them."""

    name: str
    is_active: bool
    last_modified: datetime


# Any, throughout: a Django request, or a framework's wrapper of one, or None.
def statuses(request: Any) -> dict[Kind, list[Status]]:
    """Return the values of all toggles for a request.

    Reading deals percentages and remembers them, as a check does, unless `WAFFLE_STATUS_ENROLS` is False.
    """
    with pinned() if pins.current() is None else nullcontext():
        return {kind: _statuses(kind, request) for kind in KINDS}


def _statuses(kind: Kind, request: Any) -> list[Status]:
    read_only = not conf.STATUS_ENROLS
    return [
        Status(name, check(kind, name, request, read_only).active, entry.toggle.modified)
        for name, entry in entries(kind).items()
    ]


def script(request: Any) -> SafeString:
    """Return the script that defines `window.waffle`; it is safe within a <script> element too."""
    context: dict[str, Any] = {}
    for kind, found in statuses(request).items():
        context[kind.plural] = [(status.name, status.is_active) for status in found]
        context[f"{kind.name}_default"] = kind.default
    context["json"] = to_json(context)
    text: str = _template().render(context, request)
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
