"""The list of changes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, pgettext_lazy

from waffle.admin.changepage import ChangePage
from waffle.admin.moments import MomentFilter, UserFilter
from waffle.admin.sight import Sight
from waffle.history.changes import Action
from waffle.history.reading import lines_of
from waffle.kinds import KINDS
from waffle.wording import together

MOST_LINES = 3  # of a change, in the list


# Any, throughout: pages, requests, changes and toggles are Django's and the project's.
class ChangeAdmin(ChangePage):
    """The pages of changes. They show; the one thing that they do is a revert."""

    actions = None
    change_list_template = "admin/waffle/changes.html"
    list_display = ("at", "who", "origin", "toggle", "what")
    list_display_links = ("at",)
    list_filter = (MomentFilter, "kind", "action", "source", UserFilter)
    list_per_page = 100
    search_fields = ("name", "user_label", "comment")
    show_full_result_count = False

    class Media:
        css = {"all": ["waffle/admin.css", "waffle/history.css"]}  # noqa: RUF012  # Django's own form

    def get_queryset(self, request: Any) -> Any:
        """Return the changes of toggles that this request may see."""
        return self._sight(request).limited(self.model.objects.all()).order_by("-id")

    def has_add_permission(self, request: Any) -> bool:
        """Say no: changes come of what is done to toggles."""
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Say no: what was, was."""
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Say no: `waffle_prune` deletes what is old."""
        return False

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """Say whether this request may look: who may see toggles may see what became of them."""
        sight = self._sight(request)
        return any(map(sight.of_kind, KINDS)) if obj is None else sight.of_change(obj)

    def has_module_permission(self, request: Any) -> bool:
        """Say whether the admin's first page names the list."""
        return self.has_view_permission(request)

    def _sight(self, request: Any) -> Sight:
        return Sight(self.admin_site, request, sees_all=super().has_view_permission(request))

    @admin.display(description=gettext_lazy("Who"), ordering="user_label")
    def who(self, change: Any) -> Any:
        """Return who made a change."""
        return change.user_label or "–"

    @admin.display(description=gettext_lazy("Source"), ordering="source")
    def origin(self, change: Any) -> Any:
        """Return from where a change was made."""
        return change.get_source_display()

    @admin.display(description=gettext_lazy("Toggle"), ordering="name")
    def toggle(self, change: Any) -> Any:
        """Return which toggle was changed."""
        return f"{change.get_kind_display()} {change.name}"

    @admin.display(description=pgettext_lazy("of a toggle", "Change"))
    def what(self, change: Any) -> Any:
        """Return what a change did, of much the first lines."""
        lines = lines_of(change)
        told = together(lines[:MOST_LINES])
        rest = f" (+{len(lines) - MOST_LINES})" if len(lines) > MOST_LINES else ""
        if change.action == Action.CHANGED:
            return f"{told}{rest}"
        return format_html("<strong>{}</strong> {}{}", change.get_action_display(), told, rest)
