"""Every example in README.md and docs/ works.

A page is read from top to bottom. Its blocks of Python share one namespace, which begins with `request`, and
with `project_settings` and `monkeypatch`, whose changes are undone after the page; a block of templates is
rendered for that request, and what waffle's commands print is compared. What readers need not see stands in a
comment, at its place in the page:

    <!-- test
    Flag.objects.create(name="new_basket", everyone=True)
    -->

A line such as `verdict.active  # True` is a claim, and is compared. Test cases and test functions are run.
A block that does nothing but assign names in capitals is a fragment of settings: it is run by itself.
"""

from __future__ import annotations

import ast
import io
import json
import logging
import re
import shlex
import unittest
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.template import engines
from django.test import RequestFactory
from django.test.utils import isolate_apps
from django.urls import include, path
from pytest_django import Settings

import test_app.urls  # noqa: F401  # now: a page may put another admin site in the place of the one that these show
from waffle import defaults, pytest_plugin

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])

# Models of an example belong to an app that is there.
MODULE = "test_app.models"

urlpatterns = [path("", include("waffle.urls"))]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

_BLOCK = re.compile(
    r"^```(?P<language>\S*)\n(?P<text>.*?)^```$|^<!-- test\n(?P<hidden>.*?)^-->$", re.M | re.S
)
_CLAIM = re.compile(r"(?P<asked>\S.*?) +# (?P<answer>True|False|None|[A-Z]\w+\.[A-Z]+)$", re.M)
_SETTING = re.compile(r"\bWAFFLE_([A-Z_]+[A-Z])\b")


class Block(NamedTuple):
    language: str
    text: str
    line: int


def blocks_of(page: str) -> Iterator[Block]:
    """Return the examples of a page, and what is hidden between them."""
    for found in _BLOCK.finditer(page):
        line = page[: found.start()].count("\n") + 1
        hidden = found["hidden"]
        yield Block("python", hidden, line) if hidden else Block(found["language"], found["text"], line)


# Any, throughout: examples hold whatever they like.
class Reader:
    """Follows a page."""

    def __init__(self, name: str, **given: Any) -> None:
        self.name = name
        self.namespace: dict[str, Any] = {"__name__": MODULE, **given}

    def follow(self, page: str) -> None:
        """Do what the page shows."""
        ways: dict[str, Callable[[Block], None]] = {
            "python": self.python,
            "html": self.html,
            "jinja": self.jinja,
            "console": self.console,
            "json": lambda block: json.loads(block.text),
        }
        read_only = {"", "text", "javascript", "{toctree}"}
        for block in blocks_of(page):
            if block.language not in read_only:
                ways[block.language](block)

    def python(self, block: Block) -> None:
        tree = ast.parse(block.text)
        if is_settings(tree):
            self._run(block, {"logging": logging})
            return
        before = dict(self.namespace)
        self._run(block, self.namespace)
        new = [value for name, value in self.namespace.items() if before.get(name) is not value]
        for claim in _CLAIM.finditer(block.text):
            answer = eval(claim["answer"], self.namespace)
            assert eval(claim["asked"], self.namespace) is answer, claim[0]
        for value in new:
            run_tests(value)

    def _run(self, block: Block, namespace: dict[str, Any]) -> None:
        exec(compile("\n" * block.line + block.text, self.name, "exec", dont_inherit=True), namespace)

    def html(self, block: Block) -> None:
        engines["django"].from_string(block.text).render({}, self.namespace["request"])

    def jinja(self, block: Block) -> None:
        environment = jinja2.Environment(extensions=["waffle.jinja.WaffleExtension"], autoescape=True)
        environment.from_string(block.text).render(request=self.namespace["request"])

    def console(self, block: Block) -> None:
        for command in block.text.split("$ ")[1:]:
            line, _, shown = command.partition("\n")
            words = shlex.split(line)
            if words[:2] == ["python", "manage.py"] and words[2].startswith("waffle_"):
                out = io.StringIO()
                call_command(*words[2:], stdout=out, no_color=True)
                assert out.getvalue().strip() == shown.strip(), line


