"""Why a flag is on or off for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from waffle import pinned
from waffle.admin.whom import asked_by, form_of
from waffle.kinds import FLAG
from waffle.values import Value
from waffle.verdicts import Reason, Verdict
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


# Any, throughout: pages, requests and flags are Django's and the project's.
class ShownStep(Value):
    """What one condition says, as the page shows it."""

    label: str
    outcome: str
    says: Any  # a lazy text, here and below
    detail: str
    decides: bool
    is_after: bool
    """Whether it stands after the one that decides: a check does not ask it."""


def flag_page(page: Any, request: Any, object_id: str) -> Any:
    """Show what every condition of one flag says of somebody."""
    flag = page.flag_of(request, object_id)
    asked = asked_by(page, request)
    from waffle.explanations import explanation_of  # a site that starts needs none of it

    with pinned():
        explanation = explanation_of(FLAG, flag.name, asked.whom, unit=asked.unit or None)
    verdict = explanation.verdict
    reason = REASONS[verdict.reason]
    context = {
        **form_of(page, request, asked, page.url_of("why", flag.pk)),
        "title": _("Why is %(flag)s on or off?") % {"flag": flag.name},
        "here": _("Why?"),
        "original": flag,
        "explanation": explanation,
        "headline": _("For %s") % asked.name if asked.name else _("For a visitor who is not signed in"),
        "reason": labelled(reason, detail_of(verdict)) if detail_of(verdict) else reason,
        "steps": _shown(page.model, explanation),
        "flags_url": f"{page.reversed('admin:waffle_why')}?{urlencode({'key': asked.key})}",
    }
    return page.rendered(request, "admin/waffle/why.html", context)


def detail_of(verdict: Verdict) -> str:
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
