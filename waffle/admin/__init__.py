"""The admin's pages for flags, switches and samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from waffle.admin.actions import (
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.admin.history import ChangeAdmin
from waffle.admin.pages import BaseAdmin, FlagAdmin, SampleAdmin, SwitchAdmin
from waffle.admin.widgets import InformativeManyToManyRawIdWidget
from waffle.conf import conf
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Change

__all__ = [
    "BaseAdmin",
    "ChangeAdmin",
    "FlagAdmin",
    "InformativeManyToManyRawIdWidget",
    "SampleAdmin",
    "SwitchAdmin",
    "delete_individually",
    "disable_for_all",
    "disable_switches",
    "enable_for_all",
    "enable_switches",
    "register",
]

PAGES = {FLAG: FlagAdmin, SWITCH: SwitchAdmin, SAMPLE: SampleAdmin}


def register(site: admin.AdminSite) -> None:
    """Show the pages on `site`, if `WAFFLE_ENABLE_ADMIN_PAGES`; a model that has a page already keeps it."""
    register_stock(site)
    register_own(site)


def register_stock(site: admin.AdminSite) -> None:
    """Show the pages of Waffle Iron's models, as far as the project has none of its own in their place."""
    _register(site, [(kind, model) for kind, model in _models() if _is_stock(model)])
    if conf.ENABLE_ADMIN_PAGES and not site.is_registered(Change):
        site.register(Change, ChangeAdmin)


def register_own(site: admin.AdminSite) -> None:
    """Show the pages of the project's models that have none yet."""
    _register(site, [(kind, model) for kind, model in _models() if not _is_stock(model)])


# Any, from here on: models of the project's own.
def _register(site: admin.AdminSite, models: Iterable[tuple[Kind, Any]]) -> None:
    for kind, model in models:
        if not site.is_registered(model):
            site.register(model, PAGES[kind])


def _models() -> Iterator[tuple[Kind, Any]]:
    if not conf.ENABLE_ADMIN_PAGES:
        return
    for kind in KINDS:
        # System checks tell of a model that cannot be found, and of one that is of another kind.
        with suppress(ImproperlyConfigured):
            if getattr(kind.model, "_waffle_kind", None) is kind:
                yield kind, kind.model


def _is_stock(model: Any) -> bool:
    return bool(model._meta.app_label == "waffle")


# A project's own models wait until its pages are known: Django refuses a second page. See `waffle.apps`.
register_stock(admin.site)
