"""What type checkers make of the public names: read by mypy, never run."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import TYPE_CHECKING, Any

import waffle
from waffle.conditions import CLASSIC, Condition, Exclude, Listed
from waffle.explanations import Step
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Sample, Switch, set_flag
from waffle.signals import evaluated
from waffle.utils import get_cache, get_setting, keyfmt

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.cache import BaseCache
    from django.http import HttpRequest, HttpResponse
    from typing_extensions import assert_type


def checks(request: HttpRequest) -> None:
    assert_type(waffle.flag_is_active(request, "x"), bool)
    assert_type(waffle.flag_is_active(None, "x", read_only=True), bool)
    assert_type(waffle.switch_is_active("x"), bool)
    assert_type(waffle.sample_is_active("x"), bool)


def verdicts(request: HttpRequest) -> None:
    verdict = waffle.flag_verdict(request, "x", read_only=True)
    assert_type(verdict, waffle.Verdict)
    assert_type(verdict.active, bool)
    assert_type(verdict.reason, waffle.Reason)
    assert_type(waffle.switch_verdict("x"), waffle.Verdict)
    assert_type(waffle.sample_verdict("x"), waffle.Verdict)
    text: str = waffle.Reason.STAFF
    assert text


async def twins(request: HttpRequest) -> None:
    assert_type(await waffle.aflag_is_active(request, "x"), bool)
    assert_type(await waffle.aswitch_is_active("x"), bool)
    assert_type(await waffle.asample_is_active("x"), bool)
    assert_type(await waffle.aflag_verdict(request, "x", read_only=True), waffle.Verdict)
    assert_type(await waffle.aswitch_verdict("x"), waffle.Verdict)
    assert_type(await waffle.asample_verdict("x"), waffle.Verdict)
    assert_type(await waffle.aexplain(request, "x", kind="flag"), waffle.Explanation)
    async with waffle.apinned() as nothing:
        assert_type(nothing, None)


def reasons(request: HttpRequest) -> None:
    assert_type(waffle.flag_verdict(request, "x").detail, str)
    explanation = waffle.explain(request, "x", kind="flag")
    assert_type(explanation, waffle.Explanation)
    assert_type(explanation.verdict, waffle.Verdict)
    assert_type(explanation.steps, tuple[Step, ...])
    assert_type(explanation.to_dict(), dict[str, Any])
    assert_type(waffle.evaluated(), dict[str, dict[str, waffle.Verdict]])
    evaluated.connect(lambda kind, name, verdict, **others: None)


def subjects(request: HttpRequest, user: User) -> None:
    subject = waffle.Subject(user, language="de", unit="acme", attributes={"plan": "gold"})
    assert_type(waffle.subject_of(request, attributes={"plan": "gold"}), waffle.Subject)
    assert_type(waffle.Subject.from_dict(subject.to_dict()), waffle.Subject)
    assert_type(subject.unit, "str | None")
    assert_type(waffle.flag_is_active(subject, "x"), bool)
    assert_type(waffle.flag_is_active(None, "x"), bool)


async def subjects_in_coroutines(request: HttpRequest) -> None:
    assert_type(await waffle.asubject_of(request), waffle.Subject)


def units_of_work() -> tuple[AbstractContextManager[None], AbstractAsyncContextManager[None]]:
    with waffle.pinned() as nothing:
        assert_type(nothing, None)
    return waffle.pinned(), waffle.apinned()


def models(request: HttpRequest, user: User) -> None:
    # Any: what a project has set.
    assert_type(waffle.get_waffle_flag_model(), Any)
    assert_type(waffle.get_waffle_model("FLAG_MODEL"), Any)
    flag, switch, sample = Flag(name="x"), Switch(name="x"), Sample(name="x", percent=5)
    assert_type(flag.is_active(request), bool)
    assert_type(flag.is_active_for_user(user), "bool | None")
    assert_type(switch.is_active(), bool)
    assert_type(sample.is_active(), bool)
    assert_type(flag.natural_key(), tuple[str])
    assert_type(flag.get_flush_keys(), list[str])
    assert_type(Flag.get_all(), list[Any])
    assert_type(Flag.conditions, tuple[Condition, ...])
    assert_type((*CLASSIC, Listed("companies", by="company")), tuple[Condition, ...])
    assert_type((*CLASSIC, Exclude("users_off")), tuple[Condition, ...])
    set_flag(request, "x", active=False, session_only=True)


def surroundings(request: HttpRequest, response: HttpResponse) -> None:
    middleware = WaffleMiddleware(lambda request: response)
    assert_type(middleware(request), Any)
    assert_type(get_setting("COOKIE"), Any)
    assert_type(keyfmt("flag:%s", "x"), str)
    assert_type(get_cache(), BaseCache)
