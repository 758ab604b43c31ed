"""The content of the measured site, and the requests that it gets. All libraries have the same."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from waffle.models import Flag, Switch

# Ten flags of each sort are on the page of 50; the template asks for 100 that are settled.
SORTS = ("everyone", "percent", "staff", "groups", "users")
MIXED = tuple(f"{sort}_{number}" for number in range(10) for sort in SORTS)
SETTLED = tuple(f"everyone_{number}" for number in range(100))

GUEST = "guest"
LISTED = 10  # users in each list


def fill() -> None:
    """Make the site's toggles, users and groups."""
    users = User.objects.bulk_create(User(username=f"user_{number}") for number in range(LISTED))
    guest = User.objects.create(username=GUEST, is_staff=True)
    groups = Group.objects.bulk_create(Group(name=f"group_{number}") for number in range(4))
    guest.groups.add(*groups[:3])
    Flag.objects.bulk_create(Flag(name=name, **_fields(name)) for name in {*MIXED, *SETTLED})
    Switch.objects.bulk_create([Switch(name="switch", active=True), Switch(name="saved")])
    for flag in Flag.objects.filter(name__startswith="users_"):
        flag.users.add(*users[1:], guest if _number(flag.name) % 2 == 0 else users[0])
    for flag in Flag.objects.filter(name__startswith="groups_"):
        flag.groups.add(groups[0] if _number(flag.name) % 2 == 0 else groups[3])


def request() -> HttpRequest:
    """Return a request of the guest, who was here before: the browser holds a cookie for each percentage."""
    made = RequestFactory().get("/")
    made.COOKIES.update({f"dwf_percent_{number}": str(number % 2 == 0) for number in range(10)})
    user = User.objects.get(username=GUEST)
    # Lazy as the site's own is, and loaded: that query is the site's, whatever flags it has.
    lazy = SimpleLazyObject(lambda: user)
    assert lazy.is_authenticated
    made.user = lazy  # type: ignore[assignment]  # the stubs want the user itself
    return made


# Any: fields of several types.
def _fields(name: str) -> dict[str, Any]:
    by_sort: dict[str, dict[str, Any]] = {
        "everyone": {"everyone": True},
        "percent": {"percent": 50},
        "staff": {"staff": True},
    }
    return by_sort.get(name.rpartition("_")[0], {})


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])
