"""What the database holds of a user cannot be read: conditions that ask for it do not apply."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connections, transaction
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from tests.conftest import Clock
from tests.tables import table_away
from tests.worlds import each_flag_is_active
from waffle import database
from waffle.models import Flag

# Not in a `TestCase`: there a query that fails would end the test's own transaction on PostgreSQL.
pytestmark = pytest.mark.django_db(transaction=True)

# Any, throughout: a request, as far as these flags ask for one.
Check = Callable[[Any, str], bool]


@pytest.fixture(params=[10_000, 0], ids=["short lists", "long lists"])
def request_(request: pytest.FixtureRequest, settings: Settings) -> Any:
    """Return the request of a staff member, who is in the group that the flag "members" lists."""
    settings.WAFFLE_ROSTER_LIMIT = request.param
    settings.WAFFLE_REFRESH_SECONDS = 3600
    user, group = User.objects.create(username="u", is_staff=True), Group.objects.create(name="g")
    user.groups.add(group)
    Flag.objects.create(name="members").groups.add(group)
    Flag.objects.create(name="both", staff=True).groups.add(group)
    return SimpleNamespace(user=user)


GROUPS = "auth_user_groups"


@each_flag_is_active
def test_a_flag_answers_by_what_else_there_is(
    flag_is_active: Check, request_: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    before = [flag_is_active(request_, name) for name in ("members", "both")]

    with table_away(GROUPS):
        answers = [flag_is_active(request_, name) for name in ("members", "both", "members")]

    assert before == [True, True]
    assert answers == [False, True, False]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("What the database holds of a user is not available (")
    assert record.message.endswith(" Conditions that ask for it do not apply.")
    assert GROUPS in record.message


@each_flag_is_active
def test_it_is_tried_again_after_a_while_and_a_line_tells_that_it_is_back(
    flag_is_active: Check,
    request_: Any,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    flag_is_active(request_, "members")
    with table_away(GROUPS):
        flag_is_active(request_, "members")

    with django_assert_num_queries(0):
        at_once = flag_is_active(request_, "members")
    clock.advance(1)
    with django_assert_num_queries(1):
        later = flag_is_active(request_, "members")

    assert (at_once, later) == (False, True)
    assert [record.message.split(" (")[0] for record in caplog.records] == [
        "What the database holds of a user is not available",
        "What the database holds of a user is available again.",
    ]


def test_the_transaction_around_the_check_goes_on(
    request_: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_readable", set())  # as in a process that has just started

    with transaction.atomic(), table_away(GROUPS):
        active = waffle.flag_is_active(request_, "members")
        User.objects.create(username="after")

    assert active is False
    assert User.objects.filter(username="after").exists()


def test_in_a_transaction_that_is_lost_nothing_is_asked(
    request_: Any,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    waffle.flag_is_active(request_, "both")

    with transaction.atomic():
        transaction.set_rollback(True)
        with django_assert_num_queries(0):
            answers = [waffle.flag_is_active(request_, name) for name in ("members", "both")]

    assert answers == [False, True]
    assert caplog.records == []


def test_a_connection_that_its_server_has_left_is_closed(
    request_: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waffle.flag_is_active(request_, "members")

    # Any: Django's own signature.
    def fail(*arguments: Any) -> Any:
        raise OperationalError("gone")

    used = connections["default"]
    with monkeypatch.context() as patched, used.execute_wrapper(fail):
        patched.setattr(used, "is_usable", lambda: False)
        active = waffle.flag_is_active(request_, "members")
        closed = used.connection is None

    clock.advance(1)
    assert (active, closed) == (False, True)
    assert waffle.flag_is_active(request_, "members") is True


def test_a_user_that_cannot_be_loaded_is_taken_for_none(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        is_staff = True

        @property
        def pk(self) -> int:
            raise OperationalError("gone")

    Flag.objects.create(name="x", staff=True, languages="de")

    assert waffle.flag_is_active(SimpleNamespace(user=Away()), "x") is False
    assert waffle.flag_is_active(SimpleNamespace(user=Away(), LANGUAGE_CODE="de"), "x") is True
    assert len(caplog.records) == 1


@pytest.mark.parametrize("cookie", [None, "waffle_visitor"])
def test_a_user_that_cannot_be_loaded_is_dealt_nothing_that_would_outlast_the_outage(
    cookie: str | None, clock: Clock, settings: Settings
) -> None:
    class Away:
        @property
        def pk(self) -> int:
            raise OperationalError("gone")

    settings.WAFFLE_VISITOR_COOKIE = cookie
    Flag.objects.create(name="x", percent="99.9")
    request = SimpleNamespace(user=Away())

    assert waffle.flag_is_active(request, "x") is False
    assert not getattr(request, "waffles", None)
    assert not getattr(request, "waffle_visitor", {}).get("is_sent")
