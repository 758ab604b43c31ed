"""Settings of the site: as a deployed one has them, with what `tests.faults` puts into the environment."""

from __future__ import annotations

import os
from typing import Any

from tests import settings

SECRET_KEY = "faults"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.faults.site"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "waffle"]
MIDDLEWARE = ["waffle.middleware.WaffleMiddleware"]

DATABASE_TIMEOUT = 2  # seconds, of MariaDB's clients; PostgreSQL's have none for answers
_options: dict[str, Any] = {  # Any: of many types
    "mariadb": dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), DATABASE_TIMEOUT),
}
_place = os.environ.get("WAFFLE_TEST_DATABASE", "sqlite")
_entry = settings.database("default", _place)
DATABASES = {
    "default": {
        **_entry,
        "OPTIONS": _options.get(_place.partition(":")[0]) or _entry.get("OPTIONS", {}),
        "CONN_MAX_AGE": 60,
    }
}

_entry = settings.cache(os.environ.get("WAFFLE_TEST_CACHE", "locmem"))
_counting = {
    "PyMemcacheCache": "tests.faults.counting.CountingMemcached",
    "RedisCache": "tests.faults.counting.CountingRedis",
}
CACHES = {
    "default": {**_entry, "BACKEND": _counting.get(_entry["BACKEND"].rpartition(".")[2], _entry["BACKEND"])}
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(process)d\tlog\t%(message)s"}},
    "handlers": {
        "journal": {
            "class": "logging.FileHandler",
            "filename": os.environ.get("WAFFLE_FAULTS_JOURNAL", os.devnull),
            "formatter": "line",
        }
    },
    "loggers": {"waffle": {"handlers": ["journal"], "propagate": False}},
}
