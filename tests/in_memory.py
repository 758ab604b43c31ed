"""Tests of a project whose test database is in memory, as Django's default is for SQLite.

Run by `tests.test_processes` with Django's own runner: the live server is a thread on the test's connection.
"""

from __future__ import annotations

import json
from urllib.request import urlopen

from django.test import LiveServerTestCase, TestCase
from django.urls import include, path

import waffle
from waffle.models import Switch

urlpatterns = [path("", include("waffle.urls"))]


class TestTheLiveServer(LiveServerTestCase):
    """What a test changes the server shows, and in each test anew."""

    def ask_server(self) -> object:
        with urlopen(f"{self.live_server_url}/waffle_status") as response:
            found = json.load(response)["switches"].get("x")
        return found and found["is_active"]

    def check(self) -> None:
        assert self.ask_server() is None
        assert waffle.switch_is_active("x") is False
        switch = Switch.objects.create(name="x", active=True)
        for active in (True, False, True):
            switch.active = active
            switch.save()
            assert self.ask_server() is active
            assert waffle.switch_is_active("x") is active

    def test_first(self) -> None:
        self.check()

    def test_second(self) -> None:
        self.check()


class TestBesideIt(TestCase):
    """A test that is rolled back neither sees nor leaves anything."""

    def test_before(self) -> None:
        assert waffle.switch_is_active("x") is False
        Switch.objects.create(name="x", active=True)
        assert waffle.switch_is_active("x") is True

    test_after = test_before
