"""All flags of somebody, each with what decides it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from waffle import pinned
from waffle.admin.effect import grouped
from waffle.admin.sight import shown_on
from waffle.admin.whom import Asked, asked_by, form_of
from waffle.admin.why import REASONS, detail_of
from waffle.kinds import FLAG
from waffle.values import Value
from waffle.verdicts import Verdict, on_or_off

PER_PAGE = 200


# Any, throughout: pages, requests, flags and users are Django's and the project's.
class FlagRow(Value):
    """One flag of somebody."""

    name: str
    url: str
    active: bool
    reason: Any
    detail: str


def flags_page(page: Any, request: Any) -> Any:
    """Show all flags of somebody, each with what decides it."""
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    asked = asked_by(page, request)
    keys, verdicts = _verdicts(page, request, asked)
    wanted, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    found = _found(verdicts, wanted, state)
    kept = [(name, value) for name, value in asked.parameters.items() if value]
    rows: Any = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows.object_list = [
        _row(name, verdict, f"{page.url_of('why', keys[name])}?{urlencode(kept)}")
        for name, verdict in rows.object_list
    ]
    context = {
        **form_of(page, request, asked, page.reversed("admin:waffle_why")),
        "title": _("Flags of %(user)s") % {"user": asked.name} if asked.user else _("Flags of a user"),
        "headline": _headline(verdicts),
        "rows": rows,
        "pages": rows.paginator.get_elided_page_range(rows.number, on_each_side=2, on_ends=1),
        "query": urlencode([*kept, ("q", wanted), ("state", state)]) + "&",
        **{"kept": kept, "wanted": wanted, "state": state},
    }
    return page.rendered(request, "admin/waffle/flags.html", context)


def _verdicts(page: Any, request: Any, asked: Asked) -> tuple[dict[str, Any], dict[str, Verdict]]:
    """Return the keys of the flags that a page shows, and what they say of somebody, by their names."""
    from waffle.explanations import verdicts_for  # a site that starts needs none of it

    with pinned():
        verdicts = verdicts_for(FLAG, asked.whom, unit=asked.unit or None)
    keys = {flag.name: flag.pk for flag in shown_on(page, request)}
    return keys, {name: verdict for name, verdict in verdicts.items() if name in keys}


def _found(verdicts: dict[str, Verdict], wanted: str, state: str) -> list[tuple[str, Verdict]]:
    """Return the flags that a search leaves, those that are on first."""
    in_order = sorted(verdicts.items(), key=lambda item: (not item[1].active, item[0]))
    return [
        (name, verdict)
        for name, verdict in in_order
        if wanted.casefold() in name.casefold() and state in ("", on_or_off(verdict))
    ]


def _row(name: str, verdict: Verdict, url: str) -> FlagRow:
    return FlagRow(name, url, verdict.active, REASONS[verdict.reason], detail_of(verdict))


def _headline(verdicts: dict[str, Verdict]) -> str:
    on = sum(verdict.active for verdict in verdicts.values())
    told = ngettext("%(on)s of %(all)s flag is on", "%(on)s of %(all)s flags are on", len(verdicts))
    return told % {"on": grouped(on), "all": grouped(len(verdicts))}
