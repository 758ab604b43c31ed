"""Subjects: the same answers without a request, wherever they are asked for."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from test_app.models import LegacyFlag
from tests.worlds import WORLDS, each_flag_is_active
from waffle import Subject, cookies, memory, subject_of
from waffle.conditions import Condition
from waffle.models import Flag
from waffle.picking import conditions_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]

VISITOR = "waffle_visitor"

each_subject_of = pytest.mark.parametrize(
    "subject_of", [waffle.subject_of, async_to_sync(waffle.asubject_of)], ids=WORLDS
)


@pytest.fixture
def ann() -> User:
    """Return a user in a group."""
    user = User.objects.create(pk=42, username="ann")
    user.groups.add(Group.objects.create(name="testers"))
    return user


# Any, throughout: requests hold what middleware hangs on them; users may be lazy.
def request_of(user: Any, language: str | None = None, **held: str) -> Any:
    request = RequestFactory().get("/")
    request.user = user
    request.COOKIES.update(held)
    if language is not None:
        request.LANGUAGE_CODE = language
    return request


def untouched() -> None:
    raise AssertionError("the user was touched")


def test_nobody_is_in_no_language_and_has_no_unit() -> None:
    subject = Subject()

    assert (subject.user, subject.language, subject.unit, subject.attributes) == (None, None, None, {})
    assert repr(subject) == "Subject(user=None, language=None, unit=None, attributes={})"


def test_a_unit_is_a_text() -> None:
    assert Subject(unit=42).unit == "42"  # type: ignore[arg-type]  # as careless code does


def test_nothing_of_a_subject_changes() -> None:
    attributes = {"plan": "gold"}
    subject = Subject(attributes=attributes)
    attributes["plan"] = "none"

    with pytest.raises(AttributeError, match=r"make another one, Subject\(…, unit=…\)"):
        subject.unit = "1"
    assert subject == Subject(attributes={"plan": "gold"})


def test_subjects_are_equal_if_all_that_they_hold_is(ann: User) -> None:
    assert Subject(ann, unit="1") == Subject(User.objects.get(), unit="1")
    assert Subject(ann) != Subject(User(pk=43))
    assert Subject() != Subject(language="de")
    assert Subject() != "nobody"


def test_a_subject_is_shown_without_a_touch_of_its_user() -> None:
    assert "language='de'" in repr(Subject(SimpleLazyObject(untouched), language="de"))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda subject: pickle.loads(pickle.dumps(subject))]
)
def test_a_subject_can_be_copied(copied: Callable[[Subject], Subject], ann: User) -> None:
    subject = Subject(ann, language="de", unit="1", attributes={"plan": "gold"})

    assert copied(subject) == subject


@pytest.mark.parametrize(
    "subject",
    [
        Subject(),
        Subject(language="pt-br", unit="acme"),
        Subject(attributes={"plan": "gold", "seats": [1, 2.5, None, {"x": True}]}),
        Subject(User(pk=42), language="de"),
    ],
    ids=["nobody", "unit", "attributes", "user"],
)
def test_a_subject_comes_back_from_the_arguments_of_a_task(subject: Subject, ann: User) -> None:
    fields = json.loads(json.dumps(subject.to_dict()))

    assert Subject.from_dict(fields) == subject
    assert Subject.from_dict(fields).to_dict() == fields


def test_of_the_user_the_primary_key_is_carried_and_of_nobody_nothing(ann: User) -> None:
    assert Subject(ann).to_dict() == {"user": "42", "language": None, "unit": None, "attributes": {}}
    assert Subject(AnonymousUser()).to_dict()["user"] is None
    assert Subject.from_dict({}) == Subject()


def test_what_a_newer_version_puts_into_a_task_does_no_harm(ann: User) -> None:
    assert Subject.from_dict({"user": "42", "device": "watch"}) == Subject(ann)


def test_what_is_no_json_is_refused_before_the_task_is_sent() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        Subject(attributes={"since": object()}).to_dict()
    with pytest.raises(ValueError, match="not JSON compliant"):
        Subject(attributes={"score": float("nan")}).to_dict()
    with pytest.raises(ValueError, match="has no primary key: save it first"):
        Subject(User(username="u")).to_dict()


def test_the_user_is_loaded_once_and_when_a_check_wants_it(
    ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Flag.objects.create(name="everyone", everyone=True)
    Flag.objects.create(name="members", authenticated=True)
    subject = Subject.from_dict(Subject(ann).to_dict())

    with waffle.pinned():
        assert waffle.flag_is_active(subject, "everyone") is True
        with django_assert_num_queries(1):
            answers = [waffle.flag_is_active(subject, "members") for _ in range(3)]

    assert answers == [True] * 3


@each_flag_is_active
def test_a_user_who_is_deleted_by_then_is_nobody(flag_is_active: Any, ann: User) -> None:
    Flag.objects.create(name="members", authenticated=True)
    Flag.objects.create(name="share", percent="99.9")
    fields = subject_of(request_of(ann)).to_dict()
    ann.delete()

    subject = Subject.from_dict(fields)

    assert [flag_is_active(subject, name) for name in ("members", "share")] == [False, False]
    assert subject.user.is_authenticated is False


@each_flag_is_active
def test_a_user_whom_no_database_can_load_is_nobody(flag_is_active: Any, ann: User) -> None:
    Flag.objects.create(name="members", authenticated=True)

    assert flag_is_active(Subject.from_dict({"user": "x"}), "members") is False


@each_subject_of
def test_a_request_has_a_user_a_language_and_no_unit_but_the_user(subject_of: Any, ann: User) -> None:
    lazy = SimpleLazyObject(lambda: User.objects.get(pk=42))

    assert subject_of(request_of(lazy, language="de")) == Subject(ann, language="de")
    assert subject_of(request_of(ann), attributes={"plan": "gold"}) == Subject(
        ann, attributes={"plan": "gold"}
    )
    assert subject_of(object()) == Subject()


@each_subject_of
def test_the_user_of_a_subject_is_loaded(subject_of: Any, ann: User) -> None:
    subject = subject_of(request_of(SimpleLazyObject(lambda: User.objects.get(pk=42))))

    assert type(subject.user) is User


def test_a_subject_that_a_coroutine_cannot_make_at_once_names_the_twin(ann: User) -> None:
    async def make() -> Subject:
        request = request_of(SimpleLazyObject(lambda: User.objects.get(pk=42)))
        with pytest.raises(SynchronousOnlyOperation, match=r"await waffle\.asubject_of"):
            subject_of(request)
        return await waffle.asubject_of(request)

    assert async_to_sync(make)() == Subject(ann)


@each_subject_of
def test_whoever_is_no_request_is_taken_as_it_is(subject_of: Any) -> None:
    subject = Subject(User(pk=1), language="de", unit="acme", attributes={"plan": "gold"})

    assert subject_of(subject) is subject
    assert subject_of(subject, {"plan": "none"}) == Subject(
        User(pk=1), language="de", unit="acme", attributes={"plan": "none"}
    )
    assert subject_of(None) == Subject()
    assert subject_of(None, {"plan": "gold"}) == Subject(attributes={"plan": "gold"})


@each_subject_of
def test_a_visitor_is_given_an_id_that_the_next_page_goes_by_too(subject_of: Any, settings: Settings) -> None:
    settings.WAFFLE_VISITOR_COOKIE = VISITOR
    request, response = request_of(AnonymousUser()), HttpResponse()

    subject = subject_of(request)
    memory.write_cookies(request, response)

    known = request_of(AnonymousUser(), **{VISITOR: response.cookies[VISITOR].value})
    assert subject.unit == f"anon-{cookies.visitor_id(known)}"
    assert subject_of(known) == subject


@each_subject_of
@pytest.mark.parametrize("is_sticky", [True, False])
def test_a_visitor_without_an_id_has_no_unit(subject_of: Any, is_sticky: bool, settings: Settings) -> None:
    settings.WAFFLE_STICKY_PERCENT = is_sticky
    settings.WAFFLE_VISITOR_COOKIE = None if is_sticky else VISITOR
    request = request_of(AnonymousUser())

    assert subject_of(request).unit is None
    assert not hasattr(request, "waffle_visitor")


def host(request: Any) -> str | None:
    """Return what a request is dealt by: a setting names this function."""
    found: str = request.get_host()
    return None if found == "testserver" else found


@each_subject_of
def test_a_unit_of_the_projects_own_is_carried(subject_of: Any, ann: User, settings: Settings) -> None:
    settings.WAFFLE_UNIT = f"{__name__}.host"
    at_acme = request_of(ann)
    at_acme.META["HTTP_HOST"] = "acme.example"

    assert subject_of(at_acme).unit == "acme.example"
    assert subject_of(request_of(ann)).unit == "42"
    assert subject_of(request_of(AnonymousUser())).unit is None


def test_a_plain_check_in_a_coroutine_that_would_load_the_user_names_the_twin(ann: User) -> None:
    Flag.objects.create(name="members", authenticated=True)
    subject = Subject.from_dict(Subject(ann).to_dict())

    async def ask() -> tuple[str, bool]:
        async with waffle.apinned():
            with pytest.raises(SynchronousOnlyOperation, match="aflag_is_active") as raised:
                waffle.flag_is_active(subject, "members")
            return str(raised.value), await waffle.aflag_is_active(subject, "members")

    message, active = async_to_sync(ask)()

    assert "'members' depends on 'authenticated'" in message
    assert active is True


def test_in_one_unit_of_work_the_groups_of_a_subject_are_asked_for_once(
    ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        Flag.objects.create(name=f"flag {number}").groups.add(ann.groups.get())
    waffle.flag_is_active(None, "flag 0")
    subject = Subject(ann)

    with waffle.pinned(), django_assert_num_queries(1):
        answers = [waffle.flag_is_active(subject, f"flag {number}") for number in range(3)]

    assert answers == [True] * 3


@each_flag_is_active
def test_a_method_of_a_custom_model_is_given_the_subject(
    flag_is_active: Any, ann: User, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    LegacyFlag.objects.create(name="x").users.add(ann)

    assert flag_is_active(Subject(ann), "x") is True
    assert flag_is_active(Subject(User(pk=7)), "x") is False
    assert flag_is_active(Subject(), "x") is False


class OnPlan(Condition):
    """On for subjects with the attribute `plan`."""

    def decide(self, toggle: Any, subject: Any) -> bool | None:
        return True if subject.attributes.get("plan") == "gold" else None


@each_flag_is_active
def test_attributes_are_for_conditions_of_ones_own(
    flag_is_active: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flag, "conditions", (OnPlan(),))
    conditions_of.cache_clear()
    Flag.objects.create(name="x")

    answers = [
        flag_is_active(whom, "x")
        for whom in (Subject(attributes={"plan": "gold"}), Subject(), None, request_of(AnonymousUser()))
    ]
    conditions_of.cache_clear()

    assert answers == [True, False, False, False]


def test_a_subject_keeps_no_notes() -> None:
    subject = Subject()

    waffle.models.set_flag(subject, "x", True)

    assert memory.dealt(subject) == {}
