"""Shims that projects written for django-waffle import; Waffle Iron itself reads `waffle.conf`."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.cache import BaseCache, caches

from waffle import defaults
from waffle.conf import conf


# Any: a setting may hold anything.
def get_setting(name: str, default: Any = None) -> Any:
    """Return `settings.WAFFLE_<name>`, else Waffle Iron's default for it, else `default`."""
    return getattr(settings, f"WAFFLE_{name}", getattr(defaults, name, default))


def keyfmt(key: str, value: object = None) -> str:
    """Return a cache key for `key`, with `value` filled in, that every cache backend takes."""
    if value is None:
        return f"{conf.CACHE_PREFIX}{key}"
    digest = hashlib.sha256((key % value).encode()).hexdigest()
    return f"{conf.CACHE_PREFIX}{digest[:40]}"


def get_cache() -> BaseCache:
    """Return the cache named by `WAFFLE_CACHE_NAME`; one that keeps nothing where that is None."""
    if conf.CACHE_NAME is not None:
        return caches[conf.CACHE_NAME]
    from django.core.cache.backends.dummy import DummyCache  # here: most sites have no use for it

    return DummyCache("", {})
