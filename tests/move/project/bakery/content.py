"""What is in the tables: the users, and toggles of every sort."""

from __future__ import annotations

import io
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command

import waffle

COMMANDS = [
    "waffle_flag everyone --create --everyone",
    "waffle_flag closed --create --deactivate --staff --authenticated",
    "waffle_flag authenticated --create --authenticated",
    "waffle_flag staff --create --staff",
    "waffle_flag superusers --create --superusers",
    "waffle_flag users --create --user ada --user emil@example.com",
    "waffle_flag groups --create --group bakers --group tasters",
    "waffle_flag testing --create --testing",
    "waffle_flag percent --create --percent 50",
    "waffle_flag rollout --create --percent 50 --rollout",
    "waffle_flag some-staff --create --staff --percent 50",
    "waffle_flag spare --create --everyone",
    "waffle_switch shop on --create",
    "waffle_switch oven off --create",
    "waffle_switch spare on --create",
    "waffle_sample always 100 --create",
]

# Any, from here on: the values of fields are of many types, and models are the site's own.
FLAGS: dict[str, dict[str, Any]] = {
    "language": {"languages": "de,pt-br"},
    "everything": {"staff": True, "superusers": True, "languages": "de", "percent": 50, "testing": True},
    "nothing": {"superusers": False},
    "with space": {"everyone": True},
    "it's": {"staff": True},
    'say "hi"': {"authenticated": True},
    "semi;colon, comma": {"everyone": True},
    "ünïcode ☃": {"superusers": False, "staff": True},
    "list": {"superusers": False},
    "foo:users": {"everyone": True},
    "</script>": {"authenticated": True},
    "dots.and-dashes_": {"percent": 50},
    "100%": {"staff": True},
    "percent:50%": {"percent": 50},
    "n" * 100: {"everyone": True},
}
SWITCHES = {"with space": True, "ünïcode ☃": True, "it's off": False, "n" * 100: True}
SAMPLES = {"never": 0, "with space": 100, "ünïcode ☃": 0, "n" * 100: 100}


def fill() -> None:
    """Fill empty tables, by commands and by models."""
    users = {name: User(username=name, email=f"{name}@example.com") for name in ("ada", "bob", "emil")}
    users["cleo"] = User(username="cleo", is_staff=True)
    users["dora"] = User(username="dora", is_staff=True, is_superuser=True)
    for user in users.values():
        user.save()
    for name in ("bakers", "tasters", "strangers"):
        Group.objects.create(name=name)
    users["bob"].groups.set(Group.objects.filter(name__in=["bakers", "strangers"]))
    for command in COMMANDS:
        call_command(*command.split(), stdout=io.StringIO())
    flags = waffle.get_waffle_flag_model().objects
    for name, fields in FLAGS.items():
        flags.create(name=name, note=f"About {name}", **fields)
    flags.get(name="list").users.set([users["ada"], users["bob"]])
    flags.get(name="closed").users.add(users["ada"])
    flags.get(name="everything").groups.add(Group.objects.get(name="tasters"))
    for name, active in SWITCHES.items():
        waffle.get_waffle_switch_model().objects.create(name=name, active=active)
    for name, percent in SAMPLES.items():
        waffle.get_waffle_sample_model().objects.create(name=name, percent=percent)
    if hasattr(flags.model, "clubs"):
        _fill_clubs(flags, users)


def _fill_clubs(flags: Any, users: dict[str, User]) -> None:
    club = flags.model._meta.get_field("clubs").related_model.objects.create(name="Early risers")
    club.members.set([users["bob"], users["emil"]])
    flags.create(name="clubs", superusers=False).clubs.add(club)
