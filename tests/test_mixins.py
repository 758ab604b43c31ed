"""Mixins: what is so of them alone. What they share with decorators is in test_gates.py."""

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


@pytest.mark.parametrize(("name", "asked"), [("x", "x"), ("!x", "x")])
@pytest.mark.parametrize("is_active", [True, False])
def test_a_mixin_of_the_projects_own_may_ask_as_it_likes(name: str, asked: str, is_active: bool) -> None:
    names = []

    def ask(name: str) -> bool:
        names.append(name)
        return is_active

    may_pass = BaseWaffleMixin().validate_waffle(name, ask)

    assert names == [asked]
    assert may_pass is (is_active is not name.startswith("!"))
