"""The forms of toggles."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import Error
from django.utils.translation import gettext as _

from waffle import history
from waffle.admin.latest import what, who
from waffle.kinds import FLAG
from waffle.validators import highest_percent, validate_name

WHOLE = Decimal(100)
VERSION = "waffle_version"
"""The name under which a page sends the digest of what it showed."""


# Any, throughout: toggles are instances of the project's models, and a form holds whatever fields they have.
class ToggleForm(forms.ModelForm):  # type: ignore[type-arg]  # the model is the project's own
    """The form of a toggle: a new name must work, an old one may stay as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" in self.fields:
            # An old name may begin with a space; stripped, it would be another name.
            self.fields["name"].strip = False  # type: ignore[attr-defined]  # of a text field

    def clean_name(self) -> str:
        """Return the name; a changed one is checked."""
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            validate_name(name)
        return name

    def clean_percent(self) -> Decimal | None:
        """Return the percentage, from 0 to as much as the column holds, or 100."""
        percent: Decimal | None = self.cleaned_data["percent"]
        highest = self.highest_percent()
        if percent is not None and not 0 <= percent <= highest:
            raise ValidationError(_("Enter a percentage from 0 to %s.") % highest, code="percentage")
        return percent

    def highest_percent(self) -> Decimal:
        """Return the highest percentage that the column holds."""
        return highest_percent(self._meta.model._meta.get_field("percent"))


class FlagForm(ToggleForm):
    """The form of a flag: 100 percent, where the column ends before, are everyone.

    It refuses what was filled in before somebody else changed the flag, once: sent again it overwrites that.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_for_everyone = False
        """Whether 100 percent were given in the place of everyone."""
        self.version = self._version()
        """What the page shows of the flag, as a digest: another one means that somebody has changed it."""
        field = self.fields.get("percent")
        if field is not None and self._takes_hundred():
            field.validators = [_or_hundred(validator) for validator in field.validators]

    def clean_percent(self) -> Decimal | None:
        """Return the percentage; for 100 percent the one before, which is not asked."""
        if self.cleaned_data["percent"] != WHOLE or not self._takes_hundred():
            return super().clean_percent()
        self.is_for_everyone = True
        before: Decimal | None = self.initial.get("percent")
        return before

    def clean(self) -> Any:
        """Turn the flag on for everyone, if 100 percent were given."""
        cleaned = super().clean() or self.cleaned_data
        if self.is_for_everyone:
            if cleaned.get("everyone") is False:
                self.add_error(
                    "percent",
                    _("100 percent means everyone, but “Everyone” is set to No: choose one."),
                )
            cleaned["everyone"] = True
        if self.data.get(VERSION, self.version) != self.version:
            self.add_error(None, ValidationError(self._told_of_change(), code="changed_meanwhile"))
        return cleaned

    def _version(self) -> str:
        if self.instance.pk is None:
            return ""
        columns = [
            (field.name, field.value_to_string(self.instance))
            for field in self.instance._meta.concrete_fields
        ]
        lists = [
            (name, sorted(str(member.pk) for member in members))
            for name, members in sorted(self.initial.items())
            if isinstance(members, list)
        ]
        return blake2b(repr((columns, lists)).encode(errors="surrogatepass"), digest_size=8).hexdigest()

    def _told_of_change(self) -> str:
        told = [_("Somebody else has changed this flag since you opened the page. Nothing is saved yet.")]
        last = self._last_change()
        if last is not None:
            told.append(_("Last change, by %(who)s: %(what)s.") % {"who": who(last), "what": what(last)})
        names = [str(self.fields[name].label or name) for name in self.changed_data]
        if names:
            told.append(_("If you save now, this will change: %s.") % ", ".join(names))
        return " ".join(told)

    def _last_change(self) -> Any:
        """Return the last change of this flag; None where there is none, or no history."""
        try:
            return history.changes(FLAG.name).filter(object_id=str(self.instance.pk)).first()
        except Error:  # its table comes with `migrate`
            return None

    def _takes_hundred(self) -> bool:
        return "everyone" in self.fields and self.highest_percent() < WHOLE


def _or_hundred(validator: Callable[[Any], None]) -> Callable[[Any], None]:
    def validate(value: Any) -> None:
        if value != WHOLE:
            validator(value)

    return validate
