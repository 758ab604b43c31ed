"""Decorators and mixins put a view behind a toggle, be it sync or async: what is so of both."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views import View
from pytest_django import Settings

from tests.each import Get, each_server, switch_on
from waffle.decorators import waffle_flag, waffle_switch
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.mixins import WaffleFlagMixin, WaffleSampleMixin, WaffleSwitchMixin

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


# Any, for what views are given: each URL has arguments of its own.
def sync_view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(f"welcome {kwargs}")


async def async_view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse(f"welcome {kwargs}")


class SyncView(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse(f"welcome {kwargs}")


class AsyncView(View):
    async def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse(f"welcome {kwargs}")


DECORATORS = {FLAG: waffle_flag, SWITCH: waffle_switch}
MIXINS = {FLAG: WaffleFlagMixin, SWITCH: WaffleSwitchMixin, SAMPLE: WaffleSampleMixin}
DECORATED = {"sync": sync_view, "async": async_view, "async class": AsyncView.as_view()}
MIXED_IN = {"sync": SyncView, "async": AsyncView}


# Any, from here on: views of every sort.
def decorated(kind: Kind, sort: str, name: str) -> Any:
    return DECORATORS[kind](name)(DECORATED[sort])


def mixed_in(kind: Kind, sort: str, name: str) -> Any:
    view: Any = type("MyView", (MIXINS[kind], MIXED_IN[sort]), {f"waffle_{kind.name}": name})
    return view.as_view()


GATES = {
    **{("decorator", kind, sort): decorated for kind in DECORATORS for sort in DECORATED},
    **{("mixin", kind, sort): mixed_in for kind in MIXINS for sort in MIXED_IN},
}

urlpatterns = []
for (_how, _kind, _sort), _behind in GATES.items():
    _address = f"{_how}/{_kind}/{_sort}"
    urlpatterns += [
        path(f"{_address}/plain/", _behind(_kind, _sort, "x")),
        path(f"{_address}/plain/<int:pk>/<kind>/<dispatch>/", _behind(_kind, _sort, "x")),
        path(f"{_address}/inverted/", _behind(_kind, _sort, "!x")),
    ]

each_gate = pytest.mark.parametrize(("how", "kind", "sort"), GATES, ids=str)


@each_gate
@each_server
def test_a_view_answers_while_its_toggle_is_active(how: str, kind: Kind, sort: str, get: Get) -> None:
    switch_on(kind)

    assert get(f"/{how}/{kind}/{sort}/plain/").content == b"welcome {}"


@each_gate
@each_server
def test_a_view_is_not_found_while_its_toggle_is_inactive(how: str, kind: Kind, sort: str, get: Get) -> None:
    assert get(f"/{how}/{kind}/{sort}/plain/").status_code == 404


@each_gate
@each_server
@pytest.mark.parametrize(("is_on", "status"), [(True, 404), (False, 200)])
def test_an_exclamation_mark_inverts(
    how: str, kind: Kind, sort: str, get: Get, is_on: bool, status: int
) -> None:
    if is_on:
        switch_on(kind)

    assert get(f"/{how}/{kind}/{sort}/inverted/").status_code == status


@each_gate
def test_the_view_is_given_its_arguments(how: str, kind: Kind, sort: str) -> None:
    switch_on(kind)

    response = Client().get(f"/{how}/{kind}/{sort}/plain/7/a/b/")

    assert response.content == b"welcome {'pk': 7, 'kind': 'a', 'dispatch': 'b'}"


@each_gate
@each_server
def test_a_view_needs_no_middleware(
    how: str,
    kind: Kind,
    sort: str,
    get: Get,
    settings: Settings,
) -> None:
    settings.MIDDLEWARE = []
    switch_on(kind)

    assert get(f"/{how}/{kind}/{sort}/plain/").status_code == 200
