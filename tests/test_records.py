"""Records: what a unit of work has asked, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import RequestFactory

import waffle
from test_app.models import ScratchFlag
from tests import process
from tests.each import each_kind, switch_on
from tests.worlds import WORLDS, Server, each_serve
from waffle import evaluation, pins, records
from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch
from waffle.signals import evaluated
from waffle.testutils import override_flag
from waffle.verdicts import Reason, Verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]

NOTHING: dict[str, dict[str, Verdict]] = {"flags": {}, "switches": {}, "samples": {}}

# Any, throughout: what signals send and checks take is of every sort.
each_ask = pytest.mark.parametrize("ask", [check, async_to_sync(acheck)], ids=WORLDS)


class Ear:
    """A receiver of the signal, and what it has heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, Verdict]] = []

    def __call__(self, kind: str, name: str, verdict: Verdict, **kwargs: Any) -> None:
        self.heard.append((kind, name, verdict))


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    evaluated.connect(ear)
    yield ear
    evaluated.disconnect(ear)


# --- evaluated() ----------------------------------------------------------------------------------


@each_ask
@each_kind
def test_a_unit_of_work_knows_what_it_has_asked_and_was_told(kind: Kind, ask: Any) -> None:
    switch_on(kind)

    with waffle.pinned():
        answers = {"x": ask(kind, "x"), "nobody": ask(kind, "nobody")}
        found = waffle.evaluated()

    assert found == {**NOTHING, kind.plural: answers}
    assert [verdict.active for verdict in answers.values()] == [True, False]


def test_without_a_unit_of_work_there_is_nothing() -> None:
    waffle.switch_is_active("x")

    assert waffle.evaluated() == NOTHING


def test_the_first_answer_counts(rf: RequestFactory) -> None:
    Flag.objects.create(name="x", staff=True)

    with waffle.pinned():
        waffle.flag_is_active(None, "x")
        with override_flag("x", active=True):
            assert waffle.flag_is_active(None, "x") is True
        found = waffle.evaluated()["flags"]

    assert found == {"x": Verdict(False, Reason.DEFAULT)}


def test_a_verdict_that_was_asked_for_is_kept_with_its_words() -> None:
    switch_on(SWITCH)

    with waffle.pinned():
        waffle.switch_verdict("x")
        verdict = waffle.evaluated()["switches"]["x"]

    assert verdict.detail == "set to on"


@each_serve
def test_a_request_knows_its_own_and_nothing_of_another(serve: Server, rf: RequestFactory) -> None:
    switch_on(FLAG)

    def view(request: Any) -> HttpResponse:
        before = waffle.evaluated()
        waffle.flag_is_active(request, "x")
        return HttpResponse(f"{len(before['flags'])} {list(waffle.evaluated()['flags'])}")

    answers = [serve(view, rf.get("/")).content for _ in range(2)]

    assert answers == [b"0 ['x']"] * 2
    assert waffle.evaluated() == NOTHING


def test_what_an_inner_block_has_asked_is_the_outer_ones_too() -> None:
    switch_on(SWITCH)
    Flag.objects.create(name="x", everyone=False)

    with waffle.pinned():
        waffle.switch_is_active("before")
        with waffle.pinned():
            waffle.switch_is_active("x")
            with waffle.pinned():
                waffle.flag_is_active(None, "x")
            inner = waffle.evaluated()
        outer = waffle.evaluated()

    assert inner == {
        **NOTHING,
        "switches": {"x": Verdict(True, Reason.ACTIVE)},
        "flags": {"x": Verdict(False, Reason.EVERYONE)},
    }
    assert list(outer["switches"]) == ["before", "x"]
    assert outer["flags"] == inner["flags"]


def test_of_an_inner_and_an_outer_answer_the_outer_one_is_first() -> None:
    with waffle.pinned():
        waffle.switch_is_active("x")
        with waffle.pinned():
            switch_on(SWITCH)
            assert waffle.switch_is_active("x") is True
        found = waffle.evaluated()["switches"]

    assert found == {"x": Verdict(False, Reason.MISSING)}


def test_a_block_that_outlives_its_request_hands_on_to_what_is_open() -> None:
    with waffle.pinned():
        request = pins.enter()
        background = pins.enter()
        pins.leave(request)
        pins._current.set(background)
        waffle.switch_is_active("x")
        pins.leave(background)
        found = waffle.evaluated()["switches"]

    assert list(found) == ["x"]


def test_after_a_unit_of_work_nothing_of_it_is_kept() -> None:
    pin = pins.enter()
    waffle.switch_is_active("x")
    kept = list(pin.records)

    pins.leave(pin)

    assert kept == [(SWITCH, "x")]
    assert pin.records == {}


def test_a_change_of_ones_own_does_not_undo_what_was_told() -> None:
    with waffle.pinned():
        waffle.switch_is_active("x")
        switch_on(SWITCH)
        found = waffle.evaluated()["switches"]

    assert list(found) == ["x"]


def test_what_is_returned_is_yours_to_change() -> None:
    with waffle.pinned():
        waffle.switch_is_active("x")
        waffle.evaluated()["switches"].clear()

        assert list(waffle.evaluated()["switches"]) == ["x"]


@each_kind
def test_a_toggle_at_hand_is_asked_too(kind: Kind) -> None:
    switch_on(kind)
    arguments = [None] if kind is FLAG else []

    with waffle.pinned():
        kind.model.get("x").is_active(*arguments)
        kind.model.get("nobody").is_active(*arguments)
        found = waffle.evaluated()[kind.plural]

    assert {name: verdict.active for name, verdict in found.items()} == {"x": True, "nobody": False}


