"""Marks that run a test once in plain code and once in a coroutine."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync

import waffle

WORLDS = ["sync", "async"]

each_flag_is_active = pytest.mark.parametrize(
    "flag_is_active", [waffle.flag_is_active, async_to_sync(waffle.aflag_is_active)], ids=WORLDS
)
each_flag_verdict = pytest.mark.parametrize(
    "flag_verdict", [waffle.flag_verdict, async_to_sync(waffle.aflag_verdict)], ids=WORLDS
)
