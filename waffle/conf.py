"""`conf`: every WAFFLE_* setting, typed, live, and quick enough for the hot path."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from waffle import defaults


class Unread:
    """Stands for a setting until its first read: that puts the value in its place.

    Python 3.12 finds no attribute quickly of a class that has a `__getattr__`, and checks read many of these.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    # Any: a setting may hold anything.
    def __get__(self, conf: Conf, owner: type[Conf]) -> Any:
        value = conf.read(self.name)
        with suppress(AttributeError):  # another thread was first
            delattr(owner, self.name)
        return value


class Conf:
    """The settings of this project; `conf.NAME` is `settings.WAFFLE_NAME` or its default.

    A value is kept from its first read until Django's `setting_changed`.
    """

    COOKIE: str
    TEST_COOKIE: str
    SECURE: bool
    MAX_AGE: int
    COOKIE_DOMAIN: str | None
    COOKIE_PATH: str
    COOKIE_SAMESITE: str | None
    COOKIE_HTTPONLY: bool

    STICKY_PERCENT: bool
    VISITOR_COOKIE: str | None
    UNIT: str | None

    CACHE_PREFIX: str
    CACHE_NAME: str | None
    FLAG_CACHE_KEY: str
    FLAG_USERS_CACHE_KEY: str
    FLAG_GROUPS_CACHE_KEY: str
    ALL_FLAGS_CACHE_KEY: str
    SWITCH_CACHE_KEY: str
    ALL_SWITCHES_CACHE_KEY: str
    SAMPLE_CACHE_KEY: str
    ALL_SAMPLES_CACHE_KEY: str

    FLAG_DEFAULT: bool
    SWITCH_DEFAULT: bool
    SAMPLE_DEFAULT: bool

    CREATE_MISSING_FLAGS: bool
    CREATE_MISSING_SWITCHES: bool
    CREATE_MISSING_SAMPLES: bool
    LOG_MISSING_FLAGS: int | None
    LOG_MISSING_SWITCHES: int | None
    LOG_MISSING_SAMPLES: int | None

    FLAG_MODEL: str
    SWITCH_MODEL: str
    SAMPLE_MODEL: str

    STRICT: bool

    READ_FROM_WRITE_DB: bool
    OVERRIDE: bool
    ENABLE_ADMIN_PAGES: bool
    ADMIN_BANNER: str | dict | None  # type: ignore[type-arg]  # checks ask isinstance() about it
    ADMIN_READ_ONLY: bool
    ADMIN_CONFIRM: str
    ADMIN_CONFIRM_SHARE: float
    STATUS_ENROLS: bool
    STATUS_EXPOSE: str

    REFRESH_SECONDS: float
    SNAPSHOT_MAX_AGE: float
    ROSTER_LIMIT: int

    HISTORY: bool
    HISTORY_DAYS: float | None

    # Any: one reader for settings of every type; the annotations above say which.
    def read(self, name: str) -> Any:
        """Read a setting, and keep its value."""
        value = getattr(settings, f"WAFFLE_{name}", getattr(defaults, name))
        # Not by `__dict__`: once that is asked for, Python 3.12 takes longer to find what is in it.
        setattr(self, name, value)
        return value

    def read_again(self, *, setting: str, **kwargs: object) -> None:
        """Read `setting` anew, if it was read before."""
        name = setting.removeprefix("WAFFLE_")
        if name in SETTINGS and name not in vars(Conf):
            self.read(name)


SETTINGS = tuple(Conf.__annotations__)

for _name in SETTINGS:
    setattr(Conf, _name, Unread(_name))

conf = Conf()
setting_changed.connect(conf.read_again, dispatch_uid="waffle.conf")


# Any: a function of the project's own.
def function_of(name: str) -> Callable[..., Any]:
    """Return the function whose dotted path `WAFFLE_<name>` is; raises `ImproperlyConfigured`."""
    path = getattr(conf, name)
    try:
        function: Callable[..., Any] = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"WAFFLE_{name} is {path!r}, which cannot be imported ({error}). Set it to the dotted path of a "
            f"function, for example WAFFLE_{name} = 'shop.flags.{name.lower()}'."
        ) from error
    return function
