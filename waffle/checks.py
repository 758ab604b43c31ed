"""System checks: what is wrong, or doubtful, about a project's settings, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import Error, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from waffle import defaults
from waffle.conf import Conf, conf
from waffle.cookies import TOKEN
from waffle.kinds import FLAG, KINDS
from waffle.middleware import WaffleMiddleware

DISTRIBUTION = "django-waffle-iron"

# id: (what is wrong, what to do); an E is an error, a W a warning.
PROBLEMS = {
    "E001": (
        "WAFFLE_{name} is {value!r}, which has no one place for a name.",
        "Write %s once, and any other % as %%: WAFFLE_{name} = {default!r}.",
    ),
    "E002": (
        "WAFFLE_{name} is {value!r}, which is not {wanted}.",
        "Set it to {wanted}: WAFFLE_{name} = {default!r}.",
    ),
    "E003": (
        "WAFFLE_{name} is {value!r}: it must not be less than 0.",
        "Set it to 0 or more: WAFFLE_{name} = {default!r}.",
    ),
    "E004": (
        "WAFFLE_{name} is {value!r}, which is no installed model.",
        "Set it to 'app_label.ModelName' of an app in INSTALLED_APPS: WAFFLE_{name} = {default!r}.",
    ),
    "E005": (
        "WAFFLE_{name} is {value!r}, which is no model of {plural}.",
        "Let it inherit from waffle.models.AbstractBase{title}, or set WAFFLE_{name} = {default!r}.",
    ),
    "E006": (
        "WAFFLE_CACHE_NAME is {value!r}, which is no entry of CACHES.",
        "Set it to one of CACHES, or let the database do it alone: WAFFLE_CACHE_NAME = None.",
    ),
    "E007": (
        "WAFFLE_{name} is {value!r}, which cannot be imported: {error}.",
        "Set it to the dotted path of a function, such as 'shop.flags.{example}', or leave it {default!r}.",
    ),
    "E008": (
        "WAFFLE_{name} is {value!r}, which is no plain function.",
        "Let it be `def {signature}`, neither a class nor a coroutine, or leave it {default!r}.",
    ),
    "E009": (
        "WAFFLE_COOKIE_SAMESITE is {value!r}, which no browser knows.",
        "Set it to 'Lax', 'Strict' or 'None', or to None to leave it to the browser.",
    ),
    "E010": (
        "WAFFLE_VISITOR_COOKIE is {value!r}, which {problem}.",
        "Give it a name of its own: WAFFLE_VISITOR_COOKIE = 'waffle_visitor'.",
    ),
    "E011": (
        "WAFFLE_ADMIN_CONFIRM is {value!r}, which is none of 'none', 'large' and 'always'.",
        "Set it to one of them: WAFFLE_ADMIN_CONFIRM = 'large'.",
    ),
    "E012": (
        "WAFFLE_ADMIN_BANNER is {value!r}, which {problem}.",
        "Set it to a text, or to {example!r}; the level is one of {levels}.",
    ),
    "W001": ("WAFFLE_{name} is no setting of Waffle Iron.", "{advice}"),
    "W002": (
        "WAFFLE_{name} is {value!r}, which counts as {truth}.",
        "Set it to True or False: WAFFLE_{name} = {default!r}.",
    ),
    "W003": (
        "MIDDLEWARE lacks WaffleMiddleware: nothing remembers what is dealt or tested by the flags {names}.",
        "Add 'waffle.middleware.WaffleMiddleware' to MIDDLEWARE.",
    ),
    "W004": (
        "{rivals} and django-waffle-iron are both installed as the package waffle, and overwrite each other.",
        "Uninstall both, then install django-waffle-iron alone.",
    ),
    "W005": (
        "The cache {value!r}, named by WAFFLE_CACHE_NAME, has no {missing}: a hung server stops checks.",
        "Set seconds in its OPTIONS: {options!r}.",
    ),
    "W006": (
        "WAFFLE_COOKIE_SAMESITE is 'None' and WAFFLE_SECURE is off: browsers keep no such cookie.",
        "Set WAFFLE_SECURE = True, or WAFFLE_COOKIE_SAMESITE = 'Lax'.",
    ),
}

# type of a setting: how it is called
WANTED = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    str | None: "a text or None",
    float | None: "a number or None",
    int | None: "a logging level, such as logging.WARNING, or None",
    str | dict | None: "a text, a dictionary or None",
}

NUMBERS = (int, float, float | None)

# What works beside the type that is meant: set_cookie() takes these, and a text may be translated.
ALSO = {"MAX_AGE": (type(None), float, timedelta), "ADMIN_BANNER": (Promise,)}

# setting that is the dotted path of a function: how that is called, and which other values there are
FUNCTIONS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "UNIT": ("unit(request)", (None,)),
    "STATUS_EXPOSE": ("expose(request, kind, name)", ("all", "none")),
}

ADMIN_CONFIRM = ("none", "large", "always")
ADMIN_LEVELS = ("info", "warning", "error")

# a part of the name of a cache's class: the options that its client takes for time-outs
TIMEOUTS = {
    "pymemcache": ("timeout", "connect_timeout"),
    "redis": ("socket_timeout", "socket_connect_timeout"),
    "valkey": ("socket_timeout", "socket_connect_timeout"),
}


# Any, from here on: settings may hold anything, and Django passes what it likes to checks.
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check the settings, and what is installed."""
    return [problem for find in FINDERS for problem in find()]


