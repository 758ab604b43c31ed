"""The two pages that tell scripts the values of all toggles."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from waffle.status import script, statuses

__all__ = ["waffle_json", "wafflejs"]


@never_cache
def wafflejs(request: HttpRequest) -> HttpResponse:
    """Answer with a script that defines `window.waffle`."""
    return HttpResponse(script(request), content_type="application/x-javascript")


@never_cache
def waffle_json(request: HttpRequest) -> JsonResponse:
    """Answer with the values of all toggles as JSON."""
    return JsonResponse(
        {
            kind.plural: {
                status.name: {"is_active": status.is_active, "last_modified": status.last_modified}
                for status in found
            }
            for kind, found in statuses(request).items()
        }
    )
