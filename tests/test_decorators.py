"""Decorators: what is so of them alone. What they share with mixins is in test_gates.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from pytest_django import Settings

from tests.each import switch_on
from waffle.decorators import waffle_flag, waffle_switch
from waffle.kinds import FLAG, SWITCH, Kind

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

DECORATORS = {FLAG: waffle_flag, SWITCH: waffle_switch}


# Any, for what views are given: each URL has arguments of its own.
def sync_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Greet."""
    return HttpResponse(f"welcome {list(args)} {kwargs}")


async def async_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Greet."""
    return HttpResponse(f"welcome {list(args)} {kwargs}")


class AsyncView(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome [] {}")


@method_decorator(waffle_switch("x"), name="dispatch")
class DecoratedView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("welcome [] {}")


def exit_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("exit")


VIEWS: dict[str, Callable[..., Any]] = {"sync": sync_view, "async": async_view, "class": AsyncView.as_view()}

ROUTES: dict[str, dict[str, Any]] = {
    "plain": {},
    "to-name": {"redirect_to": "exit"},
    "to-view": {"redirect_to": exit_view},
    "to-nowhere": {"redirect_to": "no such name"},
    "to-unknown-view": {"redirect_to": sync_view},
}

urlpatterns = [
    path("exit/", exit_view, name="exit"),
    path("exit/<int:pk>/", exit_view, name="exit-detail"),
    re_path(r"^exit/at/(\d+)/$", exit_view, name="exit-at"),
    path("exit/both/", exit_view, name="exit-both"),
    path("exit/both/<int:pk>/", exit_view, name="exit-both"),
    path("class/decorated/", DecoratedView.as_view()),
]
for _kind, _decorator in DECORATORS.items():
    for _sort, _view in VIEWS.items():
        _base = f"{_kind.name}/{_sort}"
        urlpatterns += [
            *(path(f"{_base}/{route}/", _decorator("x", **given)(_view)) for route, given in ROUTES.items()),
            path(f"{_base}/named/<int:pk>/", _decorator("x", redirect_to="exit-detail")(_view)),
            re_path(f"^{_base}/numbered/(\\d+)/$", _decorator("x", redirect_to="exit-at")(_view)),
            re_path(f"^{_base}/extra/(\\d+)/$", _decorator("x", "exit-at")(_view), {"extra": 1}),
            path(f"{_base}/dropped/<int:pk>/", _decorator("x", redirect_to="exit")(_view)),
            path(f"{_base}/both/<int:pk>/", _decorator("x", redirect_to="exit-both")(_view)),
        ]


each_kind = pytest.mark.parametrize("kind", DECORATORS, ids=lambda kind: kind.name)
each_sort = pytest.mark.parametrize("sort", VIEWS)


@each_kind
@each_sort
@pytest.mark.parametrize(
    ("route", "target"),
    [
        ("to-name", "/exit/"),
        ("to-view", "/exit/both/"),
        ("named/7", "/exit/7/"),
        ("numbered/7", "/exit/at/7/"),
        ("extra/7", "/exit/at/7/"),
        ("dropped/7", "/exit/"),
        ("both/7", "/exit/both/7/"),
    ],
)
def test_whoever_may_not_pass_is_sent_to_the_target_with_the_arguments_that_it_takes(
    kind: Kind, sort: str, route: str, target: str
) -> None:
    response = Client().get(f"/{kind.name}/{sort}/{route}/")

    assert (response.status_code, response.headers["Location"]) == (302, target)


@each_kind
@each_sort
@pytest.mark.parametrize("route", ["to-nowhere", "to-unknown-view"])
def test_a_target_without_a_url_is_not_found(kind: Kind, sort: str, route: str) -> None:
    assert Client().get(f"/{kind.name}/{sort}/{route}/").status_code == 404


@each_kind
@pytest.mark.parametrize("sort", ["sync", "async"])
def test_the_view_is_given_arguments_without_a_name_too(kind: Kind, sort: str) -> None:
    switch_on(kind)

    response = Client().get(f"/{kind.name}/{sort}/extra/7/")

    assert response.content == b"welcome ['7'] {'extra': 1}"


@each_kind
def test_a_404_gives_the_name_away_to_nobody(
    kind: Kind,
    settings: Settings,
) -> None:
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", {"404.html": "[{{ exception }}]"})]
            },
        }
    ]

    assert Client().get(f"/{kind.name}/sync/plain/").content == b"[Http404]"


@each_kind
@each_sort
def test_a_decorated_view_keeps_its_name_its_marks_and_its_world(
    kind: Kind, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = VIEWS[sort]
    monkeypatch.setattr(view, "csrf_exempt", True, raising=False)

    decorated: Any = DECORATORS[kind]("x")(view)  # Any: a view with a mark

    assert decorated.__name__ == view.__name__
    assert decorated.__doc__ == view.__doc__
    assert decorated.csrf_exempt is True
    assert iscoroutinefunction(decorated) is (sort != "sync")


@pytest.mark.parametrize(("is_on", "status"), [(True, 200), (False, 404)])
def test_a_class_based_view_can_be_decorated(is_on: bool, status: int) -> None:
    if is_on:
        switch_on(SWITCH)

    assert Client().get("/class/decorated/").status_code == status
