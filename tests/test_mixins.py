"""Mixins put a class-based view behind a flag, a switch or a sample, be its handlers sync or async."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from django.views import View

from tests.each import Get, each_kind, each_server, switch_on
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.mixins import BaseWaffleMixin, WaffleFlagMixin, WaffleSampleMixin, WaffleSwitchMixin

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

MIXINS: dict[Kind, Any] = {FLAG: WaffleFlagMixin, SWITCH: WaffleSwitchMixin, SAMPLE: WaffleSampleMixin}


class SyncView(View):
    # Any: each URL has arguments of its own.
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(f"welcome {list(args)} {kwargs}")


class AsyncView(View):
    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(f"welcome {list(args)} {kwargs}")


class Elsewhere:
    def invalid_waffle(self) -> HttpResponse:
        return HttpResponse("elsewhere")


class AsyncElsewhere:
    async def invalid_waffle(self) -> HttpResponse:
        return HttpResponse("elsewhere")


BASES: dict[str, tuple[type, ...]] = {"sync": (SyncView,), "async": (AsyncView,)}


# Any: classes that are made here and now.
def view_of(*bases: Any, **attributes: object) -> Any:
    view_class: Any = type("MyView", bases, attributes)
    return view_class.as_view()


urlpatterns = []
for _kind, _mixin in MIXINS.items():
    for _sort, _bases in BASES.items():
        _name, _attribute = f"{_kind.name}/{_sort}", f"waffle_{_kind.name}"
        urlpatterns += [
            path(f"{_name}/plain/", view_of(_mixin, *_bases, **{_attribute: "x"})),
            path(f"{_name}/plain/<int:pk>/<kind>/<dispatch>/", view_of(_mixin, *_bases, **{_attribute: "x"})),
            path(f"{_name}/inverted/", view_of(_mixin, *_bases, **{_attribute: "!x"})),
            path(f"{_name}/elsewhere/", view_of(Elsewhere, _mixin, *_bases, **{_attribute: "x"})),
        ]
    urlpatterns += [
        path(
            f"{_kind.name}/async/async-elsewhere/",
            view_of(AsyncElsewhere, _mixin, AsyncView, **{_attribute: "x"}),
        ),
    ]
for _sort, _bases in BASES.items():
    _both = {"waffle_flag": "x", "waffle_switch": "!x"}
    urlpatterns += [
        path(f"both/{_sort}/", view_of(WaffleFlagMixin, WaffleSwitchMixin, *_bases, **_both)),
        path(
            f"login/{_sort}/",
            view_of(WaffleFlagMixin, LoginRequiredMixin, *_bases, waffle_flag="x", login_url="/login/"),
        ),
    ]


each_sort = pytest.mark.parametrize("sort", BASES)


@each_sort
@each_kind
@each_server
def test_a_view_answers_while_its_toggle_is_active(kind: Kind, sort: str, get: Get) -> None:
    switch_on(kind)

    assert get(f"/{kind.name}/{sort}/plain/").content == b"welcome [] {}"


@each_kind
@each_server
def test_an_async_view_needs_no_middleware(
    kind: Kind,
    get: Get,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    settings.MIDDLEWARE = []
    switch_on(kind)

    assert get(f"/{kind.name}/async/plain/").status_code == 200


@each_sort
@each_kind
@each_server
def test_a_view_is_not_found_while_its_toggle_is_inactive(kind: Kind, sort: str, get: Get) -> None:
    assert get(f"/{kind.name}/{sort}/plain/").status_code == 404


@each_sort
@each_kind
@pytest.mark.parametrize(("is_on", "status"), [(True, 404), (False, 200)])
def test_an_exclamation_mark_inverts(kind: Kind, sort: str, is_on: bool, status: int) -> None:
    if is_on:
        switch_on(kind)

    assert Client().get(f"/{kind.name}/{sort}/inverted/").status_code == status


@each_sort
@each_kind
def test_the_handler_is_given_its_arguments(kind: Kind, sort: str) -> None:
    switch_on(kind)

    response = Client().get(f"/{kind.name}/{sort}/plain/7/a/b/")

    assert response.content == b"welcome [] {'pk': 7, 'kind': 'a', 'dispatch': 'b'}"


@each_kind
@each_server
@pytest.mark.parametrize("route", ["sync/elsewhere", "async/elsewhere", "async/async-elsewhere"])
def test_the_hook_answers_whoever_may_not_pass(kind: Kind, route: str, get: Get) -> None:
    turned_away = get(f"/{kind.name}/{route}/")
    switch_on(kind)
    let_in = get(f"/{kind.name}/{route}/")

    assert turned_away.content == b"elsewhere"
    assert let_in.content == b"welcome [] {}"


@each_sort
@each_kind
def test_a_method_that_the_view_lacks_is_not_allowed(kind: Kind, sort: str) -> None:
    switch_on(kind)

    assert Client().post(f"/{kind.name}/{sort}/plain/").status_code == 405


@each_sort
@pytest.mark.parametrize(
    ("on", "status"), [((), 404), ((FLAG,), 200), ((SWITCH,), 404), ((FLAG, SWITCH), 404)]
)
def test_two_mixins_both_have_their_say(sort: str, on: tuple[Kind, ...], status: int) -> None:
    for kind in on:
        switch_on(kind)

    assert Client().get(f"/both/{sort}/").status_code == status


@each_sort
@pytest.mark.parametrize(("is_on", "status"), [(True, 302), (False, 404)])
def test_a_mixin_asks_before_those_that_follow_it(sort: str, is_on: bool, status: int) -> None:
    if is_on:
        switch_on(FLAG)

    assert Client().get(f"/login/{sort}/").status_code == status


@each_kind
@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("bases", BASES.values(), ids=BASES)
def test_a_name_that_is_not_set_is_called_a_mistake(
    kind: Kind, bases: tuple[type, ...], value: str | None, rf: RequestFactory
) -> None:
    attribute = f"waffle_{kind.name}"
    view = view_of(MIXINS[kind], *bases, **({} if value is None else {attribute: value}))

    with pytest.raises(ImproperlyConfigured) as caught:
        view(rf.get("/"))

    assert f"MyView.{attribute} is not set." in str(caught.value)
    assert f"{attribute} = 'new_basket'" in str(caught.value)


def test_the_base_alone_keeps_nobody_out(rf: RequestFactory) -> None:
    view = view_of(BaseWaffleMixin, SyncView)

    assert view(rf.get("/")).content == b"welcome [] {}"
