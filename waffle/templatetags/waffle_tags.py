"""Template tags: `{% flag "x" %}…{% else %}…{% endflag %}`, `{% flag "x" as on %}`; `{% wafflejs %}`.

Those for flags are there for switches and samples too.
"""

from __future__ import annotations

import re
from functools import partial, update_wrapper
from typing import Any

from django.template import Library, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, Parser, TextNode, Token, Variable
from django.template.context import Context
from django.utils.safestring import SafeString

from waffle.evaluation import check
from waffle.kinds import KINDS, Kind
from waffle.status import script

register = Library()

# A bare word that no variable can be called: my-flag, 2024_sale, _beta.
_BARE_WORD = re.compile(r"(?![^\W\d_]\w*(\.[^\W_]\w*)*$)[\w.-]+")


class ToggleNode(Node):
    """A block that is shown while its toggle is active, and what is shown instead."""

    child_nodelists = ("nodelist_true", "nodelist_false")

    def __init__(self, kind: Kind, name: Name, nodelist_true: NodeList, nodelist_false: NodeList) -> None:
        self.kind = kind
        self.name = name
        self.nodelist_true = nodelist_true
        self.nodelist_false = nodelist_false
        self.texts = {True: _text_of(nodelist_true), False: _text_of(nodelist_false)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.kind.name} {self.name.word}>"

    def render(self, context: Context) -> SafeString:
        """Show one of the two blocks; where the context holds nobody, a flag is asked with None."""
        is_active = check(self.kind, self.name.resolve(context), context, find_whom=whom_in).active
        text = self.texts[is_active]
        if text is not None:
            return text
        return (self.nodelist_true if is_active else self.nodelist_false).render(context)


def _text_of(nodes: NodeList) -> SafeString | None:
    """Return a block that is text and nothing more, so that nobody need render it; else None."""
    is_text = all(isinstance(node, TextNode) for node in nodes)
    return nodes.render(Context()) if is_text else None


class AnswerNode(Node):
    """Puts a toggle's answer into a variable, and shows nothing."""

    def __init__(self, kind: Kind, name: Name, variable: str) -> None:
        self.kind = kind
        self.name = name
        self.variable = variable

    def render(self, context: Context) -> str:
        """Ask, and keep the answer for the rest of the block."""
        context[self.variable] = check(self.kind, self.name.resolve(context), whom_in(context)).active
        return ""


class Name:
    """A toggle's name in a template: quoted, a variable, or a bare word that is no variable."""

    def __init__(self, parser: Parser, word: str) -> None:
        self.word = word
        self.expression: FilterExpression | None = None
        if not _BARE_WORD.fullmatch(word):
            expression = parser.compile_filter(word)
            if isinstance(expression.var, Variable) or expression.filters:
                self.expression = expression
            else:
                self.word = str(expression.var)

    def resolve(self, context: Context) -> str:
        """Return the name: what the variable holds, else the word itself."""
        if self.expression is None:
            return self.word
        # A variable that is not there is None, not what `string_if_invalid` says.
        name = self.expression.resolve(context, ignore_failures=True) or self.word
        return name if isinstance(name, str) else str(name)  # str() of an enum is not the text that it is


# Any: a Django request, a framework's wrapper of one, a subject, or None.
def whom_in(context: Context) -> Any:
    """Return whom a template asks about: `waffle_subject`, else the request that it is rendered for."""
    if "waffle_subject" in context:
        return context["waffle_subject"]
    return context.get("request") or getattr(context, "request", None)


def parse_tag(kind: Kind, parser: Parser, token: Token) -> Node:
    """Compile `{% flag NAME as VARIABLE %}`, or `{% flag NAME %}…{% else %}…{% endflag %}`."""
    words = token.split_contents()[1:]
    if len(words) == 3 and words[1] == "as":
        return AnswerNode(kind, _name(kind, parser, words[:1]), words[2])
    return _parse_block(kind, _name(kind, parser, words), parser)


def _parse_block(kind: Kind, name: Name, parser: Parser) -> ToggleNode:
    end = f"end{kind.name}"
    nodelist_true = parser.parse(("else", end))
    nodelist_false = NodeList()
    if parser.next_token().contents.split()[0] == "else":
        nodelist_false = parser.parse((end,))
        parser.delete_first_token()
    return ToggleNode(kind, name, nodelist_true, nodelist_false)


def _name(kind: Kind, parser: Parser, words: list[str]) -> Name:
    problem: object = f"{{% {kind.name} %}} takes one name, or a name as a variable."
    try:
        if len(words) == 1:
            return Name(parser, words[0])
    except TemplateSyntaxError as error:
        problem = error
    raise TemplateSyntaxError(
        f'{problem} (Write it like this: {{% {kind.name} "new_basket" %}}…{{% end{kind.name} %}})'
    )


for _kind in KINDS:
    register.tag(_kind.name, update_wrapper(partial(parse_tag, _kind), parse_tag))


@register.simple_tag(takes_context=True)
def wafflejs(context: Context) -> SafeString:
    """Show the script that defines `window.waffle`, to stand within a <script> element."""
    return script(whom_in(context))
