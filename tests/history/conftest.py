"""What tests of the history begin with."""

from __future__ import annotations

import pytest

from tests.history.test_writing import told
from waffle.models import Flag


@pytest.fixture
def flag() -> Flag:
    """Return a flag whose making is told already."""
    flag: Flag = Flag.objects.create(name="x")
    told()
    return flag
