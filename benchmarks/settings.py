"""Settings of a measured site; its worker's environment says of which library, with which cache, where."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.caches import LOCMEM
from benchmarks.libraries import library_here

SECRET_KEY = "benchmarks"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    *library_here().apps,
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(os.environ.get("WAFFLE_BENCH_FOLDER", ".")) / "site.sqlite3"),
        # As deployed sites have it; without, a save would measure the disk.
        "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"},
    }
}

CACHES = {"default": json.loads(os.environ.get("WAFFLE_BENCH_CACHE", "null")) or LOCMEM.settings()}
