"""The lists of toggles: their columns, their order, their filters, and what they cost."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from test_app.models import Company, CompanyAwareFlag, PlainFlag, TailoredFlag
from tests.admin.forms import address
from tests.each import each_kind
from waffle import history
from waffle.admin import BaseAdmin, FlagAdmin
from waffle.admin.latest import ago, latest_changes
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: pages and responses, which Django types by model, and fields of several models.


def listed(visit: Client, kind: Kind = FLAG, **query: str) -> list[str]:
    """Return the names in a list, in its order."""
    response = visit.get(address(kind, "changelist"), query)
    assert response.status_code == 200
    return [toggle.name for toggle in response.context["cl"].result_list]


def text_of(response: Any) -> str:
    """Return the words of a page's table."""
    table = response.content.decode().split('id="result_list"')[1].split("</table>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", table).split())


@pytest.fixture
def flags() -> dict[str, Flag]:
    """Make flags of every state, and return them by name."""
    fields: dict[str, dict[str, Any]] = {
        "b_on": {"everyone": True},
        "a_off": {"everyone": False, "staff": True},
        "c_staff": {"staff": True},
        "d_none": {},
        "e_users": {},
        "f_groups": {},
        "g_percent": {"percent": Decimal(25)},
        "h_no_percent": {"percent": Decimal(0)},
        "i_german": {"languages": "de"},
        "j_testing": {"testing": True},
    }
    made = {
        name: Flag.objects.create(name=name, **{"superusers": False, **values})
        for name, values in fields.items()
    }
    made["e_users"].users.add(*(User.objects.create_user(name) for name in ("ada", "bob")))
    made["f_groups"].groups.add(Group.objects.create(name="beta"))
    return made


ON = ["b_on"]
CONDITIONAL = ["c_staff", "e_users", "f_groups", "g_percent", "i_german", "j_testing"]
OFF = ["a_off", "d_none", "h_no_percent"]


def test_flags_are_listed_on_then_conditional_then_off_and_by_name(
    visit: Client, flags: dict[str, Flag]
) -> None:
    assert listed(visit) == [*ON, *CONDITIONAL, *OFF]


def test_flags_can_be_sorted_by_every_column_that_has_an_order(visit: Client, flags: dict[str, Flag]) -> None:
    Flag.objects.filter(name="d_none").update(modified=timezone.now() - timedelta(days=9))

    assert listed(visit, o="-1.-2") == [*OFF[::-1], *CONDITIONAL[::-1], *ON]
    assert listed(visit, o="2") == sorted(flags)
    assert listed(visit, o="5")[0] == "d_none"


@pytest.mark.parametrize(("state", "names"), [("on", ON), ("conditional", CONDITIONAL), ("off", OFF)])
def test_flags_can_be_filtered_by_state(
    visit: Client, flags: dict[str, Flag], state: str, names: list[str]
) -> None:
    assert listed(visit, state=state) == names


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("everyone", ["b_on", "a_off"]),
        ("staff", ["c_staff", "a_off"]),
        ("users", ["e_users"]),
        ("groups", ["f_groups"]),
        ("percent", ["g_percent"]),
        ("languages", ["i_german"]),
        ("testing", ["j_testing"]),
        ("superusers", []),
        ("nonsense", [*ON, *CONDITIONAL, *OFF]),
    ],
)
def test_flags_can_be_filtered_by_what_they_go_by(
    visit: Client, flags: dict[str, Flag], by: str, names: list[str]
) -> None:
    assert listed(visit, by=by) == names


@each_kind
@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ("hour", ["now"]),
        ("day", ["now"]),
        ("week", ["now", "two days"]),
        ("month", ["now", "two days"]),
        ("stale", ["two years"]),
        ("old", ["two years"]),
        ("nonsense", ["now", "two days", "two years"]),
    ],
)
def test_toggles_can_be_filtered_by_their_last_change(
    visit: Client, kind: Kind, changed: str, names: list[str]
) -> None:
    for name, days in (("now", 0), ("two days", 2), ("two years", 731)):
        kind.model.objects.create(name=name, **kind.created_as(False))
        kind.model.objects.filter(name=name).update(modified=timezone.now() - timedelta(days=days))

    assert listed(visit, kind, changed=changed) == names


