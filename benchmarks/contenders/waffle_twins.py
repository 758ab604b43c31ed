"""Waffle Iron and django-waffle: what works with the one works with the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import HttpRequest

from benchmarks.contenders import Contender, Handler
from benchmarks.site import FlagSpec
from waffle import flag_is_active, switch_is_active
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag, Switch
from waffle.views import waffle_json

# Any: fields of several types.
FIELDS: dict[str, dict[str, Any]] = {"percent": {"percent": 50}, "staff": {"staff": True}}


class WaffleTwin(Contender):
    """Either of the two."""

    django_libraries = ("waffle.templatetags.waffle_tags",)
    django_tag = '{% flag "NAME" %}on{% else %}off{% endflag %}'
    jinja_extensions = ("waffle.jinja.WaffleExtension",)
    jinja_tag = '{% if waffle.flag("NAME") %}on{% else %}off{% endif %}'

    def __init__(self) -> None:
        self.flag, self.switch = flag_is_active, switch_is_active

    def middleware(self, view: Handler) -> Handler:
        """Put the middleware around a view."""
        return WaffleMiddleware(view)

    def fill(self, flags: Sequence[FlagSpec]) -> None:
        """Make toggles and links."""
        Flag.objects.bulk_create(Flag(name=spec.name, **_fields(spec)) for spec in flags)
        Switch.objects.bulk_create([Switch(name="switch", active=True), Switch(name="saved")])
        keys = dict(Flag.objects.values_list("name", "pk"))
        users = dict(User.objects.values_list("username", "pk"))
        groups = dict(Group.objects.values_list("name", "pk"))
        through = Flag.users.through.objects
        through.bulk_create(
            Flag.users.through(flag_id=keys[spec.name], user_id=users[name])
            for spec in flags
            if spec.sort == "users"
            for name in spec.users
        )
        Flag.groups.through.objects.bulk_create(
            Flag.groups.through(flag_id=keys[spec.name], group_id=groups[spec.group])
            for spec in flags
            if spec.sort == "groups"
        )

    def list_everybody(self, name: str) -> None:
        """Copy all keys into the flag's list; saved then, for raw SQL sends no signal."""
        flag = Flag.objects.get(name=name)
        quote = connection.ops.quote_name
        links, users = quote(Flag.users.through._meta.db_table), quote(User._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {links} (flag_id, user_id) SELECT %s, id FROM {users}", [flag.pk])
        flag.save()

    def status(self, request: HttpRequest) -> object:
        """Answer as JSON."""
        return waffle_json(request)

    def saver(self) -> Callable[[], object]:
        """Flip the switch, and return what saves that."""
        switch = Switch.objects.get(name="saved")
        switch.active = not switch.active
        save: Callable[[], object] = switch.save
        return save


# Any: fields of several types.
def _fields(spec: FlagSpec) -> dict[str, Any]:
    return {"everyone": spec.is_on} if spec.sort == "everyone" else FIELDS.get(spec.sort, {})


CONTENDER = WaffleTwin()
