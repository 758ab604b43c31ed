"""Flips: one click in a list that turns a toggle on or off, unless somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import router, transaction
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from waffle import history, permissions
from waffle.admin import census, changes, guards, latest
from waffle.admin.choices import CHOICES, Choice, choices_for, version_of
from waffle.admin.locks import hold
from waffle.admin.states import Members
from waffle.admin.widgets import is_key
from waffle.conf import conf

FORM = "waffle-flips"  # the form that the buttons of a list belong to


# Any, throughout: toggles are instances of the project's models, and pages and requests are Django's.
def buttons(page: Any, toggle: Any, members: Mapping[str, Members], filters: str) -> SafeString:
    """Return the buttons of a row; they belong to the form `FORM`, which stands outside the table."""
    version = version_of(toggle, members)
    address = add_preserved_filters(
        {"preserved_filters": filters, "opts": toggle._meta}, address_of(page, "flip", quote(toggle.pk))
    )
    return format_html(
        '<span class="waffle-flip" role="group" aria-label="{}">{}</span>',
        _("Set “%s”") % toggle,
        format_html_join(
            "",
            "{}",
            ((_button(choice, toggle, address, version),) for choice in choices_for(toggle).values()),
        ),
    )


def _button(choice: Choice, toggle: Any, address: str, version: str) -> SafeString:
    if choice.is_set(toggle):
        return format_html('<span class="waffle-choice" aria-current="true">{}</span>', choice.label)
    return format_html(
        '<button class="waffle-choice" form="{}" formaction="{}" name="flip" value="{}.{}" aria-label="{}">'
        "{}</button>",
        FORM,
        address,
        choice.name,
        version,
        choice.asks % toggle,
        choice.label,
    )


class FlipPage(guards.GuardedPage):
    """The address to which a list's buttons are sent, and who may press them."""

    def get_urls(self) -> Any:
        """Return the addresses of the page, that of flips first."""
        meta = self.model._meta
        view = self.admin_site.admin_view(self.flip_view)
        name = f"{meta.app_label}_{meta.model_name}_flip"
        return [path("<path:object_id>/flip/", view, name=name), *super().get_urls()]

    def has_toggle_permission(self, request: Any, obj: Any = None) -> bool:
        """Say whether this request may flip: with the permission to do so, or with that to change."""
        if conf.ADMIN_READ_ONLY:
            return False
        if self.has_change_permission(request, obj):
            return True
        return permissions.may(request, "toggle", self.opts) and self.has_view_permission(request, obj)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        """Say whether this request may look: who may flip may see what."""
        return super().has_view_permission(request, obj) or permissions.may(request, "toggle", self.opts)

    def flip_view(self, request: Any, object_id: str) -> Any:
        """Set a toggle to what the button says, unless somebody has changed it since the list was shown."""
        if not self.has_toggle_permission(request):
            raise PermissionDenied
        back = HttpResponseRedirect(self.list_address(request))
        if request.method != "POST":
            return back  # signing in again ends here: the button was pressed, but its value is gone
        value = request.POST.get("flip", "")
        name, _dot, version = value.partition(".")
        choice = CHOICES[self.model._waffle_kind].get(name)
        if choice is None:
            raise BadRequest("There is no such choice.")
        page = self._asked(request, object_id, choice, value)
        if page is not None:
            return page
        alias = router.db_for_write(self.model)
        with history.by(request.user, source="admin") as block, transaction.atomic(using=alias):
            toggle = self._locked(request, object_id)
            level, told = self._flip(request, toggle, choice, version)
        if toggle is None:
            told = self._gone(object_id)
        self.message_user(request, self._with_undo(request, told, block.written, alias), level)
        return back

    def _asked(self, request: Any, object_id: str, choice: Choice, value: str) -> Any:
        """Return the page that asks first, None where nothing is asked."""
        key = unquote(object_id)
        is_asked = choice.is_for_everyone and is_key(self.model._meta.pk, key)
        toggle = self.get_object(request, key) if is_asked else None
        if toggle is None or choice.is_set(toggle) or not self.has_toggle_permission(request, toggle):
            return None
        title = _("%s?") % (choice.asks % toggle)
        question = guards.question([toggle], choice.consequence, title, choice.asks_all)
        return guards.asked(self, request, question, [("flip", value)])

    def _flip(self, request: Any, toggle: Any, choice: Choice, version: str) -> tuple[int, str]:
        """Flip, and return the message to show."""
        if toggle is None:
            return messages.ERROR, ""
        if not self.has_toggle_permission(request, toggle):
            raise PermissionDenied
        if choice.is_set(toggle):
            return messages.INFO, choice.says % toggle
        if version != version_of(toggle, census.members_of([toggle])[toggle.pk]):
            return messages.ERROR, _conflict(toggle)
        before = {field: getattr(toggle, field) for field in choice.fields}
        for field, value in choice.fields.items():
            setattr(toggle, field, value)
        toggle.save(update_fields=[*choice.fields])
        self.log_change(request, toggle, changes.message(toggle, before))
        return messages.SUCCESS, choice.says % toggle

    def _with_undo(self, request: Any, told: str, written: list[int], using: str) -> str:
        """Return a message with a link to the page that takes the change back."""
        if not written:
            return told
        undo = latest.address_of_undo(self.admin_site, request, written[-1], using)
        return told if undo is None else format_html('{} <a href="{}">{}</a>', told, undo, _("Undo"))

    def _gone(self, object_id: str) -> str:
        change = latest.deletion_of(self.model, unquote(object_id))
        if change is None:
            return _("Nothing was changed: it no longer exists.")
        words = {"who": latest.who(change), "name": change.name, "when": latest.ago(change.at)}
        return _("Nothing was changed: “%(name)s” was deleted %(when)s by %(who)s.") % words

    def _locked(self, request: Any, object_id: str) -> Any:
        """Return a toggle that nobody else can change until the transaction ends, None if it is gone."""
        alias, key = router.db_for_write(self.model), unquote(object_id)
        if not is_key(self.model._meta.pk, key):
            return None
        hold(self.model, key, alias)
        return self.get_queryset(request).using(alias).filter(pk=key).first()

    def list_address(self, request: Any) -> str:
        """Return the address of the list, filtered as it was."""
        words: Any = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return add_preserved_filters(words, address_of(self, "changelist"))


def _conflict(toggle: Any) -> str:
    """Say who was quicker, and what they did."""
    change = latest.latest_changes([toggle]).get(str(toggle.pk))
    if change is None:
        return _("Nothing was changed: somebody else has changed “%s” in the meantime.") % str(toggle)
    words = {
        "name": str(toggle),
        "who": latest.who(change),
        "when": latest.ago(change.at),
        "what": latest.what(change),
    }
    return _("Nothing was changed: “%(name)s” was changed %(when)s by %(who)s (%(what)s).") % words


def address_of(page: Any, view: str, *arguments: Any) -> str:
    """Return the address of a view of this page, on the site that shows it."""
    meta = page.model._meta
    name = f"admin:{meta.app_label}_{meta.model_name}_{view}"
    return reverse(name, args=arguments, current_app=page.admin_site.name)
