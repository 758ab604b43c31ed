"""Models of a site's own, as a site with django-waffle has them: with keys of its own in the cache."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from waffle.models import CACHE_EMPTY, AbstractBaseSample, AbstractBaseSwitch, AbstractUserFlag
from waffle.utils import get_cache, get_setting, keyfmt


class Club(models.Model):
    """Some users."""

    name = models.CharField(max_length=100)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="clubs")

    def __str__(self) -> str:
        return self.name


# Any, from here on: users, requests and keys are the site's own.
class ClubFlag(AbstractUserFlag):
    """A flag that also lists clubs."""

    CLUBS_CACHE_KEY = "flag:%s:clubs"

    clubs = models.ManyToManyField(Club, blank=True)

    def get_flush_keys(self, flush_keys: list[str] | None = None) -> list[str]:
        """Add the key of the clubs."""
        return [*super().get_flush_keys(flush_keys), self._clubs_key()]

    def is_active_for_user(self, user: Any) -> bool | None:
        """Say whether the user is listed, or in a club that is."""
        if super().is_active_for_user(user):
            return True
        clubs = set(user.clubs.values_list("pk", flat=True)) if user.is_authenticated else set()
        return True if clubs & self._club_ids() else None

    def _clubs_key(self) -> str:
        return keyfmt(get_setting("FLAG_CLUBS_CACHE_KEY", self.CLUBS_CACHE_KEY), self.name)

    def _club_ids(self) -> set[Any]:
        cache, key = get_cache(), self._clubs_key()
        cached = cache.get(key)
        if cached == CACHE_EMPTY:
            return set()
        if not cached:
            cached = set(self.clubs.values_list("pk", flat=True))
            cache.set(key, cached or CACHE_EMPTY)
        return set(cached)


class ClubSwitch(AbstractBaseSwitch):
    """A switch that knows who looks after it."""

    owner = models.CharField(max_length=100, blank=True)


class ClubSample(AbstractBaseSample):
    """A sample of the site's own."""
