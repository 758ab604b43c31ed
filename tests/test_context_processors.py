"""The context processor: `waffle.flag.NAME` in templates of Django and Jinja."""

from __future__ import annotations

import asyncio
from typing import Any

import jinja2
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest
from django.template import Context, Engine, RequestContext

import waffle
from tests.logs import messages
from waffle import context_processors
from waffle.testutils import override_flag, override_sample, override_switch

PATH = "waffle.context_processors.waffle"


def django(template: str, request: HttpRequest, **variables: object) -> str:
    engine = Engine(context_processors=[PATH])
    return engine.from_string(template).render(RequestContext(request, variables))


def jinja(template: str, request: HttpRequest, **variables: object) -> str:
    environment = jinja2.Environment(extensions=["waffle.jinja.WaffleExtension"])
    return environment.from_string(template).render(**context_processors.waffle(request), **variables)


each_engine = pytest.mark.parametrize("render", [django, jinja], ids=["Django", "Jinja"])


@each_engine
@pytest.mark.parametrize("is_on", [True, False])
def test_a_template_names_a_toggle_of_any_kind(render: Any, is_on: bool, anonymous: HttpRequest) -> None:
    template = "{% if waffle.KIND.new_ui %}on{% else %}off{% endif %}"

    with override_flag("new_ui", is_on), override_switch("new_ui", is_on), override_sample("new_ui", is_on):
        shown = {render(template.replace("KIND", kind), anonymous) for kind in ("flag", "switch", "sample")}

    assert shown == {"on" if is_on else "off"}


@each_engine
@pytest.mark.parametrize(("is_staff", "shown"), [(True, "both"), (False, "one")])
def test_a_toggle_is_combined_with_what_else_the_template_knows(
    render: Any, is_staff: bool, shown: str, anonymous: HttpRequest
) -> None:
    template = "{% if waffle.flag.new_ui and user.is_staff %}both{% elif waffle.flag.new_ui %}one{% endif %}"

    with override_flag("new_ui", True):
        assert render(template, anonymous, user=User(is_staff=is_staff)) == shown


@pytest.mark.django_db
def test_nothing_is_asked_before_a_template_names_a_toggle(anonymous: HttpRequest) -> None:
    with waffle.pinned():
        django("{% if False and waffle.flag.new_ui %}{% endif %}{{ user }}", anonymous)

        assert waffle.evaluated() == {"flags": {}, "switches": {}, "samples": {}}


def test_jinja_calls_the_variable_as_it_calls_the_global(anonymous: HttpRequest) -> None:
    with override_flag("new ui", True):
        assert jinja("{{ waffle.flag('new ui') }} {{ waffle.flag['new ui'] }}", anonymous) == "True True"


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["{{ waffle.wafflejs }}", "{{ waffle.wafflejs() }}"])
def test_the_script_is_there_too(template: str, anonymous: HttpRequest) -> None:
    render = jinja if "(" in template else django

    assert "window.waffle" in render(template, anonymous)


def test_the_variable_may_ask_about_a_subject() -> None:
    variables = context_processors.waffle(waffle.Subject(User(pk=1, is_staff=True)))

    with override_flag("new_ui", staff=True, superusers=False):
        shown = Engine().from_string("{{ waffle.flag.new_ui }}").render(Context(variables))

    assert shown == "True"


@pytest.mark.django_db
@each_engine
@pytest.mark.parametrize(
    "template", ["{{ waffle.flag.new_uj }}", "{% if waffle.flag.new_uj %}{% else %}off{% endif %}"]
)
def test_no_engine_hides_that_a_name_is_not_defined(
    render: Any, template: str, anonymous: HttpRequest, settings: Any
) -> None:
    settings.WAFFLE_STRICT = True

    with override_flag("new_ui", True), pytest.raises(RuntimeError, match="did you mean 'new_ui'"):
        render(template, anonymous)


@pytest.mark.django_db
def test_the_log_tells_what_django_hides_within_and(
    anonymous: HttpRequest, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAFFLE_STRICT = True

    shown = django("{% if waffle.switch.shop and user %}on{% else %}off{% endif %}", anonymous)

    assert shown == "off"
    assert messages(caplog) == [
        "A template's waffle.switch.shop has failed: WAFFLE_STRICT is set, and there is no switch 'shop'"
    ]


@pytest.mark.django_db
def test_in_a_coroutine_the_log_tells_it_too_and_the_error_stays_what_it_is(
    anonymous: HttpRequest, caplog: pytest.LogCaptureFixture
) -> None:
    async def show() -> str:
        return django("{{ waffle.flag.new_ui }}", anonymous)

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(show())

    assert len(messages(caplog)) == 1


def test_what_templates_show_of_the_variable_itself_names_no_toggle(anonymous: HttpRequest) -> None:
    assert django("{{ waffle.flag }}", anonymous) == "&lt;toggles of the kind flag&gt;"
