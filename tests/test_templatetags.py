"""The tags of Django's templates: what is so in them alone. The rest is in test_block_tags.py."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.template import Context, Engine, RequestContext, Template, TemplateSyntaxError
from django.template.base import TextNode
from django.template.defaulttags import IfNode

from tests.each import each_kind, switch_on
from tests.templates import LIBRARIES, block, django
from waffle import memory
from waffle.kinds import FLAG, Kind
from waffle.models import Flag
from waffle.status import script
from waffle.templatetags.waffle_tags import ToggleNode

pytestmark = pytest.mark.django_db


def compiled(source: str, string_if_invalid: str = "") -> Template:
    engine = Engine(libraries=LIBRARIES, string_if_invalid=string_if_invalid)
    return engine.from_string("{% load waffle_tags %}" + source)


@each_kind
@pytest.mark.parametrize(("is_on", "text"), [(True, "on, still on"), (False, "off")])
def test_an_answer_can_be_put_into_a_variable(kind: Kind, is_on: bool, text: str) -> None:
    if is_on:
        switch_on(kind, "x")

    source = f'{{% {kind.name} "x" as answer %}}{{% if answer %}}on, still on{{% else %}}off{{% endif %}}'

    assert django(source) == text


@each_kind
def test_a_variable_that_takes_an_answer_lasts_as_long_as_its_block(kind: Kind) -> None:
    switch_on(kind, "x")

    tag = f"{{% {kind.name} name as answer %}}"
    source = "{% with y=1 %}" + tag + "{{ answer }}{% endwith %},{{ answer }}"

    assert django(source, name="x") == "True,"


@each_kind
@pytest.mark.parametrize("words", ['"x" as', '"x" for y', '"x" as y z', "as y"])
def test_a_tag_that_takes_more_than_a_variable_is_a_syntax_error(kind: Kind, words: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="takes one name, or a name as a variable"):
        compiled(f"{{% {kind.name} {words} %}}")


@each_kind
@pytest.mark.parametrize(
    "word",
    [
        "\"new basket; '50%'\"",
        "'NEW BASKET; \\'50%\\''|lower",
        "name|default:'other'",
        "nothing|default:name",
        "names.0",
        "page.2026_sale.name",
    ],
)
def test_a_name_is_any_expression_of_a_template(kind: Kind, word: str) -> None:
    name = "new basket; '50%'"
    switch_on(kind, name)

    assert django(block(kind, word), name=name, names=[name], page={"2026_sale": {"name": name}}) == "on"


@each_kind
@pytest.mark.parametrize(
    "word", ["beta.two", "v1.2", "my-flag", "2024_sale", "007", "1e5", "_beta", "größe", "a.-1"]
)
@pytest.mark.parametrize("string_if_invalid", ["", "INVALID %s"])
def test_a_bare_word_that_is_no_variable_is_the_name_itself(
    kind: Kind, word: str, string_if_invalid: str
) -> None:
    switch_on(kind, word)

    assert compiled(block(kind, word), string_if_invalid).render(Context({})) == "on"


@each_kind
@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_holds_nothing_is_no_name(kind: Kind, value: str | None) -> None:
    switch_on(kind, "beta")

    assert django(block(kind, "beta"), beta=value) == "on"


def test_a_request_that_only_the_context_knows_will_do(anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", percent="50.0")

    compiled(block(FLAG, '"x"')).render(RequestContext(anonymous))

    assert list(memory.dealt(anonymous)) == ["x"]


@each_kind
def test_the_nodes_of_both_sides_are_found(kind: Kind) -> None:
    sides = "{% if a %}1{% endif %}{% else %}{% if b %}2{% endif %}"

    nodes = compiled(f'{{% {kind.name} "x" %}}{sides}{{% end{kind.name} %}}').nodelist

    assert len(nodes.get_nodes_by_type(ToggleNode)) == 1
    assert len(nodes.get_nodes_by_type(IfNode)) == 2
    assert [node.render(Context()) for node in nodes.get_nodes_by_type(TextNode)] == ["1", "2"]


@each_kind
def test_a_node_says_what_it_asks(kind: Kind) -> None:
    (node,) = compiled(block(kind, '"x"')).nodelist.get_nodes_by_type(ToggleNode)

    assert repr(node) == f"<ToggleNode: {kind.name} x>"


@each_kind
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("", "takes one name"),
        ('"x" "y"', "takes one name"),
        ('"x', "Could not parse"),
        ("x|no_such_filter", "Invalid filter"),
        ("_x|lower", "underscores"),
        ("my-flag|lower", "-flag"),
    ],
)
def test_bad_syntax_is_an_error_that_shows_how_to_write_it(kind: Kind, words: str, problem: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        compiled(block(kind, words))

    assert problem in str(caught.value)
    example = f'{{% {kind.name} "new_basket" %}}…{{% end{kind.name} %}}'
    assert str(caught.value).endswith(f"(Write it like this: {example})")


@each_kind
@pytest.mark.parametrize(
    "rest", ["on", "on{% else %}off", "on{% else %}off{% else %}{% end %}", "{% elif y %}"]
)
def test_a_block_must_end(kind: Kind, rest: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=f"end{kind.name}"):
        compiled(f'{{% {kind.name} "x" %}}{rest}')


@each_kind
def test_the_script_is_shown_as_it_is(kind: Kind, anonymous: HttpRequest) -> None:
    switch_on(kind, "</script>")

    text = django("<script>{% wafflejs %}</script>", request=anonymous)

    assert text == f"<script>{script(anonymous)}</script>"
    assert text.count("</") == 1


@each_kind
def test_the_script_needs_no_request(kind: Kind) -> None:
    switch_on(kind, "x")

    assert '"x", true' in django("{% wafflejs %}")


def test_a_settled_flag_is_shown_without_a_search_for_the_request() -> None:
    class WithoutVariables(Context):
        def get(self, *asked: Any) -> Any:  # whatever it is asked for
            raise AssertionError(f"{asked} was looked for")

    Flag.objects.create(name="x", everyone=True)

    assert compiled(block(FLAG, '"x"')).render(WithoutVariables()) == "on"
