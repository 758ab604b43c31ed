"""What a check costs: queries and cache calls are counted, so that no change makes it dearer unnoticed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

import waffle
from tests.conftest import Clock
from tests.process import before_each, run_python
from waffle import bells, stamps
from waffle.database import answers_updates
from waffle.kinds import FLAG
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Sample, Switch

pytestmark = pytest.mark.django_db(transaction=True)

COUNTS = {"few": (5, 2, 2), "many": (50, 20, 20)}


def make_toggles(flags: int, switches: int, samples: int, group: Group | None = None) -> None:
    made = [Flag(name=f"flag {number}", staff=number % 2 == 0) for number in range(flags)]
    Flag.objects.bulk_create(made)
    Switch.objects.bulk_create(Switch(name=f"switch {number}") for number in range(switches))
    Sample.objects.bulk_create(Sample(name=f"sample {number}", percent=50) for number in range(samples))
    if group is not None:
        for flag in Flag.objects.all():
            flag.groups.add(group)


def check_all(request: HttpRequest, flags: int, switches: int, samples: int) -> None:
    for number in range(flags):
        waffle.flag_is_active(request, f"flag {number}")
    for number in range(switches):
        waffle.switch_is_active(f"switch {number}")
    for number in range(samples):
        waffle.sample_is_active(f"sample {number}")


async def acheck_all(request: HttpRequest, flags: int, switches: int, samples: int) -> None:
    for number in range(flags):
        await waffle.aflag_is_active(request, f"flag {number}")
    for number in range(switches):
        await waffle.aswitch_is_active(f"switch {number}")
    for number in range(samples):
        await waffle.asample_is_active(f"sample {number}")


def request_of(user: Any) -> HttpRequest:  # Any: an AnonymousUser is no user to the stubs
    request = RequestFactory().get("/")
    request.user = user
    return request


def answer_plainly(request: HttpRequest, work: tuple[int, int, int]) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        check_all(request, *work)
        return HttpResponse()

    WaffleMiddleware(view)(request)


def answer_in_a_coroutine(request: HttpRequest, work: tuple[int, int, int]) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await acheck_all(request, *work)
        return HttpResponse()

    async def answer() -> None:
        await WaffleMiddleware(view)(request)

    async_to_sync(answer)()


both_worlds = pytest.mark.parametrize("answer", [answer_plainly, answer_in_a_coroutine])
Answer = Callable[[HttpRequest, tuple[int, int, int]], None]


def queries_of(work: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured]


@both_worlds
@pytest.mark.parametrize("size", COUNTS)
def test_a_cold_process_asks_once_for_each_table(clock: Clock, answer: Answer, size: str) -> None:
    make_toggles(*COUNTS[size])
    clock.advance(1000)

    asked = queries_of(lambda: answer(request_of(AnonymousUser()), COUNTS[size]))

    quote = connection.ops.quote_name
    tables = ["stamp", "flag", "flag_users", "flag_groups", "switch", "sample"]
    counts = {table: sum(f"FROM {quote(f'waffle_{table}')}" in query for query in asked) for table in tables}
    # The version before the rows of each kind; all lists at once.
    assert counts == {"stamp": 3, "flag": 1, "flag_users": 1, "flag_groups": 1, "switch": 1, "sample": 1}
    assert len(asked) == 7


@both_worlds
@pytest.mark.parametrize("size", COUNTS)
def test_a_warm_process_asks_nothing_within_the_refresh_time(clock: Clock, answer: Answer, size: str) -> None:
    make_toggles(*COUNTS[size])
    answer(request_of(AnonymousUser()), COUNTS[size])

    assert queries_of(lambda: answer(request_of(AnonymousUser()), COUNTS[size])) == []


@both_worlds
@pytest.mark.parametrize("refresh", [0, 0.1])
def test_a_request_looks_once_at_most(clock: Clock, settings: Any, answer: Answer, refresh: float) -> None:
    settings.WAFFLE_REFRESH_SECONDS = refresh
    make_toggles(*COUNTS["many"])
    answer(request_of(AnonymousUser()), COUNTS["many"])
    clock.advance(1)

    asked = queries_of(lambda: answer(request_of(AnonymousUser()), COUNTS["many"]))

    assert len(asked) == 1
    assert "waffle_stamp" in asked[0]


@both_worlds
def test_a_request_that_lasts_long_looks_once_at_most(clock: Clock, settings: Any, answer: Answer) -> None:
    make_toggles(*COUNTS["few"])
    answer(request_of(AnonymousUser()), COUNTS["few"])
    clock.advance(1)

    class Slow(tuple[int, int, int]):
        """Each time that it is read a second passes."""

        def __iter__(self) -> Any:  # Any: the iterator of a tuple
            clock.advance(1)
            return super().__iter__()

    asked = queries_of(lambda: answer(request_of(AnonymousUser()), Slow(COUNTS["few"])))

    assert len(asked) == 1


@both_worlds
def test_a_request_reads_the_bell_once_at_most(
    clock: Clock, shared_cache: Any, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_toggles(*COUNTS["many"])
    for _ in range(2):
        answer(request_of(AnonymousUser()), COUNTS["many"])
        clock.advance(1)
    calls: list[str] = []
    for name in ("get", "set", "add", "get_many", "delete"):
        before_each(type(shared_cache), name, partial(calls.append, name), monkeypatch)

    asked = queries_of(lambda: answer(request_of(AnonymousUser()), COUNTS["many"]))

    assert (asked, calls) == ([], ["get"])


@both_worlds
def test_a_request_asks_for_the_groups_of_its_user_once(clock: Clock, answer: Answer) -> None:
    user = User.objects.create(username="u")
    make_toggles(*COUNTS["many"], group=Group.objects.create(name="g"))
    answer(request_of(user), COUNTS["many"])

    asked = queries_of(lambda: answer(request_of(user), COUNTS["many"]))

    assert len(asked) == 1
    assert "auth_user_groups" in asked[0]


@both_worlds
@pytest.mark.parametrize("listed", [1, 3])
def test_short_lists_of_users_cost_no_query(clock: Clock, answer: Answer, listed: int) -> None:
    users = [User.objects.create(username=f"user {number}") for number in range(3)]
    make_toggles(*COUNTS["few"])
    Flag.objects.get(name="flag 1").users.add(*users[:listed])
    answer(request_of(users[0]), COUNTS["few"])

    assert queries_of(lambda: answer(request_of(users[0]), COUNTS["few"])) == []


@both_worlds
def test_long_lists_cost_one_query_for_each_user_and_request(
    clock: Clock, settings: Any, answer: Answer
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = 10
    users = User.objects.bulk_create(User(username=f"user {number}") for number in range(11))
    make_toggles(*COUNTS["many"], group=Group.objects.create(name="g"))
    Flag.objects.get(name="flag 1").users.add(*users)
    answer(request_of(users[0]), COUNTS["many"])

    asked = queries_of(lambda: answer(request_of(users[0]), COUNTS["many"]))

    assert len(asked) == 1
    assert "UNION ALL" in asked[0]


def test_more_than_ten_thousand_listed_users_are_not_loaded(clock: Clock) -> None:
    users = User.objects.bulk_create(User(username=f"user {number}") for number in range(5_001))
    flags = [Flag.objects.create(name=f"flag {number}") for number in range(2)]
    through = Flag.users.through
    through.objects.bulk_create(through(flag=flag, user=user) for flag in flags for user in users)
    flags[0].flush()

    asked = queries_of(lambda: waffle.flag_is_active(request_of(users[-1]), "flag 1"))

    assert waffle.flag_is_active(request_of(users[-1]), "flag 1") is True
    assert waffle.flag_is_active(request_of(User(pk=0, username="stranger")), "flag 1") is False
    assert sum("LIMIT 10001" in query for query in asked) == 1
    assert waffle.store.snapshot(FLAG).rosters is None


class Untouchable:
    """A user that must not be asked for anything."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"the user was asked for {name!r}")


