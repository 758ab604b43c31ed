"""Care in production: pages that are read only, and changes that are asked about before they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle.admin import consequences, effect
from waffle.admin.choices import Choice, choices_for
from waffle.admin.consequences import Consequence
from waffle.admin.widgets import is_key
from waffle.conf import conf
from waffle.values import Value

MOST = 10  # toggles of one action for which it is found out what would come of it
CONFIRMED = "_confirmed"  # what a form sends when it was asked and has been told to go on


class Banner(Value):
    """What stands on top of every page of toggles."""

    text: str
    level: str = "info"


def banners() -> list[Banner]:
    """Return what this site wants its admins to see."""
    given = conf.ADMIN_BANNER
    found = []
    if isinstance(given, dict):
        found.append(Banner(str(given.get("text", "")), str(given.get("level", "info"))))
    elif given:
        found.append(Banner(str(given)))
    if conf.ADMIN_READ_ONLY:
        found.append(Banner(_("Read-only: nothing can be changed here."), "warning"))
    return found


# Any, from here on: pages, requests, forms and toggles are Django's and the project's.
class Question(Value):
    """What is asked before a change is made."""

    title: str
    button: str
    items: Sequence[tuple[Any, Consequence | None]]
    """The toggles, and what would come of it; None where there are too many to find out."""
    to_type: str = ""
    """What must be typed, so that nobody deletes by a click too many."""

    def is_answered(self, request: Any) -> bool:
        """Say whether this request is the answer, and it is yes."""
        if CONFIRMED not in request.POST:
            return False
        return str(request.POST.get("typed", "")).strip() == self.to_type.strip()


def question(
    toggles: Sequence[Any], find: Callable[[Any], Consequence], title: str, button: str, *, to_type: str = ""
) -> Question | None:
    """Return what to ask before a change of these toggles, None where the settings ask nothing."""
    if not toggles or conf.ADMIN_CONFIRM not in ("large", "always"):
        return None
    found = [find(toggle) for toggle in toggles[:MOST]]
    is_large = len(toggles) > MOST or max(each.share for each in found) > conf.ADMIN_CONFIRM_SHARE
    if conf.ADMIN_CONFIRM == "large" and not is_large:
        return None
    return Question(title, button, [*zip_longest(toggles, found)], to_type)


def asked(
    page: Any, request: Any, question: Question | None, fields: Iterable[tuple[str, Any]], *, back: str = ""
) -> Any:
    """Return the page that asks, None where nothing is asked or it is answered.

    The answer is sent to the same address, with `fields`, pairs of a name and a value. `back` is the address
    for who says no: the list, if it is not given.
    """
    if question is None or question.is_answered(request):
        return None
    request.current_app = page.admin_site.name
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "media": page.media,
        "title": question.title,
        "here": question.button,
        "question": question,
        "fields": [*fields, (CONFIRMED, "1")],
        "typed": request.POST.get("typed", ""),
        "is_wrong": CONFIRMED in request.POST,
        "back": back or page.list_address(request),
    }
    return TemplateResponse(request, "admin/waffle/confirm.html", context)


def template_property(name: str, ours: str) -> property:
    """Return what finds a template: the project's own, if there is one where Django looks for it, or ours."""

    def candidates(page: Any) -> list[str]:
        places = f"{page.opts.app_label}/{page.opts.model_name}", page.opts.app_label
        return [*(f"admin/{place}/{name}.html" for place in places), f"admin/waffle/{ours}.html"]

    return property(candidates)


class GuardedPage(admin.ModelAdmin):  # type: ignore[type-arg]  # the model is the project's own
    """A page that keeps to the guards, and shows the banners."""

    change_form_template: ClassVar[Any] = template_property("change_form", "toggle_form")
    change_list_template: ClassVar[Any] = template_property("change_list", "toggle_list")
    delete_confirmation_template: ClassVar[Any] = template_property("delete_confirmation", "toggle_deletion")
    object_history_template: ClassVar[Any] = template_property("object_history", "toggle_history")

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        """Return a toggle; none has a key that no column holds, at which Django 4.2 would raise."""
        if from_field is None and not is_key(self.opts.pk, object_id):
            return None
        return super().get_object(request, object_id, from_field)

    def has_add_permission(self, request: Any) -> bool:
        """Say whether this request may add: nobody may where the admin is read only."""
        return not conf.ADMIN_READ_ONLY and super().has_add_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Say whether this request may change: nobody may where the admin is read only."""
        return not conf.ADMIN_READ_ONLY and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        """Say whether this request may delete: nobody may where the admin is read only."""
        return not conf.ADMIN_READ_ONLY and super().has_delete_permission(request, obj)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which asks before it turns something on or off for everyone."""
        return guarded(super().get_form(request, obj, change=change, **kwargs))

    def get_changelist_form(self, request: Any, **kwargs: Any) -> Any:
        """Return the form of a row, where a list can be edited: it asks too."""
        return guarded(super().get_changelist_form(request, **kwargs))

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Delete a toggle, after its name was typed, where that is asked for."""
        toggle = self.get_object(request, unquote(object_id))
        if toggle is not None and self.has_delete_permission(request, toggle):
            page = asked(self, request, of_deletion([toggle]), [("post", "yes")])
            if page is not None:
                return page
        return super().delete_view(request, object_id, extra_context)


def of_deletion(toggles: Sequence[Any]) -> Question | None:
    """Return what to ask before these toggles are deleted: the name of one, or how many they are."""
    if len(toggles) == 1:
        title, to_type = _("Delete “%s”?") % toggles[0], toggles[0].name
    else:
        count = len(toggles)
        title, to_type = ngettext("Delete %d?", "Delete all %d?", count) % count, str(count)
    return question(toggles, consequences.of_deletion, title, _("Delete"), to_type=to_type)


def guarded(form: Any) -> Any:
    """Return a form that asks, by a box to tick, before it turns a toggle on or off for everyone."""
    if conf.ADMIN_CONFIRM not in ("large", "always"):
        return form

    def clean(self: Any) -> Any:
        cleaned = super(asking, self).clean() or self.cleaned_data
        is_answered = CONFIRMED in self.data or effect.BUTTON in self.data
        is_new = self.instance.pk is None
        choice = None if self.errors or is_answered or is_new else choice_of(self.instance, cleaned)
        if choice is not None:
            _ask_for_tick(self.instance, choice)
        return cleaned

    asking: Any = type(form.__name__, (form,), {"clean": clean})
    return asking


def choice_of(toggle: Any, fields: Mapping[str, Any]) -> Choice | None:
    """Return the choice for everyone that these values of fields make, None where they make none."""
    for choice in choices_for(toggle).values():
        is_made = all(name in fields and fields[name] == value for name, value in choice.fields.items())
        if is_made and choice.is_for_everyone and not choice.is_set(toggle):
            return choice
    return None


def _ask_for_tick(toggle: Any, choice: Choice) -> None:
    found = question([toggle], choice.consequence, _("%s?") % (choice.asks % toggle), "")
    if found is None:
        return
    told = " ".join(line for _toggle, each in found.items if each for line in each.told)
    box = format_html(
        '{} {} <label class="waffle-tick"><input type="checkbox" name="{}" value="1"> {}</label>',
        *(found.title, told, CONFIRMED, _("Yes, save it")),
    )
    raise ValidationError(box, code="unconfirmed")
