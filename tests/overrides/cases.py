"""What overrides are tried with: each kind, checks of either world, users without a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import RequestFactory

from tests.worlds import WORLDS
from waffle import Verdict
from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.testutils import Override, override_flag, override_sample, override_switch

OVERRIDES: dict[Kind, type[Override]] = {
    FLAG: override_flag,
    SWITCH: override_switch,
    SAMPLE: override_sample,
}


# Any, in this file: checks of either world, and users, who may be stand-ins.
each_check = pytest.mark.parametrize("check", [check, async_to_sync(acheck)], ids=WORLDS)
each_answer = pytest.mark.parametrize("active", [True, False])

Check = Callable[..., Verdict]

ADA, BOB, STAFF = User(pk=1), User(pk=2), User(pk=3, is_staff=True)


def request_of(user: Any, url: str = "/") -> HttpRequest:
    request = RequestFactory().get(url)
    request.user = user
    return request
