"""A check never raises because the database is away: it answers what is known, and one log line tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import RequestFactory

import waffle
from tests.away import Away
from tests.conftest import Clock
from tests.logs import messages
from tests.process import elsewhere
from tests.worlds import each_flag_verdict
from waffle.models import Flag, Switch
from waffle.signals import evaluated
from waffle.stamps import Stamp, stamp_of
from waffle.verdicts import Reason, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


def test_with_the_database_away_the_last_answer_stands(
    database: Away, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    database.goes()
    answers = set()
    for _ in range(100):
        clock.advance(0.125)
        answers.add(waffle.switch_is_active("x"))
    database.comes_back()
    with elsewhere():
        Switch.objects.update(active=False)
    clock.advance(30)

    assert answers == {True}
    assert waffle.switch_is_active("x") is False
    assert [message.split(" is ")[1][:9] for message in messages(caplog)] == ["not avail", "available"]
    assert database.tries < 6


def test_a_connection_that_its_server_has_left_is_no_outage(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True
    with elsewhere():
        Switch.objects.update(active=False)
    clock.advance(0.125)

    lose_connection(monkeypatch)

    assert waffle.switch_is_active("x") is False
    assert messages(caplog) == []


def test_a_bump_on_a_connection_that_its_server_has_left_is_made_on_a_new_one(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    stamp = stamp_of("default")
    known = stamp.known

    lose_connection(monkeypatch)

    assert stamp.bump(connection) is True
    assert stamp.known > known
    assert messages(caplog) == []


def lose_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server have left the connection."""
    lost = connection.connection
    lost.close()
    is_usable = connection.is_usable
    # SQLite is never asked whether it is still there.
    monkeypatch.setattr(
        connection, "is_usable", lambda: connection.connection is not lost and is_usable(), raising=False
    )


@each_flag_verdict
def test_with_the_database_away_a_verdict_says_that_it_is_stale_and_what_decided(
    database: Away, clock: Clock, flag_verdict: Callable[..., Verdict]
) -> None:
    Flag.objects.create(name="x", everyone=True)
    before = flag_verdict(None, "x")

    database.goes()
    clock.advance(1)
    with waffle.pinned():
        during, missing = flag_verdict(None, "x"), flag_verdict(None, "nobody")
        told = waffle.evaluated()["flags"]
        explained = waffle.explain(None, "x")
    database.comes_back()
    clock.advance(30)
    after = flag_verdict(None, "x")

    assert before == after == Verdict(True, Reason.EVERYONE)
    assert (during, missing) == (Verdict(True, Reason.STALE), Verdict(False, Reason.STALE))
    assert during.detail == "as last read, everyone: set to on"
    assert missing.detail == "as last read, missing: there is no flag 'nobody'"
    assert told == {"x": during, "nobody": missing}
    assert str(explained).startswith("flag x is on (stale): as last read, everyone: set to on\n")


def test_an_answer_of_an_older_snapshot_that_nobody_can_renew_is_stale(
    database: Away, clock: Clock, settings: Any
) -> None:
    settings.WAFFLE_SNAPSHOT_MAX_AGE = 0.5
    settings.WAFFLE_REFRESH_SECONDS = 1000
    Switch.objects.create(name="x", active=True)
    before = waffle.switch_verdict("x")

    database.goes()
    clock.advance(1)
    during = waffle.switch_verdict("x")
    database.comes_back()

    assert (before, during) == (Verdict(True, Reason.ACTIVE), Verdict(True, Reason.STALE))


def test_whoever_listens_hears_that_an_answer_is_stale_also_of_a_check_without_words(
    database: Away, clock: Clock
) -> None:
    heard = []
    Flag.objects.create(name="x", everyone=True)
    waffle.flag_is_active(None, "x")

    database.goes()
    clock.advance(1)
    with heard_by(lambda verdict, **kwargs: heard.append(verdict)):
        waffle.flag_is_active(None, "x")
        with waffle.pinned():
            waffle.flag_is_active(None, "x")
            told = waffle.evaluated()["flags"]["x"]
    database.comes_back()

    assert [*heard, told] == [Verdict(True, Reason.STALE)] * 3
    assert told.detail == "as last read, everyone"


@contextmanager
def heard_by(receiver: Callable[..., None]) -> Iterator[None]:
    evaluated.connect(receiver)
    yield
    evaluated.disconnect(receiver)


@pytest.mark.parametrize("default", [True, False])
def test_with_the_database_away_from_the_start_the_default_answers(
    database: Away, clock: Clock, settings: Any, default: bool, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_SWITCH_DEFAULT = default
    database.goes()

    verdicts = [waffle.switch_verdict("x") for _ in range(10)]
    for _ in range(100):
        clock.advance(0.125)
        verdicts.append(waffle.switch_verdict("x"))

    assert set(verdicts) == {waffle.Verdict(default, Reason.ERROR)}
    assert len(messages(caplog)) == 2  # the stamp, and the switches
    assert "WAFFLE_SWITCH_DEFAULT" in messages(caplog)[1]
    assert database.tries < 12


def test_with_the_database_away_nothing_that_is_missing_is_logged_or_created(
    database: Away, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_CREATE_MISSING_SWITCHES = True
    settings.WAFFLE_LOG_MISSING_SWITCHES = 40
    database.goes()

    waffle.switch_is_active("x")
    database.comes_back()

    assert not Switch.objects.exists()
    assert not any("not found" in message for message in messages(caplog))


def test_a_database_that_goes_between_commit_and_bump_leaves_the_last_answer(
    database: Away, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    def go(connection: Any) -> None:  # Any: not asked
        database.goes()
        raise OperationalError("no server")

    with monkeypatch.context() as patch:
        patch.setattr(Stamp, "write", staticmethod(go))
        Switch.objects.update(active=False)
    away = waffle.switch_verdict("x")
    database.comes_back()
    clock.advance(1)

    assert away == Verdict(True, Reason.STALE)
    assert waffle.switch_is_active("x") is False


def test_after_the_maximum_age_the_last_answer_still_stands(database: Away, clock: Clock) -> None:
    Switch.objects.create(name="x", active=True)
    waffle.switch_is_active("x")

    database.goes()
    clock.advance(1000)

    assert waffle.switch_is_active("x") is True


def test_with_the_database_away_groups_do_not_count(database: Away, caplog: pytest.LogCaptureFixture) -> None:
    user = User.objects.create(username="u")
    group = user.groups.create(name="g")
    Flag.objects.create(name="x").groups.add(group)
    request = RequestFactory().get("/")
    request.user = user
    assert waffle.flag_is_active(request, "x") is True

    database.goes()

    assert waffle.flag_is_active(request, "x") is False
    assert len(messages(caplog)) == 1


def test_with_the_database_away_a_session_has_no_user(database: Away, rf: RequestFactory) -> None:
    from django.utils.functional import SimpleLazyObject

    Flag.objects.create(name="x", authenticated=True)
    waffle.flag_is_active(None, "x")
    request = rf.get("/")
    request.user = SimpleLazyObject(User.objects.first)  # type: ignore[assignment]  # as Django does
    database.goes()

    assert waffle.flag_is_active(request, "x") is False
