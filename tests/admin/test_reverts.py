"""The page of a change, and the button that takes it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.admin.forms import address
from tests.admin.history import LIST, last, messages_of, page_of, revert, staff
from tests.each import each_kind
from waffle import history
from waffle.admin.choices import CHOICES
from waffle.kinds import FLAG, Kind
from waffle.models import Change, Flag

pytestmark = pytest.mark.django_db

# Any, throughout: pages, with what a test client hangs on them.


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.admin.sites"


def test_the_page_of_a_change_shows_it_and_reverts_it(visit: Client, root: User, flag: Flag) -> None:
    change = last()
    page = visit.get(page_of(change)).content.decode()

    assert "Sales &lt;week&gt;" in page
    assert "<del>5.0</del>" in page
    assert "<ins>50.0</ins>" in page
    assert '<button type="submit" class="button default">Revert</button>' in page

    response = revert(visit, change)

    flag.refresh_from_db()
    assert flag.percent == 5
    assert flag.note == ""
    back = last()
    assert (back.reverts, back.user, back.source) == (change, root, "admin")
    assert response.redirect_chain == [(page_of(back), 302)]
    assert messages_of(response) == ["“Flag x changed” was reverted."]
    entry = LogEntry.objects.get()
    assert (entry.action_flag, entry.get_change_message()) == (CHANGE, "Reverted: Flag x changed")
    assert page_of(back) in visit.get(page_of(change)).content.decode()
    assert page_of(change) in visit.get(page_of(back)).content.decode()


def test_a_conflict_is_shown_and_nothing_is_overwritten(visit: Client, flag: Flag) -> None:
    change = last()
    with history.by("bob"):
        Flag.objects.update(percent=75)

    page = visit.get(page_of(change)).content.decode()
    response = revert(visit, change)

    assert "because these have changed since:</p>" not in page
    assert "<strong>Percent</strong>" in page
    assert "bob · Percent: 50.0 → 75.0" in page
    assert "Revert</button>" not in page
    assert messages_of(response) == ["Nothing was reverted. Changed since then: Percent."]
    assert Flag.objects.get().percent == 75


@each_kind
def test_a_toggle_that_was_made_goes_and_comes_back(visit: Client, kind: Kind) -> None:
    kind.model.objects.create(name="x", **kind.created_as(True))
    made = last()

    revert(visit, made)
    assert kind.model.objects.count() == 0
    assert "“x” no longer exists." in visit.get(page_of(made)).content.decode()

    gone = last()
    revert(visit, gone)
    assert kind.model.objects.count() == 1
    assert "“x” exists again." in visit.get(page_of(gone)).content.decode()
    flags = LogEntry.objects.order_by("id").values_list("action_flag", flat=True)
    assert [*flags] == [DELETION, ADDITION]


def test_what_would_be_wrong_is_an_error_on_the_page(visit: Client, flag: Flag) -> None:
    flag.name = "y"
    flag.save()
    change = last()
    Flag.objects.create(name="x")

    response = revert(visit, change)

    assert response.context["errors"] == ["Flag with this Name already exists."]
    assert "Flag with this Name already exists." in response.content.decode()


@pytest.mark.parametrize("confirm", ["none", "always"])
def test_a_value_that_its_field_no_longer_takes_is_an_error_on_the_page(
    visit: Client, flag: Flag, settings: Settings, confirm: str
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = confirm
    change = Change.objects.latest("id")
    Change.objects.filter(pk=change.pk).update(before={"percent": "a few"})

    response = visit.post(reverse("admin:waffle_change_revert", args=[change.pk]))

    assert response.context["errors"] == ["“a few” value must be a decimal number."]
    assert Flag.objects.get().percent == 50


def test_a_revert_that_has_nothing_to_do_shows_the_change(visit: Client, flag: Flag) -> None:
    group = Group.objects.create(name="g")
    flag.groups.add(group)
    change = last()
    flag.groups.clear()

    response = revert(visit, change)

    assert response.redirect_chain == [(page_of(change), 302)]


def test_a_link_reverts_nothing_and_shows_the_change(visit: Client, flag: Flag) -> None:
    response = visit.get(reverse("admin:waffle_change_revert", args=[last().pk]))

    assert (response.status_code, response["Location"]) == (302, page_of(last()))
    assert Flag.objects.get().percent == 50
    assert visit.get(reverse("admin:waffle_change_revert", args=[4711])).status_code == 404


def test_a_revert_needs_the_token_of_the_form(root: User, flag: Flag) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(root)

    assert revert(client, last()).status_code == 403
    assert Flag.objects.get().percent == 50


@pytest.mark.parametrize("key", ["0", "no-key", "9" * 30])
def test_a_change_that_is_not_there_is_not_found(visit: Client, key: str) -> None:
    assert visit.get(f"{LIST}{key}/change/").status_code == 404


def test_nobody_adds_edits_or_deletes_a_change(visit: Client, flag: Flag) -> None:
    change = last()

    assert visit.get(f"{LIST}add/").status_code == 403
    assert visit.get(f"{LIST}{change.pk}/delete/").status_code == 403
    assert visit.post(page_of(change), {"name": "other"}).status_code == 200
    assert last().name == "x"
    assert visit.get(f"{LIST}{change.pk}/history/").headers["Location"] == page_of(change)


def test_where_the_admin_is_read_only_nothing_is_reverted(visit: Client, flag: Flag, settings: Any) -> None:
    settings.WAFFLE_ADMIN_READ_ONLY = True
    change = last()

    assert "Revert</button>" not in visit.get(page_of(change)).content.decode()
    assert revert(visit, change).status_code == 403


@pytest.mark.parametrize("where", ["backstage", "bare"])
def test_on_another_site_the_pages_stay_there(visit: Client, flag: Flag, where: str) -> None:
    change = last()
    page = visit.get(page_of(change, where)).content.decode()

    assert f'action="/{where}/waffle/change/{change.pk}/revert/"' in page
    assert (f"/{where}/waffle/flag/" in page) is (where == "backstage")
    assert revert(visit, change, where).redirect_chain[0][0].startswith(f"/{where}/")


@pytest.mark.parametrize("action", ["changed", "deleted"])
def test_a_change_of_a_model_whose_keys_were_of_another_type_is_shown(
    visit: Client, flag: Flag, action: str
) -> None:
    Change.objects.update(object_id="0b8c2e9e-1f5a-4c0e-9d51-0a4c2a3c9d10", action=action)

    page = visit.get(page_of(last()))
    after = revert(visit, last())

    assert (page.status_code, after.status_code) == (200, 200)
    assert Flag.objects.get().percent == 50


def is_asked(response: Any) -> bool:
    return "admin/waffle/confirm.html" in {template.name for template in response.templates}


def answer(client: Client, change: Change, asked: Any, **more: str) -> Any:
    where = reverse("admin:waffle_change_revert", args=[change.pk])
    return client.post(where, {**dict(asked.context["fields"]), **more}, follow=True)


@each_kind
def test_a_revert_is_asked_about_like_a_click(visit: Client, kind: Kind, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    toggle = kind.model.objects.create(name="x", **kind.created_as(True))
    for field, value in kind.created_as(False).items():
        setattr(toggle, field, value)
    toggle.save()
    change = last()

    asked = revert(visit, change)
    before = CHOICES[kind]["off"].is_set(kind.model.objects.get())
    answered = answer(visit, change, asked)

    assert (is_asked(asked), before) == (True, True)
    assert f'href="{page_of(change)}" class="closelink"' in asked.content.decode()
    assert "Revert “" in asked.content.decode()
    assert not is_asked(answered)
    assert CHOICES[kind]["on"].is_set(kind.model.objects.get())


@each_kind
def test_a_revert_that_deletes_wants_the_name_typed(visit: Client, kind: Kind, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    kind.model.objects.create(name="x", **kind.created_as(True))
    made = last()

    asked = revert(visit, made)
    wrong = answer(visit, made, asked, typed="y")
    left = kind.model.objects.count()
    answer(visit, made, asked, typed="x")

    assert (is_asked(asked), is_asked(wrong), left) == (True, True, 1)
    assert not kind.model.objects.exists()


@pytest.mark.parametrize(
    ("fields", "default", "asked"),
    [
        ({"everyone": True}, False, True),
        ({"everyone": False}, False, False),
        ({"everyone": False}, True, True),
        ({"percent": 5}, False, False),
    ],
)
def test_what_is_made_anew_is_asked_about_if_everybody_gets_another_answer(
    visit: Client, settings: Settings, fields: dict[str, Any], default: bool, asked: bool
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "large"
    settings.WAFFLE_FLAG_DEFAULT = default
    Flag.objects.create(name="x", **fields).delete()
    gone = last()

    response = revert(visit, gone)

    assert is_asked(response) is asked
    assert Flag.objects.exists() is not asked
    if asked:
        answer(visit, gone, response)
        assert Flag.objects.exists()


@pytest.mark.parametrize("share", [5, 60])
def test_a_revert_is_asked_about_by_its_share_of_users(visit: Client, settings: Settings, share: int) -> None:
    settings.WAFFLE_ADMIN_CONFIRM, settings.WAFFLE_ADMIN_CONFIRM_SHARE = "large", share
    flag = Flag.objects.create(name="x", everyone=True, percent=50, superusers=False)
    flag.everyone = None
    flag.save()

    assert is_asked(revert(visit, last())) is (share == 5)


def test_a_revert_of_other_fields_or_in_conflict_is_not_asked_about(
    visit: Client, flag: Flag, settings: Settings
) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    change = last()
    Flag.objects.update(everyone=True)
    flag.refresh_from_db()
    flag.everyone = None
    flag.save()
    off = last()
    Flag.objects.update(everyone=False)

    in_conflict = revert(visit, off)
    done = revert(visit, change)

    assert messages_of(in_conflict) == ["Nothing was reverted. Changed since then: Everyone."]
    assert (is_asked(done), Flag.objects.get().percent) == (False, 5)


def test_who_may_not_revert_is_refused_and_not_asked(client: Client, flag: Flag, settings: Settings) -> None:
    settings.WAFFLE_ADMIN_CONFIRM = "always"
    Flag.objects.update(everyone=True)
    staff(client, "view_flag")

    assert revert(client, last()).status_code == 403


def test_a_later_toggle_with_the_same_key_is_not_that_of_the_change(visit: Client, flag: Flag) -> None:
    change = last()
    Flag.objects.update(name="other")
    Change.objects.filter(name="other").delete()

    page = visit.get(page_of(change)).content.decode()

    assert "“x” no longer exists." in page
    assert address(FLAG, "history", flag.pk) not in page
    assert messages_of(revert(visit, change)) == ["Nothing was reverted. “x” no longer exists."]
