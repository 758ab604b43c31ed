"""The page of a flag: its fields in the order in which they decide, its lists, and what a change would do."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle.admin import effect, guards, userflags, why
from waffle.admin.fieldsets import fieldsets_of
from waffle.admin.forms import FlagForm
from waffle.admin.members import Listing
from waffle.admin.widgets import (
    SEARCH,
    WORDS,
    InformativeManyToManyRawIdWidget,
    KeysField,
    PercentInput,
    PickSelect,
    is_key,
    words,
)
from waffle.reach import list_names

MEDIA = forms.Media(
    css={"all": [f"waffle/{name}.css" for name in ("admin", "flagpage", "members", "why")]},
    js=["waffle/picker.js", "waffle/flagpage.js"],
)
ROWS = {"note": 3, "languages": 2}  # of text that is mostly short
LONGEST_FORM = 100  # members of a list that the form holds: a longer one has a page of its own


# Any, throughout: pages, requests, flags and fields are Django's and the project's, and typed by model.
class LongList:
    """What the page shows in the place of a list that is too long for its form: its length, and a link."""

    def __init__(self, page: Any, name: str) -> None:
        self.page, self.name = page, name
        self.__name__ = f"long_{name}"
        self.short_description = capfirst(page.model._meta.get_field(name).verbose_name)

    def __call__(self, flag: Any) -> str:
        count = getattr(flag, self.name).count()
        told = ngettext("%(count)s member", "%(count)s members", count) % {"count": effect.grouped(count)}
        return format_html(
            '{} · <a href="{}">{}</a>',
            told,
            self.page.url_of("members", flag.pk, self.name),
            _("Search, add or remove"),
        )


class FlagPage(admin.ModelAdmin):  # type: ignore[type-arg]  # the model is the project's own
    """What makes Django's page of a model the page of a flag."""

    form = FlagForm
    change_form_template: ClassVar[Any] = guards.template_property("change_form", "flag_form")
    change_list_template: ClassVar[Any] = guards.template_property("change_list", "flag_list")

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.long_lists = {name: LongList(self, name) for name in list_names(model)}

    @property
    def media(self) -> forms.Media:
        """The scripts and styles of the page."""
        return super().media + MEDIA

    # The form

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """Return the page's own fieldsets, else the fields in the order in which they decide."""
        long = self._long(request, obj)
        fieldsets: Any
        if self.fieldsets or self.fields:
            fieldsets = super().get_fieldsets(request, obj)
        else:
            fieldsets = fieldsets_of(self.model, [*self.get_fields(request, obj), *long])
        return [
            (title, {**options, "fields": _replaced(options["fields"], long)}) for title, options in fieldsets
        ]

    def get_exclude(self, request: Any, obj: Any = None) -> Any:
        """Return the fields that the form does not have: long lists, beside the page's own."""
        long = self._long(request, obj)
        return [*self._left_out(request, obj), *long] if long else super().get_exclude(request, obj)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """Return the fields that are only shown."""
        return [*super().get_readonly_fields(request, obj), *self._long(request, obj).values()]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; one that is only to be looked at is never valid, so that Django does not save."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        for name in list_names(self.model):
            if obj is not None and name in form.base_fields:
                form.base_fields[name] = self._with_link(form.base_fields[name], name, obj)
        if not effect.is_asked(request):
            return form
        return type(form.__name__, (form,), {"is_valid": lambda form: False})

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form's field; for users that is one of keys, for a site may have a million."""
        if db_field.name == "percent":
            kwargs.setdefault("widget", PercentInput)
        if db_field.name in ROWS:
            kwargs.setdefault("widget", AdminTextareaWidget(attrs={"rows": ROWS[db_field.name]}))
        if db_field.name != "users":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        widget = InformativeManyToManyRawIdWidget(
            db_field.remote_field,
            self.admin_site,
            attrs=self._search_attributes(request, db_field),
            using=kwargs.get("using"),
        )
        return self.formfield_for_manytomany(db_field, request, **kwargs, widget=widget)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the form's field of a list, for which a wrong key is an error of the form."""
        is_own = db_field.name in (*self.raw_id_fields, *self.autocomplete_fields)
        is_own |= db_field.name in (*self.filter_horizontal, *self.filter_vertical)
        search = self._search_attributes(request, db_field)
        is_picked = db_field.name in self.long_lists and not is_own and "widget" not in kwargs
        if is_picked:
            kwargs["widget"] = PickSelect(attrs=search)
        field: Any = super().formfield_for_manytomany(
            db_field, request, **{"form_class": KeysField, **kwargs}
        )
        if is_picked and search:
            field.help_text = db_field.help_text  # nobody need hold down a key
        return field

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the page, with what saving would do, if that was asked for and nothing is wrong."""
        if effect.is_asked(request) and not context["errors"]:
            key = context["object_id"]
            # The one at hand has been changed by the form.
            before = self.get_object(request, unquote(key)) if key else None
            context["effect"] = effect.effect_of(before, context["adminform"].form)
        context["is_in_order"] = not (self.fieldsets or self.fields)
        flag = context.get("original")
        if flag is not None:
            context["why_url"] = self.url_of("why", flag.pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Save, and tell what 100 percent have come to."""
        super().save_model(request, obj, form, change)
        if getattr(form, "is_for_everyone", False):
            messages.info(request, _("100 percent means everyone: “Everyone” is set to Yes."))

    def get_actions(self, request: Any, action_location: Any = None) -> Any:
        """Return the page's actions; none where the form was sent to be looked at, or it would be one."""
        if effect.is_asked(request):
            return {}
        place = {} if action_location is None else {"action_location": action_location}
        return super().get_actions(request, **place)

    # Other pages

    def get_urls(self) -> Any:
        """Return the addresses of this model, those of its own pages before Django's."""
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("why/", view(self.flags_view), name="waffle_why"),
            path("<path:object_id>/why/", view(self.why_view), name=f"{prefix}_why"),
            path("<path:object_id>/members/<str:name>/", view(self.members_view), name=f"{prefix}_members"),
            *super().get_urls(),
        ]

    def members_view(self, request: Any, object_id: str, name: str) -> Any:
        """Show whom a list holds; add and remove."""
        return Listing(self, request, object_id, name).answer()

    def why_view(self, request: Any, object_id: str) -> Any:
        """Show what every condition of a flag says of somebody."""
        return why.flag_page(self, request, object_id)

    def flags_view(self, request: Any) -> Any:
        """Show all flags of somebody."""
        return userflags.flags_page(self, request)

    def flag_of(self, request: Any, object_id: str) -> Any:
        """Return the flag of an address, for who may see it; others are told so, and it may not be there."""
        key = unquote(object_id)
        flag = self.get_object(request, key) if is_key(self.opts.pk, key) else None
        if not self.has_view_or_change_permission(request, flag):
            raise PermissionDenied
        if flag is None:
            raise Http404
        return flag

    def rendered(self, request: Any, template: str, context: dict[str, Any]) -> Any:
        """Return a page of this model."""
        request.current_app = self.admin_site.name
        every = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**every, **context})

    def url_of(self, view: str, *arguments: Any, model: Any = None) -> str:
        """Return the address of a page of this model, or of another one."""
        meta = (model or self.model)._meta
        return self.reversed(f"admin:{meta.app_label}_{meta.model_name}_{view}", *map(quote, arguments))

    def reversed(self, name: str, *arguments: Any) -> str:
        """Return the address of a page of this admin site."""
        return reverse(name, args=arguments, current_app=self.admin_site.name)

    def search_of(self, request: Any, field: Any) -> str:
        """Return where a script finds who may be listed; nothing where this request may not search."""
        own = self.admin_site._registry.get(field.related_model)
        if own is None or not own.get_search_fields(request) or not own.has_view_permission(request):
            return ""
        names = {"app_label": self.opts.app_label, "model_name": self.opts.model_name}
        return f"{self.reversed('admin:autocomplete')}?{urlencode({**names, 'field_name': field.name})}"

    # Lists

    def has_list(self, request: Any, flag: Any, name: str) -> bool:
        """Say whether the page of a flag has this list: one of the project's own may leave it out."""
        fields: list[Any] = flatten_fieldsets(self.get_fieldsets(request, flag))
        return name in fields or self.long_lists[name] in fields

    def _long(self, request: Any, obj: Any) -> dict[str, LongList]:
        """Return the lists that are too long for the form, by name."""
        if obj is None or obj.pk is None:
            return {}
        known: Any = obj.__dict__.get("_waffle_long")
        if known is None:
            hidden = self._left_out(request, obj)
            known = {
                name: shown
                for name, shown in self.long_lists.items()
                if name not in hidden
                and len(getattr(obj, name).values_list("pk")[: LONGEST_FORM + 1]) > LONGEST_FORM
            }
            obj.__dict__["_waffle_long"] = known
            if not self._shows(known, request, obj):
                known = obj.__dict__["_waffle_long"] = {}
        return dict(known)

    def _left_out(self, request: Any, obj: Any) -> list[str]:
        """Return the fields that the page leaves out, and the lists that its own form does."""
        form: Any = self.form
        own = form._meta
        exclude: Any = super().get_exclude(request, obj)
        # Django asks the form only where the page says nothing.
        left_out = list((own.exclude if exclude is None else exclude) or ())
        if self.fields or self.fieldsets or own.fields in (None, forms.ALL_FIELDS):
            return left_out
        return [*left_out, *(name for name in self.long_lists if name not in own.fields)]

    def _shows(self, long: dict[str, LongList], request: Any, obj: Any) -> bool:
        """Say whether the page shows what stands in for lists: a project's own methods may not know of it."""
        if not long:
            return True
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        return not {*long} & {*fields} and {*long.values()} <= {*self.get_readonly_fields(request, obj)}

    def _search_attributes(self, request: Any, field: Any) -> dict[str, str]:
        search = self.search_of(request, field)
        return {SEARCH: search, WORDS: words()} if search else {}

    def _with_link(self, field: Any, name: str, flag: Any) -> Any:
        """Return a form's field with a link to the list's own page."""
        linked = copy(field)
        linked.help_text = format_html(
            '{} <a href="{}">{}</a>',
            field.help_text,
            self.url_of("members", flag.pk, name),
            _("Paste a list, search or remove"),
        )
        return linked


def _replaced(fields: Iterable[Any], long: dict[str, LongList]) -> list[Any]:
    """Return fields with what stands in for long lists; some may share a row."""
    return [
        _replaced(field, long) if isinstance(field, (list, tuple)) else long.get(field, field)
        for field in fields
    ]