@pytest.mark.parametrize("everyone", [True, False])
def test_a_flag_for_everyone_never_touches_the_user(clock: Clock, everyone: bool) -> None:
    Flag.objects.create(name="x", everyone=everyone, staff=True, authenticated=True, percent=50)

    assert waffle.flag_is_active(request_of(Untouchable()), "x") is everyone


def test_a_flag_without_conditions_on_users_and_without_a_percentage_never_touches_the_user(
    clock: Clock,
) -> None:
    Flag.objects.create(name="x", superusers=False, languages="de", testing=True)

    assert waffle.flag_verdict(request_of(Untouchable()), "x").reason is waffle.Reason.DEFAULT


def test_a_percentage_that_dice_deal_never_touches_the_user(clock: Clock, settings: Any) -> None:
    settings.WAFFLE_STICKY_PERCENT = False
    Flag.objects.create(name="x", superusers=False, percent=99)

    assert waffle.flag_verdict(request_of(Untouchable()), "x").reason is waffle.Reason.PERCENT


@both_worlds
def test_a_percentage_costs_no_query_but_what_loads_the_user(clock: Clock, answer: Answer) -> None:
    user = User.objects.create(username="u")
    make_toggles(*COUNTS["many"])
    Flag.objects.update(percent=50)
    answer(request_of(user), COUNTS["many"])

    def load() -> User:
        return User.objects.get(pk=user.pk)

    asked = queries_of(lambda: answer(request_of(SimpleLazyObject(load)), COUNTS["many"]))

    assert len(asked) == 1
    assert "auth_user" in asked[0]


