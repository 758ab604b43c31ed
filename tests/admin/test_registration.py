"""Which models have a page in the admin, and whose page that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin import AdminSite, site
from pytest_django import Settings

from test_app.models import CompanyAwareFlag
from tests.each import each_kind
from tests.process import run_python
from waffle import admin
from waffle.admin import FlagAdmin, SampleAdmin, SwitchAdmin
from waffle.admin.history import ChangeAdmin
from waffle.kinds import Kind
from waffle.models import Change, Flag, Sample, Switch

# A project whose flags and switches are its own, and which has a page for the flags.
SETTINGS = """
from tests.settings import *

WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
WAFFLE_SWITCH_MODEL = "test_app.CustomSwitch"
INSTALLED_APPS = [name for name in INSTALLED_APPS if name not in ("django.contrib.admin", "waffle")]
INSTALLED_APPS += {apps}
"""
PAGES = """
from django.contrib import admin

from test_app.models import CompanyAwareFlag
from waffle.admin import FlagAdmin
from waffle.models import Sample


@admin.register(CompanyAwareFlag)
class OwnPage(FlagAdmin):
    raw_id_fields = ("companies",)


admin.site.unregister(Sample)
"""
SHOWN = """
from django.contrib.admin import site

pages = {model._meta.label: type(page).__name__ for model, page in site._registry.items()}
print(json.dumps({model: page for model, page in pages.items() if not model.startswith("auth.")}))
"""
ADMIN = "django.contrib.admin"


# Starts a project with these apps; returns what a program says there.
Start = Callable[[list[str], str], object]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    def run(apps: list[str], program: str) -> object:
        (tmp_path / "pages").mkdir()
        (tmp_path / "pages" / "__init__.py").touch()
        (tmp_path / "pages" / "settings.py").write_text(SETTINGS.format(apps=apps))
        (tmp_path / "pages" / "admin.py").write_text(PAGES)
        return run_python(program, DJANGO_SETTINGS_MODULE="pages.settings", PYTHONPATH=str(tmp_path))

    return run


@pytest.mark.parametrize(
    ("apps", "switches"),
    [
        ([ADMIN, "waffle", "pages"], {"test_app.CustomSwitch": "SwitchAdmin"}),
        ([ADMIN, "pages", "waffle"], {"test_app.CustomSwitch": "SwitchAdmin"}),
        (["waffle", ADMIN, "pages"], {}),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_a_project_does_with_the_pages_stays(
    start: Start, apps: list[str], switches: dict[str, str]
) -> None:
    shown = start(apps, SHOWN)

    assert shown == {"test_app.CompanyAwareFlag": "OwnPage", "waffle.Change": "ChangeAdmin", **switches}


def test_a_project_without_the_admin_starts(start: Start) -> None:
    program = "import waffle\nprint(json.dumps(waffle.get_waffle_flag_model()._meta.label))"

    assert start(["waffle"], program) == "test_app.CompanyAwareFlag"


@each_kind
def test_a_project_may_do_without_the_pages(settings: Settings, kind: Kind) -> None:
    settings.WAFFLE_ENABLE_ADMIN_PAGES = False
    own = AdminSite()

    admin.register(own)

    assert own.is_registered(kind.model) is False
    assert site.is_registered(kind.model) is True


def test_pages_are_those_of_the_projects_models(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    settings.WAFFLE_SAMPLE_MODEL = "nowhere.Sample"
    own = AdminSite()

    admin.register(own)

    pages = {model: type(page) for model, page in own._registry.items()}
    assert pages == {CompanyAwareFlag: FlagAdmin, Switch: SwitchAdmin, Change: ChangeAdmin}


def test_a_model_of_another_kind_has_no_page(settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "waffle.Switch"
    settings.WAFFLE_SWITCH_MODEL = "auth.User"
    own = AdminSite()

    admin.register(own)

    pages = {model: type(page) for model, page in own._registry.items()}
    assert pages == {Sample: SampleAdmin, Change: ChangeAdmin}


def test_a_page_of_the_projects_own_stays() -> None:
    class OwnPage(FlagAdmin):
        pass

    own = AdminSite()
    own.register(Flag, OwnPage)

    admin.register(own)

    assert {model: type(page) for model, page in own._registry.items()} == {
        Flag: OwnPage,
        Switch: SwitchAdmin,
        Sample: SampleAdmin,
        Change: ChangeAdmin,
    }
