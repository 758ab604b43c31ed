"""The site."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class BackOffice(AdminSite):
    site_header = "Back office"
