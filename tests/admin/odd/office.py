"""The admin with the project's own site in the place of Django's."""

from __future__ import annotations

from django.contrib.admin import apps


class Site(apps.AdminConfig):
    default_site = "tests.admin.odd.site.BackOffice"
