"""The Waffle House: flags decide what visitors see, in sync and async views and two template languages."""

from __future__ import annotations

import json
from collections.abc import Mapping

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import TemplateView

from waffle import Verdict, aflag_verdict, asample_is_active, aswitch_is_active, flag_verdict
from waffle.decorators import waffle_flag, waffle_switch
from waffle.mixins import WaffleFlagMixin

FLAGS = (
    "house_waffle",
    "snow_waffle",
    "jam_to_go",
    "birthday_cake",
    "regulars_table",
    "staff_meal",
    "chefs_table",
    "german_menu",
    "new_batter",
    "secret_sauce",
)
"""The flags that the menu depends on; its templates ask for each of them."""


def menu(request: HttpRequest, template: str) -> HttpResponse:
    """Show the menu. The template asks the flags itself; the view asks too, to show what decided."""
    return menu_page(request, template, {name: flag_verdict(request, name) for name in FLAGS})


async def menu_async(request: HttpRequest, template: str) -> HttpResponse:
    """Show the same menu from a coroutine."""
    await load_user(request)
    # A template cannot wait either: what its tags ask for is at hand once an async twin was asked for it.
    verdicts = {name: await aflag_verdict(request, name) for name in FLAGS}
    await aswitch_is_active("happy_hour")
    await asample_is_active("free_coffee")
    return menu_page(request, template, verdicts)


def menu_page(request: HttpRequest, template: str, verdicts: Mapping[str, Verdict]) -> HttpResponse:
    """Render the menu, with what decided each flag: on the page for people, in a header for the demo."""
    response = render(request, template, {"verdicts": verdicts})
    told = {name: [verdict.active, verdict.reason.value] for name, verdict in verdicts.items()}
    response.headers["Verdicts"] = json.dumps(told)
    return response


@waffle_flag("staff_meal")
def kitchen(request: HttpRequest) -> HttpResponse:
    """Answer 404 to visitors for whom the flag is off."""
    return render(request, "test_app/room.html", {"room": "The kitchen"})


@waffle_flag("jam_to_go", redirect_to="login")
def larder(request: HttpRequest) -> HttpResponse:
    """Send visitors for whom the flag is off to the log-in."""
    return render(request, "test_app/room.html", {"room": "The larder"})


class Lounge(WaffleFlagMixin, TemplateView):
    """The same as a class."""

    waffle_flag = "regulars_table"
    template_name = "test_app/room.html"


@waffle_flag("chefs_table")
async def chefs_table(request: HttpRequest) -> HttpResponse:
    """The same as a coroutine."""
    await load_user(request)
    return render(request, "test_app/room.html", {"room": "The chef’s table"})


@waffle_switch("happy_hour", redirect_to="front")
async def bar(request: HttpRequest) -> HttpResponse:
    """Send everybody to the front page while the switch is off."""
    await load_user(request)
    return render(request, "test_app/room.html", {"room": "The bar"})


async def load_user(request: HttpRequest) -> None:
    """Load the user, who is lazy: the head of every page shows the name."""
    await sync_to_async(str)(request.user)
