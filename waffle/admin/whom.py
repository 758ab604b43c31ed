"""Whom the pages that ask why are asked about: a user, a language, a unit, parameters of an address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from waffle.admin.pasting import meant_by
from waffle.admin.sight import may_view
from waffle.admin.widgets import is_key, words
from waffle.conf import conf
from waffle.management.members import called
from waffle.reach import list_names
from waffle.subjects import Subject
from waffle.values import Value

MOST_FOUND = 10  # users who may be meant by one name


# Any, throughout: pages, requests, flags and users are Django's and the project's.
class Asked(Value):
    """Whom a page is asked about."""

    name: str = ""
    """What was typed: a username, an e-mail address or a primary key."""
    key: str = ""
    """The primary key, where somebody was picked from a list."""
    hidden_key: str = ""
    """What the form sends beside the name: without a script it stays when somebody types another name."""
    language: str = ""
    unit: str = ""
    query: str = ""
    """Parameters of an address, such as `dwft_new_basket=1`."""
    user: Any = None
    found: tuple[Any, ...] = ()
    """All who may be meant: nobody, or more than one, where `user` is None."""

    @property
    def parameters(self) -> dict[str, str]:
        """What an address says of it."""
        names = ("user", "key", "language", "unit", "query")
        values = (self.name, self.key, self.language, self.unit, self.query)
        return dict(zip(names, values, strict=True))

    @property
    def is_lost(self) -> bool:
        """Whether somebody was asked about and it is not clear who."""
        return self.user is None and bool(self.name or self.key)

    @property
    def whom(self) -> Any:
        """What a check is asked about: a subject, or a request that stands for a visit."""
        if not self.query:
            return Subject(self.user, language=self.language or None, unit=self.unit or None)
        request: Any = HttpRequest()
        request.GET = QueryDict(self.query.lstrip("?"), mutable=False)
        request.user = self.user or AnonymousUser()
        if self.language:
            request.LANGUAGE_CODE = self.language
        return request


def asked_by(page: Any, request: Any) -> Asked:
    """Return whom a request asks about: of users those whom it may see, and the one who asks."""
    sent = {name: request.GET.get(name, "").strip() for name in ("user", "key", "language", "unit", "query")}
    name, key = sent.pop("user"), sent.pop("key")
    if not (name or key):
        return Asked(**sent)
    found = _seen(page, request, name, key)
    if len(found) != 1:
        return Asked(name, key, **sent, found=tuple(found))
    user = found[0]
    if not name or (key and _seen(page, request, name) != found):
        name = called(user)  # not what was typed: the key wins
    is_clear = _seen(page, request, name) == found
    return Asked(name, str(user.pk), **sent, hidden_key="" if is_clear else str(user.pk), user=user)


def _seen(page: Any, request: Any, name: str, key: str = "") -> list[Any]:
    """Return the users who may be meant, of those whom a request may see, else the one who asks."""
    mine = get_user_model()._default_manager.filter(pk=request.user.pk)
    return _found(_users(page, request), name, key) or _found(mine, name, key)


def _users(page: Any, request: Any) -> Any:
    """Return the users whom a request may see, as Django's search as you type does."""
    model = get_user_model()
    if not may_view(page.admin_site, request, model):
        return model._default_manager.none()
    own = page.admin_site._registry.get(model)
    return model._default_manager.all() if own is None else own.get_queryset(request)


def _found(rows: Any, name: str, key: str) -> list[Any]:
    """Return the users among `rows` who may be meant."""
    by_key = _by_key(rows, key)
    if by_key:
        return by_key
    meant = meant_by(rows, [name])
    return [*meant.found.values(), *meant.ambiguous.get(name, ())][:MOST_FOUND] or _by_key(rows, name)


def _by_key(rows: Any, key: str) -> list[Any]:
    return list(rows.filter(pk=key)) if key and is_key(rows.model._meta.pk, key) else []


def form_of(page: Any, request: Any, asked: Asked, action: str) -> dict[str, Any]:
    """Return what the form on top of both pages shows."""
    return {
        "asked": asked,
        "action": action,
        "asks_about_others": may_view(page.admin_site, request, get_user_model()),
        "search": search_of_users(page, request),
        "words": words(),
        "languages": [(code, _(name)) for code, name in settings.LANGUAGES],
        "example": f"{conf.TEST_COOKIE % 'new_basket'}=1",
    }


def search_of_users(page: Any, request: Any) -> str:
    """Return where a script finds users: at the field of the flag that lists them, if there is one."""
    fields = (page.model._meta.get_field(name) for name in list_names(page.model))
    field = next((field for field in fields if issubclass(get_user_model(), field.related_model)), None)
    return "" if field is None else str(page.search_of(request, field))
