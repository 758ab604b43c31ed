"""`manage.py fill`: fills empty tables."""

from django.core.management.base import BaseCommand

from ...content import fill


class Command(BaseCommand):
    def handle(self, *args: object, **options: object) -> None:
        fill()
