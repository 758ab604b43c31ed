"""The addresses of the Waffle House."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from test_app import views

DJANGO = {"template": "test_app/menu.html"}
JINJA = {"template": "test_app/menu.jinja"}

urlpatterns = [
    path("", views.menu, DJANGO, name="front"),
    path("async/", views.menu_async, DJANGO, name="front_async"),
    path("jinja/", views.menu, JINJA, name="jinja"),
    path("jinja/async/", views.menu_async, JINJA, name="jinja_async"),
    path("kitchen/", views.kitchen, name="kitchen"),
    path("larder/", views.larder, name="larder"),
    path("lounge/", views.Lounge.as_view(), {"room": "The lounge"}, name="lounge"),
    path("chefs-table/", views.chefs_table, name="chefs_table"),
    path("bar/", views.bar, name="bar"),
    path("", include("waffle.urls")),
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="test_app/login.html"), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
]
