"""What a change that is not made yet would do, for pages that ask before they make it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from waffle.admin import census, effect
from waffle.admin.states import sentence
from waffle.kinds import FLAG, SAMPLE, copy_of
from waffle.reach import Reach, reach_of
from waffle.values import Value


# Any, throughout: toggles are instances of the project's models.
class Consequence(Value):
    """What a change would do."""

    share: float
    """In percent: the greater of the shares of users and of visitors for whom an answer changes."""
    now: str
    """Who gets it before the change."""
    then: str
    """Who gets it afterwards."""
    told: tuple[str, ...] = ()
    """For how many users that changes the answer, and what is not known."""


def of_fields(toggle: Any, fields: Mapping[str, Any]) -> Consequence:
    """Return what it would do to set these fields of a toggle."""
    after = copy_of(toggle)
    for field, value in fields.items():
        setattr(after, field, value)
    members = census.members_of([toggle])[toggle.pk]
    now, then = sentence(toggle, members), sentence(after, members)
    if toggle._waffle_kind is not FLAG:
        return Consequence(abs(_percent_of(after) - _percent_of(toggle)), now, then)
    reach = reach_of(toggle, after, {})
    found = effect.told(reach, [toggle, after])
    share = max(_share_of_users(reach), abs(_share_of_visitors(after) - _share_of_visitors(toggle)))
    return Consequence(share, now, then, (found.sentence, *found.notes))


def of_deletion(toggle: Any) -> Consequence:
    """Return what it would do to delete a toggle: checks go by the default of its kind."""
    kind = toggle._waffle_kind
    found = of_fields(toggle, kind.created_as(kind.default))
    then = _("Deleted: every check answers on") if kind.default else _("Deleted: every check answers off")
    return Consequence(found.share, found.now, then, found.told)


def _percent_of(toggle: Any) -> float:
    """Return in which share of all checks a switch or a sample is on."""
    return float(toggle.percent if toggle._waffle_kind is SAMPLE else 100 * toggle.active)


def _share_of_users(reach: Reach) -> float:
    changed = reach.turned_on.about + reach.turned_off.about
    return 100 * changed / reach.users if reach.users else 0


def _share_of_visitors(flag: Any) -> float:
    """Return for which share of those who are not signed in a flag is on, as far as its fields tell."""
    if flag.everyone is not None:
        return float(100 * flag.everyone)
    return float(flag.percent or 0)
