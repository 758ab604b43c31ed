"""Settings of the measured site; the folder of its database is in `WAFFLE_BENCH_FOLDER`."""

from __future__ import annotations

import os
from pathlib import Path

SECRET_KEY = "benchmarks"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "waffle",
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(os.environ.get("WAFFLE_BENCH_FOLDER", ".")) / "site.sqlite3"),
        # As deployed sites have it; without, a save would measure the disk.
        "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"},
    }
}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
