"""What lists of toggles are filtered by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from waffle.admin import census
from waffle.admin.states import State, list_fields
from waffle.kinds import SWITCH


# Any, throughout: pages, query sets and toggles are the project's own.
class StateFilter(admin.SimpleListFilter):
    """On, conditional or off."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: Any, page: Any) -> list[tuple[str, str]]:
        left_out = State.CONDITIONAL if page.model._waffle_kind is SWITCH else None
        return [(state.value, state.label) for state in State if state is not left_out]

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        states = census.states(queryset)
        return queryset.filter(pk__in=[key for key, state in states.items() if state.value == self.value()])


class AudienceFilter(admin.SimpleListFilter):
    """What a flag goes by: one of its conditions, which is set."""

    title = _("audience")
    parameter_name = "by"

    def lookups(self, request: Any, page: Any) -> list[tuple[str, Any]]:
        return [(name, capfirst(field.verbose_name)) for name, field in _fields(page.model)]

    def queryset(self, request: Any, queryset: Any) -> Any:
        field = dict(_fields(queryset.model)).get(self.value() or "")
        return queryset if field is None else queryset.filter(_is_set(field))


class ChangedFilter(admin.SimpleListFilter):
    """When a toggle was changed last."""

    title = _("last change")
    parameter_name = "changed"

    within = {  # noqa: RUF012  # read only
        "hour": (timedelta(hours=1), _("In the last hour")),
        "day": (timedelta(days=1), _("In the last 24 hours")),
        "week": (timedelta(days=7), _("In the last 7 days")),
        "month": (timedelta(days=30), _("In the last 30 days")),
    }
    before = {  # noqa: RUF012  # read only
        "stale": (timedelta(days=90), _("Not in the last 90 days")),
        "old": (timedelta(days=365), _("Not in the last year")),
    }

    def lookups(self, request: Any, page: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (_age, label) in {**self.within, **self.before}.items()]

    def queryset(self, request: Any, queryset: Any) -> Any:
        name = self.value()
        if name in self.within:
            return queryset.filter(modified__gte=timezone.now() - self.within[name][0])
        if name in self.before:
            return queryset.filter(modified__lt=timezone.now() - self.before[name][0])
        return queryset


def _fields(model: Any) -> Iterator[tuple[str, Any]]:
    for condition in model._waffle_kind.conditions(model):
        try:
            yield condition.field, model._meta.get_field(condition.field)
        except FieldDoesNotExist:
            continue  # a condition that goes by no field


def _is_set(field: Any) -> Any:
    """Return what is true of the rows whose field is set, as conditions see it."""
    if field.name in list_fields(field.model):
        through = field.remote_field.through
        return Exists(through._default_manager.filter(**{field.m2m_field_name(): OuterRef("pk")}))
    unset = Q(**{field.name: None}) if field.null else Q()
    if isinstance(field, (models.CharField, models.TextField)):
        unset |= Q(**{field.name: ""})
    elif isinstance(field, models.BooleanField) and not field.null:
        unset |= Q(**{field.name: False})
    elif isinstance(field, models.DecimalField):
        unset |= Q(**{field.name: 0})
    return ~unset
