"""Managers and query sets that report what they write: `update` and `bulk_create` send no signals."""

from __future__ import annotations

from typing import Any

from django.db import models

from waffle import unsettled


# Any: Django's own signatures differ between its versions, and the stubs follow one of them.
class ToggleQuerySet(models.QuerySet[Any]):
    """A query set of toggles; every process hears of what it writes."""

    def update(self, **kwargs: Any) -> int:
        """Update, and report it; `bulk_update` comes here too."""
        count = super().update(**kwargs)
        self._report()
        return count

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Create, and report it."""
        created = super().bulk_create(*args, **kwargs)
        self._report()
        return created

    def _report(self) -> None:
        unsettled.changed(self.db, self.model.flush_after_change())


class BaseManager(models.Manager[Any]):
    """The manager of toggles."""

    # As `Manager.from_queryset` sets it, but without a search for methods, which this query set does not add.
    _queryset_class = ToggleQuerySet

    use_in_migrations = False

    # Any: an instance of whatever model the manager belongs to.
    def get_by_natural_key(self, name: str) -> Any:
        """Return the toggle of that name: fixtures refer to it so."""
        return self.get(name=name)


class FlagManager(BaseManager):
    """The manager of flags."""


class SwitchManager(BaseManager):
    """The manager of switches."""


class SampleManager(BaseManager):
    """The manager of samples."""
