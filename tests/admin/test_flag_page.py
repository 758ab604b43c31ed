"""The page of a flag: its fields in the order in which they decide."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.test import Client
from django.test.utils import isolate_apps

from test_app.models import CompanyAwareFlag, LegacyFlag, PlainFlag, TailoredFlag
from tests.admin.forms import address
from waffle.admin import FlagAdmin
from waffle.admin.fieldsets import fieldsets_of
from waffle.conditions import CLASSIC, Everyone, Percent
from waffle.kinds import FLAG
from waffle.models import AbstractUserFlag, Flag

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def titles_of(model: Any, asked: Any) -> list[str]:
    fields = FlagAdmin(model, site).get_fields(asked)
    return [str(title) for title, _ in fieldsets_of(model, fields)]


def test_fields_stand_in_the_order_in_which_they_decide(asked: Any) -> None:
    fieldsets = FlagAdmin(Flag, site).get_fieldsets(asked)

    assert [(title, options["fields"]) for title, options in fieldsets] == [
        (None, ["name", "note"]),
        ("1. Everyone", ["everyone"]),
        ("2. Testing", ["testing"]),
        ("3. Languages", ["languages"]),
        ("4. Users and groups", [["authenticated", "staff", "superusers"], "users", "groups"]),
        ("5. Percentage", ["percent", "rollout"]),
        ("Dates", ["created", "modified"]),
    ]
    assert all("description" in options for _, options in fieldsets[1:-1])


def test_conditions_of_the_project_stand_where_they_are_asked(asked: Any) -> None:
    assert titles_of(CompanyAwareFlag, asked)[4:-1] == [
        "4. Users and groups",
        "5. Conditions of this project",
        "6. Percentage",
    ]
    assert titles_of(TailoredFlag, asked)[:3] == ["None", "1. First of all", "2. Everyone"]


def test_fields_that_no_condition_names_stand_with_the_projects_own(asked: Any) -> None:
    page = FlagAdmin(TailoredFlag, site)
    by_title = {title: options["fields"] for title, options in page.get_fieldsets(asked)}

    assert by_title["1. First of all"][:2] == ["users_off", "companies"]
    assert titles_of(LegacyFlag, asked)[-2] == "6. More"


def test_a_flag_without_lists_has_no_step_for_them() -> None:
    fieldsets = FlagAdmin(PlainFlag, site).get_fieldsets(None)

    assert fieldsets[4][1]["fields"] == [["authenticated", "staff", "superusers"]]


@isolate_apps("test_app")
def test_conditions_of_ones_own_making_stand_in_their_steps() -> None:
    class Sparse(AbstractUserFlag):
        users: Any = None
        groups: Any = None
        staff: Any = None
        superusers: Any = None
        conditions = (Percent("percent"), Everyone("everyone"), *CLASSIC[1:4])

        class Meta:
            app_label = "test_app"

    fieldsets = fieldsets_of(Sparse, ["name", "everyone", "percent", "authenticated"])

    assert [(title, options["fields"]) for title, options in fieldsets] == [
        (None, ["name"]),
        ("1. Everyone", ["everyone"]),
        ("2. Users and groups", ["authenticated"]),
        ("3. Percentage", ["percent"]),
    ]


@pytest.mark.parametrize("option", ["fields", "fieldsets"])
def test_a_page_of_the_project_keeps_its_own_order(option: str, visit: Client) -> None:
    fields = ["name", ("everyone", "users")]
    own = {"fields": fields} if option == "fields" else {"fieldsets": [(None, {"fields": fields})]}
    page: Any = type("OwnPage", (FlagAdmin,), own)(Flag, site)
    flag = Flag.objects.create(name="x")
    flag.users.add(*User.objects.bulk_create(User(username=f"user{number}") for number in range(101)))

    short = page.get_fieldsets(None, Flag.objects.create(name="short"))
    long = page.get_fieldsets(None, flag)

    assert short[0][1]["fields"] == ["name", ["everyone", "users"]]
    assert long[0][1]["fields"] == ["name", ["everyone", page.long_lists["users"]]]


def test_names_that_could_be_markup_are_shown_as_text(visit: Client) -> None:
    user = User.objects.create_user('<script>alert("1")</script>')
    group = Group.objects.create(name="</select><script>alert(1)</script>")
    flag = Flag.objects.create(name="<script>'\"/ü", note="</textarea><script>")
    flag.users.add(user)
    flag.groups.add(group)

    for page in ("change", "why"):
        assert "<script>alert" not in visit.get(address(FLAG, page, flag.pk)).content.decode()
    for name in ("users", "groups"):
        assert "<script>alert" not in visit.get(address(FLAG, "members", flag.pk, name)).content.decode()
