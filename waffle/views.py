"""The two pages that tell scripts the values of all toggles."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import never_cache

from waffle.status import script, statuses

__all__ = ["waffle_json", "wafflejs"]


@never_cache
def wafflejs(request: HttpRequest) -> HttpResponse:
    """Answer with a script that defines `window.waffle`."""
    return _unless_known(request, HttpResponse(script(request), content_type="application/x-javascript"))


@lru_cache(maxsize=10_000)
def _as_json(moment: datetime) -> str:
    """Return a time as Django writes it in JSON: once, for that takes longer than the check of its toggle."""
    return str(DjangoJSONEncoder().default(moment))


@never_cache
def waffle_json(request: HttpRequest) -> HttpResponse:
    """Answer with the values of all toggles as JSON."""
    values = {
        kind.plural: {
            status.name: {"is_active": status.is_active, "last_modified": _as_json(status.last_modified)}
            for status in found
        }
        for kind, found in statuses(request).items()
    }
    return _unless_known(request, JsonResponse(values))


def _unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the response with an ETag; 304 for a client that names the same one."""
    response["ETag"] = etag = f'"{sha256(response.content).hexdigest()}"'
    return get_conditional_response(request, etag=etag, response=response) or response