def test_the_counts_of_filters_are_right(visit: Client, flags: dict[str, Flag]) -> None:
    page = visit.get(address(FLAG, "changelist"), {"_facets": "True"}).content.decode()

    if "Show counts" in page or "Hide counts" in page:  # Django 5.0 and newer
        assert f"Conditional ({len(CONDITIONAL)})" in page
        assert "Users (1)" in page


def test_switches_and_samples_are_listed_by_state_too(visit: Client) -> None:
    for name, active in (("a", False), ("b", True)):
        Switch.objects.create(name=name, active=active)
    for name, percent in (("a", 0), ("b", 2), ("c", 100)):
        Sample.objects.create(name=name, percent=percent)

    assert listed(visit, SWITCH) == ["b", "a"]
    assert listed(visit, SAMPLE) == ["c", "b", "a"]
    assert listed(visit, SWITCH, state="on") == ["b"]
    assert listed(visit, SAMPLE, state="conditional") == ["b"]
    assert "conditional" not in visit.get(address(SWITCH, "changelist")).content.decode()


def test_names_and_notes_are_searched(visit: Client) -> None:
    Flag.objects.create(name="new_basket", note="For the shop")
    Flag.objects.create(name="other")

    assert listed(visit, q="basket") == listed(visit, q="shop") == ["new_basket"]


def test_a_row_says_who_gets_it_with_names(visit: Client, flags: dict[str, Flag]) -> None:
    Flag.objects.filter(name="e_users").update(note="For two\nof us", staff=True)

    words = text_of(visit.get(address(FLAG, "changelist"), {"q": "e_users"}))

    assert "Conditional e_users On for staff and 2 users (ada, bob) For two of us On Conditions Off" in words


def test_more_members_than_can_be_named_are_counted(visit: Client) -> None:
    flag = Flag.objects.create(name="x", superusers=False)
    flag.users.add(*(User.objects.create_user(f"user {number}") for number in range(11)))

    words = text_of(visit.get(address(FLAG, "changelist")))

    assert "On for 11 users On Conditions" in words


def test_a_long_note_is_cut(visit: Client) -> None:
    Flag.objects.create(name="x", note="word " * 100)

    assert len(text_of(visit.get(address(FLAG, "changelist")))) < 400


def test_stored_text_is_shown_as_text(visit: Client) -> None:
    flag = Flag.objects.create(name="<b>name</b>", note="<b>note</b>", languages="<b>de</b>")
    flag.users.add(*(User.objects.create_user(f'"<b>{number}</b>') for number in range(2)))
    flag.groups.add(Group.objects.create(name="<b>group</b>"))

    page = visit.get(address(FLAG, "changelist")).content.decode()

    assert "<b>" not in page
    assert 'title="&quot;&lt;b&gt;0&lt;/b&gt;, &quot;&lt;b&gt;1&lt;/b&gt;"' in page


@each_kind
def test_two_thousand_toggles_cost_the_queries_of_two(visit: Client, kind: Kind) -> None:
    def make(first: int, last: int) -> None:
        rows = [kind.model(name=f"{number:04}", **kind.created_as(False)) for number in range(first, last)]
        for row in rows[::2]:
            row.everyone = None
        kind.model.objects.bulk_create(rows)
        for row in kind.model.objects.all()[first:last]:
            if kind is FLAG and row.pk % 100 < 10:
                row.users.add(ada)
                row.groups.add(beta)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert visit.get(address(kind, "changelist")).status_code == 200
        return len(found)

    ada, beta = User.objects.create_user("ada"), Group.objects.create(name="beta")
    make(0, 2)
    few = queries()
    make(2, 2000)

    assert queries() == few
    assert few <= (16 if kind is FLAG else 10)


