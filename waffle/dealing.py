"""Percentages: what is remembered of them, by what they are dealt, and the dice. Internal.

Pure: what it notes, it notes on the request.
"""

from __future__ import annotations

import random
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from waffle import cookies, memory
from waffle.asked import Asked
from waffle.buckets import PER_CENT, bucket_of, is_below
from waffle.conf import conf
from waffle.wording import number


# Any, throughout: a toggle is an instance of whatever model the project has set, its percentage a number.
def deal(toggle: Any, percent: Any, subject: Asked) -> bool | None:
    """Return what is remembered of a flag's percentage, else what a hash says, else what dice say."""
    held = _remembered(toggle, subject)
    if held is not None:
        return held
    unit = unit_of(subject)
    if unit is not None:
        return is_below(bucket_of(toggle.name, unit), percent)
    if subject.request is None or subject.read_only or not _throws_dice(subject):
        return None  # nobody to remember it for
    subject.keep_private()
    return _remember(toggle, subject, is_drawn(percent))


def describe(toggle: Any, percent: Any, subject: Asked) -> str:
    """Say in words what `deal`, which was asked just now, has gone by."""
    note = kept = None
    if subject.request is not None:
        note = memory.dealt(subject.request).get(toggle.name)
        kept = cookies.cookie(subject.request, conf.COOKIE, toggle.name)
    # What a cookie says is noted, too.
    if kept is not None and (note is None or note[0] == kept):
        return by_cookie(kept)
    if note is not None:
        return _("this visitor was dealt on") if note[0] else _("this visitor was dealt off")
    unit = unit_of(subject)
    if unit is None:
        return _("dealt by dice, and nothing could note it")
    bucket = bucket_of(toggle.name, unit)
    words = {"bucket": number_format(bucket / PER_CENT, 3), "percent": number(percent)}
    if is_below(bucket, percent):
        return _("bucket %(bucket)s is below %(percent)s") % words
    return _("bucket %(bucket)s is not below %(percent)s") % words


def by_cookie(held: object) -> str:
    """Say in words what a cookie holds."""
    return _("the cookie says on") if held else _("the cookie says off")


def unit_of(subject: Asked) -> str | None:
    """Return what a hash deals by: what is known of the subject, else the visitor's own id."""
    if not conf.STICKY_PERCENT:
        return None
    if subject.unit is not None or subject.request is None or conf.VISITOR_COOKIE is None:
        return subject.unit
    visitor = memory.visitor(subject.request, read_only=subject.read_only)
    return None if visitor is None else f"anon-{visitor}"


def is_drawn(percent: Any) -> bool:
    """Throw dice: true in `percent` of 100 cases."""
    return bool(random.uniform(0, 100) <= percent)


def _throws_dice(subject: Asked) -> bool:
    """Say whether there is nothing that a hash could go by, now or later."""
    return not conf.STICKY_PERCENT or (subject.unit is None and conf.VISITOR_COOKIE is None)


def _remembered(toggle: Any, subject: Asked) -> bool | None:
    """Return what this request has decided before, else what the browser's cookie says."""
    if subject.request is None:
        return None
    subject.varies_on("Cookie")
    note = memory.dealt(subject.request).get(toggle.name)
    if note is not None:
        return note[0]
    held = cookies.cookie(subject.request, conf.COOKIE, toggle.name)
    # A cookie of somebody whom a hash would deal counts until it runs out: it is not sent again.
    if held is None or subject.read_only or not _throws_dice(subject):
        return held
    return _remember(toggle, subject, held)


def _remember(toggle: Any, subject: Asked, active: bool) -> bool:
    memory.set_flag(subject.request, toggle.name, active, session_only=toggle.rollout)
    return active
