"""A check never raises because a server is away: it answers what is known, and one log line tells."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import RequestFactory

import waffle
from tests.caches import BrokenMemcached, SharedMemcached
from tests.conftest import Clock
from tests.crossing import right_after
from tests.process import elsewhere
from tests.worlds import each_flag_verdict
from waffle import bells
from waffle.kinds import SWITCH
from waffle.models import Flag, Switch
from waffle.stamps import Stamp, stamp_of
from waffle.verdicts import Reason, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


class Away:
    """The database: while it is away each statement fails, and is counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.tries = 0

    def goes(self) -> None:
        self.monkeypatch.setattr(BaseDatabaseWrapper, "cursor", self.fail)
        for each in connections.all():
            # Django's SimpleTestCase leaves a cursor of its own behind on each.
            self.monkeypatch.setattr(each, "cursor", self.fail)

    def comes_back(self) -> None:
        self.monkeypatch.undo()

    def fail(self, *args: object) -> None:
        self.tries += 1
        raise OperationalError("no server")


@pytest.fixture
def database(clock: Clock) -> Iterator[Away]:
    with pytest.MonkeyPatch.context() as patch:
        yield Away(patch)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "waffle"]


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
    assert told == {"x": Verdict(True, Reason.EVERYONE), "nobody": Verdict(False, Reason.MISSING)}
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


def test_a_check_without_words_goes_on_saying_what_decided(database: Away, clock: Clock) -> None:
    Flag.objects.create(name="x", everyone=True)
    waffle.flag_is_active(None, "x")

    database.goes()
    clock.advance(1)
    with waffle.pinned():
        waffle.flag_is_active(None, "x")
        told = waffle.evaluated()["flags"]
    database.comes_back()

    assert told == {"x": Verdict(True, Reason.EVERYONE)}


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


@pytest.fixture
def broken_cache(clock: Clock, settings: Any) -> Clock:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.BrokenMemcached"}}
    BrokenMemcached.calls = 0
    return clock


