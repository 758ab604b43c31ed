"""The three pages, and what they have in common."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from waffle import history
from waffle.admin.actions import (
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.admin.widgets import InformativeManyToManyRawIdWidget, KeysField
from waffle.validators import highest_percent, validate_name


# Any, throughout: toggles are instances of the project's models, and Django's signatures differ between its
# versions.
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
        highest = highest_percent(self._meta.model._meta.get_field("percent"))
        if percent is not None and not 0 <= percent <= highest:
            raise ValidationError(_("Give a percentage from 0 to %s.") % highest, code="percentage")
        return percent


class BaseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # the model is the project's own
    """A page of toggles."""

    form = ToggleForm
    ordering: ClassVar[tuple[str, ...]] = ("name",)
    readonly_fields: ClassVar[tuple[str, ...]] = ("created", "modified")
    search_fields: ClassVar[tuple[str, ...]] = ("name", "note")

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with a form or save one; the history of changes tells who did."""
        with history.by(request.user, source="admin"):
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with the list, or do what was asked there; the history of changes tells who did."""
        with history.by(request.user, source="admin"):
            return super().changelist_view(request, *args, **kwargs)

    def delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Ask, or delete; the history of changes tells who did."""
        with history.by(request.user, source="admin"):
            return super().delete_view(request, *args, **kwargs)

    def get_actions(self, request: Any, action_location: Any = None) -> Any:
        """Return the page's actions; `delete_individually` is there in the place of Django's own."""
        # Django 6.1 asks for one place of actions; earlier versions know of one only.
        place = {} if action_location is None else {"action_location": action_location}
        actions = super().get_actions(request, **place)
        actions.pop("delete_selected", None)
        return actions


class FlagAdmin(BaseAdmin):
    """The page of flags; a model without `users` or `groups` shows none."""

    actions = (enable_for_all, disable_for_all, delete_individually)
    list_display = (
        "name",
        "note",
        "everyone",
        "percent",
        "superusers",
        "staff",
        "authenticated",
        "languages",
        "testing",
        "modified",
    )
    list_filter = ("everyone", "superusers", "staff", "authenticated", "testing")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form's field; for users that is one of keys, for a site may have a million."""
        if db_field.name != "users":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = InformativeManyToManyRawIdWidget(
            db_field.remote_field, self.admin_site, using=kwargs.get("using")
        )
        return self.formfield_for_manytomany(db_field, request, **kwargs, widget=widget)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form's field of a list, for which a wrong key is an error of the form."""
        return super().formfield_for_manytomany(db_field, request, **{"form_class": KeysField, **kwargs})


class SwitchAdmin(BaseAdmin):
    """The page of switches."""

    actions = (enable_switches, disable_switches, delete_individually)
    list_display = ("name", "active", "note", "created", "modified")
    list_filter = ("active",)


class SampleAdmin(BaseAdmin):
    """The page of samples."""

    actions = (delete_individually,)
    list_display = ("name", "percent", "note", "created", "modified")
