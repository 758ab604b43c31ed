"""`waffle_delete`."""

from __future__ import annotations

from io import StringIO

import pytest
from django.db.models.signals import pre_delete

from tests.commands import run
from tests.each import each_kind
from waffle.kinds import KINDS, Kind
from waffle.models import Flag, Sample

pytestmark = pytest.mark.django_db


@each_kind
def test_toggles_of_one_kind_are_deleted_by_name(kind: Kind) -> None:
    for each in KINDS:
        for name in ("a", "b", "c"):
            each.model.objects.create(name=name, **each.created_as(False))

    lines = run("waffle_delete", f"--{kind.plural}", "a", "b")

    assert lines == [f"Deleted 2 {kind.plural.capitalize()}"]
    left = {each: each.model.objects.count() for each in KINDS}
    assert left == {each: 1 if each is kind else 3 for each in KINDS}


def test_an_option_that_is_repeated_adds_names() -> None:
    for name in ("a", "b", "c"):
        Flag.objects.create(name=name)

    lines = run("waffle_delete", "--flags", "a", "--flags", "b", "c")

    assert lines == ["Deleted 3 Flags"]


def test_keywords_name_what_is_to_be_deleted() -> None:
    for kind in KINDS:
        kind.model.objects.create(name="old", **kind.created_as(False))

    lines = run("waffle_delete", flag_names=["old"], switch_names=["old"], sample_names="old")

    assert lines == ["Deleted 1 Flags", "Deleted 1 Switches", "Deleted 1 Samples"]


def test_a_name_that_is_gone_already_is_told_and_is_no_error() -> None:
    errors = StringIO()

    lines = run("waffle_delete", switch_names=["gone"], stderr=errors, no_color=True)

    assert lines == ["Deleted 0 Switches"]
    assert errors.getvalue() == "There is no switch 'gone'.\n"


def test_nothing_named_is_nothing_deleted() -> None:
    Flag.objects.create(name="x")

    assert run("waffle_delete") == []
    assert Flag.objects.count() == 1


def test_what_cannot_all_be_deleted_is_not_deleted_at_all(request: pytest.FixtureRequest) -> None:
    for kind in KINDS:
        kind.model.objects.create(name="x", **kind.created_as(False))

    def refuse(**signal: object) -> None:
        raise ZeroDivisionError

    pre_delete.connect(refuse, sender=Sample)
    request.addfinalizer(lambda: pre_delete.disconnect(refuse, sender=Sample))

    with pytest.raises(ZeroDivisionError):
        run("waffle_delete", flag_names=["x"], switch_names=["x"], sample_names=["x"])

    assert [kind.model.objects.count() for kind in KINDS] == [1, 1, 1]
