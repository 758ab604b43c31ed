"""Writes that are out of the ordinary: nested, in odd databases, of odd values, beside other transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import DateField
from django.db.models.signals import post_save, pre_save
from django.utils.translation import gettext_lazy

from tests.history.test_writing import told
from waffle import history
from waffle.history import rows
from waffle.models import Change, Flag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


def update(flag: Flag) -> None:
    Flag.objects.update(note="new")


def delete(flag: Flag) -> None:
    Flag.objects.all().delete()


def create(flag: Flag) -> None:
    Flag.objects.bulk_create([Flag(name="y")])


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
@pytest.mark.parametrize("write", [update, delete, create])
def test_a_change_is_written_where_the_row_is_though_it_is_read_elsewhere(
    write: Callable[[Flag], None], flag: Flag, settings: Any
) -> None:
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsAReplica"]

    write(flag)

    assert Change.objects.using("default").count() == 1
    assert Change.objects.using("other").count() == 0


@pytest.fixture(params=["pre_save", "post_save"])
def first_receiver(request: pytest.FixtureRequest) -> Iterator[Callable[[Callable[..., None]], None]]:
    """Let a receiver hear of saves of flags before the history does, as those in modules of models do."""
    signal: Any = {"pre_save": pre_save, "post_save": post_save}[request.param]  # Any: its lists are private
    before = [*signal.receivers]

    def connect(receiver: Callable[..., None]) -> None:
        signal.connect(receiver, sender=Flag, weak=False)
        signal.receivers = [signal.receivers[-1], *before]
        signal.sender_receivers_cache.clear()

    yield connect
    signal.receivers = before
    signal.sender_receivers_cache.clear()


@pytest.mark.parametrize("is_new", [True, False])
def test_a_receiver_that_saves_again_hides_nothing(
    first_receiver: Callable[[Callable[..., None]], None], flag: Flag, *, is_new: bool
) -> None:
    def save_again(instance: Flag, **signal: object) -> None:
        if not instance.languages:
            instance.languages = "de"
            instance.save()

    first_receiver(save_again)
    toggle = Flag(name="y") if is_new else flag
    toggle.note = "new"

    toggle.save()

    ((_, action, before, after),) = told()
    assert action == ("created" if is_new else "changed")
    assert before == ({} if is_new else {"note": "", "languages": ""})
    assert (after["note"], after["languages"]) == ("new", "de")


def test_a_copy_that_a_receiver_saves_is_a_toggle_of_its_own(
    first_receiver: Callable[[Callable[..., None]], None], flag: Flag
) -> None:
    def save_copy(instance: Flag, **signal: object) -> None:
        if instance.name == "x":
            own = copy(instance)
            own.pk, own.name = None, "copy"
            own._state.adding = True
            own.save()

    first_receiver(save_copy)
    flag.note = "new"

    flag.save()

    assert sorted(told(), key=str)[0][:2] == ("copy", "created")
    assert Change.objects.count() == 0


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_text_that_a_database_would_refuse_hinders_nothing(text: str, flag: Flag) -> None:
    with history.by(text, comment=text):
        Flag.objects.update(note="new")

    change = Change.objects.latest("pk")
    assert change.after == {"note": "new"}
    assert change.user_label == change.comment == text.replace("\0", "").replace("\ud800", "?")


def test_a_comment_that_is_yet_to_be_translated_is_text(flag: Flag) -> None:
    comment: Any = gettext_lazy("Yes")  # of a type that Django keeps to itself
    with history.by(comment=comment):
        Flag.objects.update(note="new")

    assert Change.objects.latest("pk").comment == "Yes"


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="others let who adds a member wait for an UPDATE"
)
@pytest.mark.parametrize("write", [update, Flag.save])
def test_who_adds_a_member_need_not_wait_for_a_save(
    write: Callable[[Flag], None], flag: Flag, in_thread: Any
) -> None:
    ada = User.objects.create(username="ada")

    def add() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            ada.flag_set.add(flag)

    with transaction.atomic():
        write(flag)
        in_thread(add)

    assert list(flag.users.all()) == [ada]


@pytest.mark.skipif(connection.vendor == "mysql", reason="it does not take the columns that may conflict")
def test_a_row_that_is_renamed_because_its_key_is_there_has_been_there_before(flag: Flag) -> None:
    again = Flag(pk=flag.pk, name="y")

    Flag.objects.bulk_create([again], update_conflicts=True, update_fields=["name"], unique_fields=["id"])

    assert told() == [("y", "changed", {"name": "x"}, {"name": "y"})]


def test_a_value_that_its_field_cannot_convert_is_told_as_it_reads() -> None:
    assert rows.as_read(DateField(), "some day") == "some day"


def test_a_change_whose_key_is_none_of_the_model_is_of_a_toggle_that_is_gone(flag: Flag) -> None:
    change = Change.objects.create(
        source="code", kind="flag", name="x", object_id="a-b", action="changed", before={}, after={}
    )

    with pytest.raises(history.Conflict, match="no longer exists"):
        history.revert(change)
