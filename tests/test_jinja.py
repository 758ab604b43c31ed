"""The extension for Jinja: what is so in it alone. The rest of its block tags is in test_block_tags.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template import engines
from jinja2 import (
    DictLoader,
    Environment,
    FileSystemBytecodeCache,
    StrictUndefined,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.ext import Extension
from jinja2.nativetypes import NativeEnvironment
from jinja2.runtime import Context
from pytest_django import Settings

from tests.each import each_kind, switch_on
from tests.templates import EXTENSION, Render, block, each_jinja, jinja
from waffle import memory
from waffle.jinja import WaffleExtension
from waffle.kinds import FLAG, Kind
from waffle.models import Flag
from waffle.status import script
from waffle.subjects import Subject

pytestmark = pytest.mark.django_db

QUESTIONS = {
    "alone": "{{ waffle.flag('x') }}",
    "in a block": "{% block body %}{{ waffle.flag('x') }}{% endblock %}",
    "in a loop": "{% for name in ['x'] %}{{ waffle.flag(name) }}{% endfor %}",
    "in a macro": "{% macro ask(name) %}{{ waffle.flag(name) }}{% endmacro %}{{ ask('x') }}",
    "in a test": "{{ True if waffle.flag('x') else False }}",
    "by keyword": "{{ waffle.flag(name='x') }}",
    "with more": "{{ waffle.flag(*['x']) }}",
}

BACKENDS = ["django.template.backends.jinja2.Jinja2", "django_jinja.jinja2.Jinja2"]


@each_kind
@each_jinja
@pytest.mark.parametrize("global_", ["waffle.{}", "waffle['{}']"], ids=["attribute", "item"])
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "off")])
def test_the_global_answers_for_each_kind(
    kind: Kind, render: Render, anonymous: HttpRequest, global_: str, is_on: bool, text: str
) -> None:
    if is_on:
        switch_on(kind, "x")

    source = f"{{% if {global_.format(kind.name)}('x') %}}on{{% else %}}off{{% endif %}}"

    assert render(source, request=anonymous) == text


@each_kind
@pytest.mark.parametrize("word", ["'new' ~ ' basket'", "missing or name", "names[0]"])
def test_the_name_of_a_block_is_any_expression(kind: Kind, word: str) -> None:
    switch_on(kind, "new basket")

    assert jinja(block(kind, word), name="new basket", names=["new basket"]) == "on"


@each_kind
def test_a_bare_word_may_be_no_variable_in_a_strict_environment_too(kind: Kind) -> None:
    switch_on(kind, "beta")
    environment = Environment(extensions=[EXTENSION], undefined=StrictUndefined)

    assert environment.from_string(block(kind, "beta")).render() == "on"


@each_kind
def test_an_undefined_name_is_treated_as_the_environment_says(kind: Kind) -> None:
    source = f"{{{{ waffle.{kind.name}(nothing) }}}}"

    assert jinja(source) == "False"
    with pytest.raises(UndefinedError, match="nothing"):
        Environment(extensions=[EXTENSION], undefined=StrictUndefined).from_string(source).render()


@each_kind
@each_jinja
def test_the_global_takes_the_toggle_itself(kind: Kind, render: Render) -> None:
    switch_on(kind)

    assert render(f"{{{{ waffle.{kind.name}(it) }}}}", it=kind.model.objects.get(name="x")) == "True"


@each_jinja
def test_the_global_asks_a_flag_with_the_request_in_the_context(
    render: Render, anonymous: HttpRequest
) -> None:
    Flag.objects.create(name="x", percent="50.0")

    render("{{ waffle.flag('x') }}", request=anonymous)

    assert list(memory.dealt(anonymous)) == ["x"]


def test_an_imported_macro_asks_with_the_request_where_it_is_imported_with_context(
    anonymous: HttpRequest,
) -> None:
    Flag.objects.create(name="x", percent="50.0")
    macros = "{% macro ask() %}{{ waffle.flag('x') }}{% endmacro %}"
    environment = Environment(extensions=[EXTENSION], loader=DictLoader({"macros": macros}))
    source = "{% import 'macros' as macros with context %}{{ macros.ask() }}"

    environment.from_string(source).render(request=anonymous)

    assert list(memory.dealt(anonymous)) == ["x"]


@each_kind
@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{% KIND %}{% endKIND %}", "unexpected|Expected"),
        ("{% KIND x y %}{% endKIND %}", "expected token"),
        ("{% KIND 'x' %}", "endKIND"),
        ("{% KIND 'x' %}{% else %}{% else %}{% endKIND %}", "endKIND"),
    ],
)
def test_bad_syntax_is_an_error(kind: Kind, source: str, problem: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=problem.replace("KIND", kind.name)):
        jinja(source.replace("KIND", kind.name))


@pytest.mark.parametrize("autoescape", [True, False])
@pytest.mark.parametrize("enable_async", [True, False])
def test_the_script_is_shown_as_it_is(anonymous: HttpRequest, autoescape: bool, enable_async: bool) -> None:
    Flag.objects.create(name="</script>", everyone=True)
    environment = Environment(extensions=[EXTENSION], autoescape=autoescape, enable_async=enable_async)
    template = environment.from_string("<script>{{ waffle.wafflejs() }}</script>")

    if enable_async:
        text = async_to_sync(template.render_async)(request=anonymous)
    else:
        text = template.render(request=anonymous)

    assert text == f"<script>{script(anonymous)}</script>"


@each_kind
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_extension_serves_the_backends_for_django(
    kind: Kind,
    backend: str,
    anonymous: HttpRequest,
    settings: Settings,
) -> None:
    # django-jinja installs translations into i18n, which it loads where nobody names extensions.
    extensions = ["jinja2.ext.i18n", EXTENSION]
    settings.TEMPLATES = [{"NAME": "jinja", "BACKEND": backend, "OPTIONS": {"extensions": extensions}}]
    switch_on(kind, "x")

    source = f"{{{{ waffle.{kind.name}('x') }}}} {block(kind, 'name')} {{{{ waffle.wafflejs() }}}}"
    text = engines["jinja"].from_string(source).render({"name": "x"}, anonymous)

    assert text == f"True on {script(anonymous)}"


@pytest.mark.parametrize("module", ["waffle", "waffle.jinja"])
def test_django_jinja_is_never_imported(module: str) -> None:
    program = f"import sys, {module}; assert 'django_jinja' not in sys.modules"

    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


@pytest.mark.parametrize("source", QUESTIONS.values(), ids=QUESTIONS)
@each_jinja
def test_a_question_may_stand_anywhere(render: Render, source: str) -> None:
    answers = [render(source)]
    switch_on(FLAG, "x")
    answers.append(render(source))

    assert answers == ["False", "True"]


@pytest.mark.parametrize(
    "source",
    [
        "{% for who in [staff] %}{% set waffle_subject = who %}{{ waffle.flag('x') }}{% endfor %}",
        "{% block body %}{% set waffle_subject = staff %}{{ waffle.flag('x') }}{% endblock %}",
    ],
    ids=["loop", "block"],
)
@each_jinja
def test_a_question_goes_by_what_a_loop_or_a_block_has_set(render: Render, source: str) -> None:
    Flag.objects.create(name="x", staff=True)
    staff = Subject(User(pk=1, is_staff=True))

    assert render(source, staff=staff, waffle_subject=Subject()) == "True"


@each_jinja
def test_a_template_may_call_something_else_waffle(render: Render) -> None:
    class Breakfast:
        def flag(self, name: str) -> str:
            return f"{name} with syrup"

    assert render("{{ waffle.flag('x') }}", waffle=Breakfast()) == "x with syrup"
    assert render("{% set waffle = own %}{{ waffle.flag('x') }}", own=Breakfast()) == "x with syrup"


@pytest.mark.parametrize("environment", [Environment, NativeEnvironment])
def test_questions_are_compiled_to_something_quicker_than_other_calls(
    environment: type[Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = environment(extensions=[EXTENSION])
    source = "{{ waffle.flag('x') }}{% block body %}{{ waffle.switch('x') }}{% endblock %}"
    template, other = made.from_string(source), made.from_string("{{ waffle.wafflejs() }}")

    monkeypatch.setattr(Context, "call", refuse)

    assert list(template.generate()) == (
        [False, False] if environment is NativeEnvironment else ["False", "False"]
    )
    with pytest.raises(LookupError, match="the usual way"):
        list(other.generate())


def refuse(*args: object, **kwargs: object) -> None:
    raise LookupError("It is called in the usual way.")


class Earlier(Extension):
    """An extension as others are: it gives templates the functions."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["waffle"] = {"flag": lambda name: f"{name} is a flag"}


