"""Settings of the tests: the site of `test_app`, with databases that other threads and processes can open."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from test_app.settings import *  # noqa: F403

SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A child process is told where its parent has put the databases.
FOLDER = os.environ.get("WAFFLE_TEST_FOLDER", "")
if not FOLDER:
    FOLDER = tempfile.mkdtemp(prefix="waffle-tests-")
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _sqlite(name: str) -> dict[str, object]:
    path = str(Path(FOLDER) / f"{name}.sqlite3")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "TEST": {"NAME": path}}


DATABASES = {"default": _sqlite("default"), "other": _sqlite("other")}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {"BACKEND": "tests.caches.SharedMemcached", "LOCATION": "shared"},
}
