"""Two people who change one toggle at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from tests.admin.forms import address, change_form
from waffle import history
from waffle.admin.forms import FlagForm
from waffle.history import reverting
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = pytest.mark.django_db(transaction=True)

MOMENT = 0.3  # seconds: more than a write takes that nothing holds up

# Any, in this file: what others do, and the form that a page shows.


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Return somebody else, with a connection of their own."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        yield executor
        executor.submit(connections.close_all).result(timeout=30)


def test_nobody_writes_between_the_comparison_of_a_form_and_its_save(
    visit: Client, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag, ada = Flag.objects.create(name="x", percent=5), User.objects.create_user("ada")
    version = visit.get(address(FLAG, "change", flag.pk)).context["adminform"].form.version
    writes: list[Future[Any]] = []
    compare = FlagForm.clean

    def compare_and_wait(form: FlagForm) -> Any:
        cleaned = compare(form)
        # One statement: SQLite lets nobody wait who has read in the same transaction.
        writes.append(others.submit(lambda: Flag.users.through.objects.create(flag=flag, user=ada)))
        writes.append(others.submit(lambda: Flag.objects.update(percent=75)))
        wait(writes, timeout=MOMENT)
        assert [write.done() for write in writes] == [False, False]
        return cleaned

    monkeypatch.setattr(FlagForm, "clean", compare_and_wait)
    response = visit.post(
        address(FLAG, "change", flag.pk), change_form(flag, note="mine", waffle_version=version)
    )
    for write in writes:
        write.result(timeout=30)

    flag.refresh_from_db()
    assert response.status_code == 302
    assert (flag.note, flag.percent, [*flag.users.all()]) == ("mine", 75, [ada])


def test_others_write_while_the_effect_is_counted(
    visit: Client, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = Flag.objects.create(name="x", percent=5)
    compare = FlagForm.clean

    def compare_and_wait(form: FlagForm) -> Any:
        others.submit(lambda: Flag.objects.update(percent=75)).result(timeout=5)
        return compare(form)

    monkeypatch.setattr(FlagForm, "clean", compare_and_wait)
    response = visit.post(address(FLAG, "change", flag.pk), change_form(flag, _effect="1"))

    assert response.status_code == 200
    assert Flag.objects.get().percent == 75


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there the second waits for the first")
def test_of_two_who_make_a_flag_anew_one_is_told_that_it_is_there(
    visit: Client, others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    Flag.objects.create(name="x").delete()
    gone = history.changes().first()
    make = reverting._make_anew

    def make_after_the_other(*args: Any) -> None:
        monkeypatch.setattr(reverting, "_make_anew", make)
        others.submit(history.revert, gone).result(timeout=30)
        make(*args)

    monkeypatch.setattr(reverting, "_make_anew", make_after_the_other)
    response = visit.post(reverse("admin:waffle_change_revert", args=[gone.pk]), follow=True)

    told = [str(message) for message in response.context["messages"]]
    assert told == ["Nothing was reverted. “x” exists again."]
    assert Flag.objects.count() == 1
