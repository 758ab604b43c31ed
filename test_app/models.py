"""Models of a project's own, one for each way in which they may differ from Waffle Iron's.

The site uses none of them: a project names one in `WAFFLE_FLAG_MODEL`, `WAFFLE_SWITCH_MODEL` or
`WAFFLE_SAMPLE_MODEL`, for example `WAFFLE_FLAG_MODEL = "test_app.CompanyAwareFlag"`.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from waffle.conditions import CLASSIC, Condition, Exclude, Listed
from waffle.models import (
    CACHE_EMPTY,
    AbstractBaseFlag,
    AbstractBaseSample,
    AbstractBaseSwitch,
    AbstractUserFlag,
)
from waffle.utils import get_cache, keyfmt


class Company(models.Model):
    """Whom a user works for: `user.company`, an attribute that whoever makes the user puts there."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class CompanyAwareFlag(AbstractUserFlag):
    """A flag that lists companies too: one field, and one condition more."""

    companies = models.ManyToManyField(Company, blank=True)

    conditions: ClassVar[tuple[Condition, ...]] = (*CLASSIC, Listed("companies", by="company"))


class TailoredFlag(AbstractUserFlag):
    """A flag with a field for each condition of the how-to, and a list that wins over all others."""

    companies = models.ManyToManyField(Company, blank=True)
    users_off = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    tenants = models.TextField(blank=True, default="")
    networks = models.TextField(blank=True, default="")
    plans = models.TextField(blank=True, default="")
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    zone = models.CharField(max_length=64, default="UTC")

    conditions: ClassVar[tuple[Condition, ...]] = (*CLASSIC, Exclude("users_off"))


class PlainFlag(AbstractBaseFlag):
    """A flag that lists nobody: it has neither `users` nor `groups`."""


# Any, in the methods below: requests and users are whatever the project has.
class LegacyFlag(AbstractUserFlag):
    """A flag that lists companies in the old style: by methods, and with a cache entry of its own."""

    companies = models.ManyToManyField(Company, blank=True)

    COMPANIES_CACHE_KEY = "flag:%s:companies"

    def get_flush_keys(self, flush_keys: list[str] | None = None) -> list[str]:
        """Add the key of the companies to those that are deleted after a change."""
        return [*super().get_flush_keys(flush_keys), keyfmt(self.COMPANIES_CACHE_KEY, self.name)]

    def is_active_for_user(self, user: Any) -> bool | None:
        """Decide as any flag does, and by the user's company if that says nothing."""
        answer = super().is_active_for_user(user)
        if answer is not None:
            return answer
        company = getattr(user, "company", None)
        return True if company is not None and company.pk in self._company_ids() else None

    def _company_ids(self) -> set[Any]:
        cache, key = get_cache(), keyfmt(self.COMPANIES_CACHE_KEY, self.name)
        kept = cache.get(key)
        if kept is not None:
            return set() if kept == CACHE_EMPTY else set(kept)
        found = set(self.companies.values_list("pk", flat=True))
        cache.set(key, found or CACHE_EMPTY)
        return found


class OverrulingFlag(TailoredFlag):
    """A tailored flag in the old style: also on for whoever is called Bob, whatever its base says."""

    class Meta:
        proxy = True

    def is_active_for_user(self, user: Any) -> bool | None:
        """Decide by the name if the base does not say yes."""
        return super().is_active_for_user(user) or user.username == "bob" or None


class ScratchFlag(AbstractUserFlag):
    """A flag that keeps what it works with on itself: also on for requests with `?scratch=1`."""

    def is_active(self, request: Any, read_only: bool = False) -> bool:
        """Note the request, work a while, go by the note: another request's note is a wrong answer."""
        self.asked_by = request
        active = super().is_active(request, read_only)
        self.work()
        return active or self.asked_by.GET.get("scratch") == "1"

    def work(self) -> None:
        """Let other threads run; a test may put a barrier here."""
        time.sleep(0)


class CustomSwitch(AbstractBaseSwitch):
    """A switch that knows whom to ask about it."""

    owner = models.CharField(max_length=100, blank=True)


class CustomSample(AbstractBaseSample):
    """A sample that knows whom to ask about it."""

    owner = models.CharField(max_length=100, blank=True)
