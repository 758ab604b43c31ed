"""The page of one change, with one button, which takes it back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from waffle import history
from waffle.admin import guards, reverts, sight
from waffle.admin.timeline import event
from waffle.admin.widgets import is_key
from waffle.history.changes import Action
from waffle.history.reverting import toggle_of


# Any, throughout: pages, requests, changes and toggles are Django's and the project's.
class ChangePage(admin.ModelAdmin):  # type: ignore[type-arg]  # so that subclasses need no type
    """What makes Django's page of a model the page of a change."""

    def get_urls(self) -> Any:
        """Return the addresses of the pages, that of reverts first."""
        view = self.admin_site.admin_view(self.revert_view)
        return [path("<path:object_id>/revert/", view, name="waffle_change_revert"), *super().get_urls()]

    def may_revert(self, request: Any, change: Any) -> bool:
        """Say whether this request may do to the toggle what a revert would do to it."""
        return reverts.may_revert(self.admin_site, request, change)

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
        """Take a change back, unless something has changed since, or the settings want to be asked first."""
        change = self._found(request, object_id)
        if request.method != "POST":  # signing in again ends here
            return HttpResponseRedirect(self._address(change))
        if not self.may_revert(request, change):
            raise PermissionDenied
        try:
            page = guards.asked(self, request, reverts.question_of(change), (), back=self._address(change))
            return self._reverted(request, change) if page is None else page
        except ValidationError as error:  # a field may be of another type than it was
            return self._page(request, change, [], error.messages)

    def _reverted(self, request: Any, change: Any) -> Any:
        back = None
        try:
            back = reverts.revert(request, change)
        except history.Conflict as conflict:
            self.message_user(request, _("Nothing was reverted. %s") % conflict, messages.ERROR)
        else:
            self.message_user(request, _("“%s” was reverted.") % change, messages.SUCCESS)
        return HttpResponseRedirect(self._address(back or change))

    def _found(self, request: Any, object_id: str) -> Any:
        """Return a change that this request may see."""
        key = unquote(object_id)
        change = self.get_object(request, key) if is_key(self.opts.pk, key) else None
        if change is None or not self.has_view_permission(request, change):
            raise Http404
        return change

    def _address(self, change: Any) -> str:
        name = "admin:waffle_change_change"
        return reverse(name, args=[quote(change.pk)], current_app=self.admin_site.name)

    def _page(self, request: Any, change: Any, conflicts: list[str], errors: list[str]) -> TemplateResponse:
        toggle, site = toggle_of(change), self.admin_site
        is_possible = (toggle is None) == (change.action == Action.DELETED)
        context = {
            **site.each_context(request),
            **self._others(change),
            "opts": self.opts,
            "media": self.media,
            "title": str(change),
            "event": event(change, site),
            "change": change,
            "conflicts": conflicts,
            "errors": errors,
            "is_possible": is_possible,
            "may_revert": is_possible and not conflicts and self.may_revert(request, change),
            "toggle_url": _timeline_of(site, request, toggle),
        }
        request.current_app = site.name
        return TemplateResponse(request, "admin/waffle/change.html", context)

    def _others(self, change: Any) -> dict[str, Any]:
        """Return the changes that a page of one leads to."""
        rows = self.model.objects.using(change._state.db)
        of_toggle = rows.filter(kind=change.kind, object_id=change.object_id)
        return {
            "later": [event(each, self.admin_site) for each in of_toggle.filter(pk__gt=change.pk)[:10]],
            "reverts": rows.filter(pk=change.reverts_id).first() if change.reverts_id else None,
            "reverted_by": list(of_toggle.filter(reverts_id=change.pk)),
        }


def _timeline_of(site: Any, request: Any, toggle: Any) -> str:
    """Return the address of the toggle's timeline, for who may see it."""
    page = None if toggle is None else site._registry.get(type(toggle))
    if page is None or not sight.shows(page, request, toggle):
        return ""
    meta = toggle._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_history"
    return reverse(name, args=[quote(toggle.pk)], current_app=site.name)
