"""The timeline of one toggle, in the place of the page on which Django's admin shows its own log."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import Error, transaction
from django.urls import NoReverseMatch, reverse

from waffle import history
from waffle.history.reading import Line, lines_of
from waffle.values import Value
from waffle.wording import together

PER_PAGE = 50


# Any, throughout: pages, requests and changes are Django's and the project's.
class Event(Value):
    """A change, as pages show it."""

    change: Any
    lines: list[Line]
    url: str

    @property
    def told(self) -> str:
        """All lines in one."""
        return together(self.lines)


class TimelinePage(admin.ModelAdmin):  # type: ignore[type-arg]  # the model is the project's own
    """A page whose history is that of `waffle.history`; Django's log is below it."""

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Show what was changed, the newest first."""
        toggle = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if toggle is not None:
            if not self.has_view_or_change_permission(request, toggle):
                raise PermissionDenied
            context = timeline(request, self.admin_site, toggle)
        return super().history_view(request, object_id, {**context, **(extra_context or {})})


def timeline(request: Any, site: Any, toggle: Any) -> dict[str, Any]:
    """Return what the page shows; without the table of changes it says so."""
    kind = toggle._waffle_kind
    try:
        with transaction.atomic(using=kind.read_alias()):
            pages = Paginator(history.changes(kind.name, toggle.name), PER_PAGE)
            page = pages.get_page(request.GET.get("changes"))
            events = [event(change, site) for change in page]
    except Error:
        return {"is_without_history": True}
    return {"events": events, "changes_page": page, "has_changes": bool(events)}


def event(change: Any, site: Any) -> Event:
    """Return a change as pages show it, with the address of its own page, if the site has one."""
    try:
        url = reverse("admin:waffle_change_change", args=[change.pk], current_app=site.name)
    except NoReverseMatch:
        url = ""
    return Event(change, lines_of(change), url)
