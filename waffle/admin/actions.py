"""What the admin does with all toggles that are ticked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import model_ngettext
from django.contrib.contenttypes.models import ContentType
from django.db import router, transaction
from django.utils.translation import gettext_lazy as _

from waffle import history


# Any, throughout: pages, requests, query sets and toggles are the project's own. Actions are also called
# without a page, and with a request that has nothing but `user` and `GET`.
@admin.action(permissions=["change"], description=_("Turn on for everyone"))
def enable_for_all(modeladmin: Any, request: Any, queryset: Any) -> None:
    """Turn flags on for everyone."""
    _turn(modeladmin, request, queryset, is_on=True)


@admin.action(permissions=["change"], description=_("Turn off for everyone"))
def disable_for_all(modeladmin: Any, request: Any, queryset: Any) -> None:
    """Turn flags off for everyone."""
    _turn(modeladmin, request, queryset, is_on=False)


@admin.action(permissions=["change"], description=_("Turn on"))
def enable_switches(modeladmin: Any, request: Any, queryset: Any) -> None:
    """Turn switches on."""
    _turn(modeladmin, request, queryset, is_on=True)


@admin.action(permissions=["change"], description=_("Turn off"))
def disable_switches(modeladmin: Any, request: Any, queryset: Any) -> None:
    """Turn switches off."""
    _turn(modeladmin, request, queryset, is_on=False)


@admin.action(permissions=["delete"], description=_("Delete"))
def delete_individually(modeladmin: Any, request: Any, queryset: Any) -> None:
    """Delete toggles one by one, so that each model's own `delete` is called."""

    def delete(toggle: Any) -> None:
        _log(request, toggle, DELETION, f"{toggle.name} deleted")
        toggle.delete()

    _each(modeladmin, request, queryset, delete, _("Deleted %(count)d %(items)s."))


def _turn(modeladmin: Any, request: Any, queryset: Any, *, is_on: bool) -> None:
    fields = queryset.model._waffle_kind.created_as(is_on)

    def turn(toggle: Any) -> None:
        for field, value in fields.items():
            setattr(toggle, field, value)
        toggle.save(update_fields=[*fields])
        _log(request, toggle, CHANGE, f"{toggle.name} {'on' if is_on else 'off'}", fields)

    _each(modeladmin, request, queryset, turn, _("Changed %(count)d %(items)s."))


def _each(modeladmin: Any, request: Any, queryset: Any, work: Callable[[Any], None], told: Any) -> None:
    """Do `work` for each toggle, for all or for none; then tell of it, where there is a page to tell."""
    using = router.db_for_write(queryset.model)
    with history.by(request.user, source="admin"), transaction.atomic(using=using):
        toggles = list(queryset)
        for toggle in toggles:
            work(toggle)
    if modeladmin is not None:
        words = {"count": len(toggles), "items": model_ngettext(queryset.model, len(toggles))}
        modeladmin.message_user(request, told % words, fail_silently=True)


def _log(request: Any, toggle: Any, change: int, text: str, fields: Any = ()) -> None:
    """Write an entry of the admin's history."""
    labels = [str(toggle._meta.get_field(field).verbose_name) for field in fields]
    LogEntry.objects.create(
        user_id=request.user.pk,
        content_type=ContentType.objects.get_for_model(toggle, for_concrete_model=False),
        object_id=str(toggle.pk),
        object_repr=text[: LogEntry._meta.get_field("object_repr").max_length],
        action_flag=change,
        change_message=json.dumps([{"changed": {"fields": labels}}]) if labels else "",
    )
