"""The last change of each toggle of a page: who made it, and when. Where there is no history, nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.db import Error, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import npgettext_lazy

from waffle import history
from waffle.history.changes import Source
from waffle.history.reverting import toggle_of
from waffle.models import Change
from waffle.wording import together

# "2 days" as "2 days ago" has them: some languages inflect them there.
AGO: dict[str, Any] = {  # Any: the stubs do not know that Django takes lazy texts
    "year": npgettext_lazy("ago", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("ago", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("ago", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("ago", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("ago", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("ago", "%(num)d minute", "%(num)d minutes", "num"),
}


# Any, throughout: toggles are instances of the project's models.
def latest_changes(toggles: Iterable[Any]) -> dict[str, Change]:
    """Return the last change of each of these toggles, by primary key as text, with one query."""
    rows = [*toggles]
    kind = rows[0]._waffle_kind if rows else None
    if kind is None or type(rows[0]) is not kind.model:
        return {}
    names = {str(toggle.pk): toggle.name for toggle in rows}
    # One of another name is of another toggle, which bore the key before the project swapped its model.
    return {
        change.object_id: change
        for change in _read(kind, object_id__in=[*names])
        if change.name == names[change.object_id]
    }


def deletion_of(model: Any, key: str) -> Change | None:
    """Return the change that deleted the toggle of this primary key; None where it exists again."""
    kind = model._waffle_kind
    found = _read(kind, object_id=key, action="deleted") if model is kind.model else []
    return found[0] if found and toggle_of(found[0]) is None else None


def _read(kind: Any, **wanted: Any) -> list[Change]:
    changes = history.changes(kind.name).filter(**wanted)
    last = changes.order_by().values("object_id").annotate(last=Max("id")).values("last")
    try:
        with transaction.atomic(using=changes.db):
            return list(Change.objects.using(changes.db).filter(pk__in=last))
    except Error:  # no table yet: `migrate` has not run
        return []


def who(change: Change) -> str:
    """Say who made a change, or else from where it was made."""
    return change.user_label or {
        Source.ADMIN: _("the admin"),
        Source.COMMAND: _("a command"),
        Source.MIGRATION: _("a migration"),
        Source.TEST: _("a test"),
    }.get(change.source, _("code"))


def what(change: Change) -> str:
    """Say what a change did, in one line."""
    return together(history.describe(change))


def ago(at: Any) -> str:
    """Say how long ago that was."""
    if (timezone.now() - at).total_seconds() < 60:
        return _("just now")
    return _("%s ago") % timesince(at, depth=1, time_strings=AGO)


def address_of_undo(site: AdminSite, request: Any, key: int, using: str) -> str | None:
    """Return the address of the page that takes this change back; None if there is none, or it may not."""
    page: Any = site._registry.get(Change)
    may_revert = getattr(page, "may_revert", None)  # a page of the project's own may have none
    if may_revert is None or not may_revert(request, Change.objects.using(using).get(pk=key)):
        return None
    return reverse("admin:waffle_change_change", args=[key], current_app=site.name)
