"""What is done for each row of `rows.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import repeat
from typing import Any

from django.http import HttpRequest
from django.template.backends.django import DjangoTemplates
from django.template.backends.jinja2 import Jinja2
from django.test import override_settings

from benchmarks import site
from benchmarks.contenders import Contender
from benchmarks.meters import Meter
from benchmarks.places import (
    Run,
    around_requests,
    checking,
    import_in_a_new_process,
    in_a_new_process,
    in_a_request,
    nothing,
    outside_of_requests,
    start_of_a_new_process,
)
from benchmarks.rows import OFTEN, REQUESTS

FURTHER = tuple(f"groups_{number}" for number in range(1, 10))


def check_often(contender: Contender, request: HttpRequest) -> None:
    """Check one settled flag again and again."""
    flag = contender.flag
    for _ in repeat(None, OFTEN):
        flag(request, "everyone_0")


def check_switch_often(contender: Contender) -> None:
    """Check one switch again and again."""
    switch = contender.switch
    for _ in repeat(None, OFTEN):
        switch("switch")


def look(contender: Contender, meter: Meter) -> None:
    """Measure a check outside of requests before which a look is due."""
    with override_settings(WAFFLE_REFRESH_SECONDS=0):
        contender.switch("switch")
        with meter:
            contender.switch("switch")


def save(contender: Contender, meter: Meter) -> None:
    """Measure one save of a switch that was flipped."""
    saver = contender.saver()
    with meter:
        saver()


def save_without_history(contender: Contender, meter: Meter) -> None:
    """Measure the same where no history is kept: the others keep none."""
    with override_settings(WAFFLE_HISTORY=False):
        save(contender, meter)


def status(contender: Contender, request: HttpRequest) -> object:
    """Answer with all values."""
    return contender.status(request)


def render_django(contender: Contender, request: HttpRequest) -> None:
    """Render a template of Django's with 100 tags."""
    _django_template(contender).render({}, request)


def render_jinja(contender: Contender, request: HttpRequest) -> None:
    """Render one of Jinja's."""
    _jinja_template(contender).render({}, request)


# Any, twice: the classes of templates have no public names.
@cache
def _django_template(contender: Contender) -> Any:
    processors = ["django.template.context_processors.request"]
    options = {"context_processors": processors, "builtins": list(contender.django_libraries)}
    engine = DjangoTemplates({"NAME": "django", "DIRS": [], "APP_DIRS": False, "OPTIONS": options})
    return engine.from_string(_source(contender.django_tag, site.SETTLED))


@cache
def _jinja_template(contender: Contender) -> Any:
    options = {"extensions": list(contender.jinja_extensions)}
    engine = Jinja2({"NAME": "jinja", "DIRS": [], "APP_DIRS": False, "OPTIONS": options})
    return engine.from_string(_source(contender.jinja_tag, site.SETTLED))


def _source(tag: str, names: Iterable[str]) -> str:
    return "\n".join(tag.replace("NAME", name) for name in names)


WORKS: Mapping[str, Run] = {
    "switch": outside_of_requests(check_switch_often),
    "settled": in_a_request(check_often, before=checking("everyone_0")),
    "settled request": around_requests(checking("everyone_0"), REQUESTS),
    "user request": around_requests(checking("users_0"), REQUESTS),
    "group request": around_requests(checking("groups_0"), REQUESTS),
    "group further": in_a_request(checking(*FURTHER), before=checking("groups_0")),
    "percent request": around_requests(checking("percent_0"), REQUESTS),
    "mixed": in_a_request(checking(*site.MIXED)),
    "cold": in_a_new_process,
    "django tags": in_a_request(render_django),
    "jinja tags": in_a_request(render_jinja),
    "memory": around_requests(checking(site.CROWD), 1),
    "crowd": in_a_request(checking(site.CROWD)),
    **{f"status {number}": in_a_request(status) for number in (10, 100, 1_000, 10_000)},
    "plain request": around_requests(nothing, REQUESTS),
    "look": look,
    "save": save,
    "save alone": save_without_history,
    "import": import_in_a_new_process,
    "start": start_of_a_new_process,
}
