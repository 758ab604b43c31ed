"""Caches: what decided a page is told to whoever may keep it. Internal."""

from __future__ import annotations

import re
from typing import Any

from django.utils.cache import patch_cache_control, patch_vary_headers

from waffle import pins
from waffle.cookies import TOKEN
from waffle.memory import inner_request


# Any: Django's requests and responses, or a framework's wrapper of one.
def tell_caches(request: Any, response: Any) -> None:
    """Say in `Vary` which headers the answers depended on, and in `Cache-Control` if dice have decided.

    What depended on neither, a settled flag for one, adds nothing.
    """
    request, pin = inner_request(request), pins.current()
    # A flag may have a name that no header can have.
    headers = [header for header in getattr(request, "waffle_varies", ()) if re.fullmatch(TOKEN, header)]
    if headers:
        patch_vary_headers(response, headers)
    if getattr(request, "waffle_is_private", False) or (pin is not None and pin.is_private):
        patch_cache_control(response, private=True)
