"""`manage.py change`: changes toggles by the admin, by commands and by models."""

from django.core.management.base import BaseCommand

from ...changing import change


class Command(BaseCommand):
    def handle(self, *args: object, **options: object) -> None:
        change()
