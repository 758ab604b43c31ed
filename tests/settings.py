"""Settings of the tests: an SQLite file, Django's default cache, everything that Waffle Iron touches installed."""

from __future__ import annotations

from test_app.settings import *  # noqa: F403

SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
