"""What a toggle can be set to with one click, and by which a page knows that somebody has changed it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from waffle.admin.consequences import Consequence, of_fields
from waffle.admin.states import Members
from waffle.kinds import FLAG, KINDS, Kind
from waffle.values import Value


# Any, throughout: toggles are instances of the project's models.
class Choice(Value):
    """What a toggle can be set to with one click."""

    name: str
    fields: Mapping[str, Any]
    label: Any
    """What its button shows."""
    asks: Any
    """What its button does, in words."""
    says: Any
    """What is so afterwards."""
    asks_all: Any = ""
    """What it would do to many, in words."""

    @property
    def is_for_everyone(self) -> bool:
        """Whether this, and no condition, decides."""
        return self.name != "conditions"

    def is_set(self, toggle: Any) -> bool:
        """Say whether the toggle is set to this."""
        return all(getattr(toggle, field) == value for field, value in self.fields.items())

    def consequence(self, toggle: Any) -> Consequence:
        """Return what it would do to set the toggle to this."""
        return of_fields(toggle, self.fields)


WORDS = {
    "on": (
        pgettext_lazy("set to", "On"),
        gettext_lazy("Turn on “%s”"),
        gettext_lazy("“%s” is on."),
        gettext_lazy("Turn on"),
    ),
    "conditions": (
        pgettext_lazy("set to", "Conditions"),
        gettext_lazy("Let conditions decide for “%s”"),
        gettext_lazy("“%s” is decided by its conditions."),
    ),
    "off": (
        pgettext_lazy("set to", "Off"),
        gettext_lazy("Turn off “%s”"),
        gettext_lazy("“%s” is off."),
        gettext_lazy("Turn off"),
    ),
}
WORDS_OF_FLAGS = {
    "on": (
        WORDS["on"][0],
        gettext_lazy("Turn on “%s” for everyone"),
        gettext_lazy("“%s” is on for everyone."),
        gettext_lazy("Turn on for everyone"),
    ),
    "off": (
        WORDS["off"][0],
        gettext_lazy("Turn off “%s” for everyone"),
        gettext_lazy("“%s” is off for everyone."),
        gettext_lazy("Turn off for everyone"),
    ),
}


def _choices(kind: Kind) -> dict[str, Choice]:
    fields = {"on": kind.created_as(True), "off": kind.created_as(False)}
    words = WORDS
    if kind is FLAG:
        fields = {"on": fields["on"], "conditions": {"everyone": None}, "off": fields["off"]}
        words = {**WORDS, **WORDS_OF_FLAGS}
    return {name: Choice(name, values, *words[name]) for name, values in fields.items()}


CHOICES = {kind: _choices(kind) for kind in KINDS}


def choices_for(toggle: Any) -> dict[str, Choice]:
    """Return what a toggle can be set to, by name."""
    return CHOICES[toggle._waffle_kind]


def is_flip(model: Any, fields: Iterable[str]) -> bool:
    """Say whether a change of these fields is no more than what a click can do."""
    flipped = {field for choice in CHOICES[model._waffle_kind].values() for field in choice.fields}
    return flipped.issuperset(fields)


def version_of(toggle: Any, members: Mapping[str, Members]) -> str:
    """Return a digest of what a page shows of a toggle: another one means that somebody has changed it."""
    shown = [(field.name, field.value_to_string(toggle)) for field in toggle._meta.concrete_fields]
    listed = [(name, found.count, sorted(found.names)) for name, found in sorted(members.items())]
    return hashlib.blake2b(repr((shown, listed)).encode(), digest_size=8).hexdigest()