def test_a_page_of_the_projects_own_may_add_a_column(rf: RequestFactory, root: User) -> None:
    class OwnPage(FlagAdmin):
        list_display = (*FlagAdmin.list_display, "created")
        list_editable = ("created",)
        list_filter = (*FlagAdmin.list_filter, "created")

    own = AdminSite(name="own")
    page = OwnPage(Flag, own)

    assert page.check() == []
    assert page.get_list_display_links(None, page.list_display) == ["name"]


def test_a_page_with_columns_of_its_own_has_the_order_of_names(
    rf: RequestFactory, root: User, flags: dict[str, Flag]
) -> None:
    class OwnPage(FlagAdmin):
        list_display = ("note", "everyone")
        list_filter = ("everyone",)

    request = rf.get("/")
    request.user = root
    page = OwnPage(Flag, site)

    assert page.check() == []
    assert [flag.name for flag in page.get_changelist_instance(request).result_list] == sorted(flags)
    assert page.get_list_display_links(request, page.list_display) == ["note"]


def test_a_page_may_have_an_order_of_its_own(rf: RequestFactory, root: User, flags: dict[str, Flag]) -> None:
    class OwnPage(FlagAdmin):
        ordering = ("-name",)

    request = rf.get("/")
    request.user = root

    names = [flag.name for flag in OwnPage(Flag, site).get_changelist_instance(request).result_list]

    assert names == sorted(flags, reverse=True)


def test_lists_of_custom_models_say_what_they_list(
    rf: RequestFactory, root: User, settings: Settings
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    request = rf.get("/", {"by": "companies"})
    request.user = root
    for name in ("x", "other"):
        CompanyAwareFlag.objects.create(name=name)
    CompanyAwareFlag.objects.get(name="x").companies.add(Company.objects.create(name="Acme"))

    page: Any = FlagAdmin(CompanyAwareFlag, site)
    shown = page.get_changelist_instance(request).result_list

    assert [flag.name for flag in shown] == ["x"]
    assert "On for superusers and company “Acme”" in page.waffle_audience(shown[0])


@pytest.mark.parametrize("model", [PlainFlag, TailoredFlag])
def test_custom_models_have_a_list(rf: RequestFactory, root: User, model: Any) -> None:
    request = rf.get("/", {"by": "percent"})
    request.user = root
    model.objects.create(name="x", percent=5)

    shown = FlagAdmin(model, site).get_changelist_instance(request).result_list

    assert [flag.name for flag in shown] == ["x"]


def test_columns_can_be_shown_of_a_toggle_alone(root: User) -> None:
    page: Any = BaseAdmin(Flag, site)
    flag = Flag.objects.create(name="x", staff=True)

    assert "On for staff and superusers" in page.waffle_audience(flag)
    assert "Conditional" in page.waffle_state(flag)


def test_a_field_without_a_value_that_means_unset_is_always_set(
    rf: RequestFactory, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from waffle.conditions import Condition

    monkeypatch.setattr(PlainFlag, "conditions", (Condition("created"), Condition()))
    request = rf.get("/", {"by": "created"})
    request.user = root
    PlainFlag.objects.create(name="x")

    shown = FlagAdmin(PlainFlag, site).get_changelist_instance(request).result_list

    assert [flag.name for flag in shown] == ["x"]


def test_times_are_told_as_people_do() -> None:
    assert ago(timezone.now()) == "just now"
    assert ago(timezone.now() - timedelta(hours=2, minutes=5)) == "2\xa0hours ago"


def test_the_last_change_is_not_that_of_another_toggle_which_bore_the_key(
    visit: Client, settings: Any
) -> None:
    with history.by("ada"):
        flag = CompanyAwareFlag(pk=Flag.objects.create(name="old").pk, name="new")
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"

    assert latest_changes([flag]) == {}
