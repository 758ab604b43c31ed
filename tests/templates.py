"""Templates in Django's language and in Jinja's, rendered in each way that there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.template import Context, Engine
from jinja2 import Environment
from jinja2.sandbox import SandboxedEnvironment

from waffle import apinned
from waffle.kinds import Kind

LIBRARIES = {"waffle_tags": "waffle.templatetags.waffle_tags"}
EXTENSION = "waffle.jinja.WaffleExtension"

# Renders a source with variables.
Render = Callable[..., str]


# Any, in these: what a template is given.
def django(source: str, **variables: Any) -> str:
    template = Engine(libraries=LIBRARIES).from_string("{% load waffle_tags %}" + source)
    return template.render(Context(variables))


def jinja(source: str, **variables: Any) -> str:
    return Environment(extensions=[EXTENSION]).from_string(source).render(**variables)


def jinja_in_sandbox(source: str, **variables: Any) -> str:
    return SandboxedEnvironment(extensions=[EXTENSION]).from_string(source).render(**variables)


@async_to_sync
async def jinja_by_coroutine(source: str, **variables: Any) -> str:
    environment = Environment(extensions=[EXTENSION], enable_async=True)
    return await environment.from_string(source).render_async(**variables)


@async_to_sync
async def django_in_pin(source: str, **variables: Any) -> str:
    async with apinned():
        return django(source, **variables)


@async_to_sync
async def jinja_in_pin(source: str, **variables: Any) -> str:
    async with apinned():
        return jinja(source, **variables)


JINJA = {
    "jinja": jinja,
    "jinja in a sandbox": jinja_in_sandbox,
    "jinja by a coroutine": jinja_by_coroutine,
    "jinja in a pin": jinja_in_pin,
}
ALL = {"django": django, "django in a pin": django_in_pin, **JINJA}

each_render = pytest.mark.parametrize("render", ALL.values(), ids=ALL)
each_jinja = pytest.mark.parametrize("render", JINJA.values(), ids=JINJA)


def block(kind: Kind, word: str) -> str:
    """Return a template that says whether a toggle is on."""
    return f"{{% {kind.name} {word} %}}on{{% else %}}off{{% end{kind.name} %}}"
