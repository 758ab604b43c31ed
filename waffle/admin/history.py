"""The pages of changes: a list, and a page of each with one button, which takes it back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import router, transaction
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from waffle import history, permissions
from waffle.admin.actions import log
from waffle.admin.choices import is_flip
from waffle.admin.moments import MomentFilter, UserFilter
from waffle.admin.timeline import event
from waffle.admin.widgets import is_key
from waffle.conf import conf
from waffle.history.changes import Action
from waffle.history.reading import kind_called, lines_of
from waffle.history.reverting import key_of
from waffle.kinds import KINDS, Kind
from waffle.wording import together

MOST_LINES = 3  # of a change, in the list

# what a revert does, and the permission to do so
NEEDS = {Action.CREATED: "delete", Action.CHANGED: "change", Action.DELETED: "add"}
FLAGS = {Action.CREATED: DELETION, Action.CHANGED: CHANGE, Action.DELETED: ADDITION}


# Any, throughout: pages, requests, changes and toggles are Django's and the project's.
def _is_own_flip(request: Any, change: Any) -> bool:
    """Say whether it is a click of the same user's: whoever may flip may take that back."""
    is_own = change.user_id == str(request.user.pk)
    return is_own and is_flip(kind_called(change.kind).model, change.after)


class ChangeAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # so that subclasses need no type
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
        css = {"all": ["waffle/admin.css"]}  # noqa: RUF012  # Django's own form

    def get_urls(self) -> Any:
        """Return the addresses of the pages, that of reverts first."""
        view = self.admin_site.admin_view(self.revert_view)
        return [path("<path:object_id>/revert/", view, name="waffle_change_revert"), *super().get_urls()]

    def get_queryset(self, request: Any) -> Any:
        """Return the changes of toggles that this request may see."""
        rows = self.model.objects.all()
        kinds = [kind.name for kind in KINDS if self._may_see(request, kind)]
        return (rows if len(kinds) == len(KINDS) else rows.filter(kind__in=kinds)).order_by("-id")

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
        kinds = KINDS if obj is None else [kind for kind in KINDS if kind.name == obj.kind]
        return any(self._may_see(request, kind) for kind in kinds)

    def has_module_permission(self, request: Any) -> bool:
        """Say whether the admin's first page names the list."""
        return self.has_view_permission(request)

    def _may_see(self, request: Any, kind: Kind) -> bool:
        if super().has_view_permission(request):
            return True
        page = self.admin_site._registry.get(kind.model)
        if page is not None:
            return bool(page.has_view_or_change_permission(request))
        return any(permissions.may(request, action, kind.model._meta) for action in ("view", "change"))

    def may_revert(self, request: Any, change: Any) -> bool:
        """Say whether this request may do to the toggle what a revert would do to it."""
        if conf.ADMIN_READ_ONLY:
            return False
        kind, action = kind_called(change.kind), NEEDS[change.action]
        page = self.admin_site._registry.get(kind.model)
        if page is None:
            is_undo = action == "change" and _is_own_flip(request, change)
            actions = (action, "toggle") if is_undo else (action,)
            return any(permissions.may(request, each, kind.model._meta) for each in actions)
        if action == "add":
            return bool(page.has_add_permission(request))
        toggle = _toggle(change)
        if bool(getattr(page, f"has_{action}_permission")(request, toggle)):
            return True
        may_flip = getattr(page, "has_toggle_permission", None)  # a page of the project's own may have none
        return bool(
            action == "change" and may_flip and _is_own_flip(request, change) and may_flip(request, toggle)
        )

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

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show one change; the address is Django's own."""
        if object_id is None:
            raise PermissionDenied
        change = self._found(request, object_id)
        return self._page(request, change, history.conflicts(change), [])

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Show the change: it has no history of its own."""
        return HttpResponseRedirect(self._address(self._found(request, object_id)))

    def revert_view(self, request: Any, object_id: str) -> Any:
        """Take a change back, unless something has changed since."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        change = self._found(request, object_id)
        if not self.may_revert(request, change):
            raise PermissionDenied
        try:
            using = router.db_for_write(kind_called(change.kind).model, instance=change)
            with history.by(request.user, source="admin"), transaction.atomic(using=using):
                back = history.revert(change)
                text = _("Reverted: %s") % change
                log(request, _toggle(change) or _former(change), FLAGS[change.action], change.name, text)
        except history.Conflict as conflict:
            self.message_user(request, _("Nothing was reverted. %s") % conflict, messages.ERROR)
        except ValidationError as error:
            return self._page(request, change, [], error.messages)
        else:
            self.message_user(request, _("“%s” was reverted.") % change, messages.SUCCESS)
            return HttpResponseRedirect(self._address(back or change))
        return HttpResponseRedirect(self._address(change))

    def _found(self, request: Any, object_id: str) -> Any:
        """Return a change that this request may see."""
        key = unquote(object_id)
        change = self.get_object(request, key) if is_key(self.opts.pk, key) else None
        if change is None or not self.has_view_permission(request, change):
            raise Http404
        return change

    def _address(self, change: Any) -> str:
        return reverse(
            "admin:waffle_change_change", args=[quote(change.pk)], current_app=self.admin_site.name
        )

    def _page(self, request: Any, change: Any, conflicts: list[str], errors: list[str]) -> TemplateResponse:
        rows = self.model.objects.using(change._state.db)
        of_toggle = rows.filter(kind=change.kind, object_id=change.object_id)
        toggle = _toggle(change)
        is_possible = (toggle is None) == (change.action == Action.DELETED)
        site = self.admin_site
        later = [event(each, site) for each in of_toggle.filter(pk__gt=change.pk)[:10]]
        context = {
            **site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": str(change),
            "event": event(change, site),
            "change": change,
            "conflicts": conflicts,
            "errors": errors,
            "later": later,
            "reverts": rows.filter(pk=change.reverts_id).first() if change.reverts_id else None,
            "reverted_by": list(of_toggle.filter(reverts_id=change.pk)),
            "is_possible": is_possible,
            "may_revert": is_possible and not conflicts and self.may_revert(request, change),
            "toggle_url": _toggle_url(site, toggle),
        }
        request.current_app = site.name
        return TemplateResponse(request, "admin/waffle/change.html", context)


def _toggle(change: Any) -> Any:
    """Return the toggle that was changed, None if it is gone."""
    kind = kind_called(change.kind)
    rows = kind.model._base_manager.using(change._state.db)
    return rows.filter(pk=key_of(kind, change)).first()


def _former(change: Any) -> Any:
    """Return something that stands for a toggle that is gone."""
    kind = kind_called(change.kind)
    return kind.model(pk=key_of(kind, change), name=change.name)


def _toggle_url(site: Any, toggle: Any) -> str:
    """Return the address of the toggle's timeline."""
    if toggle is None:
        return ""
    meta = toggle._meta
    try:
        name = f"admin:{meta.app_label}_{meta.model_name}_history"
        return reverse(name, args=[quote(toggle.pk)], current_app=site.name)
    except NoReverseMatch:
        return ""
