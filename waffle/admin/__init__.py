"""The admin's pages for flags, switches and samples."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from waffle.admin.actions import (
    delete_individually,
    disable_for_all,
    disable_switches,
    enable_for_all,
    enable_switches,
)
from waffle.admin.pages import BaseAdmin, FlagAdmin, SampleAdmin, SwitchAdmin
from waffle.admin.widgets import InformativeManyToManyRawIdWidget
from waffle.conf import conf
from waffle.kinds import FLAG, SAMPLE, SWITCH

__all__ = [
    "BaseAdmin",
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
    if not conf.ENABLE_ADMIN_PAGES:
        return
    for kind, page in PAGES.items():
        # A system check tells of a model that cannot be found.
        with suppress(ImproperlyConfigured):
            if not site.is_registered(kind.model):
                site.register(kind.model, page)


register(admin.site)
