"""The extension for Jinja: the global `waffle`, and the block tags `flag`, `switch` and `sample`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from jinja2 import Environment, nodes, pass_context
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context

from waffle.evaluation import acheck, check
from waffle.jinja.compiling import ANSWER, HOLDER, compiler_after
from waffle.kinds import KINDS, Kind
from waffle.status import script

__all__ = ["WaffleExtension"]


def _question(kind: Kind) -> Callable[[Context, object], bool | Awaitable[bool]]:
    """Return what templates call to ask about toggles of one kind."""

    @pass_context
    def ask(context: Context, name: object) -> bool | Awaitable[bool]:
        name = name if isinstance(name, str) else str(name)  # str() of an enum is not the text that it is
        if context.environment.is_async:  # Jinja awaits whatever a call returns
            return _aask(kind, _whom_in(context), name)
        return check(kind, name, context, find_whom=_whom_in).active

    return ask


QUESTIONS = {kind.name: _question(kind) for kind in KINDS}


class WaffleExtension(Extension):
    """Gives templates `waffle.flag(name)` and `{% flag "name" %}…{% else %}…{% endflag %}`, and so on.

    Asked about is the template's variable `waffle_subject`, else `request`; without both it is None.
    An async environment (`enable_async`) awaits the async twins.
    """

    tags: ClassVar[set[str]] = set(QUESTIONS)  # type: ignore[misc]  # Jinja's own annotation lacks the ClassVar

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        # No dict: Jinja looks for an attribute first, which a miss makes slower than the check itself.
        self.questions = SimpleNamespace(**QUESTIONS, wafflejs=wafflejs)
        environment.globals[HOLDER] = self.questions
        environment.extend(**{ANSWER: self.answer})
        environment.code_generator_class = compiler_after(environment.code_generator_class)

    def parse(self, parser: Parser) -> nodes.Node:
        """Turn a block tag into an `if`."""
        token = next(parser.stream)
        kind, end = token.value, f"name:end{token.value}"
        question = self.call_method("ask", [nodes.Const(kind), _parse_name(parser)], lineno=token.lineno)
        body = parser.parse_statements(("name:else", end))
        otherwise: list[nodes.Node] = []
        if next(parser.stream).value == "else":
            otherwise = parser.parse_statements((end,), drop_needle=True)
        return nodes.If(question, body, [], otherwise, lineno=token.lineno)

    # Any: what the template's variable holds, and what is called then.
    def answer(
        self, context: Context, holder: Any, kind: str, name: object, *set_within: dict[str, Any]
    ) -> Any:
        """Answer `waffle.flag(name)`; `holder` is what the template calls `waffle`, be it ours or not.

        `set_within` are variables that loops and blocks have set.
        """
        for variables in set_within:
            context = context.derived(variables) if variables else context
        find = getattr if holder is self.questions else context.environment.getattr
        asked = find(holder, kind)
        # A project, or a test of it, may have put a function of its own there.
        return asked(context, name) if asked is QUESTIONS[kind] else context.call(asked, name)

    @pass_context
    def ask(self, context: Context, kind: str, name: object) -> bool | Awaitable[bool]:
        """Answer what a block tag asks."""
        return QUESTIONS[kind](context, name)


@pass_context
def wafflejs(context: Context) -> str | Awaitable[str]:
    """Return the script that defines `window.waffle`, to stand within a <script> element."""
    whom = _whom_in(context)
    return sync_to_async(script)(whom) if context.environment.is_async else script(whom)


async def _aask(kind: Kind, whom: Any, name: str) -> bool:
    return (await acheck(kind, name, whom)).active


# Any: a Django request, a framework's wrapper of one, a subject, or None.
def _whom_in(context: Context) -> Any:
    return context.get("waffle_subject", context.get("request"))


def _parse_name(parser: Parser) -> nodes.Expr:
    """Parse an expression; a bare word that is no variable is the name itself, as in Django's templates."""
    name = parser.parse_expression()
    if not isinstance(name, nodes.Name):
        return name
    is_variable = nodes.Test(name, "defined", [], [], None, None)
    return nodes.CondExpr(is_variable, name, nodes.Const(name.name))