def test_with_the_cache_away_every_look_reads_the_row(
    broken_cache: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    with elsewhere():
        Switch.objects.update(active=False)
    broken_cache.advance(0.125)

    assert waffle.switch_is_active("x") is False
    assert len(messages(caplog)) == 1


def test_a_cache_that_is_away_is_asked_once_per_back_off(broken_cache: Clock) -> None:
    with elsewhere():
        Switch.objects.create(name="x", active=True)

    for _ in range(400):
        waffle.switch_is_active("x")
        broken_cache.advance(0.25)

    # At 0, 1, 3, 7, 15, 31, 61 and 91 seconds, each time by the client that is there and by a new one.
    assert BrokenMemcached.calls == 16


def test_a_cache_that_comes_back_is_heard_again(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        waffle.switch_is_active("x")
        broken_cache.advance(0.125)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.SharedMemcached"}}
    for _ in range(2):
        broken_cache.advance(1)
        waffle.switch_is_active("x")
    broken_cache.advance(0.125)

    with django_assert_num_queries(0):
        waffle.switch_is_active("x")

    assert [message.split(" is ")[1][:9] for message in messages(caplog)] == ["not avail", "available"]


def test_a_cache_whose_client_swallows_errors_is_not_available_again(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        waffle.switch_is_active("x")
        broken_cache.advance(0.125)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.ForgetfulMemcached"}}
    broken_cache.advance(1)
    waffle.switch_is_active("x")

    assert len(messages(caplog)) == 1


def test_a_client_that_its_server_has_left_is_replaced_at_once(
    broken_cache: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {"default": {"BACKEND": "tests.caches.LeftMemcached"}}

    def heard() -> list[str | None]:
        caches["default"].is_left = True  # type: ignore[attr-defined]  # of this backend alone
        bells.ring()
        rung = bells.listen()
        caches["default"].is_left = True  # type: ignore[attr-defined]  # the same
        return [rung, bells.listen()]

    first, second = heard(), heard()

    assert first[0] == first[1] != second[0] == second[1]
    assert messages(caplog) == []


def test_two_that_ring_at_once_are_no_outage(
    clock: Clock, shared_cache: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with right_after(SharedMemcached, "set", lambda: shared_cache.set("waffle:bell", "another"), monkeypatch):
        bells.ring()

    assert bells.away.is_owed is False
    assert messages(caplog) == []


def test_a_ring_that_fails_is_made_up_for_at_the_next_look_that_reaches_the_cache(
    broken_cache: Clock, settings: Any
) -> None:
    waffle.switch_is_active("x")
    Switch.objects.create(name="x", active=True)
    settings.CACHES = {"default": {"BACKEND": "tests.caches.SharedMemcached"}}
    caches["default"].set("waffle:bell", "old")

    heard = []
    for _ in range(2):
        broken_cache.advance(8)
        waffle.switch_is_active("x")
        heard.append(caches["default"].get("waffle:bell"))

    assert heard[0] != "old"
    assert heard[1] == heard[0]  # once


@pytest.mark.parametrize(("seconds", "calls"), [(1.0, 1), (0.0, 6)])
def test_commits_do_not_wait_for_a_cache_that_hangs(
    broken_cache: Clock, monkeypatch: pytest.MonkeyPatch, seconds: float, calls: int
) -> None:
    monkeypatch.setattr(bells, "monotonic", itertools.count(0, seconds).__next__)

    for name in "abc":
        Switch.objects.create(name=name)

    assert BrokenMemcached.calls == calls


def test_a_cache_that_no_setting_describes_is_no_error(
    clock: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_CACHE_NAME = "nowhere"
    Switch.objects.create(name="x", active=True)

    assert waffle.switch_is_active("x") is True
    assert "nowhere" in messages(caplog)[0]


def test_without_a_cache_nobody_rings(clock: Clock, settings: Any) -> None:
    settings.WAFFLE_CACHE_NAME = None

    assert bells.listen() is None
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True


@pytest.fixture
def stamp_is_missing(clock: Clock) -> Iterator[Clock]:
    """New code, and nobody has run `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE waffle_stamp RENAME TO waffle_stamp_away")
    yield clock
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE waffle_stamp_away RENAME TO waffle_stamp")


def test_without_the_stamp_table_flags_keep_their_stored_values(
    stamp_is_missing: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    Switch.objects.create(name="x", active=True)
    assert waffle.switch_is_active("x") is True

    with elsewhere(is_told=False):
        Switch.objects.update(active=False)
    stamp_is_missing.advance(1)

    assert waffle.switch_is_active("x") is False
    assert len(messages(caplog)) == 1
    assert "manage.py migrate" in messages(caplog)[0]


def test_without_the_stamp_table_a_process_sees_its_own_changes_at_once(stamp_is_missing: Clock) -> None:
    switch = Switch.objects.create(name="x", active=True)
    seen = [waffle.switch_is_active("x")]
    switch.delete()

    assert [*seen, waffle.switch_is_active("x")] == [True, False]


def test_an_own_commit_is_seen_though_what_is_held_has_no_label(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch = Switch.objects.create(name="x", active=True)
    with monkeypatch.context() as patch:
        patch.setattr(Stamp, "read", lambda *args: None)
        assert waffle.switch_is_active("x") is True

    switch.delete()

    assert waffle.switch_is_active("x") is False


def test_a_row_that_holds_what_its_field_cannot_is_left_out_alone(
    clock: Clock, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite lets a column hold anything")
    settings.WAFFLE_CREATE_MISSING_FLAGS = True
    Flag.objects.create(name="right", everyone=True)
    wrong = Flag.objects.create(name="wrong")
    with connection.cursor() as cursor:
        # As django-waffle's command does it.
        cursor.execute("UPDATE waffle_flag SET percent = 100 WHERE name = 'wrong'")

    assert waffle.flag_verdict(None, "right") == Verdict(True, Reason.EVERYONE)
    assert waffle.flag_verdict(None, "wrong") == Verdict(False, Reason.MISSING)
    left_out, not_created = [record.getMessage() for record in caplog.records]
    assert left_out.startswith(f"The flag with the key {wrong.pk} is left out: a column holds what its field")
    assert not_created.startswith("The missing flag 'wrong' could not be created")


def test_without_the_stamp_table_rows_are_read_once_a_second(
    stamp_is_missing: Clock, django_assert_max_num_queries: Any
) -> None:
    waffle.switch_is_active("x")

    with django_assert_max_num_queries(2 * 10):  # at the worst the stamp and the rows
        for _ in range(80):
            stamp_is_missing.advance(0.125)
            waffle.switch_is_active("x")


def test_without_the_stamp_table_a_transaction_goes_on(stamp_is_missing: Clock) -> None:
    with elsewhere(is_told=False):
        Switch.objects.create(name="x", active=True)

    with transaction.atomic():
        assert waffle.switch_is_active("x") is True
        Switch.objects.create(name="y", active=True)
        assert waffle.switch_is_active("y") is True

    assert waffle.switch_is_active("y") is True
    assert SWITCH.model.objects.count() == 2
