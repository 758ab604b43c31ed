"""What the fuzz tests share; importing it chooses how long they search.

Commonly they search for some seconds, along the same ways each time. `HYPOTHESIS_PROFILE=nightly`, which
`tox run -e fuzz` sets, searches for an hour or so, along new ways each time, and says how to repeat what
it finds.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

IS_NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

# Fixtures need not begin anew with each example: the tests put back themselves what they change.
settings.register_profile(
    "waffle",
    database=None,
    deadline=None,
    derandomize=not IS_NIGHTLY,
    max_examples=2_000 if IS_NIGHTLY else 20,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("waffle")
