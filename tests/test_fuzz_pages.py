"""Whatever toggles are called: pages that show them parse, and nothing in a name becomes a script."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.template import engines
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

import waffle
from tests.fuzz.texts import any_text, stored_names, undone
from waffle.jinja import WaffleExtension
from waffle.kinds import KINDS

pytestmark = pytest.mark.django_db

some_toggles = st.fixed_dictionaries(
    {kind: st.dictionaries(stored_names, st.booleans(), max_size=3) for kind in KINDS}
)

# Any, here and below: kinds, and what a template engine is called with.
Toggles = dict[Any, dict[str, bool]]

IN_DJANGO = """{% load waffle_tags %}
{% flag name %}1{% else %}0{% endflag %}{% switch name %}1{% else %}0{% endswitch %}
{% sample name %}1{% else %}0{% endsample %}"""

IN_JINJA = """{% flag name %}1{% else %}0{% endflag %}{% switch name %}1{% else %}0{% endswitch %}
{% sample name %}1{% else %}0{% endsample %}
{{ 1 if waffle.flag(name) else 0 }}{{ 1 if waffle.switch(name) else 0 }}
{{ 1 if waffle.sample(name) else 0 }}"""

SCRIPT = "{% load waffle_tags %}{% wafflejs %}"


def make(toggles: Toggles) -> None:
    for kind, values in toggles.items():
        for name, active in values.items():
            kind.model.objects.create(name=name, **kind.created_as(active))


def in_django(source: str, **context: object) -> str:
    return str(engines["django"].from_string(source).render(context, RequestFactory().get("/")))


def in_jinja(source: str, **context: object) -> str:
    environment = Environment(extensions=[WaffleExtension], autoescape=True)
    return environment.from_string(source).render(request=RequestFactory().get("/"), **context)


def values_in(script: str) -> Toggles:
    """Return what the script says of each toggle."""
    found = re.search("var toggles = (.*);\n", script)
    assert found is not None
    told = json.loads(found[1])
    return {kind: dict(told[kind.plural]) for kind in KINDS}


@given(some_toggles)
def test_the_json_page_names_each_toggle_and_its_value(toggles: Toggles) -> None:
    with undone():
        make(toggles)
        response = Client().get("/waffle_status")

    told = json.loads(response.content)
    assert response.status_code == 200
    assert {
        kind: {name: status["is_active"] for name, status in told[kind.plural].items()} for kind in KINDS
    } == toggles


@given(some_toggles)
def test_the_script_names_each_toggle_and_its_value(toggles: Toggles) -> None:
    with undone():
        make(toggles)
        response = Client().get("/wafflejs")

    assert response.status_code == 200
    assert values_in(response.content.decode()) == toggles


@given(some_toggles)
def test_nothing_in_a_name_ends_a_script_or_begins_a_comment_in_one(toggles: Toggles) -> None:
    with undone():
        make(toggles)
        scripts = [
            Client().get("/wafflejs").content.decode(),
            in_django(SCRIPT),
            in_jinja("{{ waffle.wafflejs() }}"),
        ]

    for script in scripts:
        assert script.isascii()  # so that U+2028, which ends a line of a script, is not in it
        assert not re.search("</?script|<!--|-->", script, re.IGNORECASE)
        assert values_in(script) == toggles


@given(stored_names, st.booleans())
def test_a_tag_finds_a_toggle_of_any_name(name: str, active: bool) -> None:
    with undone():
        make({kind: {name: active} for kind in KINDS})
        shown = in_django(IN_DJANGO, name=name) + in_jinja(IN_JINJA, name=name)

    # A variable that holds nothing is the word itself, in Django's templates.
    assert set(re.findall(r"\d", shown)) == {str(int(active))} if name else True


@given(any_text)
def test_a_tag_takes_any_name_that_is_not_there_for_off(name: str) -> None:
    shown = in_django(IN_DJANGO, name=name) + in_jinja(IN_JINJA, name=name)

    assert set(re.findall(r"\d", shown)) == {"0"}


@given(stored_names.filter(lambda name: not re.search(r'["\\\n\r%{}#]', name)), st.booleans())
def test_a_tag_takes_a_name_between_quotes_as_it_is(name: str, active: bool) -> None:
    source = f'{{% load waffle_tags %}}{{% switch "{name}" %}}1{{% else %}}0{{% endswitch %}}'

    with undone():
        make({waffle.kinds.SWITCH: {name: active}})
        shown = in_django(source) + in_jinja(source.removeprefix("{% load waffle_tags %}"))

    assert shown == str(int(active)) * 2
