"""Template tags: `{% flag "x" %}…{% else %}…{% endflag %}`, also `switch` and `sample`; `{% wafflejs %}`."""

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
        """Show one of the two blocks; without a request a flag is asked with None."""
        is_active = check(self.kind, self.name.resolve(context), context, find_request=request_of).active
        text = self.texts[is_active]
        if text is not None:
            return text
        return (self.nodelist_true if is_active else self.nodelist_false).render(context)


def _text_of(nodes: NodeList) -> SafeString | None:
    """Return a block that is text and nothing more, so that nobody need render it; else None."""
    is_text = all(isinstance(node, TextNode) for node in nodes)
    return nodes.render(Context()) if is_text else None


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


# Any: a Django request, or a framework's wrapper of one, or None.
def request_of(context: Context) -> Any:
    """Return the request that a template is rendered for, with or without the context processor."""
    return context.get("request") or getattr(context, "request", None)


def parse_block(kind: Kind, parser: Parser, token: Token) -> ToggleNode:
    """Compile `{% flag NAME %}…{% else %}…{% endflag %}`."""
    name, end = _name(kind, parser, token), f"end{kind.name}"
    nodelist_true = parser.parse(("else", end))
    nodelist_false = NodeList()
    if parser.next_token().contents.split()[0] == "else":
        nodelist_false = parser.parse((end,))
        parser.delete_first_token()
    return ToggleNode(kind, name, nodelist_true, nodelist_false)


def _name(kind: Kind, parser: Parser, token: Token) -> Name:
    words = token.split_contents()[1:]
    problem: object = f"{{% {kind.name} %}} takes one name."
    try:
        if len(words) == 1:
            return Name(parser, words[0])
    except TemplateSyntaxError as error:
        problem = error
    raise TemplateSyntaxError(
        f'{problem} (Write it like this: {{% {kind.name} "new_basket" %}}…{{% end{kind.name} %}})'
    )


for _kind in KINDS:
    register.tag(_kind.name, update_wrapper(partial(parse_block, _kind), parse_block))


@register.simple_tag(takes_context=True)
def wafflejs(context: Context) -> SafeString:
    """Show the script that defines `window.waffle`, to stand within a <script> element."""
    return script(request_of(context))
