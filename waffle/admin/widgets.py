"""The fields of a flag's form that Django has none for: lists, and the percentage."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.admin.widgets import ManyToManyRawIdWidget
from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField, NumberInput, SelectMultiple
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LONGEST_LIST = 10  # names beside the keys: a flag may list ten thousand users
LONGEST_PICK = 200  # names that a script shows in the place of keys; options of a list without a script
SEARCH = "data-waffle-search"  # where a script finds what can be listed
WORDS = "data-waffle-words"  # what the script says
LARGEST_KEY = 2**63 - 1  # what a column holds; SQLite's driver raises beyond it


# Any, throughout: keys and members are of whatever models the project has.
class InformativeManyToManyRawIdWidget(ManyToManyRawIdWidget):
    """Keys with commas between them; beside them `(ada, bob)`, or the first names and a count."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """Return the names, and no address: there is more than one."""
        names = [*self._names(value[:LONGEST_PICK]).values()][:LONGEST_LIST]
        rest = len(value) - LONGEST_LIST
        if rest > 0:
            names.append(ngettext("and %d more", "and %d more", rest) % rest)
        return f"({', '.join(names)})", ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return what the template shows, and for a script the names of all keys."""
        context = super().get_context(name, value, attrs)
        if SEARCH in self.attrs and len(value or ()) <= LONGEST_PICK:
            context["widget"]["attrs"]["data-waffle-names"] = json.dumps(self._names(value or ()))
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return the keys that were sent; spaces and a comma too many do no harm."""
        keys = (key.strip() for key in data.get(name, "").split(","))
        return [key for key in keys if key]

    def _names(self, keys: Any) -> dict[str, str]:
        field = self.rel.get_related_field()
        right = {str(key): key for key in keys if is_key(field, key)}
        members = self.rel.model._default_manager.using(self.db).filter(
            **{f"{field.name}__in": right.values()}
        )
        found = {str(getattr(member, field.attname)): str(member) for member in members}
        return {key: found[key] for key in right if key in found}


class PickSelect(SelectMultiple):
    """A list to choose from; of a long one what is chosen, to which a script adds what it finds."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Return the options: all of them, or of too many the chosen ones."""
        rows: Any = getattr(self.choices, "queryset", None)
        if rows is None or len(rows.values_list("pk")[: LONGEST_PICK + 1]) <= LONGEST_PICK:
            return super().optgroups(name, value, attrs)
        every = self.choices
        try:
            keys = [key for key in value if is_key(rows.model._meta.pk, key)]
            chosen = rows.filter(pk__in=keys)
            self.choices = [(row.pk, str(row)) for row in chosen]
            return super().optgroups(name, value, attrs)
        finally:
            self.choices = every


class PercentInput(NumberInput):
    """A number, with the usual ones at hand."""

    template_name = "admin/waffle/percent.html"
    usual = (0, 1, 5, 10, 25, 50, 100)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        context = super().get_context(name, value, attrs)
        own = context["widget"]["attrs"]
        if "id" in own:
            own["list"] = f"{own['id']}_usual"
        return {**context, "usual": self.usual}


class KeysField(ModelMultipleChoiceField):  # type: ignore[type-arg]  # the model is the project's own
    """A field of keys; a wrong one is an error of the form, whatever it is."""

    def clean(self, value: Any) -> Any:
        rows: Any = self.queryset
        for key in value or ():
            if not is_key(rows.model._meta.pk, key):
                message = self.error_messages["invalid_pk_value"]
                raise ValidationError(message, code="invalid_pk_value", params={"pk": key})
        return super().clean(value)


def is_key(field: Any, given: Any) -> bool:
    """Say whether the database can be asked for `given` as a value of `field`."""
    try:
        key = field.to_python(given)
        field.run_validators(key)
    except ValidationError:
        return False
    return "\0" not in str(key) and not (isinstance(key, int) and abs(key) > LARGEST_KEY)


def words() -> str:
    """Return what the script that picks members says, as JSON."""
    return json.dumps(
        {
            "search": _("Search"),
            "remove": _("Remove %s"),
            "none": _("Nothing found"),
            "found": _("%s found"),
            "failed": _("The search has failed"),
        }
    )
