"""What the commands share: finding, making and changing toggles, all or nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import IntegrityError, transaction

from waffle.history import authors
from waffle.kinds import Kind
from waffle.management.members import can_be_stored
from waffle.validators import highest_percent, validate_name


# Any, here and below: toggles are instances of the project's models; what is passed to call_command() may be
# anything.
class ToggleCommand(BaseCommand, ABC):
    """Lists the toggles of one kind, or makes or changes one of them."""

    kind: Kind

    def add_arguments(self, parser: CommandParser) -> None:
        kind = self.kind
        parser.add_argument("name", nargs="?", help=f"The name of the {kind.name}.")
        self.add_field_arguments(parser)
        parser.add_argument("--create", action="store_true", help=f"Make the {kind.name} if it is not there.")
        parser.add_argument(
            "-l", "--list", action="store_true", dest=f"list_{kind.plural}", help=f"List all {kind.plural}."
        )

    @abstractmethod
    def add_field_arguments(self, parser: CommandParser) -> None:
        """Add the arguments that tell what to change."""

    @abstractmethod
    def fields(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the field values that `options` asks for; raises `CommandError`."""

    @abstractmethod
    def describe(self, toggle: Any) -> Iterable[str]:
        """Return the lines that a listing shows of a toggle."""

    # Commands speak English, for scripts read them.
    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if options[f"list_{self.kind.plural}"]:
            self._list()
            return
        name = options["name"]
        if not name:
            raise CommandError(f"You need to specify a {self.kind.name} name.")
        try:
            with authors.command(), transaction.atomic(using=self.kind.write_alias()):
                lines = list(self.change(name, options))
        except IntegrityError as error:
            raise CommandError(f"The {self.kind.name} {name!r} cannot be saved: {error}") from error
        # Told after the commit: only now is it true.
        for line in lines:
            self.stdout.write(line)

    def change(self, name: str, options: Mapping[str, Any]) -> Iterable[str]:
        """Change what was passed, within a transaction, and return the lines that tell of it."""
        _, lines = self.put(name, self.fields(options), is_create=options["create"])
        return lines

    def put(self, name: str, fields: Mapping[str, Any], *, is_create: bool) -> tuple[Any, list[str]]:
        """Save `fields` of a toggle, and no others; return the toggle, and a line if it is new."""
        toggle, is_new = rows_named(self.kind, [name]).first(), False
        if toggle is None:
            if not is_create:
                raise CommandError(f"This {self.kind.name} does not exist.")
            refuse_wrong_name(name)
            toggle, is_new = rows_of(self.kind).get_or_create(name=name, defaults=fields)
        if is_new:
            return toggle, [f"Creating {self.kind.name}: {name}"]
        if fields:
            for field, value in fields.items():
                setattr(toggle, field, value)
            toggle.save(update_fields=[*fields])
        return toggle, []

    def _list(self) -> None:
        self.stdout.write(f"{self.kind.plural.capitalize()}:")
        rows = self.kind.model._default_manager.using(self.kind.read_alias()).order_by("name")
        for toggle in self.with_lists(rows):
            for line in self.describe(toggle):
                self.stdout.write(line)

    def with_lists(self, rows: Any) -> Any:
        """Return `rows`, each with the list fields that `describe` shows."""
        return rows


def rows_of(kind: Kind) -> Any:
    """Return all toggles of a kind, in the database that changes go to."""
    return kind.model._default_manager.using(kind.write_alias())


def rows_named(kind: Kind, names: Iterable[str]) -> Any:
    """Return the toggles that have one of these names."""
    return rows_of(kind).filter(name__in=[name for name in names if can_be_stored(name)])


def as_names(given: Any) -> list[str]:
    """Return the names of an option that may be repeated; call_command() may be given one, or None."""
    if given is None:
        return []
    is_one = isinstance(given, str) or not isinstance(given, Iterable)
    return [name if isinstance(name, str) else str(name) for name in ([given] if is_one else given)]


def refuse_wrong_name(name: str) -> None:
    """Raise `CommandError` for a name that no new toggle may have."""
    try:
        validate_name(name)
    except ValidationError as error:
        raise CommandError(error.messages[0]) from error


def percentage(kind: Kind, given: object) -> Decimal:
    """Return a number as the field `percent` of a kind holds it; raises `CommandError` for a wrong one."""
    field = kind.model._meta.get_field("percent")
    step = Decimal(1).scaleb(-field.decimal_places)
    highest = highest_percent(field)
    try:
        percent = Decimal(str(given))  # as text: a float may hold more digits than were meant
        is_right = percent == percent.quantize(step) and 0 <= percent <= highest
    except InvalidOperation:
        is_right = False
    if not is_right:
        limits = f"from 0 to {highest}, in steps of {step}"
        raise CommandError(f"{given} is no percentage for a {kind.name}: give a number {limits}.")
    return percent
