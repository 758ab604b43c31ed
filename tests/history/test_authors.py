"""Who made a change, and from where."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from tests.process import run_python
from waffle import history, pinned
from waffle.history import authors
from waffle.middleware import WaffleMiddleware
from waffle.models import Change, Switch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


@pytest.fixture
def ada() -> User:
    return User.objects.create(username="ada")


def change() -> Change:
    return Change.objects.get()


def make(name: str = "x") -> None:
    Switch.objects.create(name=name)


def test_who_is_named_is_told_and_may_be_renamed_and_found(ada: User) -> None:
    with history.by(ada, source="admin", comment="because"):
        make()
    ada.username = "ada lovelace"
    ada.save()

    found = change()
    assert (found.user_id, found.user_label, found.source, found.comment) == (
        *(str(ada.pk), "ada"),
        *("admin", "because"),
    )
    assert found.user == ada


def test_a_name_will_do() -> None:
    with history.by("nightly import"):
        make()

    found = change()
    assert (found.user_id, found.user_label, found.user) == ("", "nightly import", None)


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_nobody_is_nobody(user: Any) -> None:
    with history.by(user):
        make()

    assert (change().user_label, change().user) == ("", None)


def test_a_user_without_a_username_is_called_as_it_is_shown() -> None:
    class Robot(SimpleNamespace):
        def __str__(self) -> str:
            return "robot 7"

    with history.by(Robot(pk="r7")):
        make()

    assert (change().user_id, change().user_label, change().user) == ("r7", "robot 7", None)


def test_a_block_says_what_an_inner_one_leaves_out(ada: User) -> None:
    with history.by(ada, comment="outer") as outer:
        make("a")
        with history.by(source="admin", comment="inner") as inner:
            make("b")
    make("c")

    rows = Change.objects.order_by("id").values_list("name", "user_label", "source", "comment")
    assert [*rows] == [("a", "ada", "code", "outer"), ("b", "ada", "admin", "inner"), ("c", "", "code", "")]
    keys = [*Change.objects.order_by("id").values_list("pk", flat=True)]
    assert (outer.written, inner.written) == (keys[:2], keys[1:2])


def test_a_source_that_is_none_is_an_error() -> None:
    with pytest.raises(
        ValueError, match="'nowhere' is no source of changes: use one of admin, command, code"
    ):
        history.by(source="nowhere").__enter__()


def test_a_block_that_fails_says_nothing_after_it() -> None:
    with pytest.raises(ZeroDivisionError), history.by("ada"):
        raise ZeroDivisionError
    make()

    assert change().user_label == ""


COMMANDS: dict[str, Callable[[], object]] = {
    "waffle_switch": lambda: call_command("waffle_switch", "x", "on", create=True),
    "waffle_flag": lambda: call_command("waffle_flag", "x", create=True),
    "waffle_sample": lambda: call_command("waffle_sample", "x", "50", create=True),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_a_command(command: str) -> None:
    COMMANDS[command]()

    assert change().source == "command"


def test_a_deletion_by_a_command_is_one_too() -> None:
    make()
    Change.objects.all().delete()

    call_command("waffle_delete", switch_names=["x"])

    assert (change().source, change().action) == ("command", "deleted")


def test_who_runs_a_command_may_be_named() -> None:
    with history.by("deploy", source="code"):
        COMMANDS["waffle_switch"]()

    assert (change().user_label, change().source) == ("deploy", "code")


def test_what_happens_between_the_signals_of_migrate_comes_from_a_migration(
    request: pytest.FixtureRequest,
) -> None:
    def work(**signal: object) -> None:
        COMMANDS["waffle_switch"]()

    # Another app's, which comes before waffle's own.
    from django.apps import apps

    sender = apps.get_app_config("contenttypes")
    post_migrate.connect(work, sender=sender)
    request.addfinalizer(lambda: post_migrate.disconnect(work, sender=sender))

    call_command("migrate", verbosity=0)
    make("later")

    assert [*Change.objects.order_by("id").values_list("name", "source")] == [
        ("x", "migration"),
        ("later", "code"),
    ]


def request_of(**attributes: Any) -> HttpRequest:
    request = RequestFactory().get("/")
    for name, value in attributes.items():
        setattr(request, name, value)
    return request


def answer(request: HttpRequest) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        make()
        return HttpResponse()

    WaffleMiddleware(view)(request)


def answer_in_a_coroutine(request: HttpRequest) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        await Switch.objects.acreate(name="x")
        return HttpResponse()

    async def work() -> None:
        await WaffleMiddleware(view)(request)

    async_to_sync(work)()


both_worlds = pytest.mark.parametrize("answer", [answer, answer_in_a_coroutine])


@both_worlds
def test_the_user_of_the_request_is_named(answer: Callable[[HttpRequest], None], ada: User) -> None:
    answer(request_of(user=ada))

    assert (change().user, change().source) == (ada, "code")


@both_worlds
def test_a_user_whom_nobody_has_asked_for_is_not_asked_for(answer: Callable[[HttpRequest], None]) -> None:
    def load() -> User:
        raise AssertionError("the user was loaded")

    answer(request_of(user=SimpleLazyObject(load)))

    assert change().user_label == ""


@both_worlds
def test_a_user_who_was_asked_for_in_a_coroutine_is_named(
    answer: Callable[[HttpRequest], None], ada: User
) -> None:
    answer(request_of(user=SimpleLazyObject(lambda: ada), _acached_user=ada))

    assert change().user == ada


@both_worlds
@pytest.mark.parametrize("attributes", [{}, {"user": AnonymousUser()}])
def test_a_visitor_is_nobody(answer: Callable[[HttpRequest], None], attributes: dict[str, Any]) -> None:
    answer(request_of(**attributes))

    assert (change().user_id, change().user_label) == ("", "")


def test_a_page_of_the_admin_is_the_admin_on_whatever_site() -> None:
    answer(request_of(resolver_match=SimpleNamespace(app_names=["backstage", "admin"])))

    assert change().source == "admin"


def test_within_a_block_of_a_request_its_user_is_known(ada: User) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        with pinned():
            make()
        return HttpResponse()

    WaffleMiddleware(view)(request_of(user=ada))

    assert change().user == ada


def test_after_a_request_nobody_is_known(ada: User) -> None:
    answer(request_of(user=ada))
    make("later")

    assert Change.objects.order_by("id").values_list("user_label", flat=True)[1] == ""


def test_a_change_that_was_noted_twice_is_noted_once() -> None:
    with history.by("ada") as block:
        authors.note(1)
        authors.note(1)
        authors.forget(2)

    assert block.written == [1]


def test_a_project_whose_users_are_others_shows_nobody(settings: Any, ada: User) -> None:
    with history.by(ada):
        make()
    settings.AUTH_USER_MODEL = "nowhere.User"

    assert change().user is None


def test_a_project_without_users_has_a_history(tmp_path: Any) -> None:
    tmp_path.joinpath("plain_settings.py").write_text(
        "SECRET_KEY = 'x'\nUSE_TZ = True\nINSTALLED_APPS = ['waffle', 'plain']\n"
        "WAFFLE_FLAG_MODEL = 'plain.Flag'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
    )
    tmp_path.joinpath("plain").mkdir()
    tmp_path.joinpath("plain", "__init__.py").touch()
    tmp_path.joinpath("plain", "models.py").write_text(
        "from waffle.models import AbstractBaseFlag\nclass Flag(AbstractBaseFlag):\n    pass\n"
    )
    program = (
        "from django.db import connection\n"
        "from waffle.models import Change\n"
        "from plain.models import Flag\n"
        "with connection.schema_editor() as editor:\n"
        "    editor.create_model(Change)\n"
        "    editor.create_model(Flag)\n"
        "Flag.objects.create(name='x')\n"
        "found = Change.objects.get()\n"
        "found.user_id = '1'\n"
        "print(json.dumps([found.name, found.user]))\n"
    )

    assert run_python(program, DJANGO_SETTINGS_MODULE="plain_settings", PYTHONPATH=str(tmp_path)) == [
        "x",
        None,
    ]
