"""The history tells of what was committed: a change is in the transaction of what it tells of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.db.models.signals import post_save
from django.test import TestCase

from tests.history.test_writing import told
from tests.process import Peer
from waffle import history
from waffle.models import Change, Flag, Switch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


@pytest.fixture
def users(flag: Flag) -> list[User]:
    return [User.objects.create(username=f"user {number}") for number in range(4)]


def test_what_is_rolled_back_is_not_told_of(flag: Flag) -> None:
    with transaction.atomic():
        flag.note = "new"
        flag.save()
        Flag.objects.create(name="y")
        transaction.set_rollback(True)

    assert told() == []


def test_what_a_savepoint_takes_back_is_not_told_of(flag: Flag) -> None:
    with transaction.atomic():
        flag.note = "first"
        flag.save()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            flag.note = "second"
            flag.save()
            raise ZeroDivisionError
        flag.refresh_from_db()
        flag.staff = True
        flag.save()

    notes = [after for *_, after in told()]
    assert notes == [{"note": "first"}, {"staff": True}]


def test_a_save_that_fails_after_it_was_told_of_is_taken_back(
    flag: Flag, request: pytest.FixtureRequest
) -> None:
    def refuse(**signal: object) -> None:
        raise ZeroDivisionError

    post_save.connect(refuse, sender=Flag)
    request.addfinalizer(lambda: post_save.disconnect(refuse, sender=Flag))
    flag.note = "new"

    with pytest.raises(ZeroDivisionError):
        flag.save()

    assert told() == []
    assert Flag.objects.get().note == ""
    assert "_waffle_before" not in flag.__dict__


def test_what_one_transaction_does_to_a_toggle_is_one_change(flag: Flag, users: list[User]) -> None:
    with transaction.atomic():
        flag.note = "first"
        flag.save()
        flag.users.add(*users[:2])
        flag.name, flag.note = "y", "second"
        flag.save()
        flag.users.remove(users[0])
        flag.users.add(users[2])

    [(name, action, before, after)] = told()
    assert (name, action, before) == ("y", "changed", {"name": "x", "note": ""})
    assert after == {
        "name": "y",
        "note": "second",
        "users": {"added": ["user 1", "user 2"], "removed": [], "count": {"added": 2, "removed": 0}},
    }


def test_a_toggle_that_is_made_and_filled_in_one_transaction_is_one_change(users: list[User]) -> None:
    with transaction.atomic():
        flag = Flag.objects.create(name="new")
        flag.users.add(users[0])
        flag.note = "n"
        flag.save()

    [(_, action, before, after)] = told()
    assert (action, before, after["note"], after["users"]["added"]) == ("created", {}, "n", ["user 0"])


def test_what_comes_to_nothing_in_one_transaction_is_not_told_of(flag: Flag, users: list[User]) -> None:
    with history.by("ada") as block, transaction.atomic():
        flag.note = "new"
        flag.save()
        flag.users.add(users[0])
        flag.note = ""
        flag.save()
        flag.users.clear()

    assert told() == []
    assert block.written == []


def test_a_member_who_goes_and_comes_again_has_not_gone(flag: Flag, users: list[User]) -> None:
    flag.users.add(*users[:2])
    told()

    with transaction.atomic():
        flag.users.remove(*users[:2])
        flag.users.add(users[0])

    assert [after["users"]["removed"] for *_, after in told()] == [["user 1"]]


def test_a_toggle_that_goes_in_the_transaction_of_a_change_is_told_of_twice(flag: Flag) -> None:
    with transaction.atomic():
        flag.note = "new"
        flag.save()
        flag.delete()
        again = Flag.objects.create(name="x")
        again.note = "again"
        again.save()

    assert [action for _, action, *_ in told()] == ["changed", "deleted", "created"]


def test_what_follows_changes_that_were_written_at_once_is_a_change_of_its_own() -> None:
    with transaction.atomic():
        Switch.objects.bulk_create([Switch(name="a"), Switch(name="b")])
        Switch.objects.filter(name="a").update(active=True)

    assert [(name, action) for name, action, *_ in told()] == [
        ("a", "created"),
        ("b", "created"),
        ("a", "changed"),
    ]


def test_changes_by_two_authors_are_two(flag: Flag) -> None:
    with transaction.atomic():
        with history.by("ada"):
            flag.note = "ada's"
            flag.save()
        with history.by("bob"):
            flag.note = "bob's"
            flag.save()

    assert [after["note"] for *_, after in told()] == ["ada's", "bob's"]


def test_a_decorated_function_is_a_transaction_each_time(flag: Flag) -> None:
    @transaction.atomic
    def note(text: str) -> None:
        flag.note = text
        flag.save()

    note("first")
    note("second")

    assert [after["note"] for *_, after in told()] == ["first", "second"]


def test_many_members_that_are_added_bit_by_bit_are_one_change(flag: Flag) -> None:
    users = User.objects.bulk_create(User(username=f"many {number:04}") for number in range(2_100))

    with transaction.atomic():
        for start in range(0, 2_100, 700):
            flag.users.add(*users[start : start + 700])

    [(_, _, _, after)] = told()
    assert after["users"]["count"] == {"added": 2_100, "removed": 0}
    assert len(after["users"]["added"]) == 1_000


def test_members_who_are_not_all_known_are_not_set_off_against_others(flag: Flag) -> None:
    users = User.objects.bulk_create(User(username=f"many {number:04}") for number in range(1_100))

    with transaction.atomic():
        flag.users.add(*users)
        flag.users.remove(users[0])

    assert [after["users"]["count"] for *_, after in told()] == [
        {"added": 1_100, "removed": 0},
        {"added": 0, "removed": 1},
    ]


def test_without_autocommit_each_save_is_told_of(flag: Flag) -> None:
    transaction.set_autocommit(False)
    try:
        for note in ("first", "second"):
            flag.note = note
            flag.save()
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)

    assert [after["note"] for *_, after in told()] == ["first", "second"]


def test_a_fixture_outside_of_a_transaction_is_told_of(flag: Flag) -> None:
    Flag(pk=flag.pk, name="x", note="new").save_base(raw=True)

    assert [after["note"] for *_, after in told()] == ["new"]


def test_two_processes_that_save_at_once_both_tell_what_was(flag: Flag, peer: Peer) -> None:
    rounds = 8
    peer.send(f"[models.Flag.objects.update(note=f'peer {{number}}') for number in range({rounds})] and None")

    for number in range(rounds):
        flag.note = f"own {number}"
        flag.save()

    peer.receive()
    changes = [(before["note"], after["note"]) for *_, before, after in told()]
    assert len(changes) == 2 * rounds
    # Each begins where the one before has ended.
    assert [before for before, _ in changes] == ["", *(after for _, after in changes)][:-1]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_change_is_in_the_database_of_its_row() -> None:
    Flag.objects.using("other").create(name="x")
    Flag.objects.using("other").update(note="new")
    flag = Flag.objects.using("other").get()
    flag.groups.create(name="g")

    changes = Change.objects.using("other")
    assert [change.action for change in changes] == ["changed", "changed", "created"]
    assert told() == []
    history.revert(changes.get(after__note="new"))
    flag.refresh_from_db()
    assert flag.note == ""
    changes.all().delete()


def test_in_a_coroutine_a_save_is_told_of_with_who_made_it(flag: Flag) -> None:
    async def work() -> None:
        with history.by("ada"):
            flag.note = "new"
            await flag.asave()
            await Flag.objects.aupdate(staff=True)

    async_to_sync(work)()

    assert list(Change.objects.values_list("user_label", flat=True)) == ["ada", "ada"]


def test_sqlite_without_answers_to_updates_locks_and_reads(
    flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("waffle.database.answers_updates", lambda connection: False)
    flag.note = "new"

    flag.save()

    assert [after for *_, after in told()] == [{"note": "new"}]


def test_a_transaction_that_waits_for_another_writer_does_not_fail(flag: Flag, in_thread: Any) -> None:
    """On SQLite a transaction that has read first could not write after somebody else has."""
    for number in range(3):
        flag.note = f"{number}"
        with transaction.atomic():
            flag.save()
        in_thread(lambda: Flag.objects.update(staff=F("testing")))

    assert len(told()) == 3


class TestInATestCase(TestCase):
    """What a `TestCase` writes comes from a test, and each call is told of by itself."""

    def test_each_call_is_a_change(self) -> None:
        switch = Switch.objects.create(name="x")
        for active in (True, False):
            switch.active = active
            switch.save()
        with transaction.atomic():
            switch.note = "a"
            switch.save()
            switch.active = True
            switch.save()

        changes = Change.objects.order_by("id")
        assert [change.source for change in changes] == ["test"] * 4
        assert changes[3].after == {"note": "a", "active": True}


def test_a_row_of_a_fixture_and_its_links_are_one_change(
    flag: Flag, users: list[User], tmp_path: Path
) -> None:
    fixture = tmp_path / "flags.json"
    fields = {"name": "x", "note": "new", "users": [user.pk for user in users[:2]]}
    fixture.write_text(json.dumps([{"model": "waffle.flag", "pk": flag.pk, "fields": fields}]))

    call_command("loaddata", str(fixture), verbosity=0)
    flag.users.add(users[2])

    told = Change.objects.order_by("pk").values_list("source", "after")
    listed = [after["users"]["added"] for _source, after in told]
    assert [source for source, _after in told] == ["command", "code"]
    assert (told[0][1]["note"], listed) == ("new", [["user 0", "user 1"], ["user 2"]])
