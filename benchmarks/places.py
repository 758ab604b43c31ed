"""Where a row's work is done: in a request, around one, outside of any, in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from benchmarks import site
from benchmarks.meters import Meter
from waffle.middleware import WaffleMiddleware

Work = Callable[[HttpRequest], object]
Run = Callable[[Meter], None]

# Django is up without the app; then the app is imported, and then Django starts anew with it.
_STARTS = """
import django
from django.apps import apps
from django.conf import settings
from time import process_time as now

installed = [name for name in settings.INSTALLED_APPS if name != "waffle"]
settings.INSTALLED_APPS = installed
django.setup()
times = [now()]
apps.set_installed_apps(installed)
times.append(now())
import waffle
times.append(now())
apps.set_installed_apps([*installed, "waffle"])
print(*times, now())
"""


def nothing(request: HttpRequest) -> None:
    """Have nothing to do."""


def in_a_request(work: Work, *, before: Work = nothing) -> Run:
    """Measure `work` in a view, with the middleware around it; `before` is done first."""

    def run(meter: Meter) -> None:
        def view(request: HttpRequest) -> HttpResponse:
            before(request)
            with meter:
                work(request)
            return HttpResponse()

        WaffleMiddleware(view)(site.request())

    return run


def around_a_request(work: Work) -> Run:
    """Measure the middleware and a view in it that does `work`, from the request to the response."""

    def view(request: HttpRequest) -> HttpResponse:
        work(request)
        return HttpResponse()

    def run(meter: Meter) -> None:
        request, middleware = site.request(), WaffleMiddleware(view)
        with meter:
            middleware(request)

    return run


def outside_of_requests(work: Work) -> Run:
    """Measure `work` as a task does it: nothing holds the toggles still."""

    def run(meter: Meter) -> None:
        request = site.request()
        with meter:
            work(request)

    return run


def import_in_a_new_process(meter: Meter) -> None:
    """Take the processor's time for `import waffle` in a site that is up without it."""
    _, began, ended, _ = _start()
    meter.seconds = ended - began


def start_of_a_new_process(meter: Meter) -> None:
    """Take the processor's time that the app adds to Django's start: import, models, signals, checks."""
    began, without_app, _, with_app = _start()
    meter.seconds = (with_app - without_app) - (without_app - began)


def _start() -> list[float]:
    started = subprocess.run(
        [sys.executable, "-c", _STARTS],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [float(time) for time in started.stdout.split()]
