"""The pages of the site."""

from django.contrib import admin
from django.urls import include, path

from . import views

urlpatterns = [
    path("", include("waffle.urls")),
    path("admin/", admin.site.urls),
    path("asked/", views.asked),
    path("shown/", views.shown),
    path("rooms/staff/", views.staff_room, name="staff-room"),
    path("rooms/public/", views.public_room),
    path("rooms/shop/", views.shop),
    path("rooms/closed/", views.closed),
    path("rooms/flag/", views.FlagRoom.as_view()),
    path("rooms/switch/", views.SwitchRoom.as_view()),
    path("rooms/sample/", views.SampleRoom.as_view()),
]
