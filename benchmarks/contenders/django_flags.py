"""django-flags: what it has no condition for is stood in for by conditions of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest
from flags.models import FlagState  # type: ignore[import-not-found]  # in its own environment only
from flags.state import flag_enabled  # type: ignore[import-not-found]  # likewise

from benchmarks.contenders import Contender
from benchmarks.site import FlagSpec


def _conditions(spec: FlagSpec) -> list[tuple[str, str]]:
    """Return a flag's conditions with their values.

    It has neither percentages nor groups nor staff: other questions about the request stand in for them, and
    cost no query.
    """
    others = {
        "everyone": ("boolean", str(spec.is_on)),
        "percent": ("parameter", "beta=1" if spec.is_on else "beta=2"),
        "staff": ("anonymous", str(not spec.is_on)),
        "groups": ("path matches", "^/shop/" if spec.is_on else "^/office/"),
    }
    if spec.sort == "users":
        return [("user", name) for name in spec.users]
    return [others[spec.sort]]


class DjangoFlags(Contender):
    """Its flags are rows, one for each condition; a switch is a flag that asks for no request."""

    django_libraries = ("flags.templatetags.feature_flags",)
    django_tag = '{% flag_enabled "NAME" as is_on %}{% if is_on %}on{% else %}off{% endif %}'
    jinja_extensions = ("flags.jinja2tags.FlagsExtension",)
    jinja_tag = '{% if flag_enabled("NAME") %}on{% else %}off{% endif %}'

    def __init__(self) -> None:
        self.switch = flag_enabled

    def flag(self, request: HttpRequest, name: str) -> object:
        """Check a flag."""
        return flag_enabled(name, request=request)

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Make a row for each condition."""
        FlagState.objects.bulk_create(
            [
                FlagState(name="switch", condition="boolean", value="True"),
                FlagState(name="saved", condition="boolean", value="False"),
                *(
                    FlagState(name=spec.name, condition=condition, value=value)
                    for spec in flags
                    for condition, value in _conditions(spec)
                ),
            ]
        )

    def saver(self) -> Callable[[], object]:
        """Flip the switch, and return what saves that."""
        state = FlagState.objects.get(name="saved")
        state.value = "False" if state.value == "True" else "True"
        save: Callable[[], object] = state.save
        return save


CONTENDER = DjangoFlags()
