"""How a template's questions are compiled. Internal.

Jinja finds out at each call whether a function wants the context, which takes longer than an answer. So
`waffle.flag(name)` is compiled to a call of the extension itself, which knows; any other call is Jinja's.

A cache of bytecode may hand what was compiled here to an environment that has another extension, or none: a
release of before, or django-waffle, whose extension has the same name. So Jinja's call is compiled beside it.
"""

from __future__ import annotations

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from waffle.kinds import KINDS

HOLDER = "waffle"
"""The global that holds the questions."""

ANSWER = "waffle_answer"
"""Where an environment has the method of the extension."""

KIND_NAMES = frozenset(kind.name for kind in KINDS)


class QuestionCompiler(CodeGenerator):
    """Compiles questions, and leaves all else to the generator that the environment had."""

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        """Write the call of `WaffleExtension.answer` in the place of that of a question."""
        asked = node.node
        # Elsewhere Jinja itself awaits, or asks whether a call is safe.
        is_plain = not (self.environment.is_async or self.environment.sandboxed or forward_caller)
        if not (is_plain and isinstance(asked, nodes.Getattr) and _is_question(asked, node)):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.write(f"(environment.{ANSWER}(context, ")
        self.visit(asked.node, frame)
        self.write(f", {asked.attr!r}, ")
        self.visit(node.args[0], frame)
        # What loops and blocks have set, as in any call that Jinja writes.
        self.write(", _loop_vars" if frame.loop_frame else "")
        self.write(", _block_vars" if frame.block_frame else "")
        self.write(f") if hasattr(environment, {ANSWER!r}) else ")
        super().visit_Call(node, frame)
        self.write(")")


def _is_question(asked: nodes.Getattr, call: nodes.Call) -> bool:
    """Say whether it is `waffle.flag(name)` or the like, with nothing but the name."""
    is_held = isinstance(asked.node, nodes.Name) and asked.node.name == HOLDER
    has_more = call.kwargs or call.dyn_args is not None or call.dyn_kwargs is not None
    return is_held and asked.attr in KIND_NAMES and len(call.args) == 1 and not has_more


def compiler_after(generator: type[CodeGenerator]) -> type[CodeGenerator]:
    """Return a generator that compiles questions, and all else as `generator` does."""
    if issubclass(generator, QuestionCompiler):  # the environment, or one that it overlays, has the extension
        return generator
    return type(generator.__name__, (QuestionCompiler, generator), {})
