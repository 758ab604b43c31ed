"""Settings: typed, live, and kept between two changes."""

from __future__ import annotations

import django.conf
import pytest
from django.test import override_settings

from waffle import defaults
from waffle.conf import Conf, conf

NAMES = [name for name in vars(defaults) if name.isupper()]


def test_every_setting_has_a_type_and_a_default() -> None:
    typed = [name for name in Conf.__annotations__ if name.isupper()]

    assert typed == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_unset_setting_is_its_default(name: str) -> None:
    assert getattr(conf, name) == getattr(defaults, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_live(name: str) -> None:
    value = object()
    before = getattr(conf, name)

    with override_settings(**{f"WAFFLE_{name}": value}):
        within = getattr(conf, name)

    assert within is value
    assert getattr(conf, name) == before


def test_a_setting_is_read_once_until_django_tells_of_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    assert conf.MAX_AGE == 2592000

    monkeypatch.setattr(django.conf.settings, "WAFFLE_MAX_AGE", 7, raising=False)

    assert conf.MAX_AGE == 2592000
    conf.read_again(setting="WAFFLE_SECURE")
    assert conf.MAX_AGE == 2592000
    conf.read_again(setting="WAFFLE_MAX_AGE")
    assert conf.MAX_AGE == 7
    monkeypatch.undo()
    conf.read_again(setting="WAFFLE_MAX_AGE")
    assert conf.MAX_AGE == 2592000


def test_a_name_that_is_no_setting_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="MAXIMUM_AGE"):
        conf.MAXIMUM_AGE  # type: ignore[attr-defined]  # noqa: B018
