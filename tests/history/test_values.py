"""Values of rows: as JSON has them, in order, and of models with parents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test.utils import isolate_apps

from waffle.history import members, rows, writing
from waffle.models import Switch


@pytest.mark.parametrize(
    ("keys", "ordered"), [({3, 1, 2}, [1, 2, 3]), (["b", 1], ["b", 1])], ids=["alike", "of two types"]
)
def test_keys_are_told_in_order_where_they_have_one(keys: Any, ordered: list[Any]) -> None:
    assert members._ordered(keys) == ordered


def test_a_number_of_json_stays_one() -> None:
    assert rows.as_json(models.FloatField(), 1.5) == 1.5


def test_what_json_has_not_is_written_as_django_does() -> None:
    ops = BaseDatabaseOperations(connection)

    assert writing._json({"share": Decimal("0.5")}, ops) == '{"share": "0.5"}'


@isolate_apps("test_app")
def test_a_row_in_more_than_one_table_is_read_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Child(Switch):
        class Meta:
            app_label = "test_app"

    read: list[Any] = []

    def read_keys(model: Any, keys: list[Any], connection: Any) -> dict[Any, Any]:
        read.append((model, keys))
        return {1: {"active": True}}

    monkeypatch.setattr(rows, "read_keys", read_keys)

    assert rows.read(Child, 1, connection) == {"active": True}
    assert read == [(Child, [1])]
