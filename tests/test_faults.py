"""The program that counts what an outage costs says whether that is more than it may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.faults import __main__ as faults
from tests.faults.scene import MOST_TIMEOUTS, Result

USUAL = Result((900.0, 850.0, 900.0), slowest=1.05, slow=2, failed=0, timeouts=2, lines=(1, 1))


# Any: the fields of a result are of several types.
@pytest.mark.parametrize(
    ("fields", "is_wrong"),
    [
        ({}, False),
        ({"lines": (0, 0)}, False),
        ({"timeouts": MOST_TIMEOUTS}, False),
        ({"timeouts": MOST_TIMEOUTS + 1}, True),
        ({"failed": 1}, True),
        ({"lines": (2, 1)}, True),
        ({"lines": (1, 2)}, True),
    ],
)
def test_an_outage_may_cost_a_time_out_for_each_back_off_and_a_line_at_each_end(
    fields: dict[str, Any], is_wrong: bool
) -> None:
    assert replace(USUAL, **fields).is_wrong is is_wrong


def test_a_line_of_the_table_is_one_of_markdown() -> None:
    head, row = faults.line(faults.HEAD), faults.line(("gunicorn", "redis hangs", *faults.cells(USUAL)))

    assert head.count("|") == row.count("|") == faults.line(faults.RULER).count("|") == 11
    assert [cell.strip() for cell in row.split("|")[3:7]] == ["900", "850", "900", "1.05"]
