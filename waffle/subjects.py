"""The subject: whom a check is about where there is no request: a task, a command, an e-mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.utils.functional import SimpleLazyObject


# Any, throughout: users and their keys are the project's own, and attributes hold what conditions read.
class Subject:
    """Whom a check is about: pass it wherever a request goes.

    `user` is a user, or None for nobody who is signed in. `language` is a code, such as "pt-br".
    `unit` is what percentages are dealt by; None: the user's primary key. `attributes` are for conditions
    of your own.

    Nothing of it changes: whoever needs another one makes it.
    """

    user: Any
    language: str | None
    unit: str | None
    attributes: Mapping[str, Any]

    def __init__(
        self,
        user: Any = None,
        *,
        language: str | None = None,
        unit: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        # Not in slots: what is held as the user is seen in `__dict__`, without a touch.
        self.__dict__.update(user=user, language=language, unit=None if unit is None else str(unit))
        self.__dict__["attributes"] = dict(attributes or {})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A subject does not change: make another one, Subject(…, {name}=…).")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Subject) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]  # as for all that holds a dictionary

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"Subject({fields})"

    def to_dict(self) -> dict[str, Any]:
        """Return it as values of JSON, for a task's arguments; of the user the primary key, as a text.

        Raises `TypeError` or `ValueError` where an attribute has no JSON, as `json.dumps` does; `ValueError`
        where the user has no primary key.
        """
        attributes = json.loads(json.dumps(self.attributes, allow_nan=False))
        return {**self.__dict__, "user": _key_of(self.user), "attributes": attributes}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Subject:
        """Return what `to_dict` was called on; the user is loaded when a check wants it.

        A user who is deleted by then is nobody.
        """
        key = fields.get("user")
        user = None if key is None else SimpleLazyObject(partial(_user_by, key))
        # Nothing but these: a newer version may have put more into a task's arguments.
        return cls(user, **{name: fields.get(name) for name in ("language", "unit", "attributes")})


def _key_of(user: Any) -> str | None:
    """Return the primary key as a text; None for nobody."""
    if not getattr(user, "is_authenticated", False):
        return None
    if user.pk is None:
        raise ValueError("The subject's user has no primary key: save it first, or leave it out.")
    return str(user.pk)


def _user_by(key: str) -> Any:
    # Here: a project need not have users.
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import AnonymousUser

    return get_user_model()._default_manager.filter(pk=key).first() or AnonymousUser()
