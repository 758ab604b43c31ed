"""Managers and query sets that report what they write: `update` and `bulk_create` send no signals."""

from __future__ import annotations

from typing import Any

from django.db import models

from waffle import unsettled
from waffle.history import hearing


# Any: Django's own signatures differ between its versions, and the stubs follow one of them.
class ToggleQuerySet(models.QuerySet[Any]):
    """A query set of toggles; every process hears of what it writes."""

    def update(self, **kwargs: Any) -> int:
        """Update, and report it; `bulk_update` comes here too."""
        with hearing.updating(self, kwargs):
            count = super().update(**kwargs)
            self._report()
        return count

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Create, and report it."""
        made = list(objs)
        # Third, fourth: what happens to rows that are there already.
        may_exist = any(args[1:3]) or any(
            kwargs.get(name) for name in ("ignore_conflicts", "update_conflicts")
        )
        with hearing.creating(self, made, may_exist=may_exist):
            created = super().bulk_create(made, *args, **kwargs)
            self._report()
        return created

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete; signals report it."""
        with hearing.deleting(self):
            return super().delete()

    # As Django's own: managers do not have it, templates may not call it.
    delete.queryset_only = True  # type: ignore[attr-defined]  # of a function
    delete.alters_data = True  # type: ignore[attr-defined]  # of a function

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
