"""The pages of reference name all that is public, and say of it what is so."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import models

import waffle
from tests.test_conf import NAMES
from waffle import conditions, defaults, managers, middleware, utils
from waffle import models as waffle_models
from waffle.conditions import CLASSIC
from waffle.verdicts import Reason

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = (DOCS / "reference" / "settings.md").read_text()
API = (DOCS / "reference" / "api.md").read_text()
DECIDED = (DOCS / "topics" / "how-a-flag-is-decided.md").read_text()


def test_every_setting_has_a_heading_and_no_heading_is_too_much() -> None:
    assert sorted(re.findall(r"^### `WAFFLE_(\w+)`$", SETTINGS, re.M)) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_default_of_a_setting_is_what_its_heading_says(name: str) -> None:
    found = re.search(rf"^### `WAFFLE_{name}`\n\nDefault: `(.+)`$", SETTINGS, re.M)

    assert found is not None
    assert ast.literal_eval(found[1]) == getattr(defaults, name)


# Any, throughout: public names stand for things of every sort.
def shown(name: str, thing: Any) -> str:
    """Return how a page writes a name: a function with its signature, but without its types."""
    if not callable(thing) or (isinstance(thing, type) and issubclass(thing, (tuple, str, models.Model))):
        return f"`{name}`"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(thing).parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return f"`{name}{inspect.Signature(parameters)}`"


@pytest.mark.parametrize("name", [*waffle.__all__, "__version__"])
def test_every_public_name_is_there_with_its_signature(name: str) -> None:
    thing = getattr(waffle, name)

    assert (f"`{name}`" if name in ("Verdict", "Explanation") else shown(name, thing)) in API


@pytest.mark.parametrize("name", waffle_models.__all__)
def test_every_name_of_the_models_is_there(name: str) -> None:
    assert shown(name, getattr(waffle_models, name)) in API


METHODS = {
    f"{model.__name__}.{name}": getattr(model, name)
    for model in (waffle_models.Flag, waffle_models.Switch, waffle_models.Sample)
    for base in model.__mro__
    if inspect.getmodule(base) is waffle_models
    for name, value in vars(base).items()
    if not name.startswith("_")
    and not hasattr(models.Model, name)
    and (inspect.isfunction(value) or isinstance(value, classmethod))
}


@pytest.mark.parametrize("name", METHODS)
def test_every_public_method_of_the_models_is_there_with_its_signature(name: str) -> None:
    assert shown(name.partition(".")[2], METHODS[name]) in API


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (managers, ["BaseManager", "FlagManager", "SwitchManager", "SampleManager"]),
        (conditions, ["CLASSIC", "Condition", "Exclude", "Listed"]),
        (middleware, ["WaffleMiddleware"]),
        (utils, ["get_setting", "keyfmt", "get_cache"]),
    ],
    ids=["managers", "conditions", "middleware", "utils"],
)
def test_the_names_of_the_other_modules_are_there_with_their_signatures(
    module: Any, names: list[str]
) -> None:
    for name in names:
        thing = getattr(module, name)
        is_manager = isinstance(thing, type) and issubclass(thing, models.Manager)
        assert (f"`{name}`" if is_manager else shown(name, thing)) in API


def test_every_field_of_the_models_is_there() -> None:
    fields = {
        field.name
        for model in (waffle_models.Flag, waffle_models.Switch, waffle_models.Sample)
        for field in [*model._meta.fields, *model._meta.many_to_many]
    }

    assert {name for name in fields if f"`{name}`" not in API} == {"id"}


def test_every_reason_is_explained_once() -> None:
    assert re.findall(r"^\| `Reason\.(\w+)` \|", API, re.M) == [reason.name for reason in Reason]


def test_the_table_of_how_a_flag_is_decided_has_the_order_of_the_code() -> None:
    rows = re.findall(r"^\| \d+ \|.*\| `(\w+)` \|$", DECIDED, re.M)

    *classic, percent = [condition.reason.value for condition in CLASSIC]
    assert rows == ["missing", "override", "custom", *classic, "custom", *[percent] * 4, "default"]


def test_the_picture_of_how_a_flag_is_decided_has_every_row_of_the_table() -> None:
    picture = (DOCS / "topics" / "how-a-flag-is-decided.svg").read_text()
    numbers = [
        list(range(int(first), int(last or first) + 1))
        for first, last in re.findall(r">(\d+)(?:–(\d+))?</text>", picture)
    ]

    assert [number for shown in numbers for number in shown] == list(range(1, 18))
    assert re.findall(r"^\| (\d+) \|", DECIDED, re.M) == [str(number) for number in range(1, 18)]
