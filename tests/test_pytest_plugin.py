"""The plugin for pytest sets toggles for marked tests, and varies them; seen in runs of pytest."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


class Runner:
    """Runs a file of tests, in this process and on its settings."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, tests: str, *options: str) -> pytest.RunResult:
        self.pytester.makepyfile(f"import pytest\nimport waffle\n{tests}")
        options = ("-p", "no:django", "-p", "no:cacheprovider", "-p", "waffle.pytest_plugin", "-v", *options)
        return self.pytester.runpytest_inprocess(*options)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Runner:
    """Return what runs a file of tests."""
    return Runner(pytester)


def test_a_mark_sets_toggles_of_every_kind_in_every_sort_of_test(run: Runner) -> None:
    result = run(
        """
import asyncio
from django.contrib.auth.models import User
from django.test import SimpleTestCase

pytestmark = pytest.mark.waffle(flags={"x": True}, switches={"s": False})

def test_in_a_function():
    assert (waffle.flag_is_active(None, "x"), waffle.switch_is_active("s")) == (True, False)

@pytest.mark.waffle(switches={"s": True}, samples={"a": 100})
class TestNearer:
    def test_has_the_last_word(self):
        assert waffle.flag_is_active(None, "x")
        assert (waffle.switch_is_active("s"), waffle.sample_is_active("a")) == (True, True)

    @pytest.mark.waffle(flags={"x": {"staff": True, "superusers": False}})
    def test_fields(self):
        answers = [waffle.flag_is_active(waffle.Subject(User(is_staff=is_staff)), "x") for is_staff in (1, 0)]
        assert answers == [True, False]

class CaseTests(SimpleTestCase):
    def test_in_a_case(self):
        assert waffle.flag_is_active(None, "x")

    async def test_in_a_coroutine(self):
        assert await waffle.aflag_is_active(None, "x")

def test_with_the_fixture(waffle_override):
    waffle_override(flags={"x": False}, switches={"s": True})
    assert (waffle.flag_is_active(None, "x"), waffle.switch_is_active("s")) == (False, True)

def test_nothing_is_left_of_the_one_before():
    assert (waffle.flag_is_active(None, "x"), waffle.switch_is_active("s")) == (True, False)
"""
    )

    result.assert_outcomes(passed=7)


def test_the_matrix_runs_marked_tests_once_for_every_combination(run: Runner) -> None:
    result = run(
        """
@pytest.mark.waffle
def test_all():
    print("all", waffle.flag_is_active(None, "x"), waffle.switch_is_active("s"))

@pytest.mark.waffle(flags={"x": True})
def test_what_a_mark_sets_is_not_varied():
    print("some", waffle.flag_is_active(None, "x"), waffle.switch_is_active("s"))

def test_what_is_not_marked_runs_once():
    pass
""",
        *("-s", "--waffle-matrix", "x, switch:s,x"),
    )

    result.assert_outcomes(passed=4 + 2 + 1)
    said = sorted(line.split("] ")[-1] for line in result.outlines if line.endswith(("True", "False")))
    combinations = ["False False", "False True", "True False", "True True"]
    assert said == [*(f"all {each}" for each in combinations), "some True False", "some True True"]
    result.stdout.fnmatch_lines(["*test_all[[]x=on,s=off[]]*"])


@pytest.mark.parametrize("word", ["shop:x", "switch:"])
def test_a_matrix_that_names_no_toggle_is_refused(run: Runner, word: str) -> None:
    result = run("def test_it(): pass", "--waffle-matrix", word)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--waffle-matrix: '{word}' is no toggle. Write NAME for a flag*"])


@pytest.mark.parametrize("arguments", ['"x"', "flag={}", "flags=True"])
def test_a_mark_that_says_something_else_is_refused(run: Runner, arguments: str) -> None:
    result = run(f"@pytest.mark.waffle({arguments})\ndef test_it(): pass")

    assert result.ret != 0
    output = "\n".join([*result.outlines, *result.errlines])
    assert "@pytest.mark.waffle(flags={'new_basket': True})" in output
