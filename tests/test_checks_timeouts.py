"""System check: the client of the cache has time-outs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.memcached import PyMemcacheCache

from tests.problems import found

MEMCACHED = "django.core.cache.backends.memcached.PyMemcacheCache"
REDIS = "django.core.cache.backends.redis.RedisCache"


class OwnCache(PyMemcacheCache):
    """A cache of the project's own."""


# Any, in this file: settings may hold anything.
@pytest.mark.parametrize(
    ("entry", "missing", "options"),
    [
        ({"BACKEND": MEMCACHED}, "timeout and no connect_timeout", ["timeout", "connect_timeout"]),
        ({"BACKEND": f"{__name__}.OwnCache", "OPTIONS": {"connect_timeout": 1}}, "timeout", None),
        ({"BACKEND": MEMCACHED, "OPTIONS": {"timeout": 1, "connect_timeout": None}}, "connect_timeout", None),
        (
            {"BACKEND": REDIS, "LOCATION": "redis://a"},
            "socket_timeout and no socket_connect_timeout",
            ["socket_timeout", "socket_connect_timeout"],
        ),
        ({"BACKEND": REDIS, "LOCATION": "redis://a?socket_timeout=1"}, "socket_connect_timeout", None),
    ],
)
def test_a_client_without_a_time_out_is_told(
    settings: Any, entry: dict[str, Any], missing: str, options: list[str] | None
) -> None:
    settings.CACHES = {**settings.CACHES, "far": entry}
    settings.WAFFLE_CACHE_NAME = "far"

    [(code, message, hint)] = found()

    assert code == "waffle.W005"
    assert message == (
        f"The cache 'far', named by WAFFLE_CACHE_NAME, has no {missing}: a hung server stops checks."
    )
    if options is not None:
        assert hint == f"Set seconds in its OPTIONS: {dict.fromkeys(options, 1)!r}."


@pytest.mark.parametrize(
    "entry",
    [
        {"BACKEND": MEMCACHED, "OPTIONS": {"timeout": 1, "connect_timeout": 0.5}},
        {"BACKEND": REDIS, "OPTIONS": {"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1}},
        {"BACKEND": REDIS, "OPTIONS": {"pool": {"socket_timeout": 1, "socket_connect_timeout": 1}}},
        {"BACKEND": REDIS, "LOCATION": ["redis://a?socket_timeout=1&socket_connect_timeout=1", "redis://b"]},
        {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": Path("cache")},
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        {"BACKEND": "django.core.cache.backends.memcached.PyLibMCCache"},  # it has time-outs of its own
        {"BACKEND": "nowhere.Cache"},
        {},
    ],
)
def test_a_client_with_time_outs_or_without_a_bell_is_right(settings: Any, entry: dict[str, Any]) -> None:
    settings.CACHES = {**settings.CACHES, "far": entry}
    settings.WAFFLE_CACHE_NAME = "far"

    assert found() == []
