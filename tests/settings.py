"""Settings of the tests: the site of `test_app`, with databases that other threads and processes can open.

What differs from run to run is in the environment:

- `WAFFLE_TEST_DATABASE`: `sqlite`, or a server of `tests.servers` and its port: `postgresql:25432`,
  `mariadb:25306`
- `WAFFLE_TEST_CACHE`: `locmem`, `dummy`, `none`, `file:folder`, `database:table`, or a client and its
  server's port: `memcached:25211`, `pylibmc:25211`, `redis:25379`
- `WAFFLE_TEST_NAMES`: which databases a child process is to open, as JSON, `{alias: name}`
- `WAFFLE_TEST_REFRESH_SECONDS`
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from test_app.settings import *  # noqa: F403

SECRET_KEY = "tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Where SQLite's files are; tests/conftest.py makes it, and removes it.
FOLDER = Path(tempfile.gettempdir(), f"waffle-tests-{os.getpid()}-{secrets.token_hex(4)}")
NAMES = json.loads(os.environ.get("WAFFLE_TEST_NAMES", "{}"))

CLIENT_TIMEOUT = 1  # seconds that a client waits for its server

# Any, here and below: Django takes values of many types.
SERVERS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "postgres",
        "OPTIONS": {"connect_timeout": 2},  # it takes no less
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "USER": "root",
        "OPTIONS": dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), 10),
    },
}


def database(alias: str, place: str) -> dict[str, Any]:
    """Return an entry of DATABASES, in a `place` such as "sqlite" or "postgresql:25432"."""
    server, _, port = place.partition(":")
    if server == "mariadb" and find_spec("MySQLdb") is None:
        import pymysql

        pymysql.install_as_MySQLdb()
    if server == "sqlite":
        name = NAMES.get(alias, str(FOLDER / f"{alias}.sqlite3"))
        # A writer waits for others, however busy the machine is.
        options = {"timeout": 60}
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": options,
            "TEST": {"NAME": name},
        }
    name = NAMES.get(alias, f"waffle_{alias}")
    return {**SERVERS[server], "HOST": "127.0.0.1", "PORT": port, "NAME": name}


def cache(place: str) -> dict[str, Any]:
    """Return an entry of CACHES, in a `place` such as "locmem" or "redis:25379"."""
    kind, _, location = place.partition(":")
    backends = "django.core.cache.backends."
    if kind == "memcached":
        options = dict.fromkeys(("timeout", "connect_timeout"), CLIENT_TIMEOUT)
        return _client(f"{backends}memcached.PyMemcacheCache", f"127.0.0.1:{location}", options)
    if kind == "pylibmc":
        behaviors = {"connect_timeout": CLIENT_TIMEOUT * 1000, "_poll_timeout": CLIENT_TIMEOUT * 1000}
        return _client(f"{backends}memcached.PyLibMCCache", f"127.0.0.1:{location}", {"behaviors": behaviors})
    if kind == "redis":
        options = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), CLIENT_TIMEOUT)
        return _client(f"{backends}redis.RedisCache", f"redis://127.0.0.1:{location}", options)
    module, name = {
        "database": ("db", "DatabaseCache"),
        "dummy": ("dummy", "DummyCache"),
        "file": ("filebased", "FileBasedCache"),
        "locmem": ("locmem", "LocMemCache"),
        "none": ("locmem", "LocMemCache"),
    }[kind]
    return {"BACKEND": f"{backends}{module}.{name}", "LOCATION": location}


def _client(backend: str, location: str, options: dict[str, Any]) -> dict[str, Any]:
    return {"BACKEND": backend, "LOCATION": location, "OPTIONS": options}


DATABASES = {
    alias: database(alias, os.environ.get("WAFFLE_TEST_DATABASE", "sqlite")) for alias in ("default", "other")
}

CACHE = os.environ.get("WAFFLE_TEST_CACHE", "locmem")
CACHES = {
    "default": cache(CACHE),
    "shared": {"BACKEND": "tests.caches.SharedMemcached", "LOCATION": "shared"},
}

if CACHE == "none":
    WAFFLE_CACHE_NAME = None
WAFFLE_REFRESH_SECONDS = float(os.environ.get("WAFFLE_TEST_REFRESH_SECONDS", "0.1"))
