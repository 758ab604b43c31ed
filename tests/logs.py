"""What the log has been told."""

from __future__ import annotations

import pytest


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines of Waffle Iron."""
    return [record.getMessage() for record in caplog.records if record.name == "waffle"]
