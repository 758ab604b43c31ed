"""Views that ask for toggles in every way that both packages have."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.generic import View

import waffle
from waffle.decorators import waffle_flag, waffle_switch
from waffle.mixins import WaffleFlagMixin, WaffleSampleMixin, WaffleSwitchMixin

MODELS = {
    "flag": waffle.get_waffle_flag_model(),
    "switch": waffle.get_waffle_switch_model(),
    "sample": waffle.get_waffle_sample_model(),
}


def names(kind: str) -> list[str]:
    """Return the names of all toggles of a kind, and one that is not there."""
    return [*MODELS[kind].objects.order_by("name").values_list("name", flat=True), "not there"]


def answers(request: HttpRequest) -> Iterator[tuple[str, object]]:
    """Ask for every toggle, by function and by model."""
    for name in names("flag"):
        flag = MODELS["flag"].get(name)
        yield f"flag {name}, read only", waffle.flag_is_active(request, name, read_only=True)
        yield f"flag {name}", waffle.flag_is_active(request, name)
        yield f"flag {name}, by model", flag.is_active(request)
        # django-waffle says None where ours says False, and does not know the percentage.
        is_asked = flag.pk and flag.percent is None
        yield f"flag {name}, for user", bool(is_asked and flag.is_active_for_user(request.user))
    for name in names("switch"):
        yield f"switch {name}", waffle.switch_is_active(name)
        yield f"switch {name}, by model", MODELS["switch"].get(name).is_active()
    for name in names("sample"):
        yield f"sample {name}", waffle.sample_is_active(name)
        yield f"sample {name}, by model", MODELS["sample"].get(name).is_active()
    for kind, model in MODELS.items():
        yield f"all of {kind}", sorted(toggle.name for toggle in model.get_all())


def asked(request: HttpRequest) -> HttpResponse:
    return JsonResponse(dict(answers(request)))


def shown(request: HttpRequest) -> HttpResponse:
    return render(request, "bakery/shown.html", {kind: names(kind) for kind in MODELS})


def room(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Welcome!")


staff_room = waffle_flag("staff")(room)
public_room = waffle_flag("!staff", redirect_to="staff-room")(room)
shop = waffle_switch("shop", redirect_to="staff-room")(room)
closed = waffle_switch("!shop")(room)


class Room(View):
    """A room behind a door."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return room(request)


class FlagRoom(WaffleFlagMixin, Room):
    waffle_flag = "groups"


class SwitchRoom(WaffleSwitchMixin, Room):
    waffle_switch = "!shop"


class SampleRoom(WaffleSampleMixin, Room):
    waffle_sample = "always"
