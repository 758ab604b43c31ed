"""`manage.py waffle_explain`."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import router

from waffle import Reason, Subject, pinned
from waffle.explanations import explanation_of, kind_called
from waffle.kinds import FLAG, KINDS
from waffle.management.members import find
from waffle.overrides import entries


class Command(BaseCommand):
    """Tells why toggles are on or off for somebody; it changes nothing."""

    help = "Tell why a flag is on or off, for a user or for nobody; without a name, all flags."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = [kind.name for kind in KINDS]
        add = parser.add_argument
        add("name", nargs="?", help="The name of the flag; without it, all of them.")
        add("--kind", choices=kinds, default=FLAG.name, help="Explain a switch or a sample instead.")
        add("--user", "-u", help="For this user: a username or an e-mail address.")
        add("--language", help="For requests in this language: a code, such as pt-br.")
        add("--unit", help="For this unit, which percentages are dealt by.")
        add("--json", action="store_true", help="Write JSON.")

    # Any: Django's own signature. Commands speak English, for scripts read them.
    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kind = kind_called(options["kind"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        user = None if options["user"] is None else user_called(options["user"])
        subject = Subject(user, language=options["language"], unit=options["unit"])
        # Pinned, so that what is known of the user is loaded once for all.
        with pinned():
            names = sorted(entries(kind)) if options["name"] is None else [options["name"]]
            explanations = [explanation_of(kind, name, subject) for name in names]
        for explanation in explanations:
            if explanation.verdict.reason is Reason.MISSING:
                raise CommandError(explanation.verdict.detail.replace("there", "There", 1))
        if options["json"]:
            told = [explanation.to_dict() for explanation in explanations]
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        for explanation in explanations:
            self.stdout.write(str(explanation))


def user_called(name: str) -> Any:  # Any: the project's model
    """Return the user that a username or an e-mail address means; raises `CommandError`."""
    try:
        model = get_user_model()
    except ImproperlyConfigured as error:
        raise CommandError(f"User {name} cannot be found: {error}") from error
    return find(model, router.db_for_read(model), name, "User")
