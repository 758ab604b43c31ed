"""What the fuzz tests share; importing it chooses how long they search.

`HYPOTHESIS_PROFILE=nightly` searches for some ten minutes, along new ways each time; what it finds is
printed with the blob that repeats it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Fixtures need not begin anew with each example: the tests put back themselves what they change.
_COMMON = settings(
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

settings.register_profile("waffle", _COMMON, derandomize=True, max_examples=100)
settings.register_profile("nightly", _COMMON, max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "waffle"))


def examples(share: float) -> settings:
    """Return settings for a test with `share` times as many examples as others."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))
