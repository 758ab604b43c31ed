"""The site: one page, which asks for a score of toggles; a plain view and an async one."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

import waffle  # noqa: E402

NAMES = [f"toggle {number}" for number in range(10)]


def answer(request: HttpRequest) -> HttpResponse:
    """Say which process answers, and what it knows: all toggles are on."""
    flags = [waffle.flag_is_active(request, name) for name in NAMES]
    switches = [waffle.switch_is_active(name) for name in NAMES]
    return HttpResponse(f"{os.getpid()} {all(flags) and all(switches)}")


async def aanswer(request: HttpRequest) -> HttpResponse:
    """Do the same in a coroutine: the middleware has read all toggles before."""
    return answer(request)


urlpatterns = [path("plain", answer), path("async", aanswer)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()


def prepare() -> None:
    """Make the tables and the toggles."""
    call_command("migrate", verbosity=0)
    for name in NAMES:
        waffle.get_waffle_flag_model().objects.create(name=name, everyone=True)
        waffle.get_waffle_switch_model().objects.create(name=name, active=True)


if __name__ == "__main__":
    prepare()
