"""The page of a flag: its fields in the order in which they decide, and what a change would do."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django import forms
from django.contrib.admin import AdminSite, site
from django.contrib.auth.models import Group, Permission, User
from django.db import OperationalError, connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils.translation import override
from pytest_django import Settings

from test_app.models import CompanyAwareFlag, LegacyFlag, PlainFlag, TailoredFlag
from tests.admin.forms import FORMS, address, errors_of
from waffle import history
from waffle.admin import FlagAdmin, effect, widgets
from waffle.admin.fieldsets import fieldsets_of
from waffle.admin.forms import FlagForm
from waffle.conditions import CLASSIC, Everyone, Percent
from waffle.kinds import FLAG
from waffle.models import AbstractUserFlag, Flag
from waffle.reach import Count, Reach

pytestmark = pytest.mark.django_db

# Any, in this file: requests, pages and responses, which Django types by model.


def change_form(flag: Any, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends from the page of a flag."""
    everyone = {None: "unknown", True: "true", False: "false"}[flag.everyone]
    ticked = [name for name in ("testing", "superusers", "staff", "authenticated") if getattr(flag, name)]
    sent = {
        **{"name": flag.name, "note": flag.note, "everyone": everyone, "languages": flag.languages},
        **{"percent": "" if flag.percent is None else str(flag.percent)},
        **dict.fromkeys(ticked, "on"),
        "users": ",".join(str(user.pk) for user in flag.users.all()),
        "groups": [group.pk for group in flag.groups.all()],
    }
    return {**sent, **changes}


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


@pytest.fixture
def crowded() -> Flag:
    """Return a flag with more users than its form holds."""
    flag: Flag = Flag.objects.create(name="crowded", staff=True)
    flag.users.add(*User.objects.bulk_create(User(username=f"user{number}") for number in range(1200)))
    return flag


def test_a_long_list_is_a_number_and_a_link(visit: Client, crowded: Flag) -> None:
    page = visit.get(address(FLAG, "change", crowded.pk)).content.decode()

    assert "1,200 members" in page
    assert address(FLAG, "members", crowded.pk, "users") in page
    assert 'name="users"' not in page
    assert 'name="groups"' in page


def test_saving_a_flag_leaves_its_long_list_alone(visit: Client, crowded: Flag) -> None:
    sent = {**change_form(crowded, note="why"), "users": "1"}

    response = visit.post(address(FLAG, "change", crowded.pk), sent)

    assert response.status_code == 302
    assert Flag.objects.get().note == "why"
    assert crowded.users.count() == 1200


@pytest.mark.parametrize("excluded", [{"exclude": ["users"]}, {"exclude": ["note"]}, {}])
def test_fields_that_a_page_leaves_out_stay_out(crowded: Flag, visit: Client, excluded: Any) -> None:
    class OwnForm(FlagForm):
        class Meta:
            exclude = ("rollout",)

    page: Any = type("OwnPage", (FlagAdmin,), {**excluded, "form": OwnForm})(Flag, site)
    request = visit.get(address(FLAG, "change", crowded.pk)).wsgi_request

    exclude = page.get_exclude(request, crowded)

    left_out = excluded.get("exclude", ["rollout"])
    assert set(exclude) == {*left_out, "users"}
    shown = [name for _, options in page.get_fieldsets(request, crowded) for name in options["fields"]]
    assert (page.long_lists["users"] in shown) is ("users" not in left_out)


@pytest.mark.parametrize(
    "method",
    [
        {"get_readonly_fields": lambda page, request, obj=None: ("created",)},
        {"get_fieldsets": lambda page, request, obj=None: [(None, {"fields": ["name", "note", "users"]})]},
    ],
    ids=["readonly", "fieldsets"],
)
def test_a_page_whose_methods_know_nothing_of_long_lists_has_them_in_its_form(
    crowded: Flag, visit: Client, monkeypatch: pytest.MonkeyPatch, method: Any
) -> None:
    own: Any = type("OwnPage", (FlagAdmin,), method)(Flag, site)
    registry: Any = site._registry
    monkeypatch.setitem(registry, Flag, own)

    response = own.changeform_view(
        visit.get(address(FLAG, "change", crowded.pk)).wsgi_request, str(crowded.pk)
    ).render()

    assert response.status_code == 200
    assert 'name="users"' in response.content.decode()


