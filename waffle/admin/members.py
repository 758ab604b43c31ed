"""The page of one list of a flag: whom it lists, page by page, and who joins and leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sized
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import router, transaction
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from waffle import history
from waffle.admin.effect import grouped
from waffle.admin.pasting import Meant, chunks, meant_by, names_in
from waffle.admin.sight import may_view
from waffle.admin.widgets import is_key, words
from waffle.management.members import called, can_be_stored, naming_fields
from waffle.reach import list_names
from waffle.values import Value

PER_PAGE = 100
SHOWN = 100  # names of each sort that a preview shows
TOLD = 10  # names that a message tells


# Any, throughout: pages, requests, flags and members are Django's and the project's.
class Row(Value):
    """A member, as a page shows it."""

    key: str
    name: str
    other: str
    """What tells it from others of that name: an e-mail address, the key."""
    url: str
    is_listed: bool = False


class Listing:
    """One list of one flag, and what may be done with it by this request."""

    def __init__(self, page: Any, request: Any, object_id: str, name: str) -> None:
        self.page, self.request, self.name = page, request, name
        if name not in list_names(page.model):
            raise Http404
        self.flag = flag = page.flag_of(request, object_id)
        if not page.has_list(request, flag, name):
            raise Http404
        is_shown_only = name in page.get_readonly_fields(request, flag)
        self.can_change = not is_shown_only and page.has_change_permission(request, flag)
        self.field = page.model._meta.get_field(name)
        self.model = self.field.related_model
        self.alias = flag._state.db or router.db_for_write(page.model)

    def answer(self) -> Any:
        """Answer the request."""
        if self.request.method != "POST":
            return self._page()
        if not self.can_change:
            raise PermissionDenied
        sent = self.request.POST
        if "_preview" in sent:
            return self._preview(sent.get("names", ""))
        if "_add" in sent:
            return self._add(self._chosen(sent))
        return self._remove(sent.getlist("remove") or sent.getlist("ticked"))

    def candidates(self) -> Any:
        """Return all who may be listed."""
        rows = self.model._default_manager.using(self.alias)
        return rows.complex_filter(self.field.get_limit_choices_to())

    def members(self) -> Any:
        """Return all who are listed."""
        return getattr(self.flag, self.name).all()

    def _page(self) -> Any:
        found, asked = self._search(self.request.GET.get("q", "").strip())
        names = naming_fields(self.model)
        rows = Paginator(found.order_by(*names[:1], "pk"), PER_PAGE)
        shown = rows.get_page(self.request.GET.get("page"))
        context = {
            "rows": [self._row(member) for member in shown],
            "shown": shown,
            "pages": rows.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
            "count": rows.count,
            "count_words": grouped(rows.count),
            "total_words": grouped(self.members().count()) if asked else "",
            "asked": asked,
            "query": urlencode({"q": asked}) + "&" if asked else "",
            "here_url": self.request.get_full_path(),
            "can_paste": bool(names),
            "paste_help": self._paste_help(names),
            "other_title": self._titles(self._other_fields()) or _("Key"),
            "search": self.page.search_of(self.request, self.field),
            "words": words(),
        }
        return self._rendered("admin/waffle/members.html", context)

    def _search(self, asked: str) -> tuple[Any, str]:
        members = self.members()
        if not asked:
            return members, ""
        names = naming_fields(self.model)
        if not can_be_stored(asked):
            return members.none(), asked
        own = self.page.admin_site._registry.get(self.model)
        if not self._may_see_members():  # or a search would tell what the page does not show
            own, names = None, naming_fields(self.model)[:1]
        if own is not None and own.get_search_fields(self.request):
            found, is_distinct = own.get_search_results(self.request, members, asked)
            return found.distinct() if is_distinct else found, asked
        parts = [Q(**{f"{name}__icontains": asked}) for name in names]
        return (members.filter(reduce(or_, parts)) if parts else members.none()), asked

    def _preview(self, text: str) -> Any:
        meant = meant_by(self.candidates(), names_in(text))
        listed = self._listed(meant.found)
        new = [key for key in meant.found if key not in listed]
        rows = [self._row(member, is_listed=key in listed) for key, member in meant.found.items()]
        rows.sort(key=lambda row: row.is_listed)
        context = {
            "new": new,
            "told": self._told(meant, new, listed),
            "keys": json.dumps([str(key) for key in new]),
            "found": rows[:SHOWN],
            "ambiguous": self._choices(meant),
            "unknown": meant.unknown[:SHOWN],
            "more": {
                name: _("and %s more") % grouped(len(found) - SHOWN) if len(found) > SHOWN else ""
                for name, found in vars(meant).items()
            },
            "names": text,
            "crumb": self.title,
            "crumb_url": self.url(),
            "here": _("Preview"),
        }
        return self._rendered("admin/waffle/members_preview.html", context)

    def _told(self, meant: Meant, new: Sized, listed: Sized) -> dict[str, str]:
        """Say how many names mean somebody, and what the button does."""

        told = {
            "found": _("Found: %s") % grouped(len(meant.found)),
            "ambiguous": _("Ambiguous: %s") % grouped(len(meant.ambiguous)),
            "unknown": _("Unknown: %s") % grouped(len(meant.unknown)),
            "button": pgettext("button", "Add %s") % grouped(len(new)) if new else _("Add the selected"),
        }
        if listed:
            told["found"] += " " + _("(%s already listed)") % grouped(len(listed))
        return told

    def _titles(self, names: Iterable[str]) -> str:
        return ", ".join(str(capfirst(self.model._meta.get_field(name).verbose_name)) for name in names)

    def _paste_help(self, names: list[str]) -> str:
        """Say what may be pasted: usernames or e-mail addresses, as the model has them."""
        titles = [str(self.model._meta.get_field(name).verbose_name) for name in names]
        told = _("One per line, or separated by commas: %(what)s. A preview shows who is found.")
        return told % {"what": _(" or ").join(titles)}

    def _choices(self, meant: Meant) -> list[tuple[str, list[Row]]]:
        shown = list(meant.ambiguous.items())[:SHOWN]
        return [(name, [self._row(member) for member in members[:TOLD]]) for name, members in shown]

    def _chosen(self, sent: Any) -> list[str]:
        """Return the keys that were chosen: in a preview, among some of one name, or by a script."""
        try:
            previewed = [str(key) for key in json.loads(sent.get("previewed", "[]"))]
        except (RecursionError, TypeError, ValueError):
            previewed = []
        picked = [key.strip() for key in sent.get("keys", "").split(",")]
        among = [value for name, value in sent.items() if name.startswith("among-")]
        return [*previewed, *picked, *among]

    def _add(self, keys: Iterable[str]) -> Any:
        found = self._present(self.candidates(), keys)
        listed = self._listed(found)
        new = {key: name for key, name in found.items() if key not in listed}
        if new:
            self._save(lambda related, some: related.add(*some), new, _("Added to “%(list)s”: %(names)s."))
            told = ngettext("Added %(count)s: %(names)s.", "Added %(count)s: %(names)s.", len(new))
            messages.success(self.request, told % {"count": grouped(len(new)), "names": _named(new)})
        else:
            messages.warning(self.request, _("Nobody was added: choose somebody who is not listed yet."))
        return HttpResponseRedirect(self.url())

    def _remove(self, keys: Iterable[str]) -> Any:
        gone = self._present(self.members(), keys)
        if gone:
            self._save(
                lambda related, some: related.remove(*some), gone, _("Removed from “%(list)s”: %(names)s.")
            )
            told = ngettext("Removed %(count)s: %(names)s.", "Removed %(count)s: %(names)s.", len(gone))
            messages.success(self.request, told % {"count": grouped(len(gone)), "names": _named(gone)})
        else:
            messages.warning(self.request, _("Nobody was removed: select somebody first."))
        return HttpResponseRedirect(self.request.get_full_path())

    def _save(self, change: Any, members: dict[Any, str], told: str) -> None:
        """Change the list, or nothing; and write it down."""
        by = history.by(self.request.user, source="admin")
        with by, transaction.atomic(using=self.alias):
            for some in chunks(members):
                change(getattr(self.flag, self.name), some)
            self.flag.modified = timezone.now()
            self.flag.save(update_fields=["modified"])
            words = {"list": self.title, "names": _named(members)}
            self.page.log_change(self.request, self.flag, told % words)

    def _present(self, rows: Any, keys: Iterable[str]) -> dict[Any, str]:
        """Return those of `keys` that are there, with their names."""
        column = self.model._meta.pk
        right = dict.fromkeys(column.to_python(key) for key in keys if key and is_key(column, key))
        return {member.pk: called(member) for some in chunks(right) for member in rows.filter(pk__in=some)}

    def _listed(self, keys: Iterable[Any]) -> set[Any]:
        """Return those of `keys` that are listed already."""
        found: set[Any] = set()
        for some in chunks(keys):
            found.update(self.members().filter(pk__in=some).values_list("pk", flat=True))
        return found

    def _row(self, member: Any, *, is_listed: bool = False) -> Row:
        names = self._other_fields()
        other = " ".join(str(getattr(member, name) or "") for name in names) if names else str(member.pk)
        return Row(str(member.pk), called(member), other, self._member_url(member), is_listed)

    def _other_fields(self) -> list[str]:
        """Return what tells members of one name apart: addresses are for who may look at users."""
        return naming_fields(self.model)[1:] if self._may_see_members() else []

    def _may_see_members(self) -> bool:
        return may_view(self.page.admin_site, self.request, self.model)

    def _member_url(self, member: Any) -> str:
        if self.model not in self.page.admin_site._registry or not self._may_see_members():
            return ""
        return str(self.page.url_of("change", member.pk, model=self.model))

    @property
    def title(self) -> str:
        """What the list is called: "Users"."""
        return str(capfirst(self.field.verbose_name))

    def url(self) -> str:
        """Return the address of this page."""
        return str(self.page.url_of("members", self.flag.pk, self.name))

    def _rendered(self, template: str, context: dict[str, Any]) -> Any:
        return self.page.rendered(
            self.request,
            template,
            {
                **context,
                "title": _("%(list)s of %(flag)s") % {"list": self.title, "flag": self.flag.name},
                "original": self.flag,
                "list": self.title,
                "can_change": self.can_change,
                "url": self.url(),
            },
        )


def _named(members: dict[Any, str]) -> str:
    """Return names, the first ones of many."""
    names = list(members.values())
    shown = ", ".join(names[:TOLD])
    more = len(names) - TOLD
    if more <= 0:
        return shown
    return _("%(names)s and %(count)s more") % {"names": shown, "count": grouped(more)}
