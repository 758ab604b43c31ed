"""What a test does that lacks something of the machine it runs on."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def miss(reason: str) -> NoReturn:
    """Skip the test for want of something; where `CI` is set that fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