def test_who_may_only_look_sees_a_long_list_as_a_number(client: Client, crowded: Flag) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    page = client.get(address(FLAG, "change", crowded.pk)).content.decode()

    assert "1,200 members" in page
    assert "user7" not in page
    assert "_effect" not in page
    assert 'name="_save"' not in page


def test_a_list_of_a_hundred_thousand_costs_the_queries_of_a_hundred_and_one(
    visit: Client, crowded: Flag
) -> None:
    other = Flag.objects.create(name="other")
    other.users.add(*crowded.users.all()[:101])
    visit.get(address(FLAG, "change", other.pk))

    counts = []
    for flag in (other, crowded):
        with CaptureQueriesContext(connection) as queries:
            visit.get(address(FLAG, "change", flag.pk))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_list_that_a_script_may_search_says_where(visit: Client) -> None:
    page = visit.get(address(FLAG, "add")).content.decode()

    found = re.findall(r'data-waffle-search="([^"]*)"', page)
    assert [url.rpartition("field_name=")[2] for url in found] == ["users", "groups"]
    assert visit.get(f"{unescape(found[0])}&term=root").status_code == 200


def test_who_may_not_see_users_is_offered_no_search(client: Client) -> None:
    editor = User.objects.create_user("editor", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="add_flag"))
    client.force_login(editor)

    page = client.get(address(FLAG, "add")).content.decode()

    assert "data-waffle-search" not in page
    assert 'name="users"' in page


def test_a_site_without_pages_of_users_and_groups_works(root: User, rf: Any) -> None:
    own = AdminSite(name="own")
    own.register(Flag, FlagAdmin)
    group = Group.objects.create(name="editors")
    request = rf.get("/")
    request.user = root

    form = FlagAdmin(Flag, own).get_form(request)()

    assert f'<option value="{group.pk}">editors</option>' in str(form["groups"])
    assert "data-waffle-search" not in str(form["users"])


def test_of_twelve_thousand_groups_the_form_shows_those_that_are_chosen(visit: Client) -> None:
    Group.objects.bulk_create(Group(name=f"group{number}") for number in range(12_000))
    first, second = Group.objects.order_by("pk")[:2]
    flag = Flag.objects.create(name="x")
    flag.groups.add(second)

    page = visit.get(address(FLAG, "change", flag.pk)).content.decode()
    sent = visit.post(address(FLAG, "change", flag.pk), change_form(flag, groups=[first.pk, second.pk]))
    wrong = visit.post(address(FLAG, "change", flag.pk), change_form(flag, groups=[first.pk, "x"]))

    assert re.findall(r'<option value="\d+" selected>(\w+)</option>', page) == ["group1"]
    assert page.count("group") < 100
    assert sent.status_code == 302
    assert set(flag.groups.all()) == {first, second}
    assert list(errors_of(wrong)) == ["groups"]


def test_a_field_to_pick_from_may_have_options_that_are_no_rows() -> None:
    field = forms.MultipleChoiceField(choices=[("a", "A")], widget=widgets.PickSelect)

    assert '<option value="a">A</option>' in field.widget.render("x", [])


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


# 100 percent


def test_a_hundred_percent_are_everyone(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=25)

    response = visit.post(address(FLAG, "change", flag.pk), change_form(flag, percent="100.0"), follow=True)

    flag.refresh_from_db()
    assert (flag.everyone, flag.percent) == (True, Decimal(25))
    assert "100 percent means everyone" in str(next(iter(response.context["messages"])))


def test_a_new_flag_may_begin_with_a_hundred_percent(visit: Client) -> None:
    visit.post(address(FLAG, "add"), {**FORMS["flag"], "percent": "100"})

    assert Flag.objects.values_list("everyone", "percent").get() == (True, None)


def test_a_hundred_percent_of_nobody_is_an_error(visit: Client) -> None:
    response = visit.post(address(FLAG, "add"), {**FORMS["flag"], "percent": "100", "everyone": "false"})

    assert list(errors_of(response)) == ["percent"]
    assert not Flag.objects.exists()


