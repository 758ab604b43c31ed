"""`manage.py forget`: empties the cache."""

from django.core.cache import cache
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    def handle(self, *args: object, **options: object) -> None:
        cache.clear()
