"""Filters of the list of changes: between two moments, and by user."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.forms import DateTimeField
from django.utils.translation import gettext_lazy as _

MOST_USERS = 30  # that a filter names


# Any, throughout: pages, requests and query sets are Django's.
class MomentFilter(admin.ListFilter):
    """What was changed between two moments, such as 14:00 and 14:10: each may be left out."""

    title = _("time")
    template = "admin/waffle/moments.html"
    parameters = ("since", "until")

    def __init__(self, request: Any, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        # A list in Django 5 and later, a text before.
        given = {name: params.pop(name, None) for name in self.parameters}
        self.used_parameters = {
            name: value[-1] if isinstance(value, list) else value for name, value in given.items() if value
        }

    def has_output(self) -> bool:
        """Say that it is always there."""
        return True

    def expected_parameters(self) -> list[str | None]:
        """Return the names of what an address may say."""
        return [*self.parameters]

    def choices(self, changelist: Any) -> Any:
        """Return what the form sends along, so that the other filters stay as they are."""
        others = [
            (name, value[-1] if isinstance(value, list) else value)
            for name, value in changelist.get_filters_params().items()
            if name not in self.parameters
        ]
        # The search is a parameter too.
        if changelist.query:
            others.append(("q", changelist.query))
        yield {
            "others": others,
            "since": self.used_parameters.get("since", ""),
            "until": self.used_parameters.get("until", ""),
            "is_wrong": any(self._moment(name) is None for name in self.used_parameters),
        }

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Return the changes between the two."""
        since, until = (self._moment(name) for name in self.parameters)
        if since is not None:
            queryset = queryset.filter(at__gte=since)
        return queryset if until is None else queryset.filter(at__lte=until)

    def _moment(self, name: str) -> datetime | None:
        """Return a moment in the time zone of the request; None for what is none."""
        try:
            moment: datetime | None = DateTimeField(required=False).clean(self.used_parameters.get(name, ""))
        except ValidationError:
            return None
        # The first and the last hours that there are may be none in the database's time zone.
        return moment if moment is None or MINYEAR < moment.year < MAXYEAR else None


class UserFilter(admin.SimpleListFilter):
    """Who made a change: those who made the most."""

    title = _("user")
    parameter_name = "who"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """Return the names."""
        rows = model_admin.get_queryset(request).exclude(user_label="").order_by()
        counts = rows.values_list("user_label").annotate(count=Count("pk")).order_by("-count", "user_label")
        return [(label, label) for label, _count in counts[:MOST_USERS]]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Return the changes that one of them made."""
        return queryset.filter(user_label=self.value()) if self.value() else queryset
