"""Explanations: every condition of a toggle, and what each of them says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import SynchronousOnlyOperation
from django.test import RequestFactory, SimpleTestCase

import waffle
from test_app.models import TailoredFlag
from tests.each import each_kind, switch_on
from tests.test_evaluation import CASES
from tests.worlds import WORLDS
from waffle import pins
from waffle.conditions import Condition
from waffle.explanations import Explanation, Outcome, Step
from waffle.kinds import FLAG, KINDS, Kind
from waffle.models import Flag, Sample, Switch
from waffle.snapshots import UNKNOWN
from waffle.testutils import override_flag
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]


# Any, throughout: requests, users and flags are whatever a project has.
Explain = Callable[..., Explanation]

each_explain = pytest.mark.parametrize(
    "explain", [waffle.explain, async_to_sync(waffle.aexplain)], ids=WORLDS
)


def request_of(user: Any = None, url: str = "/", **attributes: Any) -> Any:
    request = RequestFactory().get(url)
    request.__dict__.update({"user": AnonymousUser() if user is None else user, **attributes})
    return request


def said(explanation: Explanation, *conditions: str) -> list[str]:
    """Return the lines on these conditions."""
    return [str(step) for step in explanation.steps if step.condition in conditions]


@pytest.fixture
def ada() -> User:
    return User.objects.create(pk=42, username="ada")


# --- the answer -----------------------------------------------------------------------------------


@each_explain
@pytest.mark.parametrize(("fields", "who", "verdict"), CASES)
def test_an_explanation_comes_to_the_verdict_of_a_check_that_reads_only(
    fields: dict[str, Any], who: str, verdict: Verdict, explain: Explain
) -> None:
    user = SimpleNamespace(pk=None, is_authenticated=True, is_staff=who == "staff")
    user.is_superuser = who == "superuser"
    request = request_of(None if who == "anonymous" else user, LANGUAGE_CODE="de")
    Flag.objects.create(name="x", **fields)

    explanation = explain(request, "x")

    assert explanation.verdict == waffle.flag_verdict(request, "x", read_only=True)
    assert bool(explanation) is explanation.verdict.active
    decides = [step for step in explanation.steps if step.decides]
    assert len(decides) == (explanation.verdict.reason is not Reason.DEFAULT)


@each_explain
@each_kind
def test_every_kind_can_be_explained(kind: Kind, explain: Explain) -> None:
    switch_on(kind)

    explanation = explain(None, "x", kind.name)

    assert (explanation.kind, explanation.name) == (kind.name, "x")
    assert explanation.verdict.active is True


@each_explain
def test_another_kind_is_a_value_error(explain: Explain) -> None:
    with pytest.raises(ValueError, match="'toggle' is no kind of toggle: use 'flag', 'switch', 'sample'"):
        explain(None, "x", "toggle")


def test_a_plain_explanation_in_a_coroutine_names_its_twin() -> None:
    async def asks() -> None:
        waffle.explain(None, "x")

    with pytest.raises(SynchronousOnlyOperation, match=r"await waffle.aexplain\(…\)"):
        asyncio.run(asks())


# --- what it says ---------------------------------------------------------------------------------


@each_explain
def test_it_is_a_text_that_a_person_understands(explain: Explain, ada: User) -> None:
    flag = Flag.objects.create(name="checkout", percent=25, staff=True, languages="de,fr")
    flag.groups.add(Group.objects.create(name="editors"))

    assert str(explain(waffle.Subject(unit="42", language="pt"), "checkout")) == (
        "flag checkout is off (percent): bucket 38.659 is not below 25\n"
        "    everyone: not set\n"
        "    testing: not set\n"
        "    languages: pt is not listed → no\n"
        "    authenticated: not set\n"
        "    staff: needs a user, none given → unknown\n"
        "    superusers: needs a user, none given → unknown\n"
        "    users: lists nobody\n"
        "    groups: needs a user, none given → unknown\n"
        "    percent: bucket 38.659 is not below 25 → no (decides)"
    )


@each_explain
def test_conditions_after_the_one_that_decides_are_asked_too(explain: Explain, ada: User) -> None:
    ada.is_staff = True
    Flag.objects.create(name="new_nav", everyone=False, staff=True, percent=99)

    explanation = explain(waffle.Subject(ada), "new_nav")

    assert explanation.verdict == Verdict(False, Reason.EVERYONE)
    assert said(explanation, "everyone", "staff", "superusers", "percent") == [
        "everyone: set to off → no (decides)",
        "staff: the user is staff → yes",
        "superusers: the user is not a superuser → no",
        "percent: bucket 75.764 is below 99 → yes",
    ]


TOLD: list[tuple[dict[str, Any], Any, str]] = [
    ({"everyone": True}, None, "everyone: set to on → yes (decides)"),
    ({"testing": True}, None, "testing: needs a request, none given → unknown"),
    ({"testing": True}, request_of(), "testing: nobody asks for it → no"),
    ({"testing": True}, request_of(url="/?dwft_x=1"), "testing: the query string says on → yes (decides)"),
    ({"testing": True}, request_of(url="/?dwft_x="), "testing: the query string says off → no (decides)"),
    (
        {"testing": True},
        RequestFactory().get("/", headers={"dwft-x": "1"}),
        "testing: the header says on → yes (decides)",
    ),
    (
        {"testing": True},
        request_of(COOKIES={"dwft_x": "True"}),
        "testing: the cookie says on → yes (decides)",
    ),
    ({"languages": "de"}, None, "languages: needs a language, none given → unknown"),
    ({"languages": "de"}, request_of(), "languages: needs a language, none given → unknown"),
    ({"languages": "de"}, waffle.Subject(language="DE"), "languages: DE is listed → yes (decides)"),
    ({"authenticated": True}, None, "authenticated: needs a user, none given → unknown"),
    ({"authenticated": True}, request_of(), "authenticated: nobody is signed in → no"),
    (
        {"authenticated": True},
        request_of(User(pk=1)),
        "authenticated: the user is signed in → yes (decides)",
    ),
    ({"superusers": False}, request_of(User(pk=1)), "superusers: not set"),
    ({}, request_of(User(pk=1, is_superuser=True)), "superusers: the user is a superuser → yes (decides)"),
    ({"percent": 30}, None, "percent: needs a user, none given → unknown"),
    ({"percent": 30}, request_of(), "percent: nothing was dealt yet: the first check does that → unknown"),
    ({"percent": 30}, request_of(waffles={"x": [True, False]}), "percent: this visitor was dealt on"),
    ({"percent": 30}, request_of(COOKIES={"dwf_x": "True"}), "percent: the cookie says on → yes (decides)"),
    ({"percent": 12.5}, waffle.Subject(unit="42"), "percent: bucket"),
    ({"percent": 0}, waffle.Subject(unit="42"), "percent: not set"),
]


@each_explain
@pytest.mark.parametrize(("fields", "whom", "line"), TOLD, ids=lambda value: str(value)[:50])
def test_each_condition_says_what_it_goes_by(
    fields: dict[str, Any], whom: Any, line: str, explain: Explain
) -> None:
    Flag.objects.create(name="x", **fields)

    found = said(explain(whom, "x"), line.split(":")[0])

    assert [step[: len(line)] for step in found] == [line]


@each_explain
@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"STICKY_PERCENT": False}, "percent: needs a request, none given → unknown"),
        ({"UNIT": "tests.test_explanations.unit"}, "percent: needs a unit, none given → unknown"),
    ],
    ids=str,
)
def test_the_percentage_says_what_it_lacks(
    values: dict[str, Any], line: str, explain: Explain, settings: Any, ada: User
) -> None:
    for name, value in values.items():
        setattr(settings, f"WAFFLE_{name}", value)
    Flag.objects.create(name="x", percent=30)

    assert said(explain(waffle.Subject(ada), "x"), "percent") == [line]


def unit(request: Any) -> str | None:
    return None


@each_explain
def test_with_waffle_override_the_query_string_is_asked_first(explain: Explain, settings: Any) -> None:
    settings.WAFFLE_OVERRIDE = True
    Flag.objects.create(name="x", everyone=False)

    lines = [str(explain(whom, "x").steps[0]) for whom in (None, request_of(), request_of(url="/?x=1"))]

    assert lines == [
        "WAFFLE_OVERRIDE: needs a request, none given → unknown",
        "WAFFLE_OVERRIDE: nobody asks for it → no",
        "WAFFLE_OVERRIDE: the query string says on → yes (decides)",
    ]


@each_explain
def test_a_switch_and_a_sample_say_what_they_are(explain: Explain) -> None:
    Switch.objects.create(name="shop", active=False)
    Sample.objects.create(name="log", percent=100)

    assert str(explain(None, "shop", "switch")) == (
        "switch shop is off (active): set to off\n    active: set to off → no (decides)"
    )
    assert str(explain(None, "log", kind="sample")) == (
        "sample log is on (percent): drawn at each check, on in 100 of 100\n"
        "    percent: drawn at each check, on in 100 of 100 → yes (decides)"
    )


@each_explain
@each_kind
def test_of_a_missing_toggle_the_nearest_is_named(kind: Kind, explain: Explain, settings: Any) -> None:
    setattr(settings, f"WAFFLE_{kind.name.upper()}_DEFAULT", True)
    switch_on(kind, "new_basket")

    explanation = explain(None, "new_baskt", kind.name)

    assert explanation.verdict == Verdict(True, Reason.MISSING)
    assert str(explanation) == (
        f"{kind} new_baskt is on (missing): there is no {kind} 'new_baskt': did you mean 'new_basket'?"
    )


@pytest.mark.usefixtures("cold")
def test_without_a_store_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waffle.store, "snapshot", lambda kind: UNKNOWN)

    assert str(waffle.explain(None, "x")) == "flag x is off (error): no store could be read, now or before"


# --- what it leaves behind ------------------------------------------------------------------------


@each_explain
def test_it_leaves_no_trace(explain: Explain, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.WAFFLE_VISITOR_COOKIE = "visitor"
    settings.WAFFLE_LOG_MISSING_FLAGS = 50
    settings.WAFFLE_CREATE_MISSING_FLAGS = True
    Flag.objects.create(name="x", percent=50, testing=True, authenticated=True, languages="de")
    Sample.objects.create(name="x", percent=50)
    request = request_of(url="/?dwft_x=1")
    with waffle.pinned():
        for kind in KINDS:
            explain(request if kind is FLAG else None, "x", kind.name)
            explain(request if kind is FLAG else None, "nobody", kind.name)
        asked, pin = waffle.evaluated(), pins.current()

    assert [name for name in vars(request) if "waffle" in name] == []
    assert asked == {"flags": {}, "switches": {}, "samples": {}}
    assert pin is not None
    assert pin.is_private is False
    assert Flag.objects.count() == 1
    assert caplog.records == []


@each_explain
def test_what_was_noted_before_stays(explain: Explain) -> None:
    Flag.objects.create(name="x", percent=50, testing=True)
    notes = {"y": [True, False]}
    request = request_of(url="/?dwft_x=1", waffles=notes, waffle_tests={"y": True})

    explain(request, "x")

    assert request.waffles is notes
    assert (notes, request.waffle_tests) == ({"y": [True, False]}, {"y": True})


# --- overrides, outages, JSON ---------------------------------------------------------------------


@each_explain
def test_an_override_is_explained_and_named(explain: Explain, ada: User) -> None:
    with override_flag("x", active=True):
        settled = explain(None, "x")
    with override_flag("x", users=[ada], superusers=False):
        listed = explain(waffle.Subject(ada), "x")

    assert str(settled).startswith("flag x is on (everyone): set to on; overridden in this process\n")
    assert listed.verdict == Verdict(True, Reason.USER)
    assert said(listed, "users", "superusers", "groups") == [
        "superusers: not set",
        "users: the user is listed → yes (decides)",
        "groups: lists nobody",
    ]
    assert listed.is_overridden is True


class ExplanationsWithoutADatabase(SimpleTestCase):
    def test_an_override_needs_no_database(self) -> None:
        with override_flag("x", groups=[7], superusers=False):
            user = SimpleNamespace(pk=1, is_authenticated=True, groups=SimpleNamespace())
            user.groups.values_list = lambda *args, **kwargs: [7]
            explanation = waffle.explain(waffle.Subject(user), "x")

        assert said(explanation, "groups") == ["groups: the user is in a listed group → yes (decides)"]

    def test_outcomes_are_texts(self) -> None:
        assert [str(Outcome.UNSET), f"{Outcome.UNSET}"] == ["unset"] * 2


@each_explain
def test_it_can_be_written_as_json(explain: Explain) -> None:
    Switch.objects.create(name="shop", active=True)

    told = json.loads(json.dumps(explain(None, "shop", "switch").to_dict()))

    assert told == {
        "kind": "switch",
        "name": "shop",
        "active": True,
        "reason": "active",
        "detail": "set to on",
        "overridden": False,
        "steps": [{"condition": "active", "outcome": "yes", "detail": "set to on", "decides": True}],
    }


def test_a_step_without_words_is_its_name_and_outcome() -> None:
    assert str(Step("early_birds", Outcome.YES, "")) == "early_birds → yes"


@each_explain
def test_a_condition_without_words_is_explained_without_them(
    explain: Explain, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(Condition):
        def decide(self, toggle: Any, subject: Any) -> Any:
            return subject.attributes["answer"]

    settings.WAFFLE_FLAG_MODEL = "test_app.TailoredFlag"
    monkeypatch.setattr(TailoredFlag, "conditions", (Silent(),))
    TailoredFlag.objects.create(name="x")

    subjects = [waffle.Subject(attributes={"answer": answer}) for answer in (True, 0)]
    found = [explain(subject, "x") for subject in subjects]

    assert [str(explanation) for explanation in found] == [
        "flag x is on (custom)\n    Silent() → yes (decides)",
        "flag x is off (custom)\n    Silent() → no (decides)",
    ]
    assert [explanation.verdict.active for explanation in found] == [True, False]
