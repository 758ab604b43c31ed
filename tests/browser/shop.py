"""A shop that has one of everything, and the addresses of all its pages."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.utils import timezone

from waffle import history
from waffle.models import Change, Flag, Sample, Switch

ADMIN = "/admin/waffle"

# What a page is called in pictures, and where it is.
LISTS = {
    "flags": "flag/",
    "flags-found": "flag/?q=basket&state=conditional&by=users",
    "flags-none": "flag/?q=nothing",
    "switches": "switch/",
    "samples": "sample/",
    "changes": "change/",
    "changes-filtered": "change/?since=2000-01-01T14:00&until=2000-01-01T14:10&kind__exact=flag",
}
FORMS = {
    "flag": "flag/{flag}/change/",
    "flag-new": "flag/add/",
    "switch": "switch/{switch}/change/",
    "switch-new": "switch/add/",
    "sample": "sample/{sample}/change/",
    "sample-new": "sample/add/",
    "flag-deletion": "flag/{flag}/delete/",
}
REST = {
    "members": "flag/{flag}/members/users/",
    "members-found": "flag/{flag}/members/users/?q=guest01",
    "members-groups": "flag/{flag}/members/groups/",
    "why": "flag/{flag}/why/?user=guest017",
    "why-nobody": "flag/{flag}/why/",
    "why-lost": "flag/{flag}/why/?user=twins@example.org",
    "flags-of-user": "flag/why/?user=guest001",
    "timeline": "flag/{flag}/history/",
    "timeline-switch": "switch/{switch}/history/",
    "change": "change/{change}/change/",
}
USER = "../auth/user/{user}/change/"  # Django's own page, with a link of ours
PLACES = {"lists": LISTS, "forms": FORMS, "rest": REST}


class Shop:
    """Its toggles, the first of each kind, and where they are shown."""

    def __init__(self, mark: str = "") -> None:
        """Make it, with `mark` in all that people write: names, notes, comments, users and groups."""
        self.mark = mark
        self.users = self._users()
        self.groups = [Group.objects.create(name=f"{name}{mark}") for name in ("beta", "editors")]
        with history.by(self.users[0], comment=f"Sales week{mark}"):
            self.flag = self._flags()
            self.switch = Switch.objects.create(name=f"sign_up{mark}", active=True, note=f"For robots.{mark}")
            Switch.objects.create(name=f"maintenance{mark}", note="Turn on, and the site is read only.")
            self.sample = Sample.objects.create(name=f"slow_log{mark}", percent=2.5, note=f"Slow.{mark}")
            Sample.objects.create(name=f"tracing{mark}", percent=0)
        with history.by(self.users[0], source="admin", comment=f"Ticket 17{mark}"):
            self.flag.percent, self.flag.note = 25, f"Remembers what was in it.{mark}"
            self.flag.save()
            self.flag.users.add(*self.users[1:26])

    def address(self, place: str) -> str:
        """Return the address of a page."""
        change = Change.objects.filter(name=self.flag.name).latest("pk").pk
        return f"{ADMIN}/" + place.format(
            flag=self.flag.pk,
            switch=self.switch.pk,
            sample=self.sample.pk,
            change=change,
            user=self.users[1].pk,
        )

    def _users(self) -> list[User]:
        names = [f"guest{number:03}{self.mark}" for number in range(40)]
        guests = [User(username=name, email=f"{name[:8]}@example.org") for name in ["ada", *names]]
        twins = [User(username=f"twin{number}{self.mark}", email="twins@example.org") for number in (1, 2)]
        User.objects.bulk_create(guests + twins)
        return list(User.objects.filter(email__gt="").order_by("username"))

    def _flags(self) -> Flag:
        mark = self.mark
        basket: Flag = Flag.objects.create(name=f"new_basket{mark}", staff=True, superusers=False, percent=5)
        basket.groups.add(self.groups[0])
        Flag.objects.create(name=f"dark_mode{mark}", everyone=True, note="Can go with the old style sheet.")
        Flag.objects.create(name=f"german_menu{mark}", languages="de, de-at", superusers=False, testing=True)
        Flag.objects.create(name=f"search_by_image{mark}", superusers=False, note="Waits for the new index.")
        Flag.objects.create(name=f"holiday_banner{mark}", everyone=False, percent=50)
        Flag.objects.create(name=f"reviews{mark}", authenticated=True, percent=12.5)
        Flag.objects.filter(name=f"dark_mode{mark}").update(modified=timezone.now() - timedelta(days=100))
        return basket
