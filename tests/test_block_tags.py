"""The block tags, in Django's templates and in Jinja's: what is so in both."""

from __future__ import annotations

from enum import Enum

import pytest
from django.http import HttpRequest

from tests.each import each_kind, switch_on
from tests.templates import Render, block, each_render
from waffle import memory
from waffle.kinds import FLAG, Kind
from waffle.models import Flag

pytestmark = pytest.mark.django_db


@each_kind
@each_render
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "off")])
def test_a_block_shows_one_of_its_two_sides(
    kind: Kind, render: Render, anonymous: HttpRequest, is_on: bool, text: str
) -> None:
    if is_on:
        switch_on(kind, "x")

    assert render(block(kind, '"x"'), request=anonymous) == text


@each_kind
@each_render
@pytest.mark.parametrize(("is_on", "text"), [(True, "on"), (False, "")])
def test_a_block_needs_neither_another_side_nor_a_request(
    kind: Kind, render: Render, is_on: bool, text: str
) -> None:
    if is_on:
        switch_on(kind, "x")

    assert render(f'{{% {kind.name} "x" %}}on{{% end{kind.name} %}}') == text


@each_kind
@each_render
@pytest.mark.parametrize(("is_on", "text"), [(True, "bread!"), (False, "no bread")])
def test_a_block_shows_variables(kind: Kind, render: Render, is_on: bool, text: str) -> None:
    if is_on:
        switch_on(kind, "x")

    tag = f'{{% {kind.name} "x" %}}{{{{ food }}}}!{{% else %}}no {{{{ food }}}}{{% end{kind.name} %}}'

    assert render(tag, food="bread") == text


@each_kind
@each_render
def test_blocks_can_stand_within_each_other(kind: Kind, render: Render) -> None:
    switch_on(kind, "outer")

    inner, end = block(kind, '"inner"'), f"end{kind.name}"

    assert render(f'{{% {kind.name} "outer" %}}({inner}){{% else %}}[{inner}]{{% {end} %}}') == "(off)"
    assert render(f'{{% {kind.name} "other" %}}({inner}){{% else %}}[{inner}]{{% {end} %}}') == "[off]"


class Toggles(str, Enum):
    """How a project may keep its names; such a member is a text, but is not shown as one."""

    NEW_BASKET = "new basket; 50%"


@each_kind
@each_render
@pytest.mark.parametrize("word", ["name", "page.name", "member", "'new basket; 50%'", "NAME|lower"])
def test_a_name_is_quoted_or_a_variable(kind: Kind, render: Render, word: str) -> None:
    name = "new basket; 50%"
    switch_on(kind, name)
    variables = {"name": name, "page": {"name": name}, "member": Toggles.NEW_BASKET, "NAME": name.upper()}

    assert render(block(kind, word), **variables) == "on"


@each_kind
@each_render
def test_a_bare_word_that_is_no_variable_is_the_name_itself(kind: Kind, render: Render) -> None:
    switch_on(kind, "beta")

    assert render(block(kind, "beta")) == "on"
    assert render(block(kind, "beta"), beta="another") == "off"


@each_kind
@each_render
def test_a_variable_may_hold_the_toggle_itself(kind: Kind, render: Render) -> None:
    switch_on(kind, "x")

    assert render(block(kind, "toggle"), toggle=kind.model.objects.get(name="x")) == "on"


@each_kind
@each_render
def test_a_variable_of_a_loop_is_a_name(kind: Kind, render: Render) -> None:
    switch_on(kind, "x")

    assert render(f"{{% for n in names %}}{block(kind, 'n')} {{% endfor %}}", names=["x", "y"]) == "on off "


@each_render
def test_a_flag_is_asked_with_the_request_in_the_context(render: Render, anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", percent="50.0")

    render(block(FLAG, '"x"'), request=anonymous)

    assert list(memory.dealt(anonymous)) == ["x"]