def is_settings(tree: ast.Module) -> bool:
    """Say whether a block is a fragment of a settings module."""

    def is_setting(statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Assign) and all(
            isinstance(target, ast.Name) and target.id.isupper() for target in statement.targets
        )

    others = [statement for statement in tree.body if not isinstance(statement, (ast.Import, ast.ImportFrom))]
    return bool(others) and all(map(is_setting, others))


def run_tests(value: Any) -> None:
    """Run a test case or a test function that an example has made."""
    if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == MODULE:
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(value).run(result)
        assert [text for _, text in result.errors + result.failures] == []
        assert result.testsRun > 0
    elif callable(value) and getattr(value, "__name__", "").startswith("test_"):
        with ExitStack() as stack:
            for mark in getattr(value, "pytestmark", []):
                pytest_plugin._override(stack, pytest_plugin._toggles_of(mark))
            value()


@pytest.fixture
def reader(
    transactional_db: None,
    rf: RequestFactory,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    cold: None,
) -> Iterator[Callable[[str], Reader]]:
    """Return what makes a reader; it sees a site that has waffle's pages, and nothing in its tables.

    Not in a `TestCase`: those of the examples close the connection. The database comes first: it is flushed
    when a page's settings are undone, for with its models PostgreSQL would not empty all tables.
    """
    settings.ROOT_URLCONF = __name__
    request = rf.get("/")
    request.user = AnonymousUser()
    with isolate_apps("test_app"), redirect_stdout(io.StringIO()):
        yield lambda name: Reader(name, request=request, project_settings=settings, monkeypatch=monkeypatch)


@each_page
def test_every_example_of_a_page_works(page: Path, reader: Callable[[str], Reader]) -> None:
    reader(str(page)).follow(page.read_text())


@each_page
def test_every_setting_that_a_page_names_is_there(page: Path) -> None:
    unknown = {name for name in _SETTING.findall(page.read_text()) if not hasattr(defaults, name)}

    assert unknown == set()


@pytest.mark.parametrize(
    "example",
    [
        "```python\n1 / 0\n```",
        "```python\nx = 1\nx == 2  # True\n```",
        "```python\nimport waffle\nwaffle.Reason.USER  # Reason.GROUP\n```",
        "```python\nrequest.nothing\n```",
        "<!-- test\nassert False\n-->",
        "```python\ndef test_it():\n    assert False\n```",
        "```python\nimport unittest as u\nclass T(u.TestCase):\n    def test(self):\n        1 / 0\n```",
        "```python\nWAFFLE_COOKIE = nothing\n```",
        "```html\n{% flag %}\n```",
        "```jinja\n{% flag %}\n```",
        "```json\n{,}\n```",
        "```console\n$ python manage.py waffle_flag nobody --everyone\n```",
        "```console\n$ python manage.py waffle_switch x on --create\nsomething else\n```",
        "```snake\n1\n```",
    ],
)
def test_an_example_that_does_not_work_is_found(example: str, reader: Callable[[str], Reader]) -> None:
    # Whatever the example raises.
    with pytest.raises(Exception):  # noqa: B017, PT011
        reader("example").follow(f"A page.\n\n{example}\n")


def test_what_a_page_shows_is_done_in_one_namespace(reader: Callable[[str], Reader]) -> None:
    page = "<!-- test\nx = 1\n-->\n\n```python\ny = x + 1\ny == 2  # True\n```\n\n<!-- test\ny += 1\n-->\n"
    following = reader("example")

    following.follow(page)

    assert [block.line for block in blocks_of(page)] == [1, 5, 10]
    assert following.namespace["y"] == 3


def test_a_fragment_of_settings_is_one_that_assigns_names_in_capitals() -> None:
    assert is_settings(ast.parse("import logging\nWAFFLE_COOKIE = 'x'\nMIDDLEWARE = []")) is True
    assert is_settings(ast.parse("WAFFLE_COOKIE = 'x'\nurlpatterns = []")) is False
    assert is_settings(ast.parse("print('x')")) is False
    assert is_settings(ast.parse("import waffle")) is False
