"""Settings of the writers and readers: one database and one cache, as `tests.settings` makes them."""

from __future__ import annotations

import os

from tests.settings import cache, database

SECRET_KEY = "exactness"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "waffle"]

DATABASES = {"default": database("default", os.environ.get("WAFFLE_TEST_DATABASE", "sqlite"))}

_cache = os.environ.get("WAFFLE_TEST_CACHE", "none")
CACHES = {"default": cache(_cache)}
WAFFLE_CACHE_NAME = None if _cache == "none" else "default"
WAFFLE_SNAPSHOT_MAX_AGE = float(os.environ.get("WAFFLE_TEST_MAX_AGE", "300"))
