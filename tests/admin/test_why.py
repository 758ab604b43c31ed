"""Why a flag is on or off for somebody, and which flags somebody has."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission, User
from django.template import Context, Template
from django.test import Client, RequestFactory
from pytest_django import Settings

from test_app.models import CompanyAwareFlag, PlainFlag, ScratchFlag
from tests.admin.forms import address
from tests.admin.why import FLAGS, decided_by, why
from waffle import evaluated, explain, flag_verdict
from waffle.admin import FlagAdmin
from waffle.admin.userflags import flags_page
from waffle.admin.whom import search_of_users
from waffle.explanations import verdicts_for
from waffle.kinds import FLAG
from waffle.models import Flag
from waffle.subjects import Subject
from waffle.testutils import override_flag
from waffle.verdicts import Reason

pytestmark = pytest.mark.django_db

# Any, in this file: responses, and what tests put into requests.


def steps_of(page: Any) -> dict[str, tuple[str, str]]:
    """Return what each condition says on a page, and why."""
    return {step.label: (str(step.says), step.detail) for step in page.context["steps"]}


def test_every_condition_says_what_it_does(visit: Client, ada: User) -> None:
    flag = Flag.objects.create(name="x", staff=True, percent=25)
    flag.groups.add(Group.objects.get())

    page = visit.get(why(flag), {"user": "ada"})

    assert page.context["explanation"].verdict == explain(Subject(ada), "x").verdict
    assert decided_by(page) == ["Staff"]
    steps = steps_of(page)
    assert steps["Everyone"] == ("not set", "")
    assert steps["Staff"] == ("on", "the user is staff")
    assert steps["Superusers"] == ("does not apply", "the user is not a superuser")
    assert steps["Users"] == ("not set", "lists nobody")
    assert steps["Groups"] == ("on", "the user is in a listed group (editors)")
    assert [step.label for step in page.context["steps"] if step.is_after] == [
        *("Superusers", "Users", "Groups", "Percent")
    ]


@pytest.mark.parametrize("typed", ["ada", "ada@example.org", "{key}", " ada "])
def test_a_user_is_named_as_people_do_or_by_the_key(visit: Client, ada: User, typed: str) -> None:
    flag = Flag.objects.create(name="x", staff=True, superusers=False)

    page = visit.get(why(flag), {"user": typed.format(key=ada.pk)})

    assert page.context["asked"].user == ada
    assert decided_by(page) == ["Staff"]


def test_a_user_who_was_picked_is_known_by_the_key(visit: Client, ada: User) -> None:
    page = visit.get(why(Flag.objects.create(name="x")), {"user": "somebody else", "key": str(ada.pk)})

    assert page.context["asked"].user == ada
    assert page.context["headline"] == "For ada"


@pytest.mark.parametrize("url", ["why", "flags"])
@pytest.mark.parametrize("asked", [("ada@example.org", ""), ("", "{key}"), ("somebody else", "{key}")])
def test_without_a_script_another_name_asks_about_another_user(
    visit: Client, ada: User, asked: tuple[str, str], url: str
) -> None:
    bob = User.objects.create_user("bob")
    address = FLAGS if url == "flags" else why(Flag.objects.create(name="x"))
    name, key = asked

    page = visit.get(address, {"user": name, "key": key.format(key=ada.pk)})
    (sent,) = re.findall(r'id="waffle-key" name="key" value="(.*?)"', page.content.decode())
    again = visit.get(address, {"user": "bob", "key": sent})

    assert page.context["asked"].user == ada
    assert again.context["asked"].user == bob


def test_the_form_keeps_the_key_of_a_user_whose_name_means_nobody(visit: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(username="", email="")

    page = visit.get(why(Flag.objects.create(name="x")), {"key": str(ada.pk)})

    assert f'name="key" value="{ada.pk}"' in page.content.decode()


def test_nobody_is_somebody_who_is_not_signed_in(visit: Client) -> None:
    page = visit.get(why(Flag.objects.create(name="x", staff=True)))

    assert "For a visitor who is not signed in" in page.content.decode()
    assert steps_of(page)["Staff"] == ("unknown", "needs a user, none given")


def test_who_is_not_there_is_said(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    for asked in ({"user": "<b>"}, {"key": "4711"}, {"user": "\0"}, {"key": "9" * 30}):
        page = visit.get(why(flag), asked)
        assert "There is no user" in page.content.decode()
        assert "<b>" not in page.content.decode()
        assert "waffle-steps" not in page.content.decode()


def test_one_of_several_is_chosen(visit: Client) -> None:
    twins = [User.objects.create(username=f"twin{number}", email="twins@example.org") for number in (1, 2)]

    page = visit.get(FLAGS, {"user": "twins@example.org"}).content.decode()

    assert "could be any of these" in page
    assert all(f'href="?key={twin.pk}"' in page for twin in twins)


def test_languages_units_and_parameters_are_asked_about(visit: Client, ada: User) -> None:
    flag = Flag.objects.create(name="x", languages="de", testing=True, percent=50, superusers=False)

    by_language = visit.get(why(flag), {"language": "de"})
    by_parameter = visit.get(why(flag), {"query": "?dwft_x=0", "user": "ada", "language": "de"})
    by_unit = visit.get(why(flag), {"unit": "tenant 7"})
    by_all = visit.get(why(flag), {"unit": "tenant 7", "query": "a=b", "user": "ada"})

    assert decided_by(by_language) == ["Languages"]
    assert steps_of(by_parameter)["Testing"] == ("off", "the query string says off")
    assert decided_by(by_parameter) == ["Testing"]
    told = explain(Subject(unit="tenant 7"), "x").verdict.detail
    assert steps_of(by_unit)["Percent"][1] == steps_of(by_all)["Percent"][1] == told


def test_a_visit_without_a_user_is_asked_about(visit: Client) -> None:
    flag = Flag.objects.create(name="x", percent=50)

    page = visit.get(why(flag), {"query": "x=1"})

    assert steps_of(page)["Percent"] == ("unknown", "nothing was dealt yet: the first check does that")


def test_a_condition_without_a_field_goes_by_its_name(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_OVERRIDE = True
    flag = Flag.objects.create(name="x")

    page = visit.get(why(flag), {"query": "x=1"})

    assert decided_by(page) == ["WAFFLE_OVERRIDE"]


def test_a_flag_that_a_test_sets_is_told_as_such(visit: Client) -> None:
    flag = Flag.objects.create(name="x")

    with override_flag("x", active=True):
        page = visit.get(why(flag)).content.decode()

    assert "A test overrides it in this process" in page


def test_methods_of_a_model_are_explained(visit: Client, ada: User, settings: Settings) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.ScratchFlag"
    ScratchFlag.objects.create(name="x", staff=True)

    verdicts = verdicts_for(FLAG, Subject(ada))

    assert verdicts["x"].reason is Reason.CUSTOM


def test_all_flags_of_a_user_say_what_decides(visit: Client, ada: User) -> None:
    Flag.objects.create(name="b", everyone=True)
    Flag.objects.create(name="c", everyone=False)
    staff = Flag.objects.create(name="a", staff=True)

    page = visit.get(FLAGS, {"user": "ada"})

    assert [(row.name, row.active, str(row.reason), row.detail) for row in page.context["rows"]] == [
        ("a", True, "staff", "the user is staff"),
        ("b", True, "everyone", "set to on"),
        ("c", False, "everyone", "set to off"),
    ]
    assert "2 of 3 flags are on" in page.content.decode()
    assert f"{why(staff)}?user=ada&amp;key={ada.pk}" in page.content.decode()


def test_flags_are_found_by_name_and_state(visit: Client) -> None:
    for number in range(3):
        Flag.objects.create(name=f"flag{number}", everyone=number == 1)

    names = [
        [row.name for row in visit.get(f"{FLAGS}?{asked}").context["rows"]]
        for asked in ("q=FLAG2", "state=on", "state=off", "state=x", "q=none")
    ]

    assert names == [["flag2"], ["flag1"], ["flag0", "flag2"], [], []]


def test_many_flags_are_shown_page_by_page_in_few_queries(
    visit: Client, ada: User, django_assert_max_num_queries: Any
) -> None:
    group = Group.objects.get()
    flags = Flag.objects.bulk_create(Flag(name=f"flag{number:04}") for number in range(450))
    group.flag_set.set(flags)

    with django_assert_max_num_queries(20):
        page = visit.get(f"{FLAGS}?user=ada&page=2&q=flag")

    assert [row.name for row in page.context["rows"]] == [f"flag{number:04}" for number in range(200, 400)]
    assert "?user=ada" in page.content.decode()


def test_asking_leaves_no_trace(visit: Client, ada: User) -> None:
    flag = Flag.objects.create(name="x", testing=True, percent=50)

    for url in (why(flag), FLAGS):
        response = visit.get(url, {"user": "ada", "query": "dwft_x=1"})
        assert {"dwf_x", "dwft_x"}.isdisjoint(response.cookies)
    assert evaluated()["flags"] == {}


def test_a_subject_is_told_what_a_check_says(ada: User) -> None:
    for number in range(9):
        Flag.objects.create(name=f"flag{number}", percent=number * 10, superusers=False)

    verdicts = verdicts_for(FLAG, Subject(ada))

    assert verdicts == {name: flag_verdict(Subject(ada), name) for name in verdicts}
    assert len(verdicts) == 9


@pytest.mark.parametrize("permission", ["view_flag", "change_flag", "view_user", ""])
def test_the_pages_are_for_those_who_may_see_flags(client: Client, ada: User, permission: str) -> None:
    flag = Flag.objects.create(name="x")
    ada.user_permissions.add(*Permission.objects.filter(codename=permission))
    client.force_login(ada)

    codes = {client.get(url).status_code for url in (FLAGS, why(flag))}

    assert codes == ({200} if permission.endswith("flag") else {403})


def test_a_flag_that_is_not_there_has_no_page(visit: Client) -> None:
    assert visit.get("/admin/waffle/flag/4711/why/").status_code == 404


@pytest.mark.parametrize("model", [PlainFlag, CompanyAwareFlag])
def test_flags_of_other_models_are_searched_by_a_list_of_users_if_there_is_one(
    visit: Client, model: Any, rf: RequestFactory, root: User
) -> None:
    request: Any = rf.get("/")
    request.user = root

    assert bool(search_of_users(FlagAdmin(model, site), request)) is (model is CompanyAwareFlag)


# The page of a user


def test_the_page_of_a_user_leads_to_the_flags(visit: Client, ada: User) -> None:
    page = visit.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()

    assert f'<a href="{FLAGS}?key={ada.pk}">Flags</a>' in page
    assert visit.get(f"{FLAGS}?key={ada.pk}").context["asked"].user == ada
    assert visit.get("/admin/auth/user/add/").status_code == 200


def test_the_list_of_flags_has_a_link_to_the_flags_of_a_user(visit: Client) -> None:
    page = visit.get(address(FLAG, "changelist")).content.decode()

    assert f'<a href="{FLAGS}">Flags of a user</a>' in page
    assert visit.get(FLAGS).context["title"] == "Flags of a user"


@pytest.mark.parametrize("action", ["view", "toggle", "change"])
def test_whoever_may_see_flags_has_these_links(client: Client, ada: User, action: str) -> None:
    ada.user_permissions.set(Permission.objects.filter(codename__in=["view_user", f"{action}_flag"]))
    client.force_login(ada)

    assert f'<a href="{FLAGS}">' in client.get(address(FLAG, "changelist")).content.decode()
    assert f'<a href="{FLAGS}?key=' in client.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()


def test_who_may_not_see_flags_has_no_such_link(client: Client, ada: User) -> None:
    ada.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(ada)

    assert "why" not in client.get(f"/admin/auth/user/{ada.pk}/change/").content.decode()


def test_a_site_without_pages_of_flags_has_no_such_link(root: User, settings: Settings) -> None:
    settings.ROOT_URLCONF = "waffle.urls"
    request: Any = RequestFactory().get("/")
    request.user = root
    source = "{% load waffle_admin %}{% waffle_flags_link user %}"

    assert Template(source).render(Context({"request": request, "user": root})) == ""
    assert Template(source).render(Context({"request": request, "user": None})) == ""


def test_flags_that_a_page_hides_are_not_counted(
    visit: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ours", "theirs"):
        Flag.objects.create(name=name, everyone=True)
    page = site._registry[Flag]
    monkeypatch.setattr(page, "get_queryset", lambda request: Flag.objects.filter(name="ours"))

    response = visit.get(address(FLAG, "changelist") + "why/", {"user": "ada"})

    assert response.context["headline"] == "1 of 1 flag is on"


def test_flags_that_a_page_refuses_are_not_among_those_of_a_user(root: User, rf: RequestFactory) -> None:
    class Strict(FlagAdmin):
        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return obj is None or obj.name != "theirs"

        has_change_permission = has_view_permission

    for name in ("ours", "theirs"):
        Flag.objects.create(name=name, everyone=True)
    request: Any = rf.get("/")
    request.user = root

    page = flags_page(Strict(Flag, site), request)

    assert [row.name for row in page.context_data["rows"]] == ["ours"]
    assert page.context_data["headline"] == "1 of 1 flag is on"
