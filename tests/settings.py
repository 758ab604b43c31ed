"""Settings of the tests: the site of `test_app`, with databases that other threads and processes can open.

The databases are SQLite files, or on the server that `WAFFLE_TEST_DATABASE` names, as in "postgresql:5432".
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from test_app.settings import *  # noqa: F403

SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A child process is told where its parent has put the databases.
FOLDER = os.environ.get("WAFFLE_TEST_FOLDER", "")
IS_CHILD = bool(FOLDER)
if not IS_CHILD:
    FOLDER = tempfile.mkdtemp(prefix="waffle-tests-")
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

SERVER, _, PORT = os.environ.get("WAFFLE_TEST_DATABASE", "sqlite:").partition(":")


# Any: Django takes values of many types here.
def _database(name: str) -> dict[str, Any]:
    if SERVER == "sqlite":
        path = str(Path(FOLDER) / f"{name}.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "TEST": {"NAME": path}}
    access = {"HOST": "127.0.0.1", "PORT": PORT, "USER": "postgres", "TEST": {"NAME": f"test_{name}"}}
    own_name = f"test_{name}" if IS_CHILD else "postgres"
    return {"ENGINE": "django.db.backends.postgresql", "NAME": own_name, **access}


DATABASES = {name: _database(name) for name in ("default", "other")}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {"BACKEND": "tests.caches.SharedMemcached", "LOCATION": "shared"},
}

WAFFLE_REFRESH_SECONDS = float(os.environ.get("WAFFLE_TEST_REFRESH_SECONDS", "0.1"))
