"""Who sees which changes, and who takes them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.history import LIST, last, page_of, revert, staff
from waffle import history
from waffle.admin import FlagAdmin
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Change, Flag, Sample, Switch

pytestmark = pytest.mark.django_db

# Any, throughout: pages, with what a test client hangs on them.


@pytest.fixture(autouse=True)
def _urls(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.admin.sites"


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


def test_a_site_that_shows_no_toggles_goes_by_the_permissions(client: Client, flag: Flag) -> None:
    staff(client, "view_flag")
    assert "Revert</button>" not in client.get(page_of(last(), "bare")).content.decode()

    User.objects.get().user_permissions.set(Permission.objects.filter(codename="change_flag"))
    client.force_login(User.objects.get())
    assert "Revert</button>" in client.get(page_of(last(), "bare")).content.decode()


class Ours(FlagAdmin):
    """A page that hides some flags from all who may not see every change, and refuses one."""

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).exclude(name__startswith="hidden")

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and getattr(obj, "name", "") != "refused"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: Any = admin.site._registry
    monkeypatch.setitem(pages, Flag, Ours(Flag, admin.site))


@pytest.mark.parametrize(
    ("codename", "seen"),
    [
        ("view_flag", ["gone", "gone", "open"]),
        ("toggle_flag", ["gone", "gone", "open"]),
        ("view_change", ["gone", "gone", "hidden", "open", "refused"]),
    ],
)
def test_changes_of_toggles_that_a_page_hides_are_hidden_by_url_too(
    client: Client, ours: None, codename: str, seen: list[str]
) -> None:
    for name in ("open", "hidden", "refused"):
        Flag.objects.create(name=name)
    Flag.objects.create(name="gone").delete()
    staff(client, codename)

    listed = client.get(LIST).context["cl"].result_list
    pages = [change.name for change in Change.objects.all() if client.get(page_of(change)).status_code == 200]

    assert sorted(change.name for change in listed) == seen
    assert sorted(pages) == seen
    assert all(revert(client, change).status_code in (403, 404) for change in Change.objects.all())


@pytest.mark.parametrize(("name", "is_shown"), [("open", True), ("hidden", False)])
def test_who_sees_all_changes_takes_back_none_of_a_toggle_that_the_page_hides(
    client: Client, ours: None, name: str, is_shown: bool
) -> None:
    flag = Flag.objects.create(name=name)
    flag.note = "new"
    flag.save()
    staff(client, "view_change", "change_flag")

    page = client.get(page_of(last())).content.decode()
    answer = revert(client, last())

    assert ("Revert</button>" in page) is (f"All changes of {name}" in page) is is_shown
    assert answer.status_code == (200 if is_shown else 403)
    assert Flag.objects.get().note == ("" if is_shown else "new")


def test_a_change_does_not_lead_to_a_timeline_that_one_may_not_see(client: Client, flag: Flag) -> None:
    staff(client, "view_change")

    assert "All changes of x" not in client.get(page_of(last())).content.decode()


def test_many_toggles_cost_the_list_no_more_where_a_page_shows_them_all(
    client: Client,
) -> None:
    costs = []
    staff(client, "view_flag")
    for count in (1, 1, 30):
        Flag.objects.bulk_create(Flag(name=f"{Flag.objects.count()}-{number}") for number in range(count))
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))

    assert costs[2] == costs[1]
