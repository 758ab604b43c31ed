"""Verdicts: an answer and its reason."""

from __future__ import annotations

import pickle

import pytest

from waffle.verdicts import Reason, Verdict, on_or_off, verdict_of


@pytest.mark.parametrize("active", [True, False])
def test_a_verdict_is_as_true_as_its_answer(active: bool) -> None:
    assert bool(Verdict(active, Reason.STAFF)) is active


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("reason", list(Reason))
def test_the_same_answer_for_the_same_reason_is_one_object(active: bool, reason: Reason) -> None:
    verdict = verdict_of(active, reason)

    assert verdict == Verdict(active, reason)
    assert verdict_of(active, reason) is verdict


def test_verdicts_are_equal_if_answer_and_reason_are() -> None:
    staff = Verdict(True, Reason.STAFF)

    assert {staff, Verdict(True, Reason.STAFF), pickle.loads(pickle.dumps(staff))} == {staff}
    assert staff != Verdict(False, Reason.STAFF)
    assert staff != Verdict(True, Reason.SUPERUSER)
    assert staff != (True, Reason.STAFF)


def test_a_verdict_shows_its_answer_and_its_reason() -> None:
    assert (
        repr(Verdict(True, Reason.STAFF)) == "Verdict(active=True, reason=<Reason.STAFF: 'staff'>, detail='')"
    )


def test_the_words_of_a_verdict_are_no_part_of_what_it_says() -> None:
    plain, worded = Verdict(True, Reason.STAFF), Verdict(True, Reason.STAFF, "the user is staff")

    assert plain.detail == ""
    assert worded == plain
    assert hash(worded) == hash(plain)
    assert worded != Verdict(False, Reason.STAFF, "the user is staff")


@pytest.mark.parametrize(("active", "words"), [(True, "on"), (False, "off"), (None, "off")])
def test_an_answer_in_words_is_on_or_off(active: bool | None, words: str) -> None:
    assert on_or_off(active) == words


def test_a_verdict_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        verdict_of(True, Reason.STAFF).active = False  # type: ignore[misc]  # that is the point


def test_a_reason_is_text_that_json_and_logs_can_hold() -> None:
    assert {reason.value for reason in Reason} == {
        *("missing", "override", "everyone", "testing", "language", "authenticated", "staff", "superuser"),
        *("user", "group", "percent", "custom", "active", "default", "error", "stale"),
    }
    assert Reason("group") is Reason.GROUP
    assert isinstance(Reason.GROUP, str)
    assert (str(Reason.GROUP), f"{Reason.GROUP:>6}") == ("group", " group")