@isolate_apps("test_app")
def test_a_column_that_holds_a_hundred_keeps_it() -> None:
    class Exact(AbstractUserFlag):
        percent = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
        users: Any = None
        groups: Any = None

        class Meta:
            app_label = "test_app"

    form_class: Any = forms.modelform_factory(Exact, FlagForm, fields=["percent", "everyone"])
    fine, too_many = (form_class({"percent": value, "everyone": "unknown"}) for value in ("100", "100.001"))
    fine.full_clean()
    too_many.full_clean()

    assert (fine.cleaned_data["percent"], fine.cleaned_data["everyone"]) == (Decimal(100), None)
    assert list(too_many.errors) == ["percent"]


def test_a_form_without_everyone_takes_no_hundred_percent() -> None:
    form_class: Any = forms.modelform_factory(Flag, FlagForm, fields=["percent"])
    form = form_class({"percent": "100"})

    assert list(form.errors) == ["percent"]


def test_the_usual_percentages_are_at_hand() -> None:
    rendered = widgets.PercentInput().render("percent", "25", {"id": "id_percent"})

    assert 'list="id_percent_usual"' in rendered
    assert re.findall(r'<button type="button" class="button" value="(\d+)">', rendered) == [
        *("0", "1", "5", "10", "25", "50", "100")
    ]
    assert "list=" not in widgets.PercentInput().render("percent", "25", {})


# Two people


def shown_version(page: str) -> str:
    return str(re.findall(r'name="waffle_version" value="(\w+)"', page)[0])


def test_what_somebody_else_has_saved_is_not_overwritten_unseen(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=25)
    url = address(FLAG, "change", flag.pk)
    version = shown_version(visit.get(url).content.decode())
    Flag.objects.update(percent=50)

    first = visit.post(url, change_form(flag, staff="on", waffle_version=version))
    again = visit.post(
        url, change_form(flag, staff="on", waffle_version=shown_version(first.content.decode()))
    )

    assert errors_of(first)["__all__"] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet. "
        "Last change, by a test: Percent: 25.0 → 50.0. "
        "If you save now, this will change: Staff, Percent."
    ]
    assert again.status_code == 302
    assert Flag.objects.values_list("percent", "staff").get() == (25, True)


def test_a_member_who_came_meanwhile_is_not_lost(visit: Client, root: User) -> None:
    flag = Flag.objects.create(name="x")
    url = address(FLAG, "change", flag.pk)
    sent = change_form(flag, waffle_version=shown_version(visit.get(url).content.decode()))
    flag.users.add(root)

    response = visit.post(url, sent)

    assert "__all__" in errors_of(response)
    assert list(flag.users.all()) == [root]


def test_what_somebody_else_has_done_alike_is_told_too(visit: Client, root: User, settings: Settings) -> None:
    settings.WAFFLE_HISTORY = False
    flag = Flag.objects.create(name="x")
    url = address(FLAG, "change", flag.pk)
    version = shown_version(visit.get(url).content.decode())
    Flag.objects.update(note="why")

    response = visit.post(url, change_form(flag, note="why", waffle_version=version))

    assert errors_of(response)["__all__"] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet."
    ]


def test_who_has_changed_it_is_not_known_before_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(kind: str) -> None:
        raise OperationalError

    monkeypatch.setattr(history, "changes", fail)
    flag = Flag.objects.create(name="x", note="why")
    form: Any = forms.modelform_factory(Flag, FlagForm, fields=["note"])

    errors = form({"note": "why", "waffle_version": "old"}, instance=flag).errors

    assert [text.partition(" If ")[0] for text in errors["__all__"]] == [
        "Somebody else has changed this flag since you opened the page. Nothing is saved yet."
    ]


# The effect


