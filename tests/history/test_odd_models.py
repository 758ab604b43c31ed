"""Models of a project whose fields are out of the ordinary: no write fails for the sake of the history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.process import run_python

SETTINGS = """
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "odd", "waffle"]
WAFFLE_FLAG_MODEL = "odd.Flag"
WAFFLE_SWITCH_MODEL = "odd.Switch"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""

MODELS = """
import json
import uuid

from django.contrib.auth.models import User
from django.db import models


class Counted(models.Model):
    # Its fields come first: they are older than those of waffle.
    if hasattr(models, "GeneratedField"):
        one = models.GeneratedField(
            expression=models.Value(1), output_field=models.IntegerField(), db_persist=True
        )

    class Meta:
        abstract = True


from waffle.models import AbstractBaseFlag, AbstractBaseSwitch


class Point:
    pass


class Encoder(json.JSONEncoder):
    def default(self, value):
        return "point"


class Unwilling(models.CharField):
    def to_python(self, value):
        raise RuntimeError

    def get_prep_value(self, value):
        return value


class Company(models.Model):
    code = models.CharField(max_length=10, unique=True)


class Flag(Counted, AbstractBaseFlag):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    company = models.ForeignKey(Company, to_field="code", null=True, blank=True, on_delete=models.CASCADE)
    shape = models.JSONField(default=dict, blank=True, encoder=Encoder)
    members = models.ManyToManyField(User, through="Membership", blank=True)


class Membership(models.Model):
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE)
    user = models.ForeignKey(User, to_field="username", on_delete=models.CASCADE)
    role = models.CharField(max_length=10)


class Switch(AbstractBaseSwitch):
    name = models.CharField(max_length=100, primary_key=True)
    owner = Unwilling(max_length=10, default="")
"""

PROGRAM = """
from django.contrib.auth.models import User
from django.core.management import call_command
from odd.models import Company, Flag, Point, Switch
from waffle import history
from waffle.models import Change

call_command("migrate", run_syncdb=True, verbosity=0)
told = {}

def tell(name):
    rows = Change.objects.order_by("pk")
    told[name] = [[row.name, row.action, row.before, row.after] for row in rows]
    rows.delete()

flag = Flag.objects.create(name="x")
Change.objects.all().delete()
flag.shape = {"at": Point(), 1: (2,)}
flag.save()
tell("shape")
flag.save()
tell("the same shape")
Flag.objects.update(company=Company.objects.create(id=7, code="acme"))
tell("company")
flag.members.add(User.objects.create(username="ada"), through_defaults={"role": "r"})
tell("added")
flag.members.clear()
tell("cleared")
switch = Switch.objects.create(name="s", owner="ada")
tell("switch")
Switch.objects.update(active=True, owner="bob")
tell("changed switch")
old = {"source": "code", "kind": "flag", "name": "old", "object_id": "1"}
change = Change.objects.create(action="changed", before={"note": ""}, after={"note": "n"}, **old)
try:
    history.revert(change)
except history.Conflict as conflict:
    told["gone"] = str(conflict)
change = Change.objects.create(action="deleted", before={"name": "old"}, after={}, **old)
history.revert(change)
told["anew"] = Flag.objects.filter(name="old").count()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:  # Any: values of JSON
    """Return what the history of a project with such models tells."""
    folder: Path = tmp_path_factory.mktemp("odd")
    folder.joinpath("odd_settings.py").write_text(SETTINGS)
    folder.joinpath("odd").mkdir()
    folder.joinpath("odd", "__init__.py").touch()
    folder.joinpath("odd", "models.py").write_text(MODELS)
    return run_python(PROGRAM, DJANGO_SETTINGS_MODULE="odd_settings", PYTHONPATH=str(folder))


def test_a_column_that_the_database_generates_hinders_no_save(told: Any) -> None:
    assert [name for name, *_ in told["shape"]] == ["x"]


def test_what_an_encoder_of_the_field_makes_of_a_value_is_told(told: Any) -> None:
    assert told["shape"] == [["x", "changed", {"shape": {}}, {"shape": {"at": "point", "1": [2]}}]]
    assert told["the same shape"] == []


def test_a_relation_is_told_by_what_its_column_holds(told: Any) -> None:
    assert told["company"] == [["x", "changed", {"company": None}, {"company": "acme"}]]


def test_links_that_refer_to_another_field_than_the_key_are_told(told: Any) -> None:
    assert [after["members"]["added"] for *_, after in told["added"]] == [["ada"]]
    assert [after["members"]["removed"] for *_, after in told["cleared"]] == [["ada"]]


def test_a_name_may_be_the_key_and_a_field_fail_to_convert(told: Any) -> None:
    ((name, action, before, after),) = told["switch"]
    assert (name, action, before, after["owner"]) == ("s", "created", {}, "ada")
    assert told["changed switch"] == [
        ["s", "changed", {"active": False, "owner": "ada"}, {"active": True, "owner": "bob"}]
    ]


def test_a_change_from_the_time_of_other_keys_is_no_error(told: Any) -> None:
    assert told["gone"] == "“old” no longer exists."
    assert told["anew"] == 1