def check_middleware(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that what flags deal is remembered; asks the database, so only where Django says it may."""
    names = [] if _has_middleware() else _names_of_remembering_flags(databases or ())
    return [_problem("W003", names=", ".join(map(repr, names)))] if names else []


def _problem(code: str, **words: Any) -> CheckMessage:
    message, hint = PROBLEMS[code]
    kind = checks.Error if code.startswith("E") else checks.Warning
    return kind(_filled(message, words), hint=_filled(hint, words), id=f"waffle.{code}")


def _filled(text: str, words: dict[str, Any]) -> str:
    name = words.get("name")
    return text.format(**words, default=getattr(defaults, name, None)) if name else text.format(**words)


def _types() -> Iterator[CheckMessage]:
    for name, wanted in get_type_hints(Conf).items():
        value = getattr(conf, name)
        if wanted is bool:
            if value is not None and not isinstance(value, int):
                yield _problem("W002", name=name, value=value, truth=bool(value))
        elif not _fits(value, wanted) and not isinstance(value, ALSO.get(name, ())):
            yield _problem("E002", name=name, value=value, wanted=WANTED[wanted])
        elif wanted in NUMBERS and isinstance(value, (int, float)) and not value >= 0:
            yield _problem("E003", name=name, value=value)


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool):
        return False  # though Python counts True as 1
    return isinstance(value, wanted) or (wanted in (float, float | None) and isinstance(value, int))


def _patterns() -> Iterator[CheckMessage]:
    for name in get_type_hints(Conf):
        value, default = getattr(conf, name), getattr(defaults, name)
        takes_name = isinstance(value, str) and "%s" in str(default)
        if takes_name and not re.fullmatch(r"(?:[^%]|%%)*%s(?:[^%]|%%)*", value):
            yield _problem("E001", name=name, value=value)


def _models() -> Iterator[CheckMessage]:
    for kind in KINDS:
        name = f"{kind.name.upper()}_MODEL"
        value = getattr(conf, name)
        try:
            is_right = getattr(kind.model, "_waffle_kind", None) is kind
        except ImproperlyConfigured:
            if isinstance(value, str):
                yield _problem("E004", name=name, value=value)
        else:
            if not is_right:
                yield _problem("E005", name=name, value=value, plural=kind.plural, title=kind.title)


def _cache() -> Iterator[CheckMessage]:
    value = conf.CACHE_NAME
    if not isinstance(value, str):
        return
    entry = settings.CACHES.get(value)
    if entry is None:
        yield _problem("E006", value=value)
        return
    given = _options_of(entry)
    timeouts = _timeouts_of(entry)
    missing = [option for option in timeouts if option not in given]
    if missing:
        yield _problem(
            "W005", value=value, missing=" and no ".join(missing), options=dict.fromkeys(timeouts, 1)
        )


def _timeouts_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options for time-outs that a cache's client takes; none for a cache that has no bell."""
    try:
        backend = import_string(entry["BACKEND"])
    except (ImportError, KeyError):
        return ()  # Django tells of it
    names = " ".join(f"{base.__module__}.{base.__qualname__}" for base in backend.__mro__).lower()
    return next((options for client, options in TIMEOUTS.items() if client in names), ())


def _options_of(entry: Mapping[str, Any]) -> set[str]:
    """Return the options that a cache is given, wherever: in OPTIONS, deeper in it, or in an address."""
    location = entry.get("LOCATION") or ()
    addresses = location if isinstance(location, (list, tuple)) else [location]
    in_addresses = {name for address in addresses for name, _ in parse_qsl(urlsplit(str(address)).query)}
    return in_addresses | set(_keys(entry.get("OPTIONS") or {}))


def _keys(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _keys(value)
        elif value is not None:
            yield name.lower()  # django-redis writes SOCKET_TIMEOUT


def _functions() -> Iterator[CheckMessage]:
    for name, (signature, others) in FUNCTIONS.items():
        value = getattr(conf, name)
        if value in others or not isinstance(value, str):
            continue
        try:
            function = import_string(value)
        except Exception as error:  # whatever the project's own module raises
            example = signature.partition("(")[0]
            yield _problem("E007", name=name, value=value, error=error, example=example)
        else:
            if not callable(function) or isinstance(function, type) or iscoroutinefunction(function):
                yield _problem("E008", name=name, value=value, signature=signature)


def _cookies() -> Iterator[CheckMessage]:
    value = conf.COOKIE_SAMESITE
    if isinstance(value, str) and value.lower() not in ("lax", "strict", "none"):
        yield _problem("E009", value=value)
    if str(value).lower() == "none" and value is not None and not conf.SECURE:
        yield _problem("W006")
    visitor_cookie = conf.VISITOR_COOKIE
    if isinstance(visitor_cookie, str) and not re.fullmatch(TOKEN, visitor_cookie):
        yield _problem("E010", value=visitor_cookie, problem="is no name of a cookie")
    elif isinstance(visitor_cookie, str) and _is_of_a_flag(visitor_cookie):
        yield _problem("E010", value=visitor_cookie, problem="may be the cookie of a flag")


def _is_of_a_flag(cookie: str) -> bool:
    for pattern in (conf.COOKIE, conf.TEST_COOKIE):
        prefix, _, suffix = str(pattern).partition("%s")
        if cookie.startswith(prefix) and cookie.endswith(suffix):
            return True
    return False


def _admin() -> Iterator[CheckMessage]:
    confirm: object = conf.ADMIN_CONFIRM
    if isinstance(confirm, str) and confirm not in ADMIN_CONFIRM:
        yield _problem("E011", value=confirm)
    banner = conf.ADMIN_BANNER
    if isinstance(banner, dict):
        example, levels = {"text": "Production", "level": "warning"}, ", ".join(map(repr, ADMIN_LEVELS))
        for problem in _problems_of_banner(banner):
            yield _problem("E012", value=banner, problem=problem, example=example, levels=levels)


def _problems_of_banner(banner: dict[str, Any]) -> Iterator[str]:
    if not isinstance(banner.get("text"), (str, Promise)):
        yield "has no text"
    if banner.get("level", "info") not in ADMIN_LEVELS:
        yield f"has the level {banner['level']!r}"
    unknown = [key for key in banner if key not in ("text", "level")]
    if unknown:
        yield f"has the key {unknown[0]!r}"


def _unknown() -> Iterator[CheckMessage]:
    from difflib import get_close_matches  # here: a site that starts has no use for it

    known = list(get_type_hints(Conf))
    for setting in dir(settings):
        name = setting.removeprefix("WAFFLE_")
        if name != setting and name not in known:
            nearest = get_close_matches(name, known, n=1)
            advice = f"Did you mean WAFFLE_{nearest[0]}?" if nearest else "Remove it: nothing reads it."
            yield _problem("W001", name=name, advice=advice)


def _rivals() -> Iterator[CheckMessage]:
    from importlib.metadata import distributions  # here: a site that starts has no use for it

    names = {str(found.metadata["Name"]) for found in distributions() if _provides_waffle(found)}
    rivals = sorted(name for name in names if re.sub(r"[-_.]+", "-", name).lower() != DISTRIBUTION)
    if rivals:
        yield _problem("W004", rivals=", ".join(rivals))


def _provides_waffle(found: Any) -> bool:
    # By hand: packages_distributions() parses the files of everything that is installed.
    files = found.read_text("RECORD") or found.read_text("SOURCES.txt") or ""
    return (
        "\nwaffle/__init__.py" in f"\n{files}" or "waffle" in (found.read_text("top_level.txt") or "").split()
    )


FINDERS = (_types, _patterns, _models, _cache, _functions, _cookies, _admin, _unknown, _rivals)


def _has_middleware() -> bool:
    for path in settings.MIDDLEWARE:
        try:
            middleware = import_string(path)
        except ImportError:
            continue  # Django tells of it
        if isinstance(middleware, type) and issubclass(middleware, WaffleMiddleware):
            return True
    return False


def _names_of_remembering_flags(databases: Any) -> list[str]:
    """Return the names of the first flags that deal a percentage, or are in testing mode."""
    try:
        alias = FLAG.read_alias()
        if alias not in databases:
            return []
        flags = FLAG.model._default_manager.using(alias).filter(
            Q(percent__gt=0) | Q(testing=True), everyone=None
        )
        with transaction.atomic(using=alias):
            return list(flags.order_by("name").values_list("name", flat=True)[:3])
    except (Error, FieldError, ImproperlyConfigured):
        return []  # no table yet: `migrate` checks before it makes one
