"""The two pages that tell scripts the values of all toggles."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from waffle.status import script, statuses

__all__ = ["waffle_json", "wafflejs"]


@never_cache
def wafflejs(request: HttpRequest) -> HttpResponse:
    """Answer with a script that defines `window.waffle`."""
    return HttpResponse(script(request), content_type="application/x-javascript")


@lru_cache(maxsize=10_000)
def _as_json(moment: datetime) -> str:
    """Return a time as Django writes it in JSON: once, for that takes longer than the check of its toggle."""
    return str(DjangoJSONEncoder().default(moment))


@never_cache
def waffle_json(request: HttpRequest) -> JsonResponse:
    """Answer with the values of all toggles as JSON."""
    return JsonResponse(
        {
            kind.plural: {
                status.name: {"is_active": status.is_active, "last_modified": _as_json(status.last_modified)}
                for status in found
            }
            for kind, found in statuses(request).items()
        }
    )
