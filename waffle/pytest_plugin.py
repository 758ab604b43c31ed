"""The plugin for pytest: the mark `waffle`, the fixture `waffle_override`, the option `--waffle-matrix`.

pytest loads it at its start, before Django has its settings: what needs these is imported late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import product
from typing import Any

import pytest

# Any, throughout: what is set is True, False, a percentage, or fields by name.
Toggles = Mapping[str, Any]
"""What toggles of one kind are to be, by name."""
_MARK = (
    "waffle(flags={}, switches={}, samples={}): set toggles in memory while the test runs, by name; "
    "a flag is True, False, or a dict of its fields. --waffle-matrix varies others."
)
_KINDS = ("flag", "switch", "sample")
_PLURALS = ("flags", "switches", "samples")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--waffle-matrix`."""
    parser.getgroup("waffle").addoption(
        "--waffle-matrix",
        default="",
        metavar="NAMES",
        help="run each test that is marked `waffle` once for every on/off combination of these toggles: "
        "names with commas between them, of flags (new_basket) or of others (switch:shop, sample:survey)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and see that the matrix can be read."""
    config.addinivalue_line("markers", _MARK)
    _varied(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a marked test run once for every combination that its marks leave open."""
    marks = [_toggles_of(mark) for mark in metafunc.definition.iter_markers("waffle")]
    fixed = {(plural, name) for mark in marks for plural in mark for name in mark[plural]}
    varied = [toggle for toggle in _varied(metafunc.config) if toggle not in fixed]
    if marks and varied:
        combinations = [
            dict(zip(varied, states, strict=True)) for states in product((True, False), repeat=len(varied))
        ]
        metafunc.parametrize("_waffle_marks", combinations, ids=_title, indirect=True)


@pytest.fixture(autouse=True)
def _waffle_marks(request: pytest.FixtureRequest) -> Iterator[None]:
    with ExitStack() as stack:
        combination: Mapping[tuple[str, str], bool] = getattr(request, "param", {})
        for (plural, name), is_on in combination.items():
            stack.enter_context(_overriding(plural, name, is_on))
        # The nearest mark comes first, and is to have the last word.
        for mark in reversed(list(request.node.iter_markers("waffle"))):
            _override(stack, _toggles_of(mark))
        yield


@pytest.fixture
def waffle_override() -> Iterator[Callable[..., None]]:
    """Set toggles until the test ends: `waffle_override(flags={"x": True}, switches={}, samples={})`."""
    with ExitStack() as stack:
        yield lambda **toggles: _override(stack, _checked(toggles, "waffle_override"))


def _toggles_of(mark: pytest.Mark) -> Mapping[str, Toggles]:
    """Return what a mark sets, by the plurals of kinds."""
    if mark.args:
        raise _refusal("@pytest.mark.waffle")
    return _checked(mark.kwargs, "@pytest.mark.waffle")


def _checked(toggles: Mapping[str, Toggles], what: str) -> Mapping[str, Toggles]:
    are_mappings = all(isinstance(value, Mapping) for value in toggles.values())
    if not are_mappings or not toggles.keys() <= set(_PLURALS):
        raise _refusal(what)
    return toggles


def _refusal(what: str) -> pytest.UsageError:
    return pytest.UsageError(
        f"{what} takes flags, switches and samples, each a dict by name: "
        f"{what}(flags={{'new_basket': True}})."
    )


def _override(stack: ExitStack, toggles: Mapping[str, Toggles]) -> None:
    for plural, values in toggles.items():
        for name, value in values.items():
            stack.enter_context(_overriding(plural, name, value))


def _overriding(plural: str, name: str, value: Any) -> AbstractContextManager[object]:
    from waffle.testutils import override_flag, override_sample, override_switch

    if plural == "flags":
        return override_flag(name, **value) if isinstance(value, Mapping) else override_flag(name, value)
    return (override_switch if plural == "switches" else override_sample)(name, value)


def _varied(config: pytest.Config) -> list[tuple[str, str]]:
    """Return what the matrix varies, each as a kind's plural and a name."""
    words = [word.strip() for word in config.getoption("--waffle-matrix").split(",")]
    return [_toggle(word) for word in dict.fromkeys(words) if word]


def _toggle(word: str) -> tuple[str, str]:
    kind, colon, name = word.partition(":")
    if not colon:
        return "flags", word
    if kind not in _KINDS or not name:
        raise pytest.UsageError(
            f"--waffle-matrix: {word!r} is no toggle. Write NAME for a flag, or flag:NAME, switch:NAME, "
            "sample:NAME."
        )
    return dict(zip(_KINDS, _PLURALS, strict=True))[kind], name


def _title(combination: Mapping[tuple[str, str], bool]) -> str:
    return ",".join(f"{name}={'on' if is_on else 'off'}" for (_, name), is_on in combination.items())
