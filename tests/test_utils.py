"""The shims for projects that come from django-waffle."""

from __future__ import annotations

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from pytest_django import Settings

from waffle.utils import get_cache, get_setting, keyfmt


def test_a_setting_is_the_projects_value_else_the_default_else_what_the_caller_gives(
    settings: Settings,
) -> None:
    settings.WAFFLE_MAX_AGE = 7
    settings.WAFFLE_OF_THE_PROJECT = "mine"

    assert get_setting("MAX_AGE") == 7
    assert get_setting("COOKIE") == "dwf_%s"
    assert get_setting("COOKIE", "other") == "dwf_%s"
    assert get_setting("OF_THE_PROJECT") == "mine"
    assert get_setting("OF_NOBODY", "default") == "default"
    assert get_setting("OF_NOBODY") is None


def test_a_setting_that_is_none_is_none(settings: Settings) -> None:
    settings.WAFFLE_CACHE_NAME = None

    assert get_setting("CACHE_NAME") is None


def test_a_key_without_a_value_is_the_prefix_and_the_key() -> None:
    assert keyfmt("flags:all") == "waffle:flags:all"


def test_the_prefix_is_live(settings: Settings) -> None:
    settings.WAFFLE_CACHE_PREFIX = "site:"

    assert keyfmt("flags:all") == "site:flags:all"
    assert keyfmt("flag:%s", "x").startswith("site:")


@pytest.mark.parametrize("value", ["x", "", "with spaces", "ünïcode ☃", "a" * 300, "line\nbreak", "%s"])
def test_a_key_with_a_value_is_one_that_every_cache_takes(value: str) -> None:
    key = keyfmt("flag:%s", value)

    assert key.isascii()
    assert key.isprintable()
    assert " " not in key
    assert "%" not in key
    assert len(key) < 100


def test_different_values_and_different_formats_make_different_keys() -> None:
    keys = {
        keyfmt(key, value)
        for key in ("flag:%s", "flag:%s:users", "switch:%s")
        for value in ("x", "y", "x:users", "")
    }

    # "flag:x:users" is both the users of x and the flag "x:users".
    assert len(keys) == 11
    assert keyfmt("flag:%s", "x") == keyfmt("flag:%s", "x")


def test_the_cache_is_the_one_that_the_setting_names(settings: Settings) -> None:
    assert get_cache() is caches["default"]

    settings.WAFFLE_CACHE_NAME = "shared"

    assert get_cache() is caches["shared"]


def test_without_a_cache_name_nothing_is_kept(settings: Settings) -> None:
    settings.WAFFLE_CACHE_NAME = None
    cache = get_cache()

    cache.set("key", "value")

    assert cache.get("key") is None
    assert not isinstance(cache, LocMemCache)
