"""What a toggle is set to, as people read it: a state, and a sentence that says who gets it.

Pure: the fields and the conditions tell, and whom the lists name is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum
from typing import Any

from django.db import models
from django.utils.formats import localize
from django.utils.text import Truncator, get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext, pgettext_lazy

from waffle.conditions import Condition, Dice, InShortList, Listed
from waffle.picking import Method, overrides, picked
from waffle.values import Value
from waffle.verdicts import Reason

LONGEST_VALUE = 40  # characters of a custom field that a sentence quotes


class State(str, Enum):
    """Whether a toggle is on, in the order in which lists show it."""

    ON = "on"
    CONDITIONAL = "conditional"
    OFF = "off"

    @property
    def label(self) -> str:
        """The state in a word."""
        return {State.ON: _("On"), State.CONDITIONAL: _("Conditional"), State.OFF: _("Off")}[self]


class Members(Value):
    """Whom one list field names."""

    count: int
    names: tuple[str, ...] = ()
    """All of them, or none where there are too many to be shown."""


class Part(Value):
    """One group of people in a sentence."""

    text: str
    names: tuple[str, ...] = ()


PHRASES = {
    Reason.TESTING: pgettext_lazy("on for", "anyone testing it"),
    Reason.AUTHENTICATED: pgettext_lazy("on for", "everyone who is signed in"),
    Reason.STAFF: pgettext_lazy("on for", "staff"),
    Reason.SUPERUSER: pgettext_lazy("on for", "superusers"),
}

# Whoever is signed in is all of these.
SIGNED_IN = (Reason.STAFF, Reason.SUPERUSER, Reason.USER, Reason.GROUP)


# Any, throughout: toggles are instances of the project's models.
def state_of(toggle: Any, listed: Collection[str] = ()) -> State:
    """Return the state of a toggle; `listed` are the list fields that name anybody."""
    picks = _picks(toggle, listed)
    for pick in picks:
        if pick.settles:
            return State.ON if getattr(toggle, pick.field) else State.OFF
        if isinstance(pick, Dice):
            percent = getattr(toggle, pick.field)
            return State.CONDITIONAL if 0 < percent < 100 else State.ON if percent else State.OFF
    return State.OFF if all(map(_excludes, picks)) else State.CONDITIONAL


def sentence(
    toggle: Any, members: Mapping[str, Members], shown: Callable[[Part], str] = lambda part: part.text
) -> str:
    """Say who gets a toggle: "On for staff, 3 users, the group beta and 25 % of everyone else".

    `members` are whom each list field names; a field that names nobody may be missing. `shown` may mark up
    the parts.
    """
    picks = _picks(toggle, [field for field, found in members.items() if found.count])
    decided = next((pick for pick in picks if pick.settles or isinstance(pick, Dice)), None)
    if decided is not None and decided.reason is not Reason.EVERYONE:
        return _of_nobody(toggle, decided)
    if decided is not None and not getattr(toggle, decided.field):
        return _("Off for everyone")
    parts = _parts(toggle, picks, members) if decided is None else [Part(pgettext("on for", "everyone"))]
    if not parts:
        return _("Off: nobody is chosen")
    excluded = [_listed(toggle, pick, members) for pick in picks if _excludes(pick)]
    words = {"these": _joined(map(shown, parts)), "those": _joined(map(shown, excluded))}
    return (_("On for %(these)s, but never for %(those)s") if excluded else _("On for %(these)s")) % words


def list_fields(model: Any) -> dict[str, Any]:
    """Return the fields of a model that list somebody, by name."""
    return {
        condition.field: model._meta.get_field(condition.field)
        for condition in getattr(model, "conditions", ())
        if isinstance(condition, Listed) and hasattr(model, condition.field)
    }


def _picks(toggle: Any, listed: Collection[str]) -> tuple[Condition, ...]:
    model = type(toggle)
    if overrides(model, "is_active"):
        return (Method("is_active"),)
    somebody = {toggle.pk: frozenset({True})}
    rosters: dict[str, dict[Any, frozenset[Any]]] = {
        name: somebody if name in listed else {} for name in list_fields(model)
    }
    return picked(toggle, rosters, model._waffle_kind.conditions(model))


def _excludes(pick: Condition) -> bool:
    return isinstance(pick, InShortList) and not pick.listed.answer


def _of_nobody(toggle: Any, pick: Condition) -> str:
    """Say what a switch or a sample is set to: they ask for nobody."""
    value = getattr(toggle, pick.field)
    if not isinstance(pick, Dice):
        return _("On") if value else _("Off")
    if 0 < value < 100:
        return _("On in %s %% of all checks") % _number(value)
    return _("On in every check") if value else _("Off in every check")


def _parts(toggle: Any, picks: Collection[Condition], members: Mapping[str, Members]) -> list[Part]:
    """Return who gets a flag, in the order of its conditions."""
    reasons = {pick.reason for pick in picks}
    parts: list[Part] = []
    for pick in picks:
        if _excludes(pick) or (Reason.AUTHENTICATED in reasons and pick.reason in SIGNED_IN):
            continue
        if pick.reason is Reason.PERCENT:
            words = (
                pgettext("on for", "%s %% of everyone else")
                if parts
                else pgettext("on for", "%s %% of everyone")
            )
            parts.append(Part(words % _number(getattr(toggle, pick.field))))
        else:
            parts.append(_part(toggle, pick, members))
    return parts


def _part(toggle: Any, pick: Condition, members: Mapping[str, Members]) -> Part:
    if pick.reason in PHRASES:
        return Part(str(PHRASES[pick.reason]))
    if pick.reason is Reason.LANGUAGE:
        return Part(_languages(getattr(toggle, pick.field)))
    if isinstance(pick, InShortList):
        return _listed(toggle, pick, members)
    return Part(_custom(toggle, pick))


def _languages(text: str) -> str:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    return npgettext("on for", "the language %s", "the languages %s", len(codes)) % _joined(codes)


def _listed(toggle: Any, pick: Condition, members: Mapping[str, Members]) -> Part:
    found = members[pick.field]
    if found.count == 1 and found.names:
        named = {
            Reason.USER: pgettext("on for", "the user %(name)s"),
            Reason.GROUP: pgettext("on for", "the group %(name)s"),
        }.get(pick.reason, pgettext("on for", "%(model)s “%(name)s”"))
        return Part(named % {"model": _model_of(toggle, pick, 1), "name": found.names[0]})
    counted = {
        Reason.USER: ngettext("%(count)s user", "%(count)s users", found.count),
        Reason.GROUP: ngettext("%(count)s group", "%(count)s groups", found.count),
    }.get(pick.reason, _("%(count)s %(model)s"))
    words = {"count": localize(found.count), "model": _model_of(toggle, pick, found.count)}
    return Part(counted % words, found.names)


def _model_of(toggle: Any, pick: Condition, count: int) -> str:
    meta = toggle._meta.get_field(pick.field).related_model._meta
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)


def _custom(toggle: Any, pick: Condition) -> str:
    """Say what a condition of the project's own goes by: its field's name and value, or its own name."""
    if isinstance(pick, Method) or not pick.field or not hasattr(type(toggle), pick.field):
        return pgettext("on for", "anyone who meets %s") % pick
    field, value = toggle._meta.get_field(pick.field), getattr(toggle, pick.field)
    if isinstance(field, models.BooleanField):
        return str(field.verbose_name)
    return f"{field.verbose_name} {Truncator(localize(value)).chars(LONGEST_VALUE)}"


def _number(percent: Any) -> str:
    number = float(percent)
    return str(localize(int(number) if number.is_integer() else number))


def _joined(parts: Iterable[str]) -> str:
    # Django's own "and" would be of another language where these words are not translated.
    return get_text_list([*parts], pgettext("between people", "and"))
