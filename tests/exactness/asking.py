"""Asking: each form of question, by the public functions, in plain code and in coroutines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import Error
from django.http import HttpRequest

import waffle
from tests.exactness.states import Question

MODELS = {
    "flag": waffle.get_waffle_flag_model(),
    "switch": waffle.get_waffle_switch_model(),
    "sample": waffle.get_waffle_sample_model(),
}

members: list[User] = []
"""The users, in their order."""


def meet() -> None:
    """Load the users; to be called once, first of all."""
    members[:] = User.objects.order_by("username")


# Any, throughout: what is answered goes through JSON.
def ask(question: Question) -> Any:
    """Ask, in plain code."""
    return FORMS[question.form](question)


async def aask(question: Question) -> Any:
    """Ask in a coroutine; what has no async twin is asked in a thread."""
    if question.form == "listed":
        return await waffle.aflag_is_active(_request_of(question.member), question.name)
    if question.form != "active":
        return await sync_to_async(ask)(question)
    if question.part == "flag":
        return await waffle.aflag_is_active(None, question.name)
    return await {"switch": waffle.aswitch_is_active, "sample": waffle.asample_is_active}[question.part](
        question.name
    )


def _active(question: Question) -> bool:
    if question.part == "flag":
        return waffle.flag_is_active(None, question.name)
    return {"switch": waffle.switch_is_active, "sample": waffle.sample_is_active}[question.part](
        question.name
    )


def _note(question: Question) -> str | None:
    toggle = MODELS[question.part].get(question.name)
    return None if toggle.pk is None else str(toggle.note)


def _all(question: Question) -> dict[str, str]:
    toggles = MODELS[question.part].get_all()
    return {toggle.name: toggle.note for toggle in toggles if toggle.name.startswith(question.name)}


def _listed(question: Question) -> bool:
    return waffle.flag_is_active(_request_of(question.member), question.name)


def _request_of(member: int | None) -> HttpRequest:
    assert member is not None
    request = HttpRequest()
    request.user = members[member]
    return request


FORMS: dict[str, Callable[[Question], Any]] = {
    "active": _active,
    "note": _note,
    "all": _all,
    "listed": _listed,
}

FAILURES = (Error,)
"""What the reader's own transactions, not its checks, may raise while a database is away."""
