"""`manage.py waffle_flag`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from waffle.kinds import FLAG
from waffle.management.base import ToggleCommand, as_names, percentage
from waffle.management.members import called, find, has_field


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that one option turns on and another one off."""

    field: str
    negative: str
    meaning: str
    short: tuple[str, ...] = ()


CHOICES = (
    Choice("everyone", "deactivate", "Turn the flag {} for everyone, whatever else it says."),
    Choice("superusers", "no_superusers", "Turn “on for superusers” {}."),
    Choice("staff", "no_staff", "Turn “on for staff” {}."),
    Choice("authenticated", "no_authenticated", "Turn “on for everyone who is signed in” {}."),
    Choice("rollout", "no_rollout", "Turn rollout mode {}.", ("-r",)),
    Choice("testing", "no_testing", "Turn testing mode {}.", ("-t",)),
)


@dataclass(frozen=True, slots=True)
class List:
    """A list field, and the option that names whom it is to list."""

    field: str
    option: str
    title: str
    meaning: str


LISTS = (
    List("groups", "group", "Group", "Turn the flag on for this group; may be repeated."),
    List("users", "user", "User", "Turn the flag on for this user (a username or e-mail); may be repeated."),
)

SHOWN = ("name", "superusers", "everyone", "authenticated", "percent", "testing", "rollout", "staff")


# Any, throughout: options may be anything; flags, and whom they list, are instances of the project's models.
class Command(ToggleCommand):
    """Makes or changes a flag, or lists all flags."""

    help = "Make or change a flag, or list all flags. Only what you pass is changed."
    kind = FLAG

    def add_field_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        for choice in CHOICES:
            names = (as_option(choice.field), *choice.short)
            add(*names, action="store_true", default=None, help=choice.meaning.format("on"))
            add(as_option(choice.negative), action="store_true", help=choice.meaning.format("off"))
        add("--percent", "-p", help="Turn the flag on for a share of all others, from 0 to 99.9.")
        for each in LISTS:
            add(as_option(each.option), f"-{each.option[0]}", action="append", help=each.meaning)
        add("--append", action="store_true", help="Add to the groups and users listed, do not replace them.")

    def fields(self, options: Mapping[str, Any]) -> dict[str, Any]:
        chosen = {choice.field: state_of(choice, options) for choice in CHOICES}
        fields: dict[str, Any] = {field: state for field, state in chosen.items() if state is not None}
        if options["percent"] is not None:
            fields["percent"] = percentage(FLAG, options["percent"])
        for field in fields:
            require(field)
        return fields

    def change(self, name: str, options: Mapping[str, Any]) -> Iterable[str]:
        fields, members = self.fields(options), members_of(options)
        # A flag whose lists alone change is modified, too.
        saved = fields or ({"modified": timezone.now()} if members else {})
        flag, lines = self.put(name, saved, is_create=options["create"])
        lines += [f"Setting {field}: {value}" for field, value in fields.items()]
        for each, listed in members.items():
            related = getattr(flag, each.field)
            if options["append"]:
                related.add(*listed)
            else:
                related.set(listed)
            lines.append(f"Setting {each.option}(s): {[called(member) for member in listed]}")
        return lines or ["Nothing to change was passed: see --help."]

    def with_lists(self, rows: Any) -> Any:
        return rows.prefetch_related(*(each.field for each in LISTS if has_field(FLAG.model, each.field)))

    def describe(self, toggle: Any) -> Iterable[str]:
        for field in SHOWN:
            yield f"{field.upper()}: {getattr(toggle, field, None)}"
        for each in LISTS:
            listed = getattr(toggle, each.field).all() if has_field(FLAG.model, each.field) else ()
            yield f"{each.field.upper()}: {sorted(called(member) for member in listed)}"
        yield ""


def as_option(keyword: str) -> str:
    """Return the command line's spelling of a keyword."""
    return f"--{keyword.replace('_', '-')}"


def state_of(choice: Choice, options: Mapping[str, Any]) -> bool | None:
    """Return what `options` asks for, None for nothing; raises `CommandError` for both at once."""
    state = options[choice.field]
    if state not in (None, True, False):
        raise CommandError(f"{choice.field} cannot be {state!r}: pass True or False.")
    if not options[choice.negative]:
        return None if state is None else bool(state)
    if state:
        raise CommandError(f"Pass {as_option(choice.field)} or {as_option(choice.negative)}, not both.")
    return False


def members_of(options: Mapping[str, Any]) -> dict[List, list[Any]]:
    """Return whom each list option names; one that was not passed, or names nobody, is left out."""
    members = {}
    for each in LISTS:
        if names := as_names(options[each.option]):
            model = require(each.field).related_model
            found = (find(model, FLAG.write_alias(), name, each.title) for name in names)
            members[each] = list(dict.fromkeys(found))
    return members


def require(field: str) -> Any:
    """Return a field of the project's flags; raises `CommandError` where they have none of that name."""
    if not has_field(FLAG.model, field):
        raise CommandError(
            f"The flags of this project have no {field}: {FLAG.model._meta.label} has no field of that name."
        )
    return FLAG.model._meta.get_field(field)
