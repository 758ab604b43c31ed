"""A subject is told the same wherever it asks: in views, tasks, commands and mails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jinja2
import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.template import engines

import waffle
from tests.process import Peer
from tests.test_subjects import request_of
from tests.worlds import each_flag_is_active, visit_sync
from waffle import Subject, status, subject_of
from waffle.kinds import FLAG
from waffle.models import Flag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


@pytest.fixture
def ann() -> User:
    """Return a user in a group."""
    user = User.objects.create(pk=42, username="ann")
    user.groups.add(Group.objects.create(name="testers"))
    return user


# Each makes a flag active for `ann` in German, and for nobody else: in a view, and so everywhere.
FLAGS: dict[str, Callable[[Any], object]] = {
    "everyone": lambda user: Flag.objects.create(name="everyone", everyone=True, superusers=False),
    "authenticated": lambda user: Flag.objects.create(name="authenticated", authenticated=True),
    "superusers": lambda user: Flag.objects.create(name="superusers"),
    "users": lambda user: Flag.objects.create(name="users").users.add(user),
    "groups": lambda user: Flag.objects.create(name="groups").groups.add(user.groups.get()),
    "checkout": lambda user: Flag.objects.create(name="checkout", percent="38.7"),
    "new_nav": lambda user: Flag.objects.create(name="new_nav", percent="75.7"),
    "languages": lambda user: Flag.objects.create(name="languages", languages="de", superusers=False),
}

ACTIVE = ["everyone", "authenticated", "users", "groups", "checkout", "languages"]


@pytest.fixture
def flags(ann: User) -> None:
    """Make a flag of each sort."""
    for make in FLAGS.values():
        make(ann)


def stranger() -> Any:
    """Return a request of somebody for whom everything was dealt: off."""
    return request_of(AnonymousUser(), language="en", dwf_checkout="False", dwf_new_nav="False")


def in_a_view(request: Any) -> list[str]:
    found: list[str] = visit_sync(request, *FLAGS).content.decode().split()
    return found


def in_a_coroutine(request: Any) -> list[str]:
    async def ask() -> list[str]:
        subject = await waffle.asubject_of(request)
        return [name for name in FLAGS if await waffle.aflag_is_active(subject, name)]

    return async_to_sync(ask)()


def in_a_command(request: Any) -> list[str]:
    subject = subject_of(request)
    active: list[str] = []

    class Command(BaseCommand):
        def handle(self, *args: Any, **options: Any) -> None:
            active.extend(name for name in FLAGS if waffle.flag_is_active(subject, name))

    call_command(Command())
    return active


MAIL = "".join(f'{{% flag "{name}" %}}{name} {{% endflag %}}' for name in FLAGS)


def in_a_mail(request: Any) -> list[str]:
    template = engines["django"].from_string("{% load waffle_tags %}" + MAIL)
    return str(template.render({"waffle_subject": subject_of(request)})).split()


def in_a_mail_for_jinja(request: Any) -> list[str]:
    environment = jinja2.Environment(extensions=["waffle.jinja.WaffleExtension"], autoescape=True)
    return environment.from_string(MAIL).render(waffle_subject=subject_of(request)).split()


def in_an_async_mail_for_jinja(request: Any) -> list[str]:
    environment = jinja2.Environment(
        extensions=["waffle.jinja.WaffleExtension"], autoescape=True, enable_async=True
    )
    return environment.from_string(MAIL).render(waffle_subject=subject_of(request)).split()


def by_method(request: Any) -> list[str]:
    subject = subject_of(request)
    return [name for name in FLAGS if Flag.get(name).is_active(subject)]


def by_status(request: Any) -> list[str]:
    found = {one.name: one.is_active for one in status.statuses(subject_of(request))[FLAG]}
    return [name for name in FLAGS if found[name]]


@pytest.mark.usefixtures("flags")
@pytest.mark.parametrize(
    "ask",
    [
        *(in_a_view, in_a_coroutine, in_a_command, in_a_mail, in_a_mail_for_jinja),
        *(in_an_async_mail_for_jinja, by_method, by_status),
    ],
    ids=lambda ask: ask.__name__,
)
def test_the_same_user_is_told_the_same_everywhere(ask: Callable[[Any], list[str]], ann: User) -> None:
    assert ask(request_of(ann, language="de")) == ACTIVE
    assert ask(stranger()) == ["everyone"]


@pytest.mark.usefixtures("flags")
def test_another_process_is_told_the_same(peer: Peer, ann: User) -> None:
    for request, active in ((request_of(ann, language="de"), ACTIVE), (stranger(), ["everyone"])):
        subject = f"waffle.Subject.from_dict({json.loads(json.dumps(subject_of(request).to_dict()))})"
        active_there = f"[name for name in {list(FLAGS)} if waffle.flag_is_active({subject}, name)]"

        assert peer.evaluate(active_there) == active


@each_flag_is_active
@pytest.mark.usefixtures("flags")
def test_nobody_is_asked_about_by_none_and_by_an_empty_subject(flag_is_active: Any) -> None:
    for nobody in (None, Subject()):
        assert [name for name in FLAGS if flag_is_active(nobody, name)] == ["everyone"]


@pytest.mark.parametrize("subject", [Subject(), None], ids=["an empty subject", "None"])
def test_a_template_that_names_its_subject_asks_about_nobody_else(subject: Any, ann: User) -> None:
    Flag.objects.create(name="members", authenticated=True)
    tag = '{% flag "members" %}in{% else %}out{% endflag %}'
    context = {"waffle_subject": subject}
    environment = jinja2.Environment(extensions=["waffle.jinja.WaffleExtension"], autoescape=True)

    by_django = engines["django"].from_string("{% load waffle_tags %}" + tag).render(context, request_of(ann))
    by_jinja = environment.from_string(tag).render(request=request_of(ann), **context)

    assert (by_django, by_jinja) == ("out", "out")


@pytest.mark.usefixtures("flags")
def test_the_script_may_be_written_for_a_subject(ann: User) -> None:
    shown = engines["django"].from_string("{% load waffle_tags %}{% wafflejs %}")

    members = shown.render({"waffle_subject": Subject(ann)})
    nobody = shown.render({"waffle_subject": None}, request_of(ann))

    assert '["users", true]' in members
    assert '["users", false]' in nobody
    assert members == status.script(Subject(ann))
