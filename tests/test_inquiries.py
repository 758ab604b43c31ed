"""Subjects: who is asked about, and for how long what is known of them holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import login, logout
from django.contrib.auth.models import AnonymousUser, Group, User
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

import waffle
from waffle import pins
from waffle.inquiries import Inquiry, inquiry_of
from waffle.models import Flag
from waffle.snapshots import UNKNOWN

SNAPSHOT = UNKNOWN


# Any, throughout: stand-ins for requests.
def request_of(user: object) -> Any:
    return SimpleNamespace(user=user)


def test_a_subject_begins_without_facts() -> None:
    request = request_of("user")

    subject = Inquiry(SNAPSHOT, request, read_only=True)

    assert (subject.snapshot, subject.request, subject.read_only) == (SNAPSHOT, request, True)
    assert subject.facts == {}


def test_to_make_a_subject_does_not_touch_the_user(rf: RequestFactory) -> None:
    def touched() -> None:
        raise AssertionError

    request = rf.get("/")
    request.user = SimpleLazyObject(touched)  # type: ignore[assignment]  # what Django itself puts there

    assert Inquiry(SNAPSHOT, request).is_about(request, SNAPSHOT) is True


def test_a_subject_serves_for_the_same_request_user_and_snapshot() -> None:
    request = request_of("user")
    subject = Inquiry(SNAPSHOT, request)

    assert subject.is_about(request, SNAPSHOT) is True
    assert subject.is_about(request_of("user"), SNAPSHOT) is False
    assert subject.is_about(request, SNAPSHOT.replaced()) is False
    request.user = "somebody else"
    assert subject.is_about(request, SNAPSHOT) is False


@pytest.mark.parametrize("request_", [SimpleNamespace(), object(), None], ids=["no user", "no dict", "none"])
def test_a_user_that_cannot_be_seen_is_taken_for_another_one(request_: Any) -> None:
    assert Inquiry(SNAPSHOT, request_).is_about(request_, SNAPSHOT) is False


def test_without_a_pin_each_check_has_its_own_subject() -> None:
    request = request_of("user")

    first = inquiry_of(SNAPSHOT, request, read_only=False)

    assert inquiry_of(SNAPSHOT, request, read_only=False) is not first


def test_in_a_pin_the_subject_is_kept_while_it_serves(pin: pins.Pin) -> None:
    request = request_of("user")

    first = inquiry_of(SNAPSHOT, request, read_only=False)
    second = inquiry_of(SNAPSHOT, request, read_only=False)
    request.user = "somebody else"
    third = inquiry_of(SNAPSHOT, request, read_only=False)

    assert second is first
    assert third is not first
    assert inquiry_of(SNAPSHOT, request, read_only=False) is third


def test_reading_only_has_a_subject_of_its_own(pin: pins.Pin) -> None:
    request = request_of("user")

    dealing = inquiry_of(SNAPSHOT, request, read_only=False)
    reading = inquiry_of(SNAPSHOT, request, read_only=True)

    assert (dealing.read_only, reading.read_only) == (False, True)
    assert inquiry_of(SNAPSHOT, request, read_only=False) is dealing
    assert inquiry_of(SNAPSHOT, request, read_only=True) is reading


def test_without_a_request_nothing_is_kept(pin: pins.Pin) -> None:
    first = inquiry_of(SNAPSHOT, None, read_only=False)

    assert inquiry_of(SNAPSHOT, None, read_only=False) is not first
    assert pin.inquiries == {}


@pytest.mark.django_db
def test_a_login_and_a_logout_within_a_request_are_noticed(rf: RequestFactory) -> None:
    user = User.objects.create(username="u", is_staff=True)
    group = Group.objects.create(name="g")
    user.groups.add(group)
    Flag.objects.create(name="staff", staff=True)
    Flag.objects.create(name="members").groups.add(group)
    request: Any = rf.get("/")
    request.session = SessionStore()
    request.user = AnonymousUser()

    def answers() -> list[bool]:
        return [waffle.flag_is_active(request, name) for name in ("staff", "members")]

    with waffle.pinned():
        before = answers()
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        signed_in = answers()
        logout(request)
        signed_out = answers()

    assert before == [False, False]
    assert signed_in == [True, True]
    assert signed_out == [False, False]


@pytest.mark.django_db
def test_two_requests_in_one_pin_do_not_mix(rf: RequestFactory) -> None:
    Flag.objects.create(name="staff", staff=True)
    one, other = request_of(User(pk=1, is_staff=True)), request_of(User(pk=2))

    with waffle.pinned():
        answers = [waffle.flag_is_active(request, "staff") for request in (one, other, one, other)]

    assert answers == [True, False, True, False]
