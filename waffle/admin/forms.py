"""The forms of toggles."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from waffle.validators import highest_percent, validate_name

WHOLE = Decimal(100)


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
            raise ValidationError(_("Give a percentage from 0 to %s.") % highest, code="percentage")
        return percent

    def highest_percent(self) -> Decimal:
        """Return the highest percentage that the column holds."""
        return highest_percent(self._meta.model._meta.get_field("percent"))


class FlagForm(ToggleForm):
    """The form of a flag: 100 percent, where the column ends before, are everyone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_for_everyone = False
        """Whether 100 percent were given in the place of everyone."""
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
                    "percent", _("100 percent is everyone, but “Everyone” says No: choose one of them.")
                )
            cleaned["everyone"] = True
        return cleaned

    def _takes_hundred(self) -> bool:
        return "everyone" in self.fields and self.highest_percent() < WHOLE


def _or_hundred(validator: Callable[[Any], None]) -> Callable[[Any], None]:
    def validate(value: Any) -> None:
        if value != WHOLE:
            validator(value)

    return validate
