"""The content of the measured site, and the requests that it gets. All libraries have the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from benchmarks.rows import Scene

if TYPE_CHECKING:
    from benchmarks.contenders import Contender

# Ten flags of each sort are among the 50; a template asks for 100 that are settled.
SORTS = ("everyone", "percent", "staff", "groups", "users")
MIXED = tuple(f"{sort}_{number}" for number in range(10) for sort in SORTS)
SETTLED = tuple(f"everyone_{number}" for number in range(100))
CROWD = "crowd_0"

GUEST = "guest"
GUESTS_GROUPS = ("group_0", "group_1", "group_2")  # in a site that asks for no more
NOBODYS_GROUP = "nobody"
LISTED = tuple(f"user_{number}" for number in range(4))  # 10,000 links in the largest site


@dataclass(frozen=True)
class FlagSpec:
    """A flag of the site, and what it is to answer the guest."""

    sort: str
    number: int

    @property
    def name(self) -> str:
        """Its name."""
        return f"{self.sort}_{self.number}"

    @property
    def is_on(self) -> bool:
        """Whether it is on for the guest."""
        return self.sort == "staff" or self.number % 2 == 0

    @property
    def group(self) -> str:
        """The group that it lists, if it lists one."""
        return GUESTS_GROUPS[0] if self.is_on else NOBODYS_GROUP

    @property
    def users(self) -> tuple[str, ...]:
        """The users that it lists, if it lists some."""
        return (*LISTED[1:], GUEST if self.is_on else LISTED[0])


def specs(scene: Scene) -> list[FlagSpec]:
    """Return the flags of a site."""
    made = [FlagSpec(sort, number) for sort, size in scene.flags.items() for number in range(size)]
    return [*made, FlagSpec("crowd", 0)] if scene.crowd else made


def fill(contender: Contender, scene: Scene) -> None:
    """Make the site's toggles, users and groups, and nothing else; its cache is empty."""
    call_command("flush", verbosity=0, interactive=False)
    User.objects.bulk_create(User(username=name) for name in LISTED)
    guest = User.objects.create(username=GUEST, is_staff=True)
    Group.objects.bulk_create(Group(name=f"group_{number}") for number in range(scene.groups))
    guest.groups.add(*Group.objects.all())
    Group.objects.create(name=NOBODYS_GROUP)
    contender.fill(specs(scene))
    if scene.crowd:
        _add_users(scene.crowd)
        contender.list_everybody(CROWD)
    cache.clear()


def _add_users(number: int) -> None:
    """Make users as quickly as can be."""
    table = connection.ops.quote_name(User._meta.db_table)
    columns = ("username", "password", "first_name", "last_name", "email")
    truths = ("is_active", "is_staff", "is_superuser")
    names = ", ".join(map(connection.ops.quote_name, (*columns, *truths, "date_joined")))
    joined = connection.ops.adapt_datetimefield_value(User.objects.get(username=GUEST).date_joined)
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * 9)})"
    rows: Iterator[tuple[object, ...]] = (
        (f"crowd_{place}", *repeat("", 4), True, False, False, joined) for place in range(number)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(sql, rows)  # type: ignore[arg-type]  # the stubs want a list


def verify(contender: Contender, flags: list[FlagSpec]) -> None:
    """Raise where a flag answers the guest what it should not: nobody wants to know how long that takes."""
    asked = request()
    wrong: list[str] = []

    def view(asked: HttpRequest) -> HttpResponse:
        wrong.extend(spec.name for spec in flags if bool(contender.flag(asked, spec.name)) is not spec.is_on)
        return HttpResponse()

    contender.middleware(view)(asked)
    if wrong:
        raise AssertionError(f"These flags answer what they should not: {', '.join(wrong)}")


def request() -> HttpRequest:
    """Return a request of the guest, who was here before: the browser holds a cookie for each percentage."""
    made = RequestFactory().get("/shop/", {"beta": "1"})
    made.COOKIES.update({f"dwf_percent_{number}": str(number % 2 == 0) for number in range(10)})
    user = User.objects.get(username=GUEST)
    # Lazy as the site's own is, and loaded: that query is the site's, whatever flags it has.
    lazy = SimpleLazyObject(lambda: user)
    assert lazy.is_authenticated
    made.user = lazy  # type: ignore[assignment]  # the stubs want the user itself
    return made
