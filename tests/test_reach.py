"""For how many users a flag is on, now and after a change."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies
from pytest_django import Settings

from test_app.models import Company, CompanyAwareFlag, LegacyFlag, PlainFlag, ScratchFlag
from waffle import flag_is_active, pinned, reach
from waffle.conditions import Language
from waffle.models import Flag
from waffle.reach import Reach, Side, reach_of

pytestmark = pytest.mark.django_db

USERS = 40

# Any, in this file: flags of several models, and what tests put at their methods' places.
CHANGES: dict[str, Any] = {
    "everyone": strategies.sampled_from([None, None, True, False]),
    "percent": strategies.sampled_from([None, 0, 5, 25, "50.5", "99.9"]),
    "staff": strategies.booleans(),
    "superusers": strategies.booleans(),
    "authenticated": strategies.sampled_from([False, False, True]),
    "languages": strategies.sampled_from(["", "de"]),
    "testing": strategies.booleans(),
}


@pytest.fixture
def users() -> list[User]:
    """Return users of all sorts."""
    made = User.objects.bulk_create(
        User(username=f"user{number}", is_staff=number % 7 == 0, is_superuser=number % 11 == 0)
        for number in range(USERS)
    )
    groups = Group.objects.bulk_create(Group(name=name) for name in ("editors", "testers"))
    for number, user in enumerate(made):
        user.groups.add(*(group for at, group in enumerate(groups) if number % (5 + at) == 0))
    return list(User.objects.order_by("pk"))


def on_for(name: str) -> set[Any]:
    """Return for whom a real check says on, each in a request of its own."""
    found = set()
    with pinned():
        for user in User.objects.all():
            request = RequestFactory().get("/")
            request.user = user
            if flag_is_active(request, name, read_only=True):
                found.add(user.pk)
    return found


def save(flag: Any, fields: dict[str, Any], lists: dict[str, Any]) -> None:
    for field, value in fields.items():
        setattr(flag, field, value)
    flag.save()
    for name, keys in lists.items():
        getattr(flag, name).set(keys)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=strategies.fixed_dictionaries(CHANGES),
    after=strategies.fixed_dictionaries(CHANGES),
    listed=strategies.tuples(*[strategies.sets(strategies.integers(0, USERS - 1), max_size=5)] * 2),
    groups=strategies.tuples(*[strategies.sets(strategies.integers(0, 1))] * 2),
)
def test_reach_is_what_real_checks_of_every_user_say(
    users: list[User], before: Any, after: Any, listed: Any, groups: Any
) -> None:
    every = [*Group.objects.order_by("pk")]
    lists = [
        {"users": [users[at].pk for at in listed[side]], "groups": [every[at].pk for at in groups[side]]}
        for side in (0, 1)
    ]
    Flag.objects.all().delete()
    flag = Flag(name="x")
    save(flag, before, lists[0])
    changed = Flag.objects.get()
    for field, value in after.items():
        setattr(changed, field, value)

    found = reach_of(Flag.objects.get(), changed, lists[1])

    now = on_for("x")
    save(changed, after, lists[1])
    then = on_for("x")
    assert told(found) == counts(USERS, now, then)


def counts(total: int, now: set[Any], then: set[Any]) -> list[int]:
    """Return what `told` says of an exact reach."""
    return [total, len(now), len(then), len(then - now), len(now - then)]


def told(found: Reach) -> list[int]:
    assert found.is_exact
    assert found.failed == 0
    return [
        found.users,
        *(count.about for count in (found.now, found.then, found.turned_on, found.turned_off)),
    ]


def test_a_new_flag_was_off_for_everybody(users: list[User]) -> None:
    flag = Flag(name="x", staff=True)

    found = reach_of(None, flag, {"users": [users[1].pk]})

    save(flag, {}, {"users": [users[1].pk]})
    assert told(found) == counts(USERS, set(), on_for("x"))


def test_lists_that_are_not_changed_are_those_of_the_database(users: list[User]) -> None:
    flag = Flag.objects.create(name="x", superusers=False)
    flag.users.add(*users[:3])

    found = reach_of(flag, Flag.objects.get(), {})

    assert (found.now.about, found.then.about) == (3, 3)


def test_what_is_settled_asks_for_no_user(users: list[User]) -> None:
    before, after = Flag.objects.create(name="x", everyone=False), Flag(name="x", everyone=True)

    with CaptureQueriesContext(connection) as queries:
        found = reach_of(before, after, {})

    assert told(found) == counts(USERS, set(), {user.pk for user in users})
    assert len(queries) == 3  # two lists, and how many users there are


def test_the_flag_at_hand_stays_as_it_is(users: list[User]) -> None:
    flag = Flag.objects.create(name="x", staff=True)
    before = {**flag.__dict__}

    reach_of(flag, flag, {"users": [users[0].pk]})

    assert flag.__dict__ == before


def test_queries_do_not_grow_with_users(users: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    flag = Flag.objects.create(name="x", percent=25)
    flag.groups.add(Group.objects.get(name="editors"))

    def ask() -> int:
        with CaptureQueriesContext(connection) as queries:
            reach_of(flag, Flag.objects.get(), {})
        return len(queries)

    ask()
    with_forty = ask()
    User.objects.bulk_create(User(username=f"more{number}") for number in range(500))

    assert ask() == with_forty


def test_no_more_of_users_is_read_than_conditions_want(users: list[User]) -> None:
    flag = Flag.objects.create(name="x", percent=25, staff=True)

    with CaptureQueriesContext(connection) as queries:
        reach_of(flag, flag, {})

    read = [query["sql"] for query in queries if "is_staff" in query["sql"]]
    assert len(read) == 1
    assert "last_login" not in read[0]


def test_lists_by_what_belongs_to_users_count_too(users: list[User], settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    acme = Company.objects.create(name="Acme")
    flag = CompanyAwareFlag.objects.create(name="x", superusers=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(User, "company", property(lambda user: acme if user.pk % 2 else None), raising=False)
        found = reach_of(flag, flag, {"companies": [acme.pk]})
        flag.companies.add(acme)
        real = on_for("x")

    assert (found.now.about, found.then.about) == (0, len(real))
    assert len(real) == USERS / 2


def test_methods_of_a_model_are_asked(users: list[User], settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    acme = Company.objects.create(name="Acme")
    flag = LegacyFlag.objects.create(name="x", superusers=False, percent=10)
    flag.companies.add(acme)
    editors = Group.objects.get(name="editors")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(User, "company", property(lambda user: acme if user.pk % 3 else None), raising=False)
        found = reach_of(flag, LegacyFlag.objects.get(), {"groups": [editors.pk], "users": [users[0].pk]})
        now = on_for("x")
        flag.groups.add(editors)
        flag.users.add(users[0])
        then = on_for("x")

    assert told(found) == counts(USERS, now, then)
    assert then > now


def test_a_method_that_wants_a_request_is_given_one(users: list[User], settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    flag = ScratchFlag.objects.create(name="x", staff=True, superusers=False)

    found = reach_of(flag, flag, {})

    assert told(found) == counts(USERS, on_for("x"), on_for("x"))
    assert found.now.about > 0


def test_conditions_that_fail_are_counted(users: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    flag = Flag.objects.create(name="x", languages="de", superusers=False)

    def fail(*args: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(Language, "decide", fail)

    assert reach_of(flag, flag, {}).failed == USERS


def test_a_flag_without_lists_has_a_reach(users: list[User], settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    flag = PlainFlag.objects.create(name="x", staff=True)

    assert reach_of(flag, flag, {}).now.about == len(on_for("x"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let forty users be too many to be asked about one by one, and any sample the same."""
    monkeypatch.setattr(reach, "MOST", 10)
    monkeypatch.setattr(reach, "SAMPLE", 25)
    monkeypatch.setattr(reach, "CHUNK", 20)
    random.seed(7)


