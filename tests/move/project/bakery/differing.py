"""What the two packages answer otherwise, on purpose: each of these is told in the how-to of the move."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory, override_settings

import waffle
from waffle.decorators import waffle_flag
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Sample, Switch
from waffle.views import wafflejs

# Any, throughout: an answer is whatever it is.
QUESTIONS: dict[str, Callable[[], Any]] = {}


def question(ask: Callable[[], Any]) -> Callable[[], Any]:
    """Take a question into the list; its name is the key."""
    QUESTIONS[ask.__name__] = ask
    return ask


def ask_all() -> dict[str, Any]:
    """Return the answers; an exception is answered by its name."""
    return {name: _answer(ask) for name, ask in QUESTIONS.items()}


def _answer(ask: Callable[[], Any]) -> Any:
    for model in (Flag, Switch, Sample):
        model.objects.all().delete()
    cache.clear()
    try:
        return ask()
    except Exception as error:
        return type(error).__name__


def request_of(user: Any = None, path: str = "/") -> HttpRequest:
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    return request


def command(*words: str) -> None:
    call_command(*words, stdout=io.StringIO(), stderr=io.StringIO())


@question
def a_switch_that_update_has_turned_on() -> Any:
    Switch.objects.create(name="shop")
    waffle.switch_is_active("shop")
    Switch.objects.update(active=True)
    return waffle.switch_is_active("shop")


@question
def a_flag_by_its_old_name_after_a_rename() -> Any:
    flag = Flag.objects.create(name="old", everyone=True)
    waffle.flag_is_active(request_of(), "old")
    flag.name = "new"
    flag.save()
    return waffle.flag_is_active(request_of(), "old")


@question
def a_flag_whose_name_is_like_a_cache_key() -> Any:
    user = User.objects.get(username="ada")
    Flag.objects.create(name="foo", superusers=False).users.add(user)
    Flag.objects.create(name="foo:users", everyone=True)
    waffle.flag_is_active(request_of(user), "foo")
    return waffle.flag_is_active(request_of(), "foo:users")


@question
def the_cookie_of_a_flag_with_a_space_in_its_name() -> Any:
    Flag.objects.create(name="with space", percent="99.9", superusers=False)
    request = request_of()
    waffle.flag_is_active(request, "with space")
    return [*WaffleMiddleware(lambda request: HttpResponse())(request).cookies]


@question
def off_for_everyone_for_a_listed_user() -> Any:
    user = User.objects.get(username="ada")
    Flag.objects.create(name="x", everyone=False).users.add(user)
    return Flag.get("x").is_active_for_user(user)


@question
def a_user_for_whom_nothing_applies() -> Any:
    Flag.objects.create(name="x", staff=True)
    return Flag.get("x").is_active_for_user(User.objects.get(username="ada"))


@question
def languages_in_capitals() -> Any:
    Flag.objects.create(name="x", languages="pt-BR")
    request = request_of()
    request.LANGUAGE_CODE = "pt-br"
    return waffle.flag_is_active(request, "x")


@question
def a_check_without_a_request() -> Any:
    Flag.objects.create(name="x", testing=True)
    return waffle.flag_is_active(None, "x")


@question
def a_percentage_of_requests_without_a_user() -> Any:
    Flag.objects.create(name="x", percent="99.9")
    request = RequestFactory().get("/", headers={"cookie": "dwf_x=True"})
    return waffle.flag_is_active(request, "x")


def cookies_after(request: HttpRequest, flag: str | None = None) -> list[str]:
    """Return the cookies that a page sends; it asks for `flag`, or for none."""

    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(flag and waffle.flag_is_active(request, flag))

    return [*WaffleMiddleware(page)(request).cookies]


@question
def the_percentage_of_a_user_without_a_request() -> Any:
    Flag.objects.create(name="x", percent="99.9")
    return Flag.get("x").is_active_for_user(User.objects.get(username="ada"))


@question
def the_cookies_after_the_percentage_of_a_user() -> Any:
    Flag.objects.create(name="x", percent="99.9")
    return cookies_after(request_of(User.objects.get(username="ada")), "x")


@question
def the_cookies_after_a_testing_link_to_a_page_that_does_not_ask() -> Any:
    Flag.objects.create(name="x", testing=True)
    return cookies_after(request_of(path="/?dwft_x=1"))


@question
def what_caches_are_told_of_a_page_for_staff() -> Any:
    Flag.objects.create(name="x", staff=True)

    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse(waffle.flag_is_active(request, "x"))

    return WaffleMiddleware(page)(request_of()).headers.get("Vary")


@question
def the_cookie_of_a_percentage_in_pages_of_other_sites() -> Any:
    Flag.objects.create(name="x", percent="99.9")
    request = request_of()
    waffle.flag_is_active(request, "x")
    return WaffleMiddleware(lambda request: HttpResponse())(request).cookies["dwf_x"]["samesite"]


@question
def the_test_cookie_is_secure() -> Any:
    Flag.objects.create(name="x", testing=True)
    request = request_of(path="/?dwft_x=1")
    waffle.flag_is_active(request, "x")
    return bool(WaffleMiddleware(lambda request: HttpResponse())(request).cookies["dwft_x"]["secure"])


@question
def staff_after_a_command_that_sets_the_percentage_alone() -> Any:
    Flag.objects.create(name="x", staff=True)
    command("waffle_flag", "x", "--percent", "5")
    return Flag.objects.get(name="x").staff


@question
def superusers_of_a_flag_that_a_command_has_made() -> Any:
    command("waffle_flag", "x", "--create", "--staff")
    return Flag.objects.get(name="x").superusers


@question
def a_sample_of_0_percent_by_command() -> Any:
    command("waffle_sample", "x", "0", "--create")
    return str(Sample.objects.get(name="x").percent)


@question
def a_name_with_a_quote_is_in_the_script_as_it_is() -> Any:
    Switch.objects.create(name="it's")
    return "it's" in wafflejs(request_of()).content.decode()


@question
def a_redirect_to_a_view_that_takes_no_arguments() -> Any:
    @waffle_flag("x", redirect_to="staff-room")
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse()

    return view(request_of(), pk=7).headers["Location"]


@question
def two_names_in_a_tag() -> Any:
    Flag.objects.create(name="x", everyone=True)
    template = Template('{% load waffle_tags %}{% flag "x" "y" %}on{% endflag %}')
    return template.render(Context({"request": request_of()}))


@question
@override_settings(WAFFLE_OVERRIDE=True)
def an_override_that_is_neither_1_nor_0() -> Any:
    Flag.objects.create(name="x", everyone=True)
    return waffle.flag_is_active(request_of(path="/?x=2"), "x")


@question
def a_wrong_key_of_a_user_in_the_admin() -> Any:
    client = Client()
    client.force_login(User.objects.get(username="dora"))
    return client.post("/admin/waffle/flag/add/", {"name": "x", "users": "ada"}).status_code