@both_worlds
def test_a_request_of_a_busy_process_needs_no_connection(
    clock: Clock, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_toggles(*COUNTS["few"])
    answer(request_of(AnonymousUser()), COUNTS["few"])

    def fail(*args: object) -> None:
        raise AssertionError("a database was asked for")

    with monkeypatch.context() as patch:
        patch.setattr(type(connections), "__getitem__", fail)
        patch.setattr("waffle.kinds.Kind.write_alias", fail)
        answer(request_of(AnonymousUser()), COUNTS["few"])


def test_a_request_that_asks_nothing_costs_nothing(clock: Clock) -> None:
    assert queries_of(lambda: answer_plainly(request_of(AnonymousUser()), (0, 0, 0))) == []


def test_a_check_outside_of_a_request_costs_one_look(clock: Clock) -> None:
    Switch.objects.create(name="x", active=True)
    waffle.switch_is_active("x")
    clock.advance(0.125)

    assert len(queries_of(lambda: waffle.switch_is_active("x"))) == 1
    assert queries_of(lambda: [waffle.switch_is_active("x") for _ in range(100)]) == []


# An UPDATE of the version tells the new one, or a query does.
VERSION = ["UPDATE"] if answers_updates(connections["default"]) else ["UPDATE", "SELECT"]


def test_a_save_without_a_history_makes_the_version_grow(clock: Clock, settings: Any) -> None:
    settings.WAFFLE_HISTORY = False
    switch = Switch.objects.create(name="x")
    switch.active = True

    asked = queries_of(switch.save)

    assert [query.split()[0] for query in asked] == ["UPDATE", *VERSION]


def test_a_save_with_a_history_reads_the_row_and_writes_a_change_in_one_transaction(clock: Clock) -> None:
    switch = Switch.objects.create(name="x")
    switch.active = True

    asked = queries_of(switch.save)

    verbs = [query.split()[0] for query in asked]
    assert [verb for verb in verbs if verb not in ("BEGIN", "COMMIT", "START")][1:] == [
        *("UPDATE", "INSERT"),
        *VERSION,
    ]
    assert "waffle_switch" in asked[1]
    assert "waffle_change" in asked[3]


def test_a_save_that_changes_nothing_writes_no_change(clock: Clock) -> None:
    switch = Switch.objects.create(name="x")

    assert not any("waffle_change" in query for query in queries_of(switch.save))


def test_a_change_costs_other_processes_one_load_of_what_they_use(clock: Clock) -> None:
    Switch.objects.create(name="x")
    waffle.switch_is_active("x")
    stamps.Stamp.write(connection)
    bells.ring()
    clock.advance(0.125)

    asked = queries_of(lambda: [waffle.switch_is_active("x") for _ in range(10)])

    assert len(asked) == 3  # the look; the version, and the rows


SHOW_MODULES = "print(json.dumps([name for name in sys.modules if name.startswith('waffle')]))"


def test_importing_the_package_imports_nothing_more_of_it() -> None:
    program = f"import json, sys, waffle\n{SHOW_MODULES}"

    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)

    assert json.loads(done.stdout) == ["waffle"]


def test_a_site_starts_without_what_it_may_never_use() -> None:
    loaded = run_python(f"import sys\n{SHOW_MODULES}")

    assert {"waffle.checks", "waffle.middleware", "waffle.public", "waffle.testutils"} & set(loaded) == set()


def test_a_start_compiles_no_dataclass() -> None:
    program = """
import sys
modules = [module for name, module in sys.modules.items() if name.startswith("waffle")]
made = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)]
print(json.dumps([str(thing) for thing in made if hasattr(thing, "__dataclass_fields__")]))
"""

    assert run_python(program) == []