def test_another_extension_may_find_what_was_compiled_in_a_cache_of_bytecode(tmp_path: Path) -> None:
    source = "{% for name in ['x'] %}{% set note = 1 %}{{ waffle.flag(name) }}{% endfor %}"
    loader, cache = DictLoader({"page": source}), FileSystemBytecodeCache(str(tmp_path))

    pages = [
        Environment(loader=loader, bytecode_cache=cache, extensions=[extension]).get_template("page").render()
        for extension in (WaffleExtension, Earlier, WaffleExtension)
    ]

    assert pages == ["False", "x is a flag", "False"]


def test_an_overlay_compiles_questions_too() -> None:
    overlay = Environment(extensions=[EXTENSION]).overlay(trim_blocks=True)
    switch_on(FLAG, "x")

    assert overlay.from_string("{{ waffle.flag('x') }}").render() == "True"


def test_an_environment_may_be_given_the_extension_twice() -> None:
    twice = Environment(extensions=[EXTENSION, WaffleExtension])
    overlay = twice.overlay(extensions=[WaffleExtension])
    switch_on(FLAG, "x")

    assert [made.from_string("{{ waffle.flag('x') }}").render() for made in (twice, overlay)] == ["True"] * 2


def test_a_class_may_follow_the_extension_that_it_is_made_of() -> None:
    class Tailored(WaffleExtension):
        pass

    environment = Environment(extensions=[EXTENSION, Tailored])
    switch_on(FLAG, "x")

    assert environment.from_string("{{ waffle.flag('x') }}").render() == "True"


def test_a_function_may_stand_in_for_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment(extensions=[EXTENSION])
    monkeypatch.setattr(environment.globals["waffle"], "flag", lambda name: f"{name} is a stub")

    assert environment.from_string("{{ waffle.flag('x') }}").render() == "x is a stub"
