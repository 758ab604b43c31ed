"""A stable hash deals percentages fairly, and to each flag in its own way."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import combinations
from math import sqrt

import pytest

from waffle.buckets import BUCKETS, bucket_of, is_below

UNITS = 30_000
NAMES = (*(f"flag-{number}" for number in range(12)), "checkout", "new nav", "é", "日本")


@cache
def _members(name: str, percent: int) -> int:
    """Return who of `UNITS` ids is in, one bit each."""
    bits = (is_below(bucket_of(name, str(unit)), percent) for unit in range(UNITS))
    return int("".join("1" if bit else "0" for bit in bits), 2)


@pytest.mark.parametrize(
    ("name", "unit", "bucket"),
    [
        ("checkout", "1", 65057),
        ("checkout", "2", 4971),
        ("checkout", "42", 38659),
        ("checkout", "", 92805),
        ("new_nav", "1", 31966),
        ("new_nav", "42", 75764),
        ("é", "日本", 49924),
    ],
)
def test_a_bucket_is_the_same_for_all_time(name: str, unit: str, bucket: int) -> None:
    assert bucket_of(name, unit) == bucket


@pytest.mark.parametrize("name", NAMES)
def test_a_flag_is_on_for_its_share(name: str) -> None:
    share = _members(name, 30).bit_count() / UNITS

    assert abs(share - 0.3) < 3 * sqrt(0.3 * 0.7 / UNITS)


def test_flags_are_independent() -> None:
    both = 0.3 * 0.3
    sigma = sqrt(both * (1 - both) / UNITS)

    shares = {
        pair: (_members(pair[0], 30) & _members(pair[1], 30)).bit_count() / UNITS
        for pair in combinations(NAMES, 2)
    }

    assert {pair for pair, share in shares.items() if abs(share - both) > 5 * sigma} == set()


@pytest.mark.parametrize("bucket", [0, 99, 100, 38_659, 99_998, 99_999])
def test_a_higher_percentage_turns_nobody_off(bucket: int) -> None:
    answers = [is_below(bucket, Decimal(tenths) / 10) for tenths in range(1001)]

    assert answers == sorted(answers)
    assert (answers[0], answers[-1]) == (False, True)


@pytest.mark.parametrize("percent", [0.1, Decimal("0.1")])
def test_a_percentage_counts_as_it_is_written(percent: float) -> None:
    answers = (is_below(99, percent), is_below(100, percent))

    assert answers == (True, False)


def test_a_unit_that_is_no_text_of_unicode_has_a_bucket() -> None:
    assert 0 <= bucket_of("x", "\udcff") < BUCKETS
