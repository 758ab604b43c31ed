"""The admin three times: as it is, on a site of another name, and on one that shows changes alone."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from waffle.admin import ChangeAdmin, register
from waffle.models import Change

backstage = admin.AdminSite("backstage")
register(backstage)
bare = admin.AdminSite("bare")
bare.register(Change, ChangeAdmin)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("backstage/", backstage.urls),
    path("bare/", bare.urls),
    path("", include("waffle.urls")),
]
