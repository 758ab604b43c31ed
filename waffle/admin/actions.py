"""What the admin does with all toggles that are ticked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import model_ngettext
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import router, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from waffle import history
from waffle.admin import changes, guards
from waffle.admin.choices import CHOICES

# What a list sends with an action: sent again, it is the same action for the same rows.
ACTION_FIELDS = ("action", "index", ACTION_CHECKBOX_NAME, "select_across")

DELETED = ngettext_lazy("Deleted %(count)d %(items)s.", "Deleted %(count)d %(items)s.", "count")
CHANGED = ngettext_lazy("Changed %(count)d %(items)s.", "Changed %(count)d %(items)s.", "count")


# Any, throughout: pages, requests, query sets and toggles are the project's own. Actions are also called
# without a page, and with a request that has nothing but `user` and `GET`.
@admin.action(permissions=["change"], description=_("Turn on for everyone"))
def enable_for_all(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Turn flags on for everyone."""
    return _turn(modeladmin, request, queryset, choice="on")


@admin.action(permissions=["change"], description=_("Turn off for everyone"))
def disable_for_all(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Turn flags off for everyone."""
    return _turn(modeladmin, request, queryset, choice="off")


@admin.action(permissions=["change"], description=_("Turn on"))
def enable_switches(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Turn switches on."""
    return _turn(modeladmin, request, queryset, choice="on")


@admin.action(permissions=["change"], description=_("Turn off"))
def disable_switches(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Turn switches off."""
    return _turn(modeladmin, request, queryset, choice="off")


@admin.action(permissions=["delete"], description=_("Delete"))
def delete_individually(modeladmin: Any, request: Any, queryset: Any) -> Any:
    """Delete toggles one by one, so that each model's own `delete` is called."""

    def delete(toggle: Any) -> None:
        log(request, toggle, DELETION, f"{toggle.name} deleted")
        toggle.delete()

    return _each(modeladmin, request, queryset, delete, DELETED, guards.of_deletion, may="delete")


def _turn(modeladmin: Any, request: Any, queryset: Any, *, choice: str) -> Any:
    chosen = CHOICES[queryset.model._waffle_kind][choice]

    def turn(toggle: Any) -> None:
        before = {field: getattr(toggle, field) for field in chosen.fields}
        for field, value in chosen.fields.items():
            setattr(toggle, field, value)
        toggle.save(update_fields=[*before])
        log(request, toggle, CHANGE, f"{toggle.name} {choice}", changes.message(toggle, before))

    def question(toggles: Any) -> guards.Question | None:
        others = [toggle for toggle in toggles if not chosen.is_set(toggle)]
        return guards.question(others, chosen.consequence, str(_("%s?")) % chosen.asks_all, chosen.asks_all)

    return _each(modeladmin, request, queryset, turn, CHANGED, question, may="change")


def _each(
    modeladmin: Any,
    request: Any,
    queryset: Any,
    work: Callable[[Any], None],
    told: Any,
    question: Any,
    *,
    may: str,
) -> Any:
    """Do `work` for each toggle, for all or for none; then tell of it, where there is a page to tell.

    Where the settings want it, return the page that asks first.
    """
    page = None if modeladmin is None else _asked(modeladmin, request, queryset, question, may)
    if page is not None:
        return page
    using = router.db_for_write(queryset.model)
    with history.by(request.user, source="admin"), transaction.atomic(using=using):
        toggles = list(queryset)
        for toggle in toggles:
            work(toggle)
    if modeladmin is not None:
        words = {"count": len(toggles), "items": model_ngettext(queryset.model, len(toggles))}
        modeladmin.message_user(request, told % words, fail_silently=True)
    return None


def _asked(modeladmin: Any, request: Any, queryset: Any, question: Any, may: str) -> Any:
    """Return the page that asks first, None where nothing is asked; who may not is refused."""
    allows = getattr(modeladmin, f"has_{may}_permission")
    if not all(allows(request, toggle) for toggle in queryset):  # a page may go by the toggle
        raise PermissionDenied
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    kept = [field for field in fields if field[0] in ACTION_FIELDS]
    return guards.asked(modeladmin, request, question([*queryset]), kept)


def log(request: Any, toggle: Any, change: int, text: str, message: Any = "") -> None:
    """Write an entry of the admin's history."""
    LogEntry.objects.create(
        user_id=request.user.pk,
        content_type=ContentType.objects.get_for_model(toggle, for_concrete_model=False),
        object_id=str(toggle.pk),
        object_repr=text[: LogEntry._meta.get_field("object_repr").max_length],
        action_flag=change,
        change_message=message if isinstance(message, str) else json.dumps(message),
    )
