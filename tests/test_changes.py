"""A committed change is seen by everybody once a look is due, whatever made it; an undone one by nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction
from django.http import HttpRequest
from django.test import RequestFactory

import waffle
from tests import process
from waffle import work
from waffle.kinds import FLAG, KINDS, SWITCH, Kind
from waffle.models import Flag, Switch
from waffle.stamps import Stamp

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]

Thread = Callable[[Callable[[], Any]], Any]


@pytest.fixture(autouse=True)
def _always_look(settings: Any) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 0


def values_on(kind: Kind) -> dict[str, object]:
    return kind.created_as(True)


def values_off(kind: Kind) -> dict[str, object]:
    return kind.created_as(False)


def ask(kind: Kind, name: str = "x") -> bool:
    return waffle.evaluation.check(kind, name).active


def as_request(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


WRITES: dict[str, Callable[[Kind], object]] = {
    "save": lambda kind: kind.model(name="x", **values_on(kind)).save(),
    "create": lambda kind: kind.model.objects.create(name="x", **values_on(kind)),
    "get_or_create": lambda kind: kind.model.objects.get_or_create(name="x", defaults=values_on(kind)),
    "update_or_create": lambda kind: kind.model.objects.update_or_create(name="x", defaults=values_on(kind)),
    "bulk_create": lambda kind: kind.model.objects.bulk_create([kind.model(name="x", **values_on(kind))]),
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("how", WRITES)
def test_a_new_toggle_is_seen_at_once_here_and_in_other_threads(
    kind: Kind, how: str, in_thread: Thread
) -> None:
    before = ask(kind), in_thread(lambda: ask(kind))

    WRITES[how](kind)

    assert before == (False, False)
    assert (ask(kind), in_thread(lambda: ask(kind))) == (True, True)


def save_changed(kind: Kind) -> None:
    toggle = kind.model.objects.get(name="x")
    for field, value in values_off(kind).items():
        setattr(toggle, field, value)
    toggle.save()


def bulk_update(kind: Kind) -> None:
    toggle = kind.model.objects.get(name="x")
    for field, value in values_off(kind).items():
        setattr(toggle, field, value)
    kind.model.objects.bulk_update([toggle], list(values_off(kind)))


def rename(kind: Kind) -> None:
    toggle = kind.model.objects.get(name="x")
    toggle.name = "y"
    toggle.save()


CHANGES: dict[str, Callable[[Kind], object]] = {
    "save": save_changed,
    "update": lambda kind: kind.model.objects.filter(name="x").update(**values_off(kind)),
    "bulk_update": bulk_update,
    "rename": rename,
    "delete": lambda kind: kind.model.objects.get(name="x").delete(),
    "delete of a query set": lambda kind: kind.model.objects.all().delete(),
    "flush": lambda kind: call_command("flush", verbosity=0, interactive=False),
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("how", CHANGES)
def test_a_change_is_seen_at_once_here_and_in_other_threads(kind: Kind, how: str, in_thread: Thread) -> None:
    kind.model.objects.create(name="x", **values_on(kind))
    before = ask(kind), in_thread(lambda: ask(kind))

    CHANGES[how](kind)

    assert before == (True, True)
    assert (ask(kind), in_thread(lambda: ask(kind))) == (False, False)


def test_a_rename_brings_the_new_name_to_life() -> None:
    Switch.objects.create(name="x", active=True)
    assert ask(SWITCH, "y") is False

    rename(SWITCH)

    assert ask(SWITCH, "y") is True


def test_a_fixture_that_is_loaded_is_seen(tmp_path: Any) -> None:
    fixture = tmp_path / "toggles.json"
    fixture.write_text(json.dumps([{"model": "waffle.switch", "fields": {"name": "x", "active": True}}]))
    assert ask(SWITCH) is False

    call_command("loaddata", str(fixture), verbosity=0)

    assert ask(SWITCH) is True


LISTINGS: dict[str, Callable[[Flag, User], object]] = {
    "add": lambda flag, user: flag.users.add(user),
    "set": lambda flag, user: flag.users.set([user]),
    "add from the other side": lambda flag, user: user.flag_set.add(flag),
    "set from the other side": lambda flag, user: user.flag_set.set([flag]),
}
UNLISTINGS: dict[str, Callable[[Flag, User], object]] = {
    "remove": lambda flag, user: flag.users.remove(user),
    "clear": lambda flag, user: flag.users.clear(),
    "set": lambda flag, user: flag.users.set([]),
    "remove from the other side": lambda flag, user: user.flag_set.remove(flag),
    "clear from the other side": lambda flag, user: user.flag_set.clear(),
}


@pytest.mark.parametrize("how", LISTINGS)
def test_a_user_who_is_listed_gets_the_flag_at_once(how: str, in_thread: Thread) -> None:
    user = User.objects.create(username="u")
    flag = Flag.objects.create(name="x")
    request = as_request(user)
    assert waffle.flag_is_active(request, "x") is False

    LISTINGS[how](flag, user)

    assert waffle.flag_is_active(request, "x") is True
    assert in_thread(lambda: waffle.flag_is_active(request, "x")) is True


@pytest.mark.parametrize("how", UNLISTINGS)
def test_a_user_who_is_listed_no_more_loses_the_flag_at_once(how: str, in_thread: Thread) -> None:
    user = User.objects.create(username="u")
    flag = Flag.objects.create(name="x")
    flag.users.add(user)
    request = as_request(user)
    assert waffle.flag_is_active(request, "x") is True

    UNLISTINGS[how](flag, user)

    assert waffle.flag_is_active(request, "x") is False
    assert in_thread(lambda: waffle.flag_is_active(request, "x")) is False


def test_a_user_removed_from_a_group_loses_the_flag_at_once() -> None:
    user, group = User.objects.create(username="u"), Group.objects.create(name="g")
    user.groups.add(group)
    Flag.objects.create(name="x").groups.add(group)
    request = as_request(user)

    with work.pinned():
        assert waffle.flag_is_active(request, "x") is True

        user.groups.remove(group)

        assert waffle.flag_is_active(request, "x") is False


@pytest.mark.parametrize(("model", "field"), [(User, "users"), (Group, "groups")])
def test_the_links_of_what_is_deleted_are_gone_from_every_process(
    model: Any, field: str, peer: process.Peer
) -> None:
    listed = model.objects.create(**{"username" if model is User else "name": "x"})
    getattr(Flag.objects.create(name="x"), field).add(listed)
    there = f"[len(members) for members in store.snapshot(kinds.FLAG).rosters[{field!r}].values()]"

    def here() -> int:
        rosters = waffle.store.snapshot(FLAG).rosters
        assert rosters is not None
        return len(rosters[field])

    assert (here(), peer.evaluate(there)) == (1, [1])

    listed.delete()

    assert (here(), peer.evaluate(there)) == (0, [])


def test_a_deleted_user_whom_nobody_lists_is_no_change(settings: Any) -> None:
    settings.WAFFLE_REFRESH_SECONDS = 60
    user = User.objects.create(username="u")
    Flag.objects.create(name="x").users.add(User.objects.create(username="listed"))
    before = waffle.store.snapshot(FLAG)

    user.delete()

    assert waffle.store.snapshot(FLAG) is before


def test_a_deleted_user_is_a_change_where_this_process_does_not_know_the_lists() -> None:
    user = User.objects.create(username="u")
    with process.elsewhere():
        Flag.objects.create(name="x").users.add(user)
    stamp = waffle.stamps.stamp_of("default")
    stamp.look()
    known = stamp.known

    user.delete()

    assert stamp.known > known


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_change_in_a_second_database_is_seen(settings: Any, in_thread: Thread) -> None:
    settings.DATABASE_ROUTERS = ["tests.routers.TogglesElsewhere"]
    assert ask(SWITCH) is False

    Switch.objects.create(name="x", active=True)

    assert Switch.objects.using("default").count() == 0
    assert ask(SWITCH) is True
    assert in_thread(lambda: ask(SWITCH)) is True


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_another_process_sees_a_change(kind: Kind, peer: process.Peer) -> None:
    there = f"evaluation.check(kinds.{kind.name.upper()}, 'x').active"
    before = peer.evaluate(there)

    toggle = kind.model.objects.create(name="x", **values_on(kind))
    after = peer.evaluate(there)
    toggle.delete()

    assert (before, after, peer.evaluate(there)) == (False, True, False)


def test_this_process_sees_what_another_one_has_changed(peer: process.Peer) -> None:
    Switch.objects.create(name="x", active=True)
    assert ask(SWITCH) is True

    peer.evaluate("models.Switch.objects.filter(name='x').update(active=False)")

    assert ask(SWITCH) is False


def test_nobody_sees_a_change_before_its_commit_but_its_writer(in_thread: Thread) -> None:
    Switch.objects.create(name="x", active=False)

    with transaction.atomic():
        Switch.objects.update(active=True)
        inside = ask(SWITCH), in_thread(lambda: ask(SWITCH))

    assert inside == (True, False)
    assert (ask(SWITCH), in_thread(lambda: ask(SWITCH))) == (True, True)


def test_nobody_sees_a_change_that_was_rolled_back(in_thread: Thread, peer: process.Peer) -> None:
    Switch.objects.create(name="x", active=False)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Switch.objects.update(active=True)
        assert ask(SWITCH) is True
        assert peer.evaluate("waffle.switch_is_active('x')") is False
        raise ZeroDivisionError

    assert (ask(SWITCH), in_thread(lambda: ask(SWITCH))) == (False, False)
    assert peer.evaluate("waffle.switch_is_active('x')") is False


def test_a_writer_does_not_see_what_a_savepoint_took_back() -> None:
    Switch.objects.create(name="x", active=False)

    with transaction.atomic():
        Switch.objects.update(note="a change that stays")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Switch.objects.update(active=True)
            assert ask(SWITCH) is True
            raise ZeroDivisionError

        assert ask(SWITCH) is False


def test_a_writer_does_not_see_what_a_savepoint_of_its_own_took_back() -> None:
    Switch.objects.create(name="x", active=False)

    with transaction.atomic():
        savepoint = connections["default"].savepoint()
        assert savepoint is not None
        Switch.objects.update(active=True)
        assert ask(SWITCH) is True
        connections["default"].savepoint_rollback(savepoint)

        assert ask(SWITCH) is False


@transaction.atomic
def switch_on_and_fail(seen: list[bool]) -> None:
    seen.append(ask(SWITCH))
    Switch.objects.update(active=True)
    seen.append(ask(SWITCH))
    raise ZeroDivisionError


@pytest.mark.parametrize("is_nested", [True, False])
def test_a_block_that_runs_again_does_not_see_what_its_first_run_took_back(is_nested: bool) -> None:
    Switch.objects.create(name="x", active=False)
    seen: list[bool] = []

    with transaction.atomic() if is_nested else work.pinned():
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                switch_on_and_fail(seen)

    assert seen == [False, True, False, True]


def test_a_broken_transaction_gets_the_last_known_answer() -> None:
    Switch.objects.create(name="x", active=True)
    assert ask(SWITCH) is True

    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=False):
            Switch.objects.create(name="x")
        assert ask(SWITCH) is True
        Switch.objects.get(name="x")


def test_many_writes_in_a_transaction_are_told_once() -> None:
    with transaction.atomic():
        for number in range(20):
            Switch.objects.create(name=f"switch {number}")
        with transaction.atomic():
            Switch.objects.update(active=True)

        hooks = list(connections["default"].run_on_commit)

    assert len(hooks) == 1


def version() -> int:
    return Stamp("default").read(connections["default"]) or 0


@pytest.mark.parametrize("rounds", [1, 3])
def test_each_commit_makes_the_stamp_grow(rounds: int) -> None:
    versions = [version()]

    for number in range(rounds):
        Switch.objects.create(name=f"switch {number}")
        versions.append(version())

    assert versions == sorted(set(versions))
