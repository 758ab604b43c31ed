"""Where the site is."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

urlpatterns = [path("office/", admin.site.urls)]
