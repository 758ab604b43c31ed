"""What a change of a flag would do, told before it is saved."""

from __future__ import annotations

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle.conditions import Condition, Language, Percent, Testing
from waffle.conf import conf
from waffle.reach import Count, Reach, list_names, reach_of
from waffle.values import Value

BUTTON = "_effect"
"""The name of the button that asks for it."""


class Bar(Value):
    """One of the two bars."""

    title: str
    words: str
    about: int
    users: int


class Effect(Value):
    """What the page shows of it."""

    bars: tuple[Bar, ...]
    sentence: str
    notes: tuple[str, ...]


# Any, throughout: requests, forms and flags are the project's.
def is_asked(request: Any) -> bool:
    """Say whether the form was sent to be looked at, not to be saved."""
    return BUTTON in getattr(request, "POST", ())


def effect_of(before: Any, form: Any) -> Effect:
    """Return what saving a valid `form` would do; `before` is the flag as it is, None for a new one."""
    after = form.instance
    lists = {
        name: [member.pk for member in form.cleaned_data[name]]
        for name in list_names(type(after))
        if name in form.cleaned_data
    }
    return told(reach_of(before, after, lists), [flag for flag in (before, after) if flag is not None])


def told(reach: Reach, flags: list[Any]) -> Effect:
    """Put a reach into words; `flags` are the flag before and after."""
    now = Bar(_("Now"), on_for(reach.now, reach.users), reach.now.about, reach.users)
    then = Bar(_("After saving"), on_for(reach.then, reach.users), reach.then.about, reach.users)
    return Effect((now, then), sentence_of(reach), tuple(_notes(reach, flags)))


def sentence_of(reach: Reach) -> str:
    """Say how many users a change reaches: "This change turns it on for 87 and off for 0."."""
    if not (reach.turned_on.about or reach.turned_off.about or not reach.is_exact):
        return _("This change turns it on or off for nobody.")
    words = {"on": amount(reach.turned_on), "off": amount(reach.turned_off)}
    return _("This change turns it on for %(on)s and off for %(off)s.") % words


def on_for(count: Count, users: int) -> str:
    """Say for how many users a flag is on: "On for 1,243 of 12,001 users"."""
    words = {"count": amount(count), "users": grouped(users)}
    return (
        ngettext("On for %(count)s of %(users)s user", "On for %(count)s of %(users)s users", users) % words
    )


def amount(count: Count) -> str:
    """Write a count, or an estimate with its error, as people read it."""
    if not count.error:
        return grouped(count.about)
    # No more digits than the error leaves.
    places = 2 - len(str(count.error))
    about, error = (round(number, min(places, 0)) for number in (count.about, count.error))
    return _("about %(about)s (± %(error)s)") % {"about": grouped(about), "error": grouped(error)}


def grouped(number: int) -> str:
    """Write a number with its thousands apart."""
    return number_format(number, use_l10n=True, force_grouping=True)


def _notes(reach: Reach, flags: list[Any]) -> list[str]:
    """Say what cannot be told beforehand."""
    notes = []
    if not reach.is_exact:
        notes.append(_("Estimated from a sample of users; 95 of 100 samples stay within this error."))
    if _uses(flags, Testing) or _uses(flags, Language):
        notes.append(_("Testing links and languages are not counted: they are only known during a visit."))
    if _uses(flags, Percent):
        if not conf.STICKY_PERCENT:
            notes.append(_("The percentage is not counted: it is drawn at random at the first visit."))
        elif conf.UNIT is not None:
            notes.append(_("The percentage is not counted: it goes by WAFFLE_UNIT, which needs a visit."))
        else:
            notes.append(_("Visitors who are not signed in are not counted."))
    if reach.failed:
        failed = ngettext(
            "A condition failed for %(count)s user, which counts as off: the log says why.",
            "A condition failed for %(count)s users, which counts as off: the log says why.",
            reach.failed,
        )
        notes.append(failed % {"count": grouped(reach.failed)})
    return notes


def _uses(flags: list[Any], kind: type[Condition]) -> bool:
    return any(
        isinstance(condition, kind) and condition.pick(flag, {}) is not None
        for flag in flags
        if flag.everyone is None
        for condition in type(flag).conditions
    )
