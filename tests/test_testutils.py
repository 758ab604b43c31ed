"""Overrides."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.test import RequestFactory, TestCase, TransactionTestCase
from pytest_django import DjangoAssertNumQueries

import waffle
from waffle import flag_is_active, sample_is_active, switch_is_active
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample
from waffle.overrides import in_force
from waffle.testutils import Override, override_flag, override_sample, override_switch

OVERRIDES: dict[Kind, type[Override]] = {
    FLAG: override_flag,
    SWITCH: override_switch,
    SAMPLE: override_sample,
}

by_override = pytest.mark.parametrize(
    ("kind", "override"), list(OVERRIDES.items()), ids=[kind.name for kind in KINDS]
)


# Any, in this file: checks and settings are of every sort.
def somebody() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    return request


def is_active(kind: Kind, name: str = "x") -> bool:
    check: Any = getattr(waffle, f"{kind.name}_is_active")
    answer: bool = check(somebody(), name) if kind is FLAG else check(name)
    return answer


# Blocks


@pytest.mark.parametrize("transactional", [False, True], ids=["in a transaction", "committed"])
@by_override
def test_a_toggle_is_what_a_block_says_and_gone_afterwards(
    request: pytest.FixtureRequest, transactional: bool, kind: Kind, override: type[Override]
) -> None:
    request.getfixturevalue("transactional_db" if transactional else "db")
    answers = []

    for active in (True, False):
        with override("x", active):
            answers.append(is_active(kind))

    assert answers == [True, False]
    assert is_active(kind) is False


@by_override
def test_no_row_is_touched(
    db: None, django_assert_num_queries: DjangoAssertNumQueries, kind: Kind, override: type[Override]
) -> None:
    kind.model.objects.create(name="x", note="why", **kind.created_as(True))
    before = kind.model.objects.values().get()

    with django_assert_num_queries(0), override("x", False):
        inside = is_active(kind)

    assert inside is False
    assert is_active(kind) is True
    assert kind.model.objects.values().get() == before


@by_override
def test_what_a_test_does_to_the_row_is_seen_afterwards(
    db: None, kind: Kind, override: type[Override]
) -> None:
    kind.model.objects.create(name="x", **kind.created_as(True))

    with override("x", True):
        kind.model.objects.all().delete()
        inside = is_active(kind)

    assert inside is True
    assert is_active(kind) is False


@by_override
def test_what_was_there_comes_back_after_an_exception(db: None, kind: Kind, override: type[Override]) -> None:
    kind.model.objects.create(name="x", **kind.created_as(False))

    with pytest.raises(ZeroDivisionError), override("x", True):
        1 / 0  # noqa: B018  # it raises

    assert is_active(kind) is False


@by_override
def test_a_broken_transaction_tells_its_own_error(db: None, kind: Kind, override: type[Override]) -> None:
    kind.model.objects.create(name="x", **kind.created_as(False))

    with pytest.raises(IntegrityError), transaction.atomic(), override("x", True):
        kind.model.objects.create(name="x", **kind.created_as(False))

    assert is_active(kind) is False


@by_override
def test_blocks_nest_even_with_one_override(db: None, kind: Kind, override: type[Override]) -> None:
    on, off = override("x", True), override("x", False)
    answers = []

    with on:
        answers.append(is_active(kind))
        with off:
            answers.append(is_active(kind))
            with on:
                answers.append(is_active(kind))
            answers.append(is_active(kind))
        answers.append(is_active(kind))
    answers.append(is_active(kind))

    assert answers == [True, False, True, False, True, False]


def test_a_flag_may_be_left_to_its_other_fields(db: None) -> None:
    Flag.objects.create(name="x", everyone=True, authenticated=True)
    signed_in = somebody()
    signed_in.user = User.objects.create_user("ada")

    with override_flag("x", None):
        answers = [flag_is_active(request, "x") for request in (somebody(), signed_in)]

    assert answers == [False, True]


def test_a_flag_that_was_not_there_may_be_left_to_its_other_fields(db: None) -> None:
    root = somebody()
    root.user = User.objects.create_superuser("root")

    with override_flag("x", active=None):
        answers = [flag_is_active(request, "x") for request in (somebody(), root)]

    assert answers == [False, True]


@pytest.mark.parametrize("percent", [34, 12.5, Decimal("99.9"), 0, 1, "50"])
def test_a_sample_may_get_a_percentage(db: None, percent: Any) -> None:
    with override_sample("x", percent):
        found = Sample.get("x").percent

    assert found == Decimal(str(percent))


@by_override
def test_the_projects_own_models_can_be_overridden(
    db: None, settings: Any, kind: Kind, override: type[Override]
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    settings.WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
    settings.WAFFLE_SAMPLE_MODEL = "test_app.CustomSample"

    with override("x", True):
        inside = is_active(kind)

    assert inside is True
    assert in_force == []


# Functions


@by_override
def test_a_function_is_decorated(db: None, kind: Kind, override: type[Override]) -> None:
    @override("x", True)
    def answer(word: str, *, other: str) -> tuple[str, str, bool]:
        """Tell."""
        return word, other, is_active(kind)

    assert answer("a", other="b") == ("a", "b", True)
    assert answer.__doc__ == "Tell."
    assert is_active(kind) is False


def test_the_innermost_decorator_of_a_function_counts(db: None) -> None:
    @override_switch("x", False)
    @override_switch("x", True)
    def answer() -> bool:
        return switch_is_active("x")

    assert answer() is True


@override_switch("x", True)
@pytest.mark.django_db
def test_a_test_function_is_decorated() -> None:
    assert switch_is_active("x") is True


async def ask(kind: Kind) -> bool:
    check: Any = getattr(waffle, f"a{kind.name}_is_active")
    answer: bool = await (check(somebody(), "x") if kind is FLAG else check("x"))
    return answer


@by_override
def test_a_coroutine_function_is_decorated(
    transactional_db: None, kind: Kind, override: type[Override]
) -> None:
    @override("x", True)
    async def answer() -> bool:
        return await ask(kind)

    @override("x", True)
    async def fail() -> None:
        raise ZeroDivisionError

    assert async_to_sync(answer)() is True
    with pytest.raises(ZeroDivisionError):
        async_to_sync(fail)()
    assert in_force == []


@by_override
def test_a_coroutine_has_blocks_too(db: None, kind: Kind, override: type[Override]) -> None:
    async def answers() -> list[bool]:
        async with override("x", True):
            outer = await ask(kind)
            async with override("x", False):
                inner = await ask(kind)
        return [outer, inner, await ask(kind)]

    assert async_to_sync(answers)() == [True, False, False]


# Classes


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.errors == result.failures == []
    return result


@by_override
def test_every_test_of_a_class_has_the_override_and_its_set_up_too(
    db: None, kind: Kind, override: type[Override]
) -> None:
    class Tests(unittest.TestCase):
        def setUp(self) -> None:
            self.at_set_up = is_active(kind)

        def test_one(self) -> None:
            assert self.at_set_up is is_active(kind) is True
            kind.model.objects.all().delete()

        def test_two(self) -> None:
            assert self.at_set_up is is_active(kind) is True

    result = run(override("x", True)(Tests))

    assert result.testsRun == 2
    assert in_force == []


def test_a_subclass_inherits_and_may_say_otherwise(db: None) -> None:
    @override_switch("x", True)
    @override_switch("y", True)
    class Base(unittest.TestCase):
        pass

    class Heir(Base):
        def test(self) -> None:
            assert (switch_is_active("x"), switch_is_active("y")) == (True, True)

    @override_switch("x", False)
    class Rebel(Base):
        def setUp(self) -> None:
            super().setUp()
            self.at_set_up = switch_is_active("x")

        def test(self) -> None:
            assert (switch_is_active("x"), switch_is_active("y"), self.at_set_up) == (False, True, False)

    @override_switch("y", False)
    class Quiet(Base):
        def test(self) -> None:
            assert (switch_is_active("x"), switch_is_active("y")) == (True, False)

    assert [run(case).testsRun for case in (Heir, Rebel, Quiet)] == [1, 1, 1]
    assert in_force == []


def test_the_innermost_decorator_of_a_class_counts(db: None) -> None:
    @override_switch("x", False)
    @override_switch("x", True)
    class Tests(unittest.TestCase):
        def test(self) -> None:
            assert switch_is_active("x") is True

    assert run(Tests).testsRun == 1


def test_a_method_counts_more_than_its_class(db: None) -> None:
    @override_switch("x", False)
    class Tests(unittest.TestCase):
        @override_switch("x", True)
        def test(self) -> None:
            assert switch_is_active("x") is True

    assert run(Tests).testsRun == 1


def test_only_test_classes_are_decorated() -> None:
    class Plain:
        pass

    with pytest.raises(TypeError, match=r"^Plain is no unittest\.TestCase: decorate its functions\.$"):
        override_flag("x", True)(Plain)


class Answers:
    """What the tests of the next two classes ask."""

    def test_the_override_is_there(self) -> None:
        assert flag_is_active(somebody(), "x") is True
        assert sample_is_active("x") is True

    @override_switch("x", True)
    async def test_it_is_there_in_coroutines(self) -> None:
        assert await ask(FLAG) is True
        assert await ask(SAMPLE) is True
        assert await ask(SWITCH) is True


@override_flag("x", True)
@override_sample("x", 100)
class TestsInATestCase(Answers, TestCase):
    pass


@override_flag("x", True)
@override_sample("x", 100)
class TestsInATransactionTestCase(Answers, TransactionTestCase):
    pass


class TestsWithoutOverride(TestCase):
    def test_no_override_is_left(self) -> None:
        assert [is_active(kind) for kind in KINDS] == [False, False, False]


# The page on tests


def test_every_example_on_the_page_works(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    page = (root / "docs" / "howto" / "test-your-code.md").read_text()
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)):
        (tmp_path / f"test_example_{number}.py").write_text(block)

    command = [sys.executable, "-m", "pytest", "-p", "pytest_django.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"-c{root}/pyproject.toml", f"--rootdir={root}", "--ds=test_app.settings", str(tmp_path)],
        cwd=root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )

    assert "8 passed" in done.stdout, done.stdout
