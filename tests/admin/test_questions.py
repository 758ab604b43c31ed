"""What the admin asks before it turns something on or off for everyone, or deletes it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.utils.html import escape
from pytest_django import Settings

from tests.admin.forms import FORMS, address, errors_of
from tests.each import each_kind
from waffle.admin import SwitchAdmin, enable_for_all
from waffle.admin.choices import CHOICES, version_of
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch

pytestmark = pytest.mark.django_db

# Any, in this file: pages, requests and responses, which Django types by model.


def press(client: Client, toggle: Any, choice: str, **more: str) -> Any:
    version = version_of(type(toggle).objects.get(pk=toggle.pk), {})
    place = address(toggle._waffle_kind, "flip", toggle.pk)
    return client.post(place, {"flip": f"{choice}.{version}", **more})


def is_asked(response: Any) -> bool:
    return "admin/waffle/confirm.html" in {template.name for template in response.templates}


@each_kind
def test_an_admin_that_always_asks_flips_after_the_answer(
    visit: Client, settings: Settings, kind: Kind
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    toggle = kind.model.objects.create(name="<x>", **kind.created_as(False))

    asked = press(visit, toggle, "on")
    before = CHOICES[kind]["on"].is_set(kind.model.objects.get())
    answered = press(visit, toggle, "on", **dict(asked.context["fields"]))

    assert (is_asked(asked), before) == (True, False)
    assert escape(CHOICES[kind]["on"].asks % toggle) in asked.content.decode()
    assert answered.status_code == 302
    assert CHOICES[kind]["on"].is_set(kind.model.objects.get())


def test_the_question_says_what_would_come_of_it(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    flag = Flag.objects.create(name="x", superusers=False)
    ada, _bob = User.objects.create_user("ada"), User.objects.create_user("bob")
    flag.users.add(ada)
    version = "on.nothing"

    page = visit.post(address(FLAG, "flip", flag.pk), {"flip": version}).content.decode()

    assert "On for the user ada" in page
    assert "On for everyone" in page
    assert "This change turns it on for 2 and off for 0." in page


def test_letting_conditions_decide_is_never_asked_about(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    flag = Flag.objects.create(name="x", everyone=True)

    assert press(visit, flag, "conditions").status_code == 302
    assert Flag.objects.get().everyone is None


def test_what_is_set_already_is_not_asked_about(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    flag = Flag.objects.create(name="x", everyone=True)

    assert press(visit, flag, "on").status_code == 302
    assert visit.post(address(FLAG, "flip", 4711), {"flip": "on.1"}).status_code == 302


@pytest.mark.parametrize(
    ("toggle", "choice", "asked"),
    [
        (Flag(everyone=False), "on", True),
        (Flag(percent=90), "on", False),
        (Flag(percent=50), "on", True),
        (Flag(percent=50), "off", True),
        (Flag(percent=20), "off", False),
        (Flag(authenticated=True), "off", True),
        (Flag(), "off", False),
        (Switch(active=True), "off", True),
        (Sample(percent=20), "off", False),
        (Sample(percent=20), "on", True),
    ],
)
def test_an_admin_that_asks_before_large_changes_goes_by_the_share_of_users_and_visitors(
    visit: Client, settings: Settings, toggle: Any, choice: str, asked: bool
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    settings.WAFFLE_ADMIN_CONFIRM_SHARE = 40
    User.objects.bulk_create(User(username=f"user {number}") for number in range(20))
    toggle = type(toggle)(**{field.attname: getattr(toggle, field.attname) for field in toggle._meta.fields})
    toggle.name, toggle.superusers = "x", False
    toggle.save()

    assert is_asked(press(visit, toggle, choice)) is asked


def test_a_site_without_users_is_asked_about_its_visitors(settings: Settings) -> None:
    from waffle.admin.consequences import of_fields

    flag = Flag.objects.create(name="x", superusers=False)

    assert of_fields(flag, {"everyone": True}).share == 100
    assert of_fields(flag, {"everyone": None}).share == 0


def test_who_may_not_flip_is_not_asked_but_refused(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    settings.WAFFLE_ADMIN_READ_ONLY = True
    flag = Flag.objects.create(name="x")

    assert press(visit, flag, "on").status_code == 403


@each_kind
def test_deletion_wants_the_name_typed(visit: Client, settings: Settings, kind: Kind) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    toggle = kind.model.objects.create(name="new basket", **kind.created_as(True))
    place = address(kind, "delete", toggle.pk)

    asked = visit.get(place)
    wrong = [
        visit.post(place, {"post": "yes", **more})
        for more in ({}, {"typed": "new basket"}, {"typed": "new", "_confirmed": "1"}, {"_confirmed": "1"})
    ]
    left = kind.model.objects.count()
    right = visit.post(place, {"post": "yes", "typed": " new basket ", "_confirmed": "1"})

    assert is_asked(asked)
    assert "Type <b>new basket</b> to confirm:" in asked.content.decode()
    assert [is_asked(response) for response in wrong] == [True] * 4
    assert "nothing was deleted" in wrong[-1].content.decode()
    assert left == 1
    assert right.status_code == 302
    assert not kind.model.objects.exists()


@pytest.mark.parametrize(("default", "then"), [(False, "off"), (True, "on")])
def test_the_question_before_deletion_goes_by_the_default(
    visit: Client, settings: Settings, default: bool, then: str
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    settings.WAFFLE_FLAG_DEFAULT = default
    flag = Flag.objects.create(name="x", everyone=True)

    page = visit.get(address(FLAG, "delete", flag.pk)).content.decode()

    assert f"Deleted: every check answers {then}" in page


def test_deleting_what_is_off_is_no_large_change(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    flag = Flag.objects.create(name="x", everyone=False)

    assert not is_asked(visit.get(address(FLAG, "delete", flag.pk)))
    assert visit.post(address(FLAG, "delete", flag.pk), {"post": "yes"}).status_code == 302
    assert visit.get(address(FLAG, "delete", 4711)).status_code == 302


def act(client: Client, kind: Kind, action: str, **more: str) -> Any:
    keys = list(kind.model.objects.values_list("pk", flat=True))
    return client.post(
        address(kind, "changelist"), {"action": action, "index": "0", "_selected_action": keys, **more}
    )


@pytest.mark.parametrize(
    ("kind", "action", "typed"),
    [
        (FLAG, "enable_for_all", ""),
        (FLAG, "disable_for_all", ""),
        (SWITCH, "disable_switches", ""),
        (FLAG, "delete_individually", "2"),
        (SAMPLE, "delete_individually", "2"),
    ],
)
def test_an_action_asks_once_for_all_that_are_ticked(
    visit: Client, settings: Settings, kind: Kind, action: str, typed: str
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    for name in ("a", "b"):
        kind.model.objects.create(name=name, **({} if kind is FLAG else kind.created_as(True)))
    before = list(kind.model.objects.values())

    asked = act(visit, kind, action)
    between = list(kind.model.objects.values())
    fields: dict[str, Any] = {}
    for name, value in asked.context["fields"]:
        fields.setdefault(name, []).append(value)
    answered = visit.post(address(kind, "changelist"), {**fields, "typed": typed})

    assert is_asked(asked)
    assert before == between
    assert answered.status_code == 302
    assert list(kind.model.objects.values()) != before


def test_an_action_on_many_is_a_large_change(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    Flag.objects.bulk_create(Flag(name=f"{number:02}", percent="99.9") for number in range(11))

    asked = act(visit, FLAG, "enable_for_all")
    Flag.objects.filter(name="00").delete()
    done = act(visit, FLAG, "enable_for_all")

    assert is_asked(asked)
    assert done.status_code == 302
    assert Flag.objects.filter(everyone=True).count() == 10


def test_an_action_that_changes_nothing_is_not_asked_about(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    Flag.objects.create(name="x", everyone=True)

    assert act(visit, FLAG, "enable_for_all").status_code == 302


def test_an_action_without_a_page_asks_nothing(asked: Any, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    Flag.objects.create(name="x")

    assert enable_for_all(None, asked, Flag.objects.all()) is None
    assert Flag.objects.get().everyone is True


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        *((FLAG, {"everyone": "true"}), (FLAG, {"everyone": "false"}), (FLAG, {"percent": "100"})),
        *((SWITCH, {"active": "on"}), (SAMPLE, {"percent": "100"}), (SAMPLE, {"percent": "0"})),
    ],
)
def test_a_form_asks_by_a_box_to_tick(
    visit: Client, settings: Settings, kind: Kind, sent: dict[str, str]
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    created = {} if kind is FLAG else {"active": False} if kind is SWITCH else {"percent": 34}
    toggle = kind.model.objects.create(name="x", **created)
    form = {**FORMS[kind.name], **sent}

    asked = visit.post(address(kind, "change", toggle.pk), form)
    before = CHOICES[kind]["on"].is_set(kind.model.objects.get())
    answered = visit.post(address(kind, "change", toggle.pk), {**form, "_confirmed": "1"})

    assert list(errors_of(asked)) == ["__all__"]
    assert '<input type="checkbox" name="_confirmed" value="1"> Yes, save it' in asked.content.decode()
    assert before is False
    assert answered.status_code == 302


@pytest.mark.parametrize("sent", [{}, {"staff": "on"}, {"percent": "50"}])
def test_a_form_that_decides_nothing_for_everyone_asks_nothing(
    visit: Client, settings: Settings, sent: dict[str, str]
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    flag = Flag.objects.create(name="x")

    assert visit.post(address(FLAG, "change", flag.pk), {**FORMS["flag"], **sent}).status_code == 302
    assert (
        visit.post(address(FLAG, "add"), {**FORMS["flag"], "name": "y", "everyone": "true"}).status_code
        == 302
    )


def test_a_form_asks_before_large_changes_only(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    flag = Flag.objects.create(name="x", percent="99.9", authenticated=True)

    response = visit.post(address(FLAG, "change", flag.pk), {**FORMS["flag"], "everyone": "true"})

    assert response.status_code == 302


def test_a_name_in_a_question_of_a_form_is_text(visit: Client, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    switch = Switch.objects.create(name="<b>x</b>")

    page = visit.post(
        address(SWITCH, "change", switch.pk), {**FORMS["switch"], "name": "<b>x</b>", "active": "on"}
    )

    assert "Turn on “&lt;b&gt;x&lt;/b&gt;”?" in page.content.decode()
    assert "<b>x" not in page.content.decode()


class Editable(SwitchAdmin):
    list_display = (*SwitchAdmin.list_display, "active")
    list_editable = ("active",)


def test_a_list_that_can_be_edited_asks_too(root: User, rf: RequestFactory, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    page = Editable(Switch, site)
    request = rf.get("/")
    request.user = root
    switch = Switch.objects.create(name="x")

    form: Any = page.get_changelist_formset(request)
    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": switch.pk, "form-0-active": "on"}
    asked = form(sent, queryset=Switch.objects.all())
    answered = form({**sent, "_confirmed": "1"}, queryset=Switch.objects.all())

    assert page.check() == []
    assert (asked.is_valid(), answered.is_valid()) == (False, True)
