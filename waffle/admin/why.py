"""Why a flag is on or off for somebody, and which flags somebody has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from waffle import pinned
from waffle.admin.effect import grouped
from waffle.admin.pasting import meant_by
from waffle.admin.widgets import is_key, words
from waffle.conf import conf
from waffle.kinds import FLAG
from waffle.management.members import called
from waffle.reach import list_names
from waffle.subjects import Subject
from waffle.values import Value
from waffle.verdicts import Reason, Verdict, on_or_off
from waffle.wording import labelled

if TYPE_CHECKING:
    from waffle.explanations import Explanation

OFF = gettext_lazy("off")
OUTCOMES = {
    "yes": gettext_lazy("on"),
    "no": gettext_lazy("does not apply"),
    "unknown": gettext_lazy("unknown"),
    "unset": gettext_lazy("not set"),
    "error": gettext_lazy("failed"),
}
REASONS = {
    Reason.MISSING: pgettext_lazy("decided by", "no such flag"),
    Reason.OVERRIDE: pgettext_lazy("decided by", "query string"),
    Reason.EVERYONE: pgettext_lazy("decided by", "everyone"),
    Reason.TESTING: pgettext_lazy("decided by", "testing"),
    Reason.LANGUAGE: pgettext_lazy("decided by", "language"),
    Reason.AUTHENTICATED: pgettext_lazy("decided by", "signed in"),
    Reason.STAFF: pgettext_lazy("decided by", "staff"),
    Reason.SUPERUSER: pgettext_lazy("decided by", "superuser"),
    Reason.USER: pgettext_lazy("decided by", "user"),
    Reason.GROUP: pgettext_lazy("decided by", "group"),
    Reason.PERCENT: pgettext_lazy("decided by", "percentage"),
    Reason.CUSTOM: pgettext_lazy("decided by", "a condition of this project"),
    Reason.ACTIVE: pgettext_lazy("decided by", "active"),
    Reason.DEFAULT: pgettext_lazy("decided by", "nothing applies"),
    Reason.ERROR: pgettext_lazy("decided by", "error"),
    Reason.STALE: pgettext_lazy("decided by", "as last read"),
}
"""What people call the reasons."""

PER_PAGE = 200
MOST_FOUND = 10  # users who may be meant by one name


# Any, throughout: pages, requests, flags and users are Django's and the project's.
class Asked(Value):
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
    def parameters(self) -> dict[str, str]:
        """What an address says of it."""
        names = ("user", "key", "language", "unit", "query")
        values = (self.name, self.key, self.language, self.unit, self.query)
        return dict(zip(names, values, strict=True))

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


class ShownStep(Value):
    """What one condition says, as the page shows it."""

    label: str
    outcome: str
    says: Any  # a lazy text, here and below
    detail: str
    decides: bool
    is_after: bool
    """Whether it stands after the one that decides: a check does not ask it."""


class FlagRow(Value):
    """One flag of somebody."""

    name: str
    url: str
    active: bool
    reason: Any
    detail: str


def asked_by(request: Any) -> Asked:
    """Return whom a request asks about."""
    names = ("user", "key", "language", "unit", "query")
    sent = {name: request.GET.get(name, "").strip() for name in names}
    if not (sent["user"] or sent["key"]):
        return Asked(language=sent["language"], unit=sent["unit"], query=sent["query"])
    found = _found(sent["user"], sent["key"])
    if len(found) == 1:
        sent["user"], sent["key"] = sent["user"] or called(found[0]), str(found[0].pk)
    sent["name"] = sent.pop("user")
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
    flag = page.flag_of(request, object_id)
    asked = asked_by(request)
    from waffle.explanations import explanation_of  # a site that starts needs none of it

    with pinned():
        explanation = explanation_of(FLAG, flag.name, asked.whom, unit=asked.unit or None)
    verdict = explanation.verdict
    reason = REASONS[verdict.reason]
    context = {
        **_whom(page, request, asked, page.url_of("why", flag.pk)),
        "title": _("Why is %(flag)s on or off?") % {"flag": flag.name},
        "here": _("Why?"),
        "original": flag,
        "explanation": explanation,
        "headline": _("For %s") % asked.name if asked.name else _("For a visitor who is not signed in"),
        "reason": labelled(reason, _detail(verdict)) if _detail(verdict) else reason,
        "steps": _shown(page.model, explanation),
        "flags_url": f"{page.reversed('admin:waffle_why')}?{urlencode({'key': asked.key})}",
    }
    return page.rendered(request, "admin/waffle/why.html", context)


def flags_page(page: Any, request: Any) -> Any:
    """Show all flags of somebody, each with what decides it."""
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    asked = asked_by(request)
    from waffle.explanations import verdicts_for

    with pinned():
        verdicts = verdicts_for(FLAG, asked.whom, unit=asked.unit or None)
    keys = dict(page.get_queryset(request).values_list("name", "pk"))
    verdicts = {name: verdict for name, verdict in verdicts.items() if name in keys}
    on = sum(verdict.active for verdict in verdicts.values())
    wanted, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    found = [
        (name, verdict)
        for name, verdict in sorted(verdicts.items(), key=lambda item: (not item[1].active, item[0]))
        if wanted.casefold() in name.casefold()
        if state in ("", on_or_off(verdict))
    ]
    rows: Any = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    kept = [(name, value) for name, value in asked.parameters.items() if value]
    rows.object_list = [
        FlagRow(
            name,
            f"{page.url_of('why', keys[name])}?{urlencode(kept)}",
            verdict.active,
            REASONS[verdict.reason],
            _detail(verdict),
        )
        for name, verdict in rows.object_list
    ]
    told = ngettext("%(on)s of %(all)s flag is on", "%(on)s of %(all)s flags are on", len(verdicts))
    context = {
        **_whom(page, request, asked, page.reversed("admin:waffle_why")),
        "title": _("Flags of %(user)s") % {"user": asked.name} if asked.user else _("Flags of a user"),
        "headline": told % {"on": grouped(on), "all": grouped(len(verdicts))},
        "rows": rows,
        "pages": rows.paginator.get_elided_page_range(rows.number, on_each_side=2, on_ends=1),
        "query": urlencode([*kept, ("q", wanted), ("state", state)]),
        "kept": kept,
        "wanted": wanted,
        "state": state,
    }
    return page.rendered(request, "admin/waffle/flags.html", context)


def _whom(page: Any, request: Any, asked: Asked, action: str) -> dict[str, Any]:
    """Return what the form on top of both pages shows."""
    return {
        "asked": asked,
        "action": action,
        "search": search_of_users(page, request),
        "words": words(),
        "languages": [(code, _(name)) for code, name in settings.LANGUAGES],
        "example": f"{conf.TEST_COOKIE % 'new_basket'}=1",
    }


def _detail(verdict: Verdict) -> str:
    """Return the words of a verdict, where they say more than its reason does."""
    return "" if verdict.reason in (Reason.DEFAULT, Reason.MISSING) else verdict.detail


def _shown(model: Any, explanation: Explanation) -> list[ShownStep]:
    shown: list[ShownStep] = []
    for step in explanation.steps:
        is_after = any(earlier.decides for earlier in shown)
        says = OFF if step.decides and step.outcome == "no" else OUTCOMES[step.outcome.value]
        shown.append(
            ShownStep(
                *(label_of(model, step.condition), step.outcome.value, says),
                *("" if step.detail == str(says) else step.detail, step.decides, is_after),
            )
        )
    return shown


def label_of(model: Any, condition: str) -> str:
    """Return what people call the field of a condition; a condition without one goes by its name."""
    try:
        return str(capfirst(model._meta.get_field(condition).verbose_name))
    except FieldDoesNotExist:
        return condition


def search_of_users(page: Any, request: Any) -> str:
    """Return where a script finds users: at the field of the flag that lists them, if there is one."""
    fields = (page.model._meta.get_field(name) for name in list_names(page.model))
    field = next((field for field in fields if issubclass(get_user_model(), field.related_model)), None)
    return "" if field is None else str(page.search_of(request, field))
