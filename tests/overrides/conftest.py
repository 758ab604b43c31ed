"""After each test of overrides none is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from waffle.overrides import in_force


@pytest.fixture(autouse=True)
def _nothing_is_left(cold: None) -> Iterator[None]:
    yield
    assert in_force == []