def test_of_a_method_of_ones_own_the_last_word_counts(settings: Any, rf: RequestFactory) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    ScratchFlag.objects.create(name="x")

    with waffle.pinned():
        answer = waffle.flag_is_active(rf.get("/?scratch=1"), "x")
        found = waffle.evaluated()["flags"]

    assert answer is True
    assert found == {"x": Verdict(True, Reason.CUSTOM)}


def test_a_question_for_a_user_alone_is_none_of_the_requests() -> None:
    Flag.objects.create(name="x", everyone=True)

    with waffle.pinned():
        assert Flag.get("x").is_active_for_user(None) is True
        assert waffle.evaluated() == NOTHING


# --- the signal -----------------------------------------------------------------------------------


@each_serve
def test_the_signal_is_sent_once_per_request_and_toggle(serve: Server, rf: RequestFactory, ear: Ear) -> None:
    switch_on(FLAG)
    switch_on(SAMPLE)

    def view(request: Any) -> HttpResponse:
        for _ in range(3):
            waffle.flag_is_active(request, "x")
            waffle.switch_is_active("nobody")
            waffle.sample_is_active("x")
        return HttpResponse()

    for _ in range(2):
        serve(view, rf.get("/"))

    told = [
        ("flag", "x", Verdict(True, Reason.EVERYONE)),
        ("switch", "nobody", Verdict(False, Reason.MISSING)),
        ("sample", "x", Verdict(True, Reason.PERCENT)),
    ]
    assert ear.heard == told * 2


def test_an_inner_block_does_not_tell_what_was_told_around_it(ear: Ear) -> None:
    with waffle.pinned():
        waffle.switch_is_active("x")
        with waffle.pinned():
            waffle.switch_is_active("x")
            waffle.switch_is_active("y")
        waffle.switch_is_active("y")

    assert [name for _, name, _ in ear.heard] == ["x", "y"]


@each_ask
def test_outside_of_any_unit_of_work_each_check_is_told(ask: Any, ear: Ear) -> None:
    ask(SWITCH, "x")
    ask(SWITCH, "x")

    assert [name for _, name, _ in ear.heard] == ["x", "x"]


def test_the_sender_is_the_model_so_that_one_may_listen_to_flags_alone() -> None:
    ear = Ear()
    evaluated.connect(ear, sender=Flag)
    try:
        waffle.flag_is_active(None, "x")
        waffle.switch_is_active("x")
    finally:
        evaluated.disconnect(ear, sender=Flag)

    assert [kind for kind, _, _ in ear.heard] == ["flag"]


@each_ask
def test_a_receiver_that_raises_is_logged_and_harms_nothing(
    ask: Any, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(**kwargs: Any) -> None:
        raise RuntimeError("no ears")

    switch_on(SWITCH)
    evaluated.connect(fails)
    try:
        with waffle.pinned():
            verdict = ask(SWITCH, "x")
    finally:
        evaluated.disconnect(fails)

    assert verdict == Verdict(True, Reason.ACTIVE)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("django.dispatch", "ERROR")
    assert "no ears" in record.getMessage()
    assert len(ear.heard) == 1


def test_a_receiver_that_raises_and_has_no_name_harms_nothing_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(ears: int, **kwargs: Any) -> None:
        raise RuntimeError("no ears")

    nameless = partial(fails, 0)
    evaluated.connect(nameless)
    try:
        answer = waffle.switch_is_active("x")
    finally:
        evaluated.disconnect(nameless)

    assert answer is False
    assert [record.getMessage() for record in caplog.records] == [
        "A receiver of waffle.signals.evaluated has failed."
    ]


def test_a_receiver_may_ask_and_nobody_is_told_of_that(ear: Ear) -> None:
    answers = []

    def asks(**kwargs: Any) -> None:
        answers.append(waffle.switch_is_active("x"))

    evaluated.connect(asks)
    try:
        waffle.switch_is_active("x")
    finally:
        evaluated.disconnect(asks)

    assert answers == [False]
    assert len(ear.heard) == 1


def test_a_coroutine_function_cannot_listen() -> None:
    async def listens(**kwargs: Any) -> None: ...

    with pytest.raises(TypeError, match="must be a plain function: a check calls it, and does not wait"):
        evaluated.connect(listens)

    assert evaluated.receivers == []


# --- what it costs --------------------------------------------------------------------------------


def test_where_nobody_listens_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.signal, "send_robust", lambda *args, **kwargs: pytest.fail("sent"))

    waffle.switch_is_active("x")
    with waffle.pinned():
        waffle.switch_is_active("x")


@each_ask
def test_a_question_that_was_asked_before_is_not_recorded_again(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[int] = []
    process.before_each(evaluation, "record", lambda: recorded.append(1), monkeypatch)

    with waffle.pinned():
        for _ in range(3):
            ask(SWITCH, "x")
            ask(SAMPLE, "x")

    assert len(recorded) == 2


def test_while_nothing_is_away_nobody_asks_whether_an_answer_is_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(records, "is_stale", lambda *args: asked.append(args))

    with waffle.pinned():
        waffle.switch_is_active("x")

    assert asked == []


def test_records_take_no_query(django_assert_num_queries: Any, ear: Ear) -> None:
    Switch.objects.create(name="x")
    Sample.objects.create(name="x", percent=5)

    with waffle.pinned():
        waffle.switch_is_active("x")
        waffle.sample_is_active("x")
        with django_assert_num_queries(0):
            waffle.switch_is_active("nobody")
            waffle.evaluated()
