"""Why a flag is on or off for somebody, and which flags somebody has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from waffle import pinned
from waffle.admin.pasting import meant_by
from waffle.admin.widgets import is_key
from waffle.explanations import explanation_of, verdicts_for
from waffle.kinds import FLAG
from waffle.management.members import called
from waffle.reach import list_names
from waffle.subjects import Subject

PER_PAGE = 200
MOST_FOUND = 10  # users who may be meant by one name


# Any, throughout: pages, requests, flags and users are Django's and the project's.
@dataclass(frozen=True)
class Asked:
    """Whom a page is asked about."""

    name: str = ""
    """What was typed: a username, an e-mail address or a primary key."""
    key: str = ""
    """The primary key, where somebody was picked from a list."""
    language: str = ""
    unit: str = ""
    query: str = ""
    """Parameters of an address, such as `dwft_new_basket=1`."""
    user: Any = None
    found: tuple[Any, ...] = ()
    """All who may be meant: nobody, or more than one, where `user` is None."""

    @property
    def is_lost(self) -> bool:
        """Whether somebody was asked about and it is not clear who."""
        return self.user is None and bool(self.name or self.key)

    @property
    def whom(self) -> Any:
        """What a check is asked about: a subject, or a request that stands for a visit."""
        if not self.query:
            return Subject(self.user, language=self.language or None, unit=self.unit or None)
        request: Any = HttpRequest()
        request.GET = QueryDict(self.query.lstrip("?"), mutable=False)
        request.user = self.user or AnonymousUser()
        if self.language:
            request.LANGUAGE_CODE = self.language
        return request


def asked_by(request: Any) -> Asked:
    """Return whom a request asks about."""
    names = ("user", "key", "language", "unit", "query")
    sent = {name: request.GET.get(name, "").strip() for name in names}
    if not (sent["user"] or sent["key"]):
        return Asked(language=sent["language"], unit=sent["unit"], query=sent["query"])
    found = _found(sent["user"], sent["key"])
    if len(found) == 1:
        sent["user"], sent["key"] = sent["user"] or called(found[0]), str(found[0].pk)
    return Asked(**sent, user=found[0] if len(found) == 1 else None, found=tuple(found))


def _found(name: str, key: str) -> list[Any]:
    """Return the users who may be meant."""
    rows = get_user_model()._default_manager.all()
    by_key = _by_key(rows, key)
    if by_key:
        return by_key
    meant = meant_by(rows, [name])
    return [*meant.found.values(), *meant.ambiguous.get(name, ())][:MOST_FOUND] or _by_key(rows, name)


def _by_key(rows: Any, key: str) -> list[Any]:
    return list(rows.filter(pk=key)) if key and is_key(rows.model._meta.pk, key) else []


def flag_page(page: Any, request: Any, object_id: str) -> Any:
    """Show what every condition of one flag says of somebody."""
    flag = page.get_object(request, unquote(object_id))
    if not page.has_view_or_change_permission(request, flag):
        raise PermissionDenied
    if flag is None:
        raise Http404
    asked = asked_by(request)
    with pinned():
        explanation = explanation_of(FLAG, flag.name, asked.whom, unit=asked.unit or None)
    context = {
        "title": _("Why is %(flag)s on or off?") % {"flag": flag.name},
        "original": flag,
        "asked": asked,
        "explanation": explanation,
        "steps": [(step, label_of(page.model, step.condition)) for step in explanation.steps],
        "search": search_of_users(page, request),
        "flags_url": page.reversed("admin:waffle_why"),
    }
    return page.rendered(request, "admin/waffle/why.html", context)


def flags_page(page: Any, request: Any) -> Any:
    """Show all flags of somebody, each with what decides it."""
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    asked = asked_by(request)
    with pinned():
        verdicts = verdicts_for(FLAG, asked.whom, unit=asked.unit or None)
    wanted, state = request.GET.get("q", "").strip().casefold(), request.GET.get("state", "")
    keys = dict(page.get_queryset(request).values_list("name", "pk"))
    rows = [
        (name, verdict, keys[name])
        for name, verdict in sorted(verdicts.items(), key=lambda item: (not item[1].active, item[0]))
        if name in keys
        and wanted in name.casefold()
        and state in ("", "on" if verdict.active else "off")
    ]
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": _("Flags of %(user)s") % {"user": asked.name} if asked.user else _("Flags of a user"),
        "asked": asked,
        "rows": shown,
        "on": sum(verdict.active for verdict in verdicts.values()),
        "total": len(verdicts),
        "wanted": request.GET.get("q", "").strip(),
        "state": state,
        "search": search_of_users(page, request),
    }
    return page.rendered(request, "admin/waffle/flags.html", context)


def label_of(model: Any, condition: str) -> str:
    """Return what people call the field of a condition; a condition without one goes by its name."""
    try:
        return str(capfirst(model._meta.get_field(condition).verbose_name))
    except FieldDoesNotExist:
        return condition


def search_of_users(page: Any, request: Any) -> str:
    """Return where a script finds users: at the field of the flag that lists them, if there is one."""
    for name in list_names(page.model):
        field = page.model._meta.get_field(name)
        if issubclass(get_user_model(), field.related_model):
            return str(page.search_of(request, field))
    return ""
