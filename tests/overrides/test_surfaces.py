"""Every surface sees an override, and the rows do not."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import engines
from pytest_django import Settings

from test_app.models import LegacyFlag, ScratchFlag
from tests.each import each_kind
from tests.overrides.cases import ADA, BOB, OVERRIDES, STAFF, Check, each_answer, each_check, request_of
from tests.worlds import each_flag_is_active
from waffle import Reason, Verdict
from waffle.kinds import FLAG, KINDS, Kind
from waffle.models import Flag, Sample
from waffle.status import statuses
from waffle.testutils import override_flag, override_sample


@each_answer
@each_check
def test_the_query_string_beats_an_override(check: Check, active: bool, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = True
    url = f"/?x={int(not active)}"

    with override_flag("x", active), override_flag("y", active):
        verdicts = [check(FLAG, name, request_of(ADA, url)) for name in ("x", "y")]

    assert verdicts == [Verdict(not active, Reason.OVERRIDE), Verdict(active, Reason.EVERYONE)]


@pytest.mark.django_db
@each_kind
def test_the_models_show_the_override_and_the_rows_do_not(kind: Kind) -> None:
    kind.model.objects.create(name="x", note="why", **kind.created_as(False))
    ((field, _),) = kind.created_as(True).items()

    with OVERRIDES[kind]("x", True), OVERRIDES[kind]("new", True):
        row = kind.model.objects.get()
        found = [kind.model.get(name) for name in ("x", "new")]
        every = kind.model.get_all()

    shown = [(toggle.pk, toggle.name, toggle.note, getattr(toggle, field)) for toggle in found]
    on = kind.created_as(True)[field]
    assert shown == [(row.pk, "x", "why", on), (None, "new", "", on)]
    assert [(toggle.pk, getattr(toggle, field)) for toggle in every] == [(row.pk, on), (None, on)]
    assert getattr(row, field) == kind.created_as(False)[field]


@pytest.mark.django_db
@each_kind
def test_what_the_models_show_is_a_copy(kind: Kind) -> None:
    with OVERRIDES[kind]("x", True):
        kind.model.get("x").note = "changed"
        found = kind.model.get("x")

    assert found.note == ""


@pytest.mark.django_db
@each_answer
@each_kind
def test_an_instance_sees_it_with_a_row_and_without(kind: Kind, active: bool) -> None:
    saved = kind.model.objects.create(name="x", **kind.created_as(not active))
    unsaved = kind.model(name="x", **kind.created_as(not active))
    arguments = [request_of(ADA)] if kind is FLAG else []

    with OVERRIDES[kind]("x", active):
        answers = [toggle.is_active(*arguments) for toggle in (saved, unsaved)]

    assert answers == [active, active]
    assert saved.is_active(*arguments) is not active


@pytest.mark.django_db
@pytest.mark.parametrize("is_saved", [True, False], ids=["row", "no row"])
def test_a_flag_at_hand_sees_fields_and_lists(is_saved: bool) -> None:
    flag = Flag(name="x", superusers=False, everyone=False)
    if is_saved:
        flag.save()

    with override_flag("x", staff=True, users=[ADA]):
        for_request = [flag.is_active(request_of(user)) for user in (STAFF, ADA, BOB)]
        for_user = [flag.is_active_for_user(user) for user in (STAFF, ADA, BOB)]

    assert for_request == for_user == [True, True, False]
    assert flag.everyone is False


@each_answer
def test_a_flag_at_hand_needs_no_database_for_it(active: bool) -> None:
    with override_flag("x", active):
        answers = Flag(name="x").is_active(request_of(ADA)), Flag(name="x").is_active_for_user(ADA)

    assert answers == (active, active)


@pytest.mark.django_db
def test_the_parts_of_a_flag_see_it() -> None:
    flag = Flag.objects.create(name="x")
    request: Any = request_of(ADA)
    request.LANGUAGE_CODE = "de"

    with override_flag("x", languages="de"):
        within = flag._is_active_for_language(request)

    assert (within, flag._is_active_for_language(request)) == (True, None)


@pytest.mark.django_db
def test_an_instance_of_another_model_than_the_projects_does_not_see_it(settings: Settings) -> None:
    flag = Flag.objects.create(name="x", everyone=False)
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"

    with override_flag("x", True):
        answers = flag.is_active(request_of(ADA)), Flag.get("x").everyone

    assert answers == (False, False)


@pytest.mark.django_db
@pytest.mark.parametrize("is_saved", [True, False], ids=["row", "no row"])
@pytest.mark.parametrize("model", [LegacyFlag, ScratchFlag])
@each_flag_is_active
def test_models_whose_own_methods_decide_see_it(
    flag_is_active: Any, model: Any, is_saved: bool, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = model._meta.label
    if is_saved:
        model.objects.create(name="x")

    with override_flag("x", True):
        on = flag_is_active(request_of(ADA), "x")
    with override_flag("x", staff=True, users=[ADA]):
        answers = [flag_is_active(request_of(user), "x") for user in (STAFF, ADA, BOB)]

    assert (on, answers) == (True, [True, True, False])


@pytest.mark.django_db
def test_the_status_shows_it_and_toggles_without_a_row() -> None:
    Sample.objects.create(name="x", percent=0)
    Flag.objects.create(name="y", everyone=True)

    with override_sample("x", True), override_flag("z", staff=True):
        found = statuses(request_of(STAFF))

    active = {(kind.name, status.name): status.is_active for kind in KINDS for status in found[kind]}
    assert active == {("sample", "x"): True, ("flag", "y"): True, ("flag", "z"): True}


@each_kind
def test_template_tags_see_it(kind: Kind) -> None:
    template = engines["django"].from_string(
        f'{{% load waffle_tags %}}{{% {kind.name} "x" %}}on{{% else %}}off{{% end{kind.name} %}}'
    )

    with OVERRIDES[kind]("x", True):
        text = template.render({}, request_of(ADA))

    assert text == "on"
