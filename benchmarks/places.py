"""Where a row's work is done: in a request, around one, outside of any, in a new process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

from benchmarks import site
from benchmarks.contenders import Contender
from benchmarks.meters import Meter

Work = Callable[[Contender, HttpRequest], object]
Run = Callable[[Contender, Meter], None]

# Django is up without the app; then the app is imported, and then Django starts anew with it.
_STARTS = """
import django, json
from django.apps import apps
from django.conf import settings
from importlib import import_module
from time import process_time as now

installed = [name for name in settings.INSTALLED_APPS if name.startswith("django.")]
added = [name for name in settings.INSTALLED_APPS if name not in installed]
settings.INSTALLED_APPS = installed
django.setup()
times = [now()]
apps.set_installed_apps(installed)
times.append(now())
for name in added:
    import_module(name)
times.append(now())
apps.set_installed_apps([*installed, *added])
print(json.dumps([*times, now()]))
"""


def nothing(contender: Contender, request: HttpRequest) -> None:
    """Have nothing to do."""


def checking(*names: str) -> Work:
    """Return what checks some flags, one after the other."""

    def check(contender: Contender, request: HttpRequest) -> None:
        flag = contender.flag
        for name in names:
            flag(request, name)

    return check


def in_a_request(work: Work, *, before: Work = nothing) -> Run:
    """Measure `work` in a view, with the middleware around it; `before` is done first."""

    def run(contender: Contender, meter: Meter) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            before(contender, request)
            with meter:
                work(contender, request)
            return HttpResponse()

        contender.middleware(view)(site.request())

    return run


def around_requests(work: Work, number: int) -> Run:
    """Measure the middleware and `work` in it, for some requests, but not what makes them and responses."""

    def run(contender: Contender, meter: Meter) -> None:
        responses = [HttpResponse() for _ in range(number)]

        def view(request: HttpRequest) -> HttpResponse:
            work(contender, request)
            return responses.pop()

        requests, middleware = [site.request() for _ in range(number)], contender.middleware(view)
        with meter:
            for request in requests:
                middleware(request)

    return run


def outside_of_requests(work: Callable[[Contender], object]) -> Run:
    """Measure `work` as a task does it: nothing holds the toggles still."""

    def run(contender: Contender, meter: Meter) -> None:
        with meter:
            work(contender)

    return run


def in_a_new_process(contender: Contender, meter: Meter) -> None:
    """Measure what a process does that knows nothing, before an empty cache."""
    told = _python("-m", "benchmarks.worker", "cold")
    meter.seconds, meter.queries, meter.cache_reads = told["answer"]


def import_in_a_new_process(contender: Contender, meter: Meter) -> None:
    """Take the processor's time for the import of the package in a site that is up without it."""
    _, began, ended, _ = _python("-c", _STARTS)
    meter.seconds = ended - began


def start_of_a_new_process(contender: Contender, meter: Meter) -> None:
    """Take the processor's time that the app adds to Django's start: import, models, signals, checks."""
    began, without_app, _, with_app = _python("-c", _STARTS)
    meter.seconds = (with_app - without_app) - (without_app - began)


# Any: what the program prints as JSON.
def _python(*arguments: str) -> Any:
    started = subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(started.stdout)
