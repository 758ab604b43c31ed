"""Which fields of a flag an override sets, and what a field cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import FieldDoesNotExist, ValidationError
from pytest_django import Settings

import waffle
from test_app.models import Company
from tests.overrides.cases import ADA, BOB, STAFF, each_answer, request_of
from tests.worlds import each_flag_is_active, each_flag_verdict
from waffle import Reason, Verdict
from waffle.kinds import FLAG
from waffle.models import Flag
from waffle.overrides import put
from waffle.testutils import override_flag, override_sample


# Any, in this file: checks of either world, and what fields hold.
def with_dice(monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: number)


@pytest.mark.django_db
@each_flag_verdict
def test_what_is_not_set_is_as_in_the_row(flag_verdict: Any) -> None:
    flag = Flag.objects.create(name="x", staff=True, superusers=False)
    flag.users.add(User.objects.create(pk=1, username="ada"))
    flag.groups.add(Group.objects.create(name="editors"))

    with override_flag("x", authenticated=False, superusers=True):
        verdicts = [
            flag_verdict(request_of(user), "x") for user in (STAFF, ADA, User(pk=4, is_superuser=True), BOB)
        ]

    reasons = [Reason.STAFF, Reason.USER, Reason.SUPERUSER, Reason.DEFAULT]
    assert [verdict.reason for verdict in verdicts] == reasons


@pytest.mark.django_db
@each_flag_verdict
@each_answer
def test_what_the_row_says_of_everyone_does_not_count(flag_verdict: Any, active: bool) -> None:
    Flag.objects.create(name="x", everyone=active)

    with override_flag("x", staff=True):
        verdicts = [flag_verdict(request_of(user), "x") for user in (STAFF, ADA)]

    assert verdicts == [Verdict(True, Reason.STAFF), Verdict(False, Reason.DEFAULT)]


@each_answer
@each_flag_verdict
def test_everyone_is_a_field_too(flag_verdict: Any, active: bool) -> None:
    with override_flag("x", everyone=active):
        verdict = flag_verdict(None, "x")

    assert verdict == Verdict(active, Reason.EVERYONE)


@pytest.mark.parametrize(("number", "active"), [(29.9, True), (30.1, False)])
@each_flag_is_active
def test_a_percentage_is_dealt_and_remembered(
    flag_is_active: Any, number: float, active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dice(monkeypatch, number)
    request: Any = request_of(AnonymousUser())

    with override_flag("x", percent=30, rollout=True):
        answer = flag_is_active(request, "x")

    assert answer is active
    assert request.waffles == {"x": [active, True]}


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
@each_flag_verdict
@pytest.mark.django_db
def test_a_list_that_is_set_replaces_that_of_the_row_and_no_other(
    flag_verdict: Any, limit: int, settings: Settings
) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    ada, bob, eve = (User.objects.create(username=name) for name in ("ada", "bob", "eve"))
    editors = Group.objects.create(name="editors")
    eve.groups.add(editors)
    flag = Flag.objects.create(name="x")
    flag.users.add(ada)
    flag.groups.add(editors)

    with override_flag("x", users=[bob.pk]):
        verdicts = [flag_verdict(request_of(user), "x") for user in (ada, bob, eve)]

    reasons = [Reason.DEFAULT, Reason.USER, Reason.GROUP]
    assert [verdict.reason for verdict in verdicts] == reasons


@pytest.mark.parametrize("limit", [10_000, 0], ids=["short lists", "long lists"])
@each_flag_verdict
@pytest.mark.django_db
def test_a_flag_without_a_row_may_list_groups(flag_verdict: Any, limit: int, settings: Settings) -> None:
    settings.WAFFLE_ROSTER_LIMIT = limit
    eve, editors = User.objects.create(username="eve"), Group.objects.create(name="editors")
    eve.groups.add(editors)
    Flag.objects.create(name="y").users.add(eve)

    with override_flag("x", groups=Group.objects.all()):
        verdicts = [flag_verdict(request_of(user), "x") for user in (eve, AnonymousUser())]

    assert verdicts == [Verdict(True, Reason.GROUP), Verdict(False, Reason.DEFAULT)]


@each_flag_is_active
def test_a_custom_list_can_be_set(flag_is_active: Any, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    user: Any = User(pk=1)

    with override_flag("x", companies=[Company(pk=5)]):
        answers = []
        for user.company in (Company(pk=5), Company(pk=6)):
            answers.append(flag_is_active(request_of(user), "x"))

    assert answers == [True, False]


@pytest.mark.parametrize(
    ("model", "fields", "error", "message"),
    [
        ("waffle.Flag", {"percnt": 30}, FieldDoesNotExist, "Flag has no field named 'percnt'"),
        ("test_app.PlainFlag", {"users": [ADA]}, FieldDoesNotExist, "PlainFlag has no field named 'users'"),
        ("waffle.Flag", {"percent": "much"}, ValidationError, "“much” value must be a decimal number"),
        ("waffle.Flag", {"percent": 101}, ValidationError, "Enter a percentage from 0 to 100"),
        ("waffle.Flag", {"percent": -1}, ValidationError, "Enter a percentage from 0 to 100"),
        ("waffle.Flag", {"everyone": "no"}, ValidationError, "“no” value must be either True"),
        ("waffle.Flag", {"staff": None}, ValidationError, "“None” value must be either True"),
        ("waffle.Flag", {"users": [User(username="ada")]}, ValidationError, "without a primary key"),
        ("waffle.Flag", {"users": ["ada"]}, ValidationError, "“ada” value must be an integer"),
        ("waffle.Flag", {"users": 7}, ValidationError, "not iterable"),
    ],
)
def test_what_cannot_be_set_is_told_at_once(
    model: str, fields: dict[str, Any], error: type[Exception], message: str, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = model
    override = override_flag("x", **fields)

    with pytest.raises(error, match=message) as caught:
        override.enable()

    if error is not FieldDoesNotExist:
        ((field, value),) = fields.items()
        assert f"The flag 'x' cannot have {field}={value!r}: " in str(caught.value)


def test_a_sample_needs_a_percentage() -> None:
    with pytest.raises(ValidationError, match="The sample 'x' cannot have percent=None: "):
        override_sample("x", None).enable()


def test_the_keys_of_a_list_may_be_given_as_text() -> None:
    with override_flag("x", superusers=False, users=[str(ADA.pk)]):
        assert waffle.flag_is_active(request_of(ADA), "x") is True


def test_a_list_that_no_condition_looks_into_cannot_be_set(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"

    with pytest.raises(TypeError, match="forward side of a many-to-many set"):
        put(FLAG, "x", {"companies": [5]})
