"""Questions to a connection, and reads that leave the transaction around them as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, transaction

from waffle import database
from waffle.database import autocommit_is_off, failed, fetch, in_test_case, in_transaction
from waffle.outages import Outage

transactional = pytest.mark.django_db(transaction=True)


@pytest.mark.django_db
def test_a_test_case_is_told_from_other_transactions() -> None:
    assert in_test_case(connection) is True


@transactional
def test_a_transaction_of_the_user_is_no_test_case() -> None:
    with transaction.atomic():
        within = in_test_case(connection)

    assert (within, in_test_case(connection)) == (False, False)


@transactional
def test_a_connection_that_is_not_open_yet_goes_by_its_settings() -> None:
    connections["other"].close()

    assert autocommit_is_off(connections["other"]) is False


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_connection_that_will_open_without_autocommit_counts_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = connections["other"]
    other.close()
    monkeypatch.setitem(other.settings_dict, "AUTOCOMMIT", False)

    assert autocommit_is_off(other) is True


@transactional
@pytest.mark.parametrize("is_on", [True, False])
def test_autocommit_is_told_within_and_without_a_block(is_on: bool) -> None:
    transaction.set_autocommit(is_on)
    try:
        outside = autocommit_is_off(connection), in_transaction(connection)
        with transaction.atomic():
            within = autocommit_is_off(connection), in_transaction(connection)
    finally:
        if not is_on:
            transaction.rollback()
        transaction.set_autocommit(True)

    assert outside == (not is_on, not is_on)
    assert within == (not is_on, True)


@transactional
def test_a_read_that_fails_leaves_the_transaction_usable() -> None:
    with transaction.atomic():
        with pytest.raises(DatabaseError):
            fetch(connection, "nowhere", "SELECT 1 FROM nowhere")

        assert fetch(connection, "waffle_stamp", "SELECT 1") == [(1,)]


@transactional
def test_a_table_that_was_read_needs_no_savepoint(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(database, "_readable", set())
    monkeypatch.setattr(connection, "vendor", "postgresql")
    with transaction.atomic():
        with django_assert_num_queries(3):
            fetch(connection, "waffle_stamp", "SELECT 1")
        with django_assert_num_queries(1):
            fetch(connection, "waffle_stamp", "SELECT 1")


@transactional
@pytest.mark.parametrize("is_usable", [True, False])
def test_a_connection_is_closed_only_if_its_server_has_left_it(
    is_usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    monkeypatch.setattr(connection, "is_usable", lambda: is_usable)

    failed(Outage("", ""), OperationalError(), connection)

    assert (connection.connection is not None) is is_usable


@transactional
def test_a_failure_in_a_transaction_is_no_outage_and_closes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    outage = Outage("", "")
    with transaction.atomic():
        failed(outage, OperationalError(), connection)

        assert connection.connection is not None
    assert outage.is_over()


@transactional
def test_what_a_check_can_do_without_is_read_in_a_savepoint_always(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    fetch(connection, "waffle_stamp", "SELECT 1")

    with transaction.atomic(), django_assert_num_queries(3):
        fetch(connection, "waffle_stamp", "SELECT 1", is_optional=True)
