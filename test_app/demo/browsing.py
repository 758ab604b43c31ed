"""People who visit the site, and what their browsers show them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import AsyncClient, Client
from django.urls import resolve

from test_app.demo.content import PASSWORD


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser."""

    title: str
    username: str = ""
    language: str = "en"


VISITORS = (
    Visitor("anonymous"),
    Visitor("German reader", language="de"),
    Visitor("listed user", "lisa"),
    Visitor("group member", "gina"),
    Visitor("staff member", "sam"),
    Visitor("superuser", "admin"),
)

MENUS = ("/", "/async/", "/jinja/", "/jinja/async/")

ROOMS = ("/larder/", "/lounge/", "/kitchen/", "/chefs-table/", "/bar/")


@dataclass(frozen=True)
class Sight:
    """What a page showed of a flag, and what the view said of it."""

    is_shown: bool
    is_active: bool
    reason: str

    def __str__(self) -> str:
        return f"{'on' if self.is_shown else 'off'} {self.reason}"


@dataclass(frozen=True)
class Menu:
    """What a menu page showed."""

    shown: frozenset[str]
    """Whatever a flag, the switch or the sample let through."""
    flags: dict[str, Sight]


def is_async(path: str) -> bool:
    """Say whether a coroutine answers this address."""
    return bool(iscoroutinefunction(resolve(path).func))


class Browser:
    """One jar of cookies; sync pages come through Django's WSGI handler, async pages through ASGI."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._client = Client(enforce_csrf_checks=True)
        self._async_client = AsyncClient(enforce_csrf_checks=True)
        self._async_client.cookies = self._client.cookies
        if visitor.username:
            self._log_in()

    def get(self, path: str, *, query: str = "") -> HttpResponseBase:
        """Ask for a page; a redirect is not followed."""
        headers = {"accept-language": self.visitor.language}
        if not is_async(path):
            return self._client.get(path + query, headers=headers)

        async def get() -> HttpResponseBase:
            return await self._async_client.get(path + query, headers=headers)

        return async_to_sync(get)()

    def read_menu(self, path: str, *, query: str = "") -> Menu:
        """Ask for a menu page, and read what it shows."""
        response = self.get(path, query=query)
        if not isinstance(response, HttpResponse) or response.status_code != 200:
            raise RuntimeError(f"{path} answers {response.status_code}")
        shown = frozenset(re.findall(r'data-shown="(\w+)"', response.content.decode()))
        verdicts = json.loads(response.headers["Verdicts"])
        return Menu(shown, {name: Sight(name in shown, *verdict) for name, verdict in verdicts.items()})

    def _log_in(self) -> None:
        self._client.get("/login/")
        form = {
            "username": self.visitor.username,
            "password": PASSWORD,
            "csrfmiddlewaretoken": self._client.cookies["csrftoken"].value,
        }
        response = self._client.post("/login/", form)
        if response.status_code != 302:
            raise RuntimeError(f"{self.visitor.username} cannot log in")
