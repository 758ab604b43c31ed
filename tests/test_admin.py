"""The admin's pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import AdminSite, site
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from test_app.models import Company, CompanyAwareFlag, PlainFlag
from tests.each import each_kind
from waffle import admin, flag_is_active, switch_is_active
from waffle.admin import (
    FlagAdmin,
    InformativeManyToManyRawIdWidget,
    SampleAdmin,
    SwitchAdmin,
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.admin.widgets import KeysField, is_key
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch

pytestmark = pytest.mark.django_db

# What a browser sends from an untouched form of a new toggle.
FORMS: dict[str, dict[str, Any]] = {
    "flag": {"name": "x", "everyone": "unknown", "superusers": "on", "percent": "", "users": "", "note": ""},
    "switch": {"name": "x", "note": ""},
    "sample": {"name": "x", "percent": "34", "note": ""},
}


# Any, in what follows: pages and forms are Django's, and typed by model.


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root")


@pytest.fixture
def visit(root: User, client: Client) -> Client:
    """Sign the superuser in."""
    client.force_login(root)
    return client


@pytest.fixture
def asked(root: User) -> Any:
    """Return the least request that actions are called with."""
    return SimpleNamespace(user=root, GET={})


def address(kind: Kind, page: str, *arguments: object) -> str:
    meta = kind.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


def errors_of(response: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


# Pages


@each_kind
def test_every_kind_can_be_added_listed_changed_and_deleted(visit: Client, kind: Kind) -> None:
    added = visit.post(address(kind, "add"), FORMS[kind.name])
    toggle = kind.model.objects.get()
    listed = visit.get(address(kind, "changelist"), {"q": "x"})
    changed = visit.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "note": "why"})
    toggle.refresh_from_db()
    shown = visit.get(address(kind, "change", toggle.pk))
    deleted = visit.post(address(kind, "delete", toggle.pk), {"post": "yes"})

    assert added.status_code == changed.status_code == deleted.status_code == 302
    assert address(kind, "change", toggle.pk) in listed.content.decode()
    assert toggle.note == "why"
    assert shown.status_code == 200
    assert not kind.model.objects.exists()


@each_kind
def test_a_project_may_do_without_the_pages(settings: Any, kind: Kind) -> None:
    settings.WAFFLE_ENABLE_ADMIN_PAGES = False
    own = AdminSite()

    admin.register(own)

    assert own.is_registered(kind.model) is False
    assert site.is_registered(kind.model) is True


def test_pages_are_those_of_the_projects_models(settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    settings.WAFFLE_SAMPLE_MODEL = "nowhere.Sample"
    own = AdminSite()

    admin.register(own)

    pages = {model: type(page) for model, page in own._registry.items()}
    assert pages == {CompanyAwareFlag: FlagAdmin, Switch: SwitchAdmin}


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
    }


@each_kind
@pytest.mark.parametrize("name", ["", " x", "x ", "two\tparts", "!x", "x" * 101])
def test_a_new_name_that_cannot_work_is_an_error_of_the_form(visit: Client, kind: Kind, name: str) -> None:
    response = visit.post(address(kind, "add"), {**FORMS[kind.name], "name": name})

    assert list(errors_of(response)) == ["name"]
    assert not kind.model.objects.exists()


@each_kind
def test_an_old_name_stays_as_it_is(visit: Client, kind: Kind) -> None:
    toggle = kind.model.objects.create(name=" !x", **kind.created_as(False))

    visit.post(address(kind, "change", toggle.pk), {**FORMS[kind.name], "name": " !x", "note": "why"})

    assert kind.model.objects.values_list("name", "note").get() == (" !x", "why")


@pytest.mark.parametrize(
    ("kind", "percent"),
    [(FLAG, "-0.1"), (FLAG, "100"), (FLAG, "5.55"), (FLAG, "nan"), (SAMPLE, "-1"), (SAMPLE, "100.1")],
)
def test_a_wrong_percentage_is_an_error_of_the_form(visit: Client, kind: Kind, percent: str) -> None:
    response = visit.post(address(kind, "add"), {**FORMS[kind.name], "percent": percent})

    assert list(errors_of(response)) == ["percent"]


@pytest.mark.parametrize(("kind", "percent"), [(FLAG, "0"), (FLAG, "99.9"), (SAMPLE, "0"), (SAMPLE, "100")])
def test_the_extremes_of_a_percentage_are_right(visit: Client, kind: Kind, percent: str) -> None:
    visit.post(address(kind, "add"), {**FORMS[kind.name], "percent": percent})

    assert float(kind.model.objects.get().percent) == float(percent)


def test_who_may_only_look_sees_a_page_without_a_form(client: Client) -> None:
    flag = Flag.objects.create(name="x")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    response = client.get(address(FLAG, "change", flag.pk))

    assert response.status_code == 200
    assert 'name="name"' not in response.content.decode()


def test_a_name_is_shown_as_text(visit: Client) -> None:
    Flag.objects.create(name="<script>alert(1)</script>")

    page = visit.get(address(FLAG, "changelist")).content.decode()

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


# Users of a flag


def test_the_users_of_a_flag_are_keys_with_names_beside_them(asked: Any) -> None:
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    flag = Flag.objects.create(name="x")
    flag.users.add(ada, bob)

    form = FlagAdmin(Flag, site).get_form(asked)(instance=flag)
    field = form.fields["users"]

    assert isinstance(field.widget, InformativeManyToManyRawIdWidget)
    assert f'value="{ada.pk},{bob.pk}"' in str(form["users"])
    assert "<strong>(ada, bob)</strong>" in str(form["users"])
    assert "<strong>(bob, ada)</strong>" in field.widget.render("users", [bob.pk, 4711, ada.pk])
    assert "<strong>" not in field.widget.render("users", [])


def test_the_names_beside_the_keys_are_shown_as_text() -> None:
    user = User.objects.create_user("<b>")
    widget = InformativeManyToManyRawIdWidget(Flag._meta.get_field("users").remote_field, site)

    assert "<strong>(&lt;b&gt;)</strong>" in widget.render("users", [user.pk])


def test_ten_thousand_users_cost_the_queries_of_ten(visit: Client) -> None:
    User.objects.bulk_create(User(username=f"user {number}") for number in range(10_000))
    keys = list(User.objects.exclude(username="root").order_by("pk").values_list("pk", flat=True))
    few, many = Flag.objects.create(name="few"), Flag.objects.create(name="many")
    few.users.add(*keys[:10])
    many.users.add(*keys)

    with CaptureQueriesContext(connection) as for_few:
        first = visit.get(address(FLAG, "change", few.pk)).content.decode()
    with CaptureQueriesContext(connection) as for_many:
        second = visit.get(address(FLAG, "change", many.pk)).content.decode()

    names = ", ".join(f"user {number}" for number in range(10))
    assert len(for_many) == len(for_few)
    assert f"<strong>({names})</strong>" in first
    assert f"<strong>({names}, and 9990 more)</strong>" in second


def test_users_are_saved_by_key_and_a_comma_too_many_does_no_harm(visit: Client) -> None:
    ada, bob = User.objects.create_user("ada"), User.objects.create_user("bob")

    visit.post(address(FLAG, "add"), {**FORMS["flag"], "users": f" {ada.pk}, {bob.pk} ,,"})

    assert set(Flag.objects.get().users.all()) == {ada, bob}


@pytest.mark.parametrize(
    "keys", ["ada", "4711", "1.5", "99999999999999999999", "-99999999999999999999", "1\0", "1;2"]
)
def test_a_wrong_key_is_an_error_of_the_form(visit: Client, keys: str) -> None:
    response = visit.post(address(FLAG, "add"), {**FORMS["flag"], "users": keys})

    assert response.status_code == 200
    assert list(errors_of(response)) == ["users"]
    assert not Flag.objects.exists()


def test_a_key_of_text_may_not_hold_what_a_database_refuses() -> None:
    assert is_key(models.CharField(max_length=5), "ada") is True
    assert is_key(models.CharField(max_length=5), "a\0") is False
    assert is_key(models.CharField(max_length=5), "longer") is False
    assert is_key(models.UUIDField(), "ada") is False


def test_no_keys_are_no_users() -> None:
    field = KeysField(User.objects.all(), required=False)

    assert list(field.clean(None)) == []
    with pytest.raises(ValidationError, match="“ada” is not a valid value"):
        field.clean(["ada"])


def test_flags_that_list_nobody_have_a_page_too(asked: Any, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.PlainFlag"
    page = FlagAdmin(PlainFlag, site)

    form = page.get_form(asked)

    assert page.check() == []
    assert {"users", "groups"}.isdisjoint(form.base_fields)


def test_flags_that_list_more_have_a_field_for_it(asked: Any, settings: Any) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"
    acme = Company.objects.create(name="Acme")

    form = FlagAdmin(CompanyAwareFlag, site).get_form(asked)()

    assert f'<option value="{acme.pk}">Acme</option>' in str(form["companies"])
    assert {"users", "groups"} <= set(form.fields)


def test_a_page_may_show_the_name_without_a_field(asked: Any) -> None:
    class ReadOnlyName(FlagAdmin):
        readonly_fields = (*FlagAdmin.readonly_fields, "name")

    form = ReadOnlyName(Flag, site).get_form(asked)()

    assert "name" not in form.fields


# Actions

Action = Callable[[Any, Any, Any], None]

TURNS = [
    (enable_for_all, FLAG, "everyone", True),
    (disable_for_all, FLAG, "everyone", False),
    (enable_switches, SWITCH, "active", True),
    (disable_switches, SWITCH, "active", False),
]


@pytest.mark.parametrize(("action", "kind", "field", "state"), TURNS)
def test_an_action_turns_what_is_ticked_and_writes_it_down(
    asked: Any, action: Action, kind: Kind, field: str, state: bool
) -> None:
    ticked = kind.model.objects.create(name="x", **{field: not state})
    other = kind.model.objects.create(name="other", **{field: not state})

    action(None, asked, kind.model.objects.filter(name="x"))

    ticked.refresh_from_db()
    other.refresh_from_db()
    assert (getattr(ticked, field), getattr(other, field)) == (state, not state)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.action_flag) == (asked.user, CHANGE)
    assert entry.object_repr == f"x {'on' if state else 'off'}"
    assert entry.get_edited_object() == ticked
    assert entry.get_change_message() == f"Changed {field.capitalize()}."


def test_checks_see_what_an_action_has_done(asked: Any) -> None:
    Flag.objects.create(name="x")
    Switch.objects.create(name="x", active=True)

    enable_for_all(None, asked, Flag.objects.all())
    disable_switches(None, asked, Switch.objects.all())

    assert flag_is_active(asked, "x") is True
    assert switch_is_active("x") is False


@each_kind
def test_toggles_are_deleted_one_by_one_and_written_down(asked: Any, kind: Kind) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(True))
    key = str(toggle.pk)

    delete_individually(None, asked, kind.model.objects.all())

    assert not kind.model.objects.exists()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.object_id, entry.action_flag) == ("x deleted", key, DELETION)


def test_an_action_that_fails_half_way_has_done_nothing(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Flag.objects.create(name="a")
    Flag.objects.create(name="b")
    save = Flag.save

    def refuse_b(flag: Flag, **options: Any) -> None:
        if flag.name == "b":
            raise RuntimeError
        save(flag, **options)

    monkeypatch.setattr(Flag, "save", refuse_b)

    with pytest.raises(RuntimeError):
        enable_for_all(None, asked, Flag.objects.order_by("name"))

    assert set(Flag.objects.values_list("everyone", flat=True)) == {None}
    assert not LogEntry.objects.exists()


ACTIONS = {
    "flag": {"enable_for_all": "change", "disable_for_all": "change", "delete_individually": "delete"},
    "switch": {"enable_switches": "change", "disable_switches": "change", "delete_individually": "delete"},
    "sample": {"delete_individually": "delete"},
}


@each_kind
@pytest.mark.parametrize("permission", ["change", "delete", "view"])
def test_an_action_is_for_those_who_may_do_it(kind: Kind, permission: str) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename=f"{permission}_{kind.name}"))
    page: Any = site._registry[kind.model]

    actions = page.get_actions(SimpleNamespace(user=editor, GET={}))

    assert list(actions) == [name for name, needed in ACTIONS[kind.name].items() if needed == permission]


@each_kind
def test_a_superuser_has_these_actions_and_no_others(visit: Client, kind: Kind) -> None:
    kind.model.objects.create(name="x", **kind.created_as(False))

    page = visit.get(address(kind, "changelist")).content.decode()

    assert re.findall(r'<option value="(\w+)"', page.split('name="action"')[1].split("</select>")[0]) == list(
        ACTIONS[kind.name]
    )


@each_kind
def test_an_action_tells_what_it_has_done(visit: Client, kind: Kind) -> None:
    toggles = [kind.model.objects.create(name=name, **kind.created_as(False)) for name in ("a", "b")]

    response = visit.post(
        address(kind, "changelist"),
        {"action": "delete_individually", "_selected_action": [toggle.pk for toggle in toggles]},
        follow=True,
    )

    told = f"Deleted 2 {kind.plural.capitalize()}."
    assert [str(message) for message in response.context["messages"]] == [told]
    assert not kind.model.objects.exists()


def test_groups_can_be_chosen(visit: Client) -> None:
    group = Group.objects.create(name="editors")

    visit.post(address(FLAG, "add"), {**FORMS["flag"], "groups": [group.pk]})

    assert list(Flag.objects.get().groups.all()) == [group]
