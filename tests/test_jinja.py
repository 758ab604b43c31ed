"""The extension for Jinja: what is so in it alone. The rest of its block tags is in test_block_tags.py."""

from __future__ import annotations

import subprocess
import sys

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.template import engines
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError, UndefinedError
from pytest_django import Settings

from tests.each import each_kind, switch_on
from tests.templates import EXTENSION, Render, block, each_jinja, jinja
from waffle import memory
from waffle.kinds import Kind
from waffle.models import Flag
from waffle.status import script

pytestmark = pytest.mark.django_db

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
