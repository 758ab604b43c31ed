"""The drop-in contract: the names, signatures and settings that a project of django-waffle relies on."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
from django.apps import apps
from django.urls import resolve, reverse
from pytest_django import Settings

import waffle
from waffle import defaults, middleware, mixins, models, utils, views
from waffle.apps import WaffleConfig
from waffle.templatetags import waffle_tags

NAMES = {
    "waffle": [
        *("flag_is_active", "switch_is_active", "sample_is_active", "get_waffle_model", "__version__"),
        *("get_waffle_flag_model", "get_waffle_switch_model", "get_waffle_sample_model"),
    ],
    "waffle.admin": [
        *("FlagAdmin", "SwitchAdmin", "SampleAdmin", "BaseAdmin", "InformativeManyToManyRawIdWidget"),
        *("enable_for_all", "disable_for_all", "enable_switches", "disable_switches", "delete_individually"),
    ],
    "waffle.apps": ["WaffleConfig"],
    "waffle.decorators": ["waffle_flag", "waffle_switch"],
    "waffle.jinja": ["WaffleExtension"],
    "waffle.managers": ["BaseManager", "FlagManager", "SwitchManager", "SampleManager"],
    "waffle.middleware": ["WaffleMiddleware"],
    "waffle.mixins": ["BaseWaffleMixin", "WaffleFlagMixin", "WaffleSwitchMixin", "WaffleSampleMixin"],
    "waffle.models": [
        *("Flag", "Switch", "Sample", "AbstractBaseFlag", "AbstractUserFlag", "AbstractBaseSwitch"),
        *("AbstractBaseSample", "BaseModel", "set_flag", "CACHE_EMPTY", "logger"),
    ],
    "waffle.signals": [],
    "waffle.templatetags.waffle_tags": ["register"],
    "waffle.testutils": ["override_flag", "override_switch", "override_sample"],
    "waffle.urls": ["urlpatterns"],
    "waffle.utils": ["get_setting", "keyfmt", "get_cache"],
    "waffle.views": ["wafflejs", "waffle_json"],
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in NAMES for name in NAMES[module]])
def test_a_name_can_be_imported_from_where_it_was(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_the_package_lists_what_it_hands_out() -> None:
    assert set(waffle.__all__) <= set(dir(waffle))


def test_a_module_without_names_can_be_imported_too() -> None:
    assert importlib.import_module("waffle.signals").__name__ == "waffle.signals"


def shape(path: str) -> str:
    """Return the signature of what is at `path`, without its types, and without `self` or `cls`."""
    module, _, name = path.partition(":")
    # Any: whatever the name stands for.
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    signature = inspect.signature(found)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


FLAG_METHODS = {
    "is_active": "(request, read_only=False)",
    "is_active_for_user": "(user)",
    "get_flush_keys": "(flush_keys=None)",
    "_is_active_for_percent": "(request, read_only=False)",
    "_is_active_for_language": "(request)",
    "_is_active_for_user": "(request)",
    "_get_user_ids": "()",
    "_get_group_ids": "()",
}
METHODS_OF_EACH = {
    "get": "(name)",
    "get_all": "()",
    "get_from_db": "(name)",
    "get_all_from_db": "()",
    "flush": "()",
    "natural_key": "()",
    "objects.get_by_natural_key": "(name)",
}
ACTIONS = ("enable_for_all", "disable_for_all", "enable_switches", "disable_switches", "delete_individually")
SIGNATURES = {
    "waffle:flag_is_active": "(request, flag_name, read_only=False)",
    "waffle:switch_is_active": "(switch_name)",
    "waffle:sample_is_active": "(sample_name)",
    "waffle:get_waffle_flag_model": "()",
    "waffle:get_waffle_switch_model": "()",
    "waffle:get_waffle_sample_model": "()",
    "waffle:get_waffle_model": "(setting_name)",
    "waffle.models:set_flag": "(request, flag_name, active=True, session_only=False)",
    **{
        f"waffle.models:{model}.{method}": signature
        for model in ("Flag", "Switch", "Sample")
        for method, signature in METHODS_OF_EACH.items()
    },
    **{f"waffle.models:Flag.{method}": signature for method, signature in FLAG_METHODS.items()},
    "waffle.models:Switch.is_active": "()",
    "waffle.models:Sample.is_active": "()",
    "waffle.utils:get_setting": "(name, default=None)",
    "waffle.utils:keyfmt": "(key, value=None)",
    "waffle.utils:get_cache": "()",
    "waffle.decorators:waffle_flag": "(flag_name, redirect_to=None)",
    "waffle.decorators:waffle_switch": "(switch_name, redirect_to=None)",
    "waffle.mixins:BaseWaffleMixin.invalid_waffle": "()",
    "waffle.middleware:WaffleMiddleware": "(get_response)",
    "waffle.middleware:WaffleMiddleware.process_response": "(request, response)",
    "waffle.views:wafflejs": "(request)",
    "waffle.views:waffle_json": "(request)",
    **{f"waffle.testutils:override_{kind}": "(name, active)" for kind in ("switch", "sample")},
    "waffle.testutils:override_flag": "(name, active=None, **fields)",
    **{f"waffle.admin:{action}": "(modeladmin, request, queryset)" for action in ACTIONS},
}


@pytest.mark.parametrize(("path", "signature"), SIGNATURES.items())
def test_a_signature_is_what_it_was(path: str, signature: str) -> None:
    assert shape(path) == signature


def test_the_attributes_of_the_mixins_and_the_middleware_are_there() -> None:
    assert hasattr(mixins.WaffleFlagMixin, "waffle_flag")
    assert hasattr(mixins.WaffleSwitchMixin, "waffle_switch")
    assert hasattr(mixins.WaffleSampleMixin, "waffle_sample")
    assert callable(middleware.WaffleMiddleware(lambda request: None))


def test_the_template_tags_are_there() -> None:
    assert set(waffle_tags.register.tags) == {"flag", "switch", "sample", "wafflejs"}


def test_the_urls_have_their_names_and_paths(settings: Settings) -> None:
    settings.ROOT_URLCONF = "waffle.urls"

    assert (reverse("wafflejs"), reverse("waffle_status")) == ("/wafflejs", "/waffle_status")
    assert resolve("/wafflejs").func is views.wafflejs
    assert resolve("/waffle_status").func is views.waffle_json


def test_the_logger_and_the_mark_of_an_empty_cache_entry_are_what_they_were() -> None:
    assert models.logger.name == "waffle"
    assert isinstance(models.CACHE_EMPTY, str)


@pytest.mark.parametrize(
    ("setting", "model"),
    [("FLAG_MODEL", "Flag"), ("SWITCH_MODEL", "Switch"), ("SAMPLE_MODEL", "Sample")],
)
def test_a_model_is_found_by_the_name_of_its_setting(setting: str, model: str) -> None:
    assert waffle.get_waffle_model(setting) is getattr(models, model)
    assert getattr(waffle, f"get_waffle_{model.lower()}_model")() is getattr(models, model)


def test_any_other_name_of_a_setting_names_no_model() -> None:
    with pytest.raises(ValueError, match="'MODEL' names no model: use 'FLAG_MODEL', "):
        waffle.get_waffle_model("MODEL")


def test_the_app_is_called_waffle_and_makes_small_keys() -> None:
    config = apps.get_app_config("waffle")

    assert isinstance(config, WaffleConfig)
    assert (config.label, config.name) == ("waffle", "waffle")
    assert config.default_auto_field == "django.db.models.AutoField"


KINDS = ("FLAG", "SWITCH", "SAMPLE")
DEFAULTS = {
    "COOKIE": "dwf_%s",
    "TEST_COOKIE": "dwft_%s",
    "SECURE": True,
    "MAX_AGE": 2592000,
    "CACHE_PREFIX": "waffle:",
    "CACHE_NAME": "default",
    "FLAG_CACHE_KEY": "flag:%s",
    "FLAG_USERS_CACHE_KEY": "flag:%s:users",
    "FLAG_GROUPS_CACHE_KEY": "flag:%s:groups",
    "ALL_FLAGS_CACHE_KEY": "flags:all",
    "SWITCH_CACHE_KEY": "switch:%s",
    "ALL_SWITCHES_CACHE_KEY": "switches:all",
    "SAMPLE_CACHE_KEY": "sample:%s",
    "ALL_SAMPLES_CACHE_KEY": "samples:all",
    **{f"{kind}_DEFAULT": False for kind in KINDS},
    **{f"CREATE_MISSING_{kinds}": False for kinds in ("FLAGS", "SWITCHES", "SAMPLES")},
    **{f"LOG_MISSING_{kinds}": None for kinds in ("FLAGS", "SWITCHES", "SAMPLES")},
    **{f"{kind}_MODEL": f"waffle.{kind.capitalize()}" for kind in KINDS},
    "READ_FROM_WRITE_DB": False,
    "OVERRIDE": False,
    "ENABLE_ADMIN_PAGES": True,
}


@pytest.mark.parametrize(("name", "default"), DEFAULTS.items())
def test_a_setting_has_the_default_that_it_had(name: str, default: object) -> None:
    assert getattr(defaults, name) == default
    assert utils.get_setting(name) == default
    assert type(getattr(defaults, name)) is type(default)
