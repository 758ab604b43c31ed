"""The drop-in contract: tables and migrations, so that a project can come from django-waffle and go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from tests.process import run_python
from waffle.models import Flag

COMMON = {
    "id": "AutoField",
    "name": "CharField(100)",
    "note": "TextField",
    "created": "DateTimeField",
    "modified": "DateTimeField",
}
# The key of a link table is what the project's DEFAULT_AUTO_FIELD says, as in django-waffle.
LINK = {
    "id": "AutoField" if connection.vendor == "sqlite" else "BigAutoField",
    "flag_id": "IntegerField",
}
TABLES = {
    "waffle_flag": {
        **COMMON,
        "everyone": "BooleanField null",
        "percent": "DecimalField null",
        "testing": "BooleanField",
        "superusers": "BooleanField",
        "staff": "BooleanField",
        "authenticated": "BooleanField",
        "languages": "TextField",
        "rollout": "BooleanField",
    },
    "waffle_switch": {**COMMON, "active": "BooleanField"},
    "waffle_sample": {**COMMON, "percent": "DecimalField"},
    "waffle_flag_users": {**LINK, "user_id": "IntegerField"},
    "waffle_flag_groups": {**LINK, "group_id": "IntegerField"},
}
# MySQL has no boolean type.
BOOLEAN = "IntegerField" if connection.vendor == "mysql" else "BooleanField"


@pytest.mark.django_db
@pytest.mark.parametrize(("table", "columns"), TABLES.items())
def test_a_table_has_the_columns_that_it_had_and_no_other(table: str, columns: dict[str, str]) -> None:
    found = {}
    with connection.cursor() as cursor:
        for column in connection.introspection.get_table_description(cursor, table):
            kind = str(connection.introspection.get_field_type(column.type_code, column))
            size = f"({column.display_size or column.internal_size})" if kind == "CharField" else ""
            found[column.name] = f"{kind}{size}{' null' if column.null_ok else ''}"

    assert found == {name: kind.replace("BooleanField", BOOLEAN) for name, kind in columns.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["waffle_flag", "waffle_switch", "waffle_sample"])
def test_names_are_unique_and_the_time_of_creation_is_indexed(table: str) -> None:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table).values()

    assert [found["columns"] for found in constraints if found["unique"] and not found["primary_key"]] == [
        ["name"]
    ]
    assert ["created"] in [found["columns"] for found in constraints if found["index"]]
    assert ["modified"] not in [found["columns"] for found in constraints if found["index"]]


# Any: what Django calls the options of a field.
@pytest.mark.parametrize(
    ("model", "field", "options"),
    [
        ("Flag", "percent", {"max_digits": 3, "decimal_places": 1, "null": True, "blank": True}),
        ("Sample", "percent", {"max_digits": 4, "decimal_places": 1}),
        ("Flag", "everyone", {"null": True, "blank": True}),
        ("Flag", "superusers", {"default": True}),
        ("Flag", "languages", {"blank": True, "default": ""}),
        ("Switch", "active", {"default": False}),
        ("Switch", "note", {"blank": True}),
    ],
)
def test_a_field_has_the_options_that_it_had(model: str, field: str, options: dict[str, Any]) -> None:
    found = apps.get_model("waffle", model)._meta.get_field(field).deconstruct()[3]

    assert {
        name: value for name, value in found.items() if name not in ("verbose_name", "help_text")
    } == options


def test_flags_list_users_and_groups() -> None:
    users, groups = Flag._meta.get_field("users"), Flag._meta.get_field("groups")

    assert users.related_model is apps.get_model(settings.AUTH_USER_MODEL)
    assert groups.related_model is apps.get_model("auth", "Group")
    assert (users.blank, groups.blank) == (True, True)
    assert isinstance(Flag.users.through._meta.pk, models.AutoField)


def test_the_migrations_bear_the_names_that_databases_have_recorded() -> None:
    loader = MigrationLoader(None)
    names = sorted(name for app, name in loader.disk_migrations if app == "waffle")

    assert names[:4] == [
        "0001_initial",
        "0002_auto_20161201_0958",
        "0003_update_strings_for_i18n",
        "0004_update_everyone_nullbooleanfield",
    ]
    assert names[4].startswith("0005_")


def test_the_old_migrations_after_the_first_change_no_column() -> None:
    loader = MigrationLoader(None)

    def columns(name: str) -> dict[str, Any]:
        state = loader.project_state(("waffle", name))
        return {
            f"{model}.{field_name}": field.deconstruct()[1:]
            for model in ("flag", "switch", "sample")
            for field_name, field in state.models["waffle", model].fields.items()
        }

    assert columns("0001_initial") == columns("0004_update_everyone_nullbooleanfield")


@pytest.mark.django_db
def test_there_is_nothing_to_migrate() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("migrate", check_unapplied=True, verbosity=0)


def test_with_models_of_the_projects_own_there_is_nothing_to_migrate_and_no_table_too_much(
    tmp_path: Path,
) -> None:
    tmp_path.joinpath("swapped_settings.py").write_text(
        "from tests.settings import *\n"
        "WAFFLE_FLAG_MODEL = 'test_app.CompanyAwareFlag'\n"
        "WAFFLE_SWITCH_MODEL = 'test_app.CustomSwitch'\n"
        "WAFFLE_SAMPLE_MODEL = 'test_app.CustomSample'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
    )
    program = (
        "from django.core.management import call_command\n"
        "from django.db import connection\n"
        "call_command('check', verbosity=0)\n"
        "call_command('makemigrations', check=True, dry_run=True, verbosity=0)\n"
        "call_command('migrate', verbosity=0)\n"
        "print(json.dumps(connection.introspection.table_names()))\n"
    )

    tables = run_python(program, DJANGO_SETTINGS_MODULE="swapped_settings", PYTHONPATH=str(tmp_path))

    assert {"test_app_companyawareflag", "test_app_customswitch", "test_app_customsample"} <= set(tables)
    assert [table for table in tables if table.startswith("waffle_")] == ["waffle_change", "waffle_stamp"]
