"""The URLs of the JS page and the JSON page."""

from __future__ import annotations

from django.urls import path

from waffle.views import waffle_json, wafflejs

urlpatterns = [
    path("wafflejs", wafflejs, name="wafflejs"),
    path("waffle_status", waffle_json, name="waffle_status"),
]
