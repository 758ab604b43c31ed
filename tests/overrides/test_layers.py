"""Overrides lie over each other, each over one toggle, for the whole process."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from pytest_django.live_server_helper import LiveServer

import waffle
from tests.each import each_kind
from tests.overrides.cases import ADA, BOB, OVERRIDES, STAFF, Check, each_check, request_of
from waffle import Reason
from waffle.evaluation import check
from waffle.kinds import KINDS, Kind
from waffle.models import Switch
from waffle.testutils import override_flag, override_switch


@each_check
@each_kind
def test_the_innermost_counts_in_whatever_order_they_leave(kind: Kind, check: Check) -> None:
    on, off, on_again = (OVERRIDES[kind]("x", active) for active in (True, False, True))
    answers = []

    for override in (on, off, on_again):
        override.enable()
        answers.append(check(kind, "x").active)
    for override in (off, on_again):
        override.disable()
        answers.append(check(kind, "x").active)
    off.enable()
    on.disable()
    answers.append(check(kind, "x").active)
    off.disable()

    assert answers == [True, False, True, True, True, False]


def test_one_layer_over_another_sets_its_own_fields_alone() -> None:
    with override_flag("x", staff=True, users=[ADA]), override_flag("x", superusers=False, users=[BOB]):
        answers = [waffle.flag_is_active(request_of(user), "x") for user in (STAFF, ADA, BOB)]

    assert answers == [True, False, True]


def test_fields_lie_over_an_outer_on_for_everyone() -> None:
    with override_flag("x", True), override_flag("x", staff=True):
        answers = [waffle.flag_is_active(request_of(user), "x") for user in (STAFF, ADA)]

    assert answers == [True, False]


@pytest.mark.django_db
@each_check
@each_kind
def test_an_override_is_of_one_name_and_of_one_kind(kind: Kind, check: Check) -> None:
    with OVERRIDES[kind]("x", True):
        others = [check(other, "x").reason for other in KINDS if other is not kind]
        another = check(kind, "X").reason

    assert {*others, another} == {Reason.MISSING}


@each_kind
def test_other_threads_see_it(kind: Kind, in_thread: Callable[[Callable[[], bool]], bool]) -> None:
    with OVERRIDES[kind]("x", True):
        answer = in_thread(lambda: check(kind, "x").active)

    assert answer is True


@pytest.mark.django_db(transaction=True)
def test_a_live_server_sees_it(live_server: LiveServer) -> None:
    def status() -> dict[str, bool]:
        with urlopen(f"{live_server.url}/waffle_status") as response:
            found = json.load(response)["switches"]
        return {name: toggle["is_active"] for name, toggle in found.items()}

    Switch.objects.create(name="x")
    with override_switch("x", True), override_switch("y", True):
        within = status()

    assert within == {"x": True, "y": True}
    assert status() == {"x": False}
