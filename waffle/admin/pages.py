"""The three pages, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.db import router, transaction

from waffle import history
from waffle.admin import changes, effect
from waffle.admin.actions import (
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.admin.deletion import DeletionPage
from waffle.admin.filters import AudienceFilter, ChangedFilter, StateFilter
from waffle.admin.flagpage import FlagPage
from waffle.admin.forms import ToggleForm
from waffle.admin.lists import ListPage
from waffle.admin.locks import hold
from waffle.admin.timeline import TimelinePage
from waffle.admin.widgets import is_key


# Any, throughout: toggles are instances of the project's models, and Django's signatures differ between its
# versions.
class BaseAdmin(TimelinePage, DeletionPage, ListPage):
    """A page of toggles."""

    form = ToggleForm
    readonly_fields: ClassVar[tuple[str, ...]] = ("created", "modified")

    def changeform_view(self, request: Any, object_id: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Answer with a form or save one; the history of changes tells who did."""
        with history.by(request.user, source="admin"), self._held(request, object_id):
            return super().changeform_view(request, object_id, *args, **kwargs)

    @contextmanager
    def _held(self, request: Any, object_id: Any) -> Iterator[None]:
        """Let nobody else change a toggle between its form's comparison with the row and the save."""
        key = None if object_id is None else unquote(object_id)
        is_saved = request.method == "POST" and key is not None and not effect.is_asked(request)
        if not (is_saved and is_key(self.opts.pk, key) and self.has_change_permission(request)):
            yield
            return
        alias = router.db_for_write(self.model)
        with transaction.atomic(using=alias):
            hold(self.model, key, alias)
            yield

    def changelist_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with the list, or do what was asked there; the history of changes tells who did."""
        with history.by(request.user, source="admin"):
            return super().changelist_view(request, *args, **kwargs)

    def delete_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Ask, or delete; the history of changes tells who did."""
        with history.by(request.user, source="admin"):
            return super().delete_view(request, *args, **kwargs)

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        """Return what Django's own log says of a form: the old and the new value of each field."""
        if add or not form.changed_data:
            return super().construct_change_message(request, form, formsets, add)
        return changes.of_form(form)

    def get_actions(self, request: Any, action_location: Any = None) -> Any:
        """Return the page's actions; `delete_individually` is there in the place of Django's own."""
        # Django 6.1 asks for one place of actions; earlier versions know of one only.
        place = {} if action_location is None else {"action_location": action_location}
        actions = super().get_actions(request, **place)
        actions.pop("delete_selected", None)
        return actions


class FlagAdmin(FlagPage, BaseAdmin):
    """The page of flags; a model without `users` or `groups` shows none."""

    actions = (enable_for_all, disable_for_all, delete_individually)
    list_filter: ClassVar[Any] = (StateFilter, AudienceFilter, ChangedFilter)


class SwitchAdmin(BaseAdmin):
    """The page of switches."""

    actions = (enable_switches, disable_switches, delete_individually)


class SampleAdmin(BaseAdmin):
    """The page of samples."""

    actions = (delete_individually,)