def test_beyond_a_limit_a_sample_is_asked_and_says_how_far_off_it_may_be(
    users: list[User], few: None
) -> None:
    flag = Flag.objects.create(name="x", percent=50, superusers=False)

    found = reach_of(flag, Flag(pk=flag.pk, name="x", everyone=True), {})

    real = len(on_for("x"))
    assert found.is_exact is False
    assert abs(found.now.about - real) <= found.now.error < USERS
    assert found.then.about == USERS


def test_a_sample_may_be_all_there_are(users: list[User], few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "SAMPLE", 10 * USERS)
    flag = Flag.objects.create(name="x", percent=50, superusers=False)

    assert reach_of(flag, flag, {}).now.about == len(on_for("x"))


def test_listed_users_are_counted_one_by_one_beside_a_sample(users: list[User], few: None) -> None:
    flag = Flag.objects.create(name="x", superusers=False)

    found = reach_of(flag, Flag.objects.get(), {"users": [user.pk for user in users[:7]]})

    assert (found.turned_on.about, found.turned_off.about) == (7, 0)


def test_too_many_listed_users_are_part_of_the_sample(
    users: list[User], few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "MOST_LISTED", 5)
    flag = Flag.objects.create(name="x", superusers=False)

    found = reach_of(flag, Flag.objects.get(), {"users": [user.pk for user in users]})

    assert found.then.about == USERS
    assert found.then.error > 0


def test_keys_that_are_far_apart_are_sampled_by_the_database(users: list[User], few: None) -> None:
    User.objects.create(pk=10_000_000, username="far")
    flag = Flag.objects.create(name="x", authenticated=True)

    found = reach_of(flag, flag, {})

    assert found.now.about == USERS + 1


def test_a_sample_of_users_who_are_all_listed_says_nothing_of_the_others(
    users: list[User], few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = Flag.objects.create(name="x", superusers=False)
    monkeypatch.setattr(reach, "_drawn", lambda users, total, size: [])

    found = reach_of(flag, flag, {"users": [users[0].pk]})

    assert (found.then.about, found.then.error) == (1, USERS - 1)


def test_where_methods_decide_fewer_users_are_asked_one_by_one(
    users: list[User], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    monkeypatch.setattr(reach, "MOST_BY_METHOD", 10)
    flag = LegacyFlag.objects.create(name="x", superusers=True)

    assert reach_of(flag, flag, {}).is_exact is False


def test_a_side_says_what_settles_it() -> None:
    assert Side(Flag(name="x", everyone=True), {}).settled is True
    assert Side(Flag(name="x"), {}).settled is None


@pytest.mark.django_db
def test_of_keys_with_wide_gaps_a_sample_is_drawn_too() -> None:
    User.objects.bulk_create(User(pk=key, username=str(key)) for key in (1, 1_000_000, 2_000_000))

    drawn = reach._drawn(User.objects.all(), 3, 2)

    assert len(set(drawn)) == 2
    assert set(drawn) < {1, 1_000_000, 2_000_000}


def test_of_keys_that_are_texts_a_sample_is_drawn_too() -> None:
    Session.objects.create(session_key="x", session_data="", expire_date=timezone.now())

    assert reach._drawn(Session.objects.all(), 1, 2) == ["x"]
