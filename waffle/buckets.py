"""Buckets: where a stable hash puts somebody on a flag's scale from 0 to 100 percent."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import SupportsFloat

BUCKETS = 100_000  # a thousandth of a percent each
PER_CENT = BUCKETS // 100


@lru_cache(maxsize=1024)
def bucket_of(salt: str, unit: str) -> int:
    """Return the bucket of `unit`, from 0 to 99,999: the same on every machine and for all time.

    `salt` is the flag's name, so that flags are independent of each other. The first 64 bits of SHA-256, a
    fraction of one, are scaled by multiply and shift (D. Lemire, "Fast Random Integer Generation in an
    Interval", 2019, section 3): its bias is below 1 in 10¹⁴.
    """
    # A lone surrogate has no UTF-8; a name or a unit that holds one is hashed all the same.
    digest = sha256(f"{salt}:{unit}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") * BUCKETS) >> 64


def is_below(bucket: int, percent: SupportsFloat) -> bool:
    """Say whether `percent` of all units, the lowest buckets first, include this bucket."""
    # Rounded: 0.1 percent is 100 buckets, whatever 0.1 * 1000 is as a float.
    return bucket < round(float(percent) * PER_CENT)
