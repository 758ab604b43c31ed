"""The rows of the table: what is done, where, and what is to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from itertools import repeat
from typing import Any

from django.http import HttpRequest
from django.template import engines

from benchmarks import site
from benchmarks.meters import Meter
from benchmarks.places import (
    Run,
    around_a_request,
    import_in_a_new_process,
    in_a_request,
    nothing,
    outside_of_requests,
    start_of_a_new_process,
)
from waffle import flag_is_active, switch_is_active
from waffle.models import Switch

OFTEN = 200  # checks in one run, where one alone is too short for a clock


@dataclass(frozen=True)
class Row:
    """One row: `run` does the work, with the meter around what counts."""

    title: str
    run: Run
    times: int = 1
    """How many times one run does what the title says."""
    ratio: float | None = None
    """To be reached: so many times as fast as the other library, or faster."""
    seconds: float | None = None
    """To be reached: this, or less."""


def check(name: str, request: HttpRequest) -> None:
    """Check one flag."""
    flag_is_active(request, name)


def check_often(name: str, request: HttpRequest) -> None:
    """Check one flag again and again."""
    for _ in repeat(None, OFTEN):
        flag_is_active(request, name)


def check_switch_often(request: HttpRequest) -> None:
    """Check one switch again and again."""
    for _ in repeat(None, OFTEN):
        switch_is_active("switch")


def check_mixed(request: HttpRequest) -> None:
    """Check 50 flags, ten of each sort."""
    for name in site.MIXED:
        flag_is_active(request, name)


def render(names: tuple[str, ...], request: HttpRequest) -> None:
    """Render a template with one block for each name."""
    _template(names).render({}, request)


# Any: the class of Django's templates has no public name.
@cache
def _template(names: tuple[str, ...]) -> Any:
    blocks = [f'{{% flag "{name}" %}}on{{% else %}}off{{% endflag %}}' for name in names]
    return engines["django"].from_string("\n".join(["{% load waffle_tags %}", *blocks]))


def save(meter: Meter) -> None:
    """Measure one save of a switch."""
    switch = Switch.objects.get(name="saved")
    with meter:
        switch.save()


def again(name: str) -> Run:
    """Measure further checks of a flag that its request has checked before."""
    return in_a_request(partial(check_often, name), before=partial(check, name))


SETTLED, PERCENT, USER, GROUP = (
    partial(check, name) for name in ("everyone_0", "percent_0", "users_0", "groups_0")
)

ROWS = (
    Row("a flag that is settled", again("everyone_0"), times=OFTEN, ratio=40),
    Row("percentage with cookie", in_a_request(PERCENT)),
    Row("percentage with cookie, again", again("percent_0"), times=OFTEN),
    Row("a flag that lists the user", in_a_request(USER)),
    Row("a flag that lists the user, again", again("users_0"), times=OFTEN),
    Row("a flag that lists a group", in_a_request(GROUP), ratio=2),
    Row("a flag that lists a group, again", again("groups_0"), times=OFTEN, ratio=50),
    Row("50 mixed flags", in_a_request(check_mixed), ratio=15),
    Row("100 tags, settled flags", in_a_request(partial(render, site.SETTLED)), ratio=15),
    Row("100 tags, mixed flags", in_a_request(partial(render, site.MIXED * 2)), ratio=15),
    Row("whole request, no flag", around_a_request(nothing)),
    Row("whole request, a settled flag", around_a_request(SETTLED)),
    Row("whole request, a flag with a group", around_a_request(GROUP)),
    Row("whole request, 50 mixed flags", around_a_request(check_mixed)),
    Row("a switch outside of requests", outside_of_requests(check_switch_often), times=OFTEN),
    Row("a save", save),
    Row("import waffle", import_in_a_new_process, seconds=0.0015),
    Row("start of the app, with its models", start_of_a_new_process),
)
