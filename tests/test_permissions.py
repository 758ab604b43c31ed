"""The permission to flip a toggle: it is there after `migrate`, for the models in use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from pytest_django import Settings

from test_app.models import CompanyAwareFlag
from tests.each import each_kind
from waffle import permissions
from waffle.kinds import Kind

pytestmark = pytest.mark.django_db


def codenames() -> list[str]:
    return [*Permission.objects.filter(codename__startswith="toggle_").values_list("codename", flat=True)]


@pytest.fixture
def without() -> Iterator[None]:
    """Take the permissions away, as before `migrate`."""
    Permission.objects.filter(codename__startswith="toggle_").delete()
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()


@each_kind
def test_each_kind_has_a_permission_after_migrate(kind: Kind) -> None:
    permission = Permission.objects.get(codename=f"toggle_{kind.name}")

    assert permission.content_type.model_class() is kind.model
    assert permission.name == f"Can toggle {kind.name}"


def test_they_are_made_once(without: None) -> None:
    permissions.create(using="default")
    permissions.create(using="default")

    assert sorted(codenames()) == ["toggle_flag", "toggle_sample", "toggle_switch"]


def test_a_model_of_the_projects_own_has_its_own(without: None, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"

    permissions.create(using="default")

    permission = Permission.objects.get(codename="toggle_companyawareflag")
    assert permission.content_type.model_class() is CompanyAwareFlag
    assert "toggle_flag" not in codenames()


def test_a_model_that_is_not_there_has_none(without: None, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "nowhere.Flag"

    permissions.create(using="default")

    assert sorted(codenames()) == ["toggle_sample", "toggle_switch"]


def test_where_permissions_are_not_kept_none_are_made(without: None, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = ["tests.test_permissions.NoPermissions"]

    permissions.create(using="default")

    assert codenames() == []


def test_a_project_without_auth_has_none(without: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "django.contrib.auth")

    permissions.create(using="default")

    assert codenames() == []


class NoPermissions:
    def allow_migrate(self, db: str, app_label: str, model_name: str = "", **hints: object) -> bool:
        return model_name != "permission"


@pytest.mark.parametrize("setting", ["waffle.Flag", "test_app.CompanyAwareFlag"])
def test_they_are_in_no_migration(setting: str, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = setting

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
