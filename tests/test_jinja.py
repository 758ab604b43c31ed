"""The extension for Jinja, in a bare environment, in Django's backend and in django-jinja's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.template import engines
from jinja2 import DictLoader, Environment, StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from tests.each import each_kind, switch_on
from waffle import apinned, memory
from waffle.jinja import WaffleExtension
from waffle.kinds import FLAG, Kind
from waffle.models import Flag
from waffle.status import script

pytestmark = pytest.mark.django_db

EXTENSION = "waffle.jinja.WaffleExtension"
BACKENDS = ["django.template.backends.jinja2.Jinja2", "django_jinja.jinja2.Jinja2"]

# Renders a source with variables.
Render = Callable[..., str]


# Any, in these: what a template is given, and how an environment is made.
def rendered(source: str, **variables: Any) -> str:
    return Environment(extensions=[WaffleExtension]).from_string(source).render(**variables)


def rendered_in_sandbox(source: str, **variables: Any) -> str:
    return SandboxedEnvironment(extensions=[EXTENSION]).from_string(source).render(**variables)


@async_to_sync
async def rendered_by_coroutine(source: str, **variables: Any) -> str:
    environment = Environment(extensions=[EXTENSION], enable_async=True)
    return await environment.from_string(source).render_async(**variables)


@async_to_sync
async def rendered_in_pin(source: str, **variables: Any) -> str:
    async with apinned():
        return rendered(source, **variables)


@pytest.fixture(params=[rendered, rendered_in_sandbox, rendered_by_coroutine, rendered_in_pin])
def render(request: pytest.FixtureRequest) -> Render:
    found: Render = request.param
    return found


def block(kind: Kind, word: str) -> str:
    return f"{{% {kind.name} {word} %}}on{{% else %}}off{{% end{kind.name} %}}"


@each_kind
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "off")])
def test_the_global_answers_for_each_kind(
    kind: Kind, render: Render, anonymous: HttpRequest, is_on: bool, text: str
) -> None:
    if is_on:
        switch_on(kind, "x")

    source = f"{{% if waffle.{kind.name}('x') %}}on{{% else %}}off{{% endif %}}"

    assert render(source, request=anonymous) == text


@each_kind
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "off")])
def test_a_block_shows_one_of_its_two_sides(
    kind: Kind, render: Render, anonymous: HttpRequest, is_on: bool, text: str
) -> None:
    if is_on:
        switch_on(kind, "x")

    assert render(block(kind, '"x"'), request=anonymous) == text


@each_kind
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "")])
def test_a_block_needs_no_other_side(kind: Kind, render: Render, is_on: bool, text: str) -> None:
    if is_on:
        switch_on(kind, "x")

    assert render(f'{{% {kind.name} "x" %}}on{{% end{kind.name} %}}') == text


@each_kind
def test_blocks_can_stand_within_each_other(kind: Kind) -> None:
    switch_on(kind, "outer")

    inner, end = block(kind, '"inner"'), f"end{kind.name}"

    assert rendered(f'{{% {kind.name} "outer" %}}({inner}){{% else %}}[{inner}]{{% {end} %}}') == "(off)"
    assert rendered(f'{{% {kind.name} "other" %}}({inner}){{% else %}}[{inner}]{{% {end} %}}') == "[off]"


@each_kind
@pytest.mark.parametrize("word", ["name", "page.name", "'new' ~ ' basket'", "missing or name", "name|trim"])
def test_the_name_of_a_block_is_an_expression(kind: Kind, word: str) -> None:
    switch_on(kind, "new basket")

    assert rendered(block(kind, word), name="new basket", page={"name": "new basket"}) == "on"


@each_kind
@pytest.mark.parametrize("undefined", [{}, {"undefined": StrictUndefined}], ids=["lenient", "strict"])
def test_a_bare_word_that_is_no_variable_is_the_name_itself(kind: Kind, undefined: dict[str, Any]) -> None:
    switch_on(kind, "beta")
    environment = Environment(extensions=[EXTENSION], **undefined)

    assert environment.from_string(block(kind, "beta")).render() == "on"
    assert environment.from_string(block(kind, "beta")).render(beta="another") == "off"


@each_kind
def test_an_undefined_name_is_treated_as_the_environment_says(kind: Kind) -> None:
    source = f"{{{{ waffle.{kind.name}(nothing) }}}}"

    assert rendered(source) == "False"
    with pytest.raises(UndefinedError, match="nothing"):
        Environment(extensions=[EXTENSION], undefined=StrictUndefined).from_string(source).render()


@each_kind
def test_a_variable_may_hold_the_toggle_itself(kind: Kind, render: Render) -> None:
    switch_on(kind)
    toggle = kind.model.objects.get(name="x")

    assert render(f"{{{{ waffle.{kind.name}(toggle) }}}} {block(kind, 'toggle')}", toggle=toggle) == "True on"


@each_kind
def test_a_variable_of_a_loop_is_a_name(kind: Kind, render: Render) -> None:
    switch_on(kind, "x")

    assert render(f"{{% for n in ['x', 'y'] %}}{block(kind, 'n')} {{% endfor %}}") == "on off "


def test_a_flag_is_asked_with_the_request_in_the_context(render: Render, anonymous: HttpRequest) -> None:
    for name in ("x", "y"):
        Flag.objects.create(name=name, percent="50.0")

    render("{{ waffle.flag('x') }}" + block(FLAG, "'y'"), request=anonymous)

    assert list(memory.dealt(anonymous)) == ["x", "y"]


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
        rendered(source.replace("KIND", kind.name))


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
    settings: Any,  # Any: what pytest-django gives
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
