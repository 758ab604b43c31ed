"""The pages of changes: a list, a timeline, one change, and the button that takes it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.test import Client, RequestFactory
from django.urls import include, path, reverse

from tests.admin.forms import address
from tests.each import each_kind
from tests.tables import table_away
from waffle import history
from waffle.admin import ChangeAdmin, register
from waffle.admin.moments import MomentFilter
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db

LIST = "/admin/waffle/change/"

site = admin.AdminSite("backstage")
register(site)
bare = admin.AdminSite("bare")
bare.register(Change, ChangeAdmin)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("backstage/", site.urls),
    path("bare/", bare.urls),
    path("", include("waffle.urls")),
]


# Any, throughout: pages, with what a test client hangs on them.
@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def flag() -> Flag:
    flag: Flag = Flag.objects.create(name="x", percent=5)
    with history.by("ada", comment="Sales <week>"):
        flag.percent, flag.note = 50, "<b>"
        flag.save()
    return flag


def last() -> Change:
    change: Change = history.changes().first()
    return change


def page_of(change: Change, where: str = "admin") -> str:
    return reverse("admin:waffle_change_change", args=[change.pk], current_app=where)


def revert(client: Client, change: Change, where: str = "admin") -> Any:
    return client.post(
        reverse("admin:waffle_change_revert", args=[change.pk], current_app=where), follow=True
    )


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def shown(response: Any) -> list[str]:
    return [f"{change.kind} {change.name} {change.action}" for change in response.context["cl"].result_list]


def staff(client: Client, *codenames: str) -> User:
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


def test_the_list_shows_what_was_changed_and_escapes_it(visit: Client, flag: Flag) -> None:
    response = visit.get(LIST)
    page = response.content.decode()

    assert shown(response) == ["flag x changed", "flag x created"]
    assert "Note: empty → &lt;b&gt;; Percent: 5.0 → 50.0" in page
    assert "<strong>created</strong> Name: x; Percent: 5.0" in page
    assert "<b>" not in page


def test_of_a_long_change_the_list_shows_the_first_lines(visit: Client, flag: Flag) -> None:
    flag.staff = flag.testing = flag.rollout = flag.authenticated = True
    flag.save()

    assert "Authenticated: no → yes (+1)" in visit.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind__exact": "switch"}, ["switch s created"]),
        ({"action__exact": "changed"}, ["flag x changed"]),
        ({"source__exact": "test"}, ["switch s created", "flag x changed", "flag x created"]),
        ({"who": "ada"}, ["flag x changed"]),
        ({"q": "sales"}, ["flag x changed"]),
        ({"since": "2026-01-02T14:00", "until": "2026-01-02T14:10"}, ["flag x created"]),
        ({"until": "2026-01-02T13:59"}, []),
        ({"since": "2026-01-02T14:05", "q": "x"}, ["flag x changed"]),
        ({"since": "yesterday"}, ["switch s created", "flag x changed", "flag x created"]),
    ],
)
def test_filters_find_what_was_changed_by_whom_and_when(
    visit: Client, flag: Flag, query: dict[str, str], found: list[str]
) -> None:
    Switch.objects.create(name="s")
    Change.objects.filter(action="created", kind="flag").update(
        at=datetime(2026, 1, 2, 14, 3, tzinfo=timezone.utc)
    )

    response = visit.get(LIST, query)

    assert shown(response) == found
    assert ("Enter a date and a time" in response.content.decode()) is ("yesterday" in query.values())


def test_the_form_of_times_keeps_the_other_filters(visit: Client, flag: Flag) -> None:
    page = visit.get(LIST, {"kind__exact": "flag", "since": "2026-01-02T14:00", "q": "x"}).content.decode()
    page = page[page.index('class="waffle-moments"') :].partition("</form>")[0]

    assert '<input type="hidden" name="kind__exact" value="flag">' in page
    assert '<input type="hidden" name="q" value="x">' in page
    assert 'name="since" value="2026-01-02T14:00"' in page
    assert '<input type="hidden" name="since"' not in page


def test_the_list_costs_the_same_queries_whatever_it_shows(
    visit: Client, flag: Flag, django_assert_max_num_queries: Any
) -> None:
    visit.get(LIST)
    for number in range(50):
        Switch.objects.create(name=f"{number}")

    with django_assert_max_num_queries(9):
        visit.get(LIST)


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


def test_a_revert_that_has_nothing_to_do_shows_the_change(visit: Client, flag: Flag) -> None:
    group = Group.objects.create(name="g")
    flag.groups.add(group)
    change = last()
    flag.groups.clear()

    response = revert(visit, change)

    assert response.redirect_chain == [(page_of(change), 302)]


def test_a_link_reverts_nothing(visit: Client, flag: Flag) -> None:
    response = visit.get(reverse("admin:waffle_change_revert", args=[last().pk]))

    assert response.status_code == 405
    assert Flag.objects.get().percent == 50


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


# permissions: the kinds whose changes are seen, and whether the page of a flag's change has the button
RIGHTS: list[tuple[list[str], list[Kind], bool]] = [
    (["view_change"], [*KINDS], False),
    (["view_flag"], [FLAG], False),
    (["toggle_flag"], [FLAG], False),
    (["change_flag"], [FLAG], True),
    (["change_switch", "view_sample"], [SWITCH, SAMPLE], False),
]


@pytest.mark.parametrize(("codenames", "kinds", "may_revert"), RIGHTS)
def test_who_may_see_toggles_may_see_their_changes_and_who_may_change_them_may_revert(
    client: Client, flag: Flag, codenames: list[str], kinds: list[Kind], may_revert: bool
) -> None:
    change = last()
    Switch.objects.create(name="s")
    Sample.objects.create(name="m", percent=5)
    staff(client, *codenames)

    seen = {change.kind for change in client.get(LIST).context["cl"].result_list}
    page = client.get(page_of(change))
    answer = revert(client, change)

    assert seen == {kind.name for kind in kinds}
    assert page.status_code == (200 if FLAG in kinds else 404)
    assert ("Revert</button>" in page.content.decode()) is may_revert
    assert answer.status_code == (200 if may_revert else 403 if FLAG in kinds else 404)
    assert Flag.objects.get().percent == (5 if may_revert else 50)
    assert "Changes" in client.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("codename", "action"),
    [("add_flag", "deleted"), ("delete_flag", "created"), ("change_flag", "changed")],
)
def test_a_revert_needs_the_permission_for_what_it_does(
    client: Client, flag: Flag, codename: str, action: str
) -> None:
    changes = {change.action: change for change in history.changes()}
    other = Flag.objects.create(name="other")
    changes["created"] = last()
    changes["changed"] = history.changes("flag", "x")[0]
    gone = Flag.objects.create(name="gone")
    gone.delete()
    changes["deleted"] = last()
    staff(client, "view_flag", codename)

    buttons = {
        name: "Revert</button>" in client.get(page_of(change)).content.decode()
        for name, change in changes.items()
    }

    assert buttons == {name: name == action for name in changes}
    assert other.pk is not None


def test_without_any_permission_there_is_nothing_to_see(client: Client, flag: Flag) -> None:
    staff(client)

    assert client.get(LIST).status_code == 403
    assert client.get(page_of(last())).status_code == 404
    assert revert(client, last()).status_code == 404
    assert "waffle/change" not in client.get("/admin/").content.decode()


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


def test_a_site_that_shows_no_toggles_goes_by_the_permissions(client: Client, flag: Flag) -> None:
    staff(client, "view_flag")
    assert "Revert</button>" not in client.get(page_of(last(), "bare")).content.decode()

    User.objects.get().user_permissions.set(Permission.objects.filter(codename="change_flag"))
    client.force_login(User.objects.get())
    assert "Revert</button>" in client.get(page_of(last(), "bare")).content.decode()


def test_the_timeline_of_a_toggle_shows_each_change_and_djangos_own_log(visit: Client, flag: Flag) -> None:
    visit.post(address(FLAG, "change", flag.pk), {"name": "x", "everyone": "unknown", "note": "new"})

    page = visit.get(address(FLAG, "history", flag.pk)).content.decode()

    assert page.count('class="module waffle-event"') == 3
    assert "Sales &lt;week&gt;" in page
    assert page_of(last()) in page
    assert "Django’s own log" in page
    assert "Note (&lt;b&gt; → new)" in page


def test_a_long_timeline_has_pages(visit: Client, flag: Flag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waffle.admin.timeline.PER_PAGE", 1)
    where = address(FLAG, "history", flag.pk)

    first, second = (visit.get(where, {"changes": number}).content.decode() for number in (1, 2))

    assert ("Older</a>" in first, "Newer</a>" in first) == (True, False)
    assert ("Older</a>" in second, "Newer</a>" in second) == (False, True)


def test_a_toggle_from_before_there_was_a_history_says_so(visit: Client, flag: Flag) -> None:
    Change.objects.all().delete()

    page = visit.get(address(FLAG, "history", flag.pk)).content.decode()

    assert "No changes have been recorded yet." in page


@pytest.mark.django_db(transaction=True)
def test_without_the_table_the_timeline_names_migrate(visit: Client, flag: Flag) -> None:
    with table_away("waffle_change"):
        page = visit.get(address(FLAG, "history", flag.pk)).content.decode()

    assert "“migrate” creates it" in page


def test_the_timeline_is_for_who_may_see_the_toggle(client: Client, flag: Flag) -> None:
    staff(client, "view_switch")

    assert client.get(address(FLAG, "history", flag.pk)).status_code == 403
    assert client.get(address(FLAG, "history", 0)).status_code == 302


def test_an_event_on_a_site_without_pages_of_changes_has_no_link(flag: Flag, settings: Any) -> None:
    from waffle.admin.timeline import event

    settings.ROOT_URLCONF = "waffle.urls"

    assert event(last(), admin.site).url == ""


SUBMITS: dict[str, Callable[[Client, Flag], object]] = {
    "form": lambda client, flag: client.post(
        address(FLAG, "change", flag.pk), {"name": "x", "everyone": "true", "note": "new", "percent": "7"}
    ),
    "action": lambda client, flag: client.post(
        address(FLAG, "changelist"), {"action": "enable_for_all", "_selected_action": [flag.pk]}
    ),
    "deletion": lambda client, flag: client.post(address(FLAG, "delete", flag.pk), {"post": "yes"}),
}


@pytest.mark.parametrize("has_middleware", [True, False])
@pytest.mark.parametrize("how", SUBMITS)
def test_what_the_admin_does_is_one_change_by_who_did_it(
    visit: Client, root: User, flag: Flag, settings: Any, how: str, has_middleware: bool
) -> None:
    if not has_middleware:
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("waffle")]
    before = Change.objects.count()

    SUBMITS[how](visit, flag)

    assert Change.objects.count() == before + 1
    assert (last().user, last().source) == (root, "admin")


def test_djangos_log_says_from_what_to_what_a_form_has_changed(visit: Client, flag: Flag) -> None:
    users = [User.objects.create(username=name) for name in ("ada", "bob")]
    group = Group.objects.create(name="g")
    flag.users.add(users[0])
    form = {"name": "x", "everyone": "unknown", "note": "<b>", "percent": "7", "staff": "on"}

    visit.post(address(FLAG, "change", flag.pk), {**form, "users": f"{users[1].pk}", "groups": [group.pk]})

    message = LogEntry.objects.get().get_change_message()
    assert "Percent (50" in message
    assert "Superusers (yes → no)" in message
    assert "Staff (no → yes)" in message
    assert "Users (added bob; removed ada)" in message
    assert "Groups (added g)" in message


def test_a_form_that_changes_nothing_is_logged_so(visit: Client) -> None:
    switch = Switch.objects.create(name="s")

    visit.post(address(SWITCH, "change", switch.pk), {"name": "s", "note": ""})

    assert LogEntry.objects.get().get_change_message() == "No fields changed."


def test_what_was_changed_between_two_moments_is_found_in_the_time_zone_of_the_site(
    visit: Client, flag: Flag, settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    Change.objects.update(at=datetime(2026, 1, 2, 14, 3, tzinfo=timezone.utc))

    found = visit.get(LIST, {"since": "2026-01-02T19:30", "until": "2026-01-02T19:40"})

    assert len(shown(found)) == 2


@pytest.mark.parametrize("action", ["changed", "deleted"])
def test_a_change_of_a_model_whose_keys_were_of_another_type_is_shown(
    visit: Client, flag: Flag, action: str
) -> None:
    Change.objects.update(object_id="0b8c2e9e-1f5a-4c0e-9d51-0a4c2a3c9d10", action=action)

    page = visit.get(page_of(last()))
    after = revert(visit, last())

    assert (page.status_code, after.status_code) == (200, 200)
    assert Flag.objects.get().percent == 50


def test_the_filter_of_times_names_what_an_address_may_say(root: User, rf: RequestFactory) -> None:
    page = ChangeAdmin(Change, admin.site)

    assert MomentFilter(rf.get("/"), {}, Change, page).expected_parameters() == ["since", "until"]
