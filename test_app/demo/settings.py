"""Settings of the demo: the site's own, with a database file that another process can open too."""

from __future__ import annotations

import os

from test_app.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["WAFFLE_DEMO_DATABASE"]}}

# Quick, and no choice for a real site: the demo prints its one password anyway.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The demo is served without TLS: some browsers would not send secure cookies back.
WAFFLE_SECURE = False