def test_the_effect_of_a_change_is_told_and_nothing_is_saved(visit: Client) -> None:
    User.objects.bulk_create(User(username=f"user{number}", is_staff=number < 30) for number in range(1199))
    flag = Flag.objects.create(name="x")

    response = visit.post(
        address(FLAG, "change", flag.pk), change_form(flag, staff="on", note="why", _effect="1")
    )

    page = response.content.decode()
    assert "On for 1 of 1,200 users" in page
    assert "On for 31 of 1,200 users" in page
    assert "This change turns it on for 30 and off for 0." in page
    assert ">\nwhy</textarea>" in page
    assert "errornote" not in page
    assert Flag.objects.values_list("staff", "note").get() == (False, "")


def test_the_effect_of_members_is_told(visit: Client) -> None:
    ada, eve = User.objects.create_user("ada"), User.objects.create_user("eve")
    flag = Flag.objects.create(name="x", superusers=False)
    flag.users.add(ada)

    page = visit.post(
        address(FLAG, "change", flag.pk), change_form(flag, users=f"{eve.pk}", _effect="1")
    ).content.decode()

    assert "This change turns it on for 1 and off for 1." in page
    assert list(flag.users.all()) == [ada]


def test_the_effect_of_a_new_flag_is_told(visit: Client) -> None:
    page = visit.post(address(FLAG, "add"), {**FORMS["flag"], "_effect": "1"}).content.decode()

    assert "This change turns it on for 1 and off for 0." in page
    assert not Flag.objects.exists()


def test_a_change_that_reaches_nobody_says_so(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    page = visit.post(address(FLAG, "change", flag.pk), change_form(flag, _effect="1")).content.decode()

    assert "This change turns it on or off for nobody." in page


def test_the_effect_of_a_wrong_form_is_its_errors(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    response = visit.post(address(FLAG, "change", flag.pk), change_form(flag, percent="-1", _effect="1"))

    assert list(errors_of(response)) == ["percent"]
    assert "<meter" not in response.content.decode()


def test_who_may_not_change_a_flag_is_not_told_the_effect(client: Client) -> None:
    flag = Flag.objects.create(name="x")
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_flag"))
    client.force_login(reader)

    response = client.post(address(FLAG, "change", flag.pk), change_form(flag, _effect="1"))

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("fields", "settings_of", "note"),
    [
        ({"languages": "de"}, {}, "Testing links and languages are not counted"),
        ({"testing": True}, {}, "Testing links and languages are not counted"),
        ({"percent": 5}, {}, "Visitors who are not signed in are not counted."),
        ({"percent": 5}, {"WAFFLE_STICKY_PERCENT": False}, "drawn at random"),
        ({"percent": 5}, {"WAFFLE_UNIT": "tests.test_dealing.tenant"}, "WAFFLE_UNIT"),
    ],
)
def test_what_cannot_be_told_beforehand_is_named(
    fields: dict[str, Any], settings_of: dict[str, Any], note: str, settings: Settings
) -> None:
    for name, value in settings_of.items():
        setattr(settings, name, value)
    flag, settled = Flag(name="x", **fields), Flag(name="x", everyone=True, **fields)
    nobody = Reach(3, Count(0), Count(0), Count(0), Count(0))

    assert [note in text for text in effect.told(nobody, [flag]).notes] == [True]
    assert effect.told(nobody, [settled]).notes == ()


def test_an_estimate_says_how_far_off_it_may_be() -> None:
    found = Reach(
        1_200_000, Count(124_321, 4_712), Count(150_000, 5_120), Count(25_679, 87), Count(0, 4), failed=2
    )

    told = effect.told(found, [])

    assert told.bars[0].words == "On for about 124,300 (± 4,700) of 1,200,000 users"
    assert told.sentence == "This change turns it on for about 25,679 (± 87) and off for about 0 (± 4)."
    assert told.notes == (
        "Estimated from a sample of users; 95 of 100 samples stay within this error.",
        "A condition failed for 2 users, which counts as off: the log says why.",
    )
    with override("de"):
        assert effect.grouped(1_200_000) == "1.200.000"


def test_a_page_that_has_actions_is_looked_at_all_the_same(visit: Client, rf: Any, root: User) -> None:
    request = rf.post("/", {"_effect": "1", "action": ""})
    request.user = root

    assert FlagAdmin(Flag, site).get_actions(request) == {}
