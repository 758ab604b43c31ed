"""The field of a flag's users: their keys, and beside them the first names."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import ManyToManyRawIdWidget
from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField
from django.utils.translation import gettext as _

LONGEST_LIST = 10  # names beside the keys: a flag may list ten thousand users
LARGEST_KEY = 2**63 - 1  # what a column holds; SQLite's driver raises beyond it


# Any, throughout: keys and members are of whatever models the project has.
class InformativeManyToManyRawIdWidget(ManyToManyRawIdWidget):
    """Keys with commas between them; beside them `(ada, bob)`, or the first names and a count."""

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        """Return the names, and no address: there is more than one."""
        names = self._names(value[:LONGEST_LIST])
        if len(value) > LONGEST_LIST:
            names.append(_("and %d more") % (len(value) - LONGEST_LIST))
        return f"({', '.join(names)})", ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return the keys that were sent; spaces and a comma too many do no harm."""
        keys = (key.strip() for key in data.get(name, "").split(","))
        return [key for key in keys if key]

    def _names(self, keys: Any) -> list[str]:
        field = self.rel.get_related_field()
        right = {str(key): key for key in keys if is_key(field, key)}
        members = self.rel.model._default_manager.using(self.db).filter(
            **{f"{field.name}__in": right.values()}
        )
        found = {str(getattr(member, field.attname)): str(member) for member in members}
        return [found[key] for key in right if key in found]


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
