"""Visits to the site as several people, and a report of what they saw. Nothing here knows what is right."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence

import django
from django.conf import settings
from django.http.response import HttpResponseBase
from django.urls import resolve

import waffle
from test_app.demo.browsing import MENUS, ROOMS, VISITORS, Browser, Menu, Visitor, is_async
from test_app.demo.content import COMMANDS, LANGUAGE, fill
from test_app.views import FLAGS

Visits = dict[Visitor, list[Menu]]


def show() -> int:
    """Fill the database, visit the site, print the report; return 1 where pages contradict each other."""
    fill()
    browsers = [Browser(visitor) for visitor in VISITORS]
    visits = {browser.visitor: [browser.read_menu(path) for path in MENUS] for browser in browsers}
    contradictions = list(find_contradictions(visits))
    for part in (
        describe_content(),
        describe_menus(visits),
        contradictions
        or [f"Each visitor saw the same in all {len(MENUS)} ways, and what the view was told."],
        describe_rooms(browsers),
        [deal_new_batter(), taste_secret_sauce(), pour_coffee(), end_happy_hour(visits)],
        ["Walk in yourself: tox run -e demo -- serve"],
    ):
        print(*part, "", sep="\n")
    return 1 if contradictions else 0


def describe_content() -> list[str]:
    """Say what was there before the first visitor came."""
    return [
        f"Waffle Iron {waffle.__version__}, Django {django.get_version()}, a new site. These commands ran:",
        "",
        *(f"  {command}" for command in COMMANDS),
        "",
        f"german_menu got its language, {LANGUAGE}, by a query: the command has no option for that.",
    ]


def describe_menus(visits: Visits) -> list[str]:
    """Tell who saw what on the menu pages, and which condition decided it."""
    pages = [(path, _describe_view(path)) for path in MENUS]
    head = ["flag", *(visitor.title for visitor in visits)]
    rows = [[flag, *(str(menus[0].flags[flag]) for menus in visits.values())] for flag in FLAGS]
    return [
        f"{len(visits)} visitors asked for the menu, each in {len(MENUS)} ways:",
        "",
        *(f"  {line}" for line in align(pages)),
        "",
        "Was it on the page, and which condition decided that?",
        "",
        *align([head, *rows]),
        "",
        "default: no condition applied; user, group: listed; percent: dealt, and kept by a cookie.",
    ]


def find_contradictions(visits: Visits) -> Iterator[str]:
    """Yield a line for each flag that a page showed otherwise than its view or another page."""
    for visitor, menus in visits.items():
        for flag in FLAGS:
            sights = [menu.flags[flag] for menu in menus]
            if len(set(sights)) > 1 or any(sight.is_shown != sight.is_active for sight in sights):
                yield f"CONTRADICTION: {flag} for {visitor.title}: {sights}"


def describe_rooms(browsers: Sequence[Browser]) -> list[str]:
    """Tell who was let in by decorators and mixins."""
    head = ["room", "made by", *(browser.visitor.title for browser in browsers)]
    rows = [
        [path, _describe_view(path), *(_describe(browser.get(path)) for browser in browsers)]
        for path in ROOMS
    ]
    return ["Behind a decorator or a mixin:", "", *align([head, *rows])]


def deal_new_batter() -> str:
    """Let new visitors come twice."""
    browsers = [Browser(Visitor("passer-by")) for _ in range(20)]
    first, second = (
        [browser.read_menu("/").flags["new_batter"].is_shown for browser in browsers] for _ in range(2)
    )
    kept = sum(before == after for before, after in zip(first, second, strict=True))
    return (
        f"new_batter    on for {sum(first)} of {len(first)} passers-by; when they came again, "
        f"{kept} of {len(first)} saw what they had seen before."
    )


def taste_secret_sauce() -> str:
    """Let a visitor turn a flag in testing mode on."""
    browser = Browser(Visitor("tester"))
    queries = ("", "?dwft_secret_sauce=1", "")
    before, asked, after = (browser.read_menu("/", query=query).flags["secret_sauce"] for query in queries)
    return f"secret_sauce  {before}; with {queries[1]}: {asked}; in the same browser without it: {after}."


def pour_coffee() -> str:
    """Draw a sample many times."""
    browser, pages = Browser(Visitor("coffee drinker")), 100
    cups = sum("free_coffee" in browser.read_menu("/jinja/").shown for _ in range(pages))
    return f"free_coffee   on {cups} of {pages} pages, drawn anew for each."


def end_happy_hour(visits: Visits) -> str:
    """Let another process turn the switch off while this one serves the site."""
    shown = ["happy_hour" in menu.shown for menus in visits.values() for menu in menus]
    command = "waffle_switch happy_hour off"
    subprocess.run([sys.executable, "-m", "django", *command.split()], cwd=settings.HERE.parent, check=True)
    browser = Browser(Visitor("late guest"))
    now = "on" if "happy_hour" in browser.read_menu("/").shown else "off"
    room = "/bar/"
    return (
        f"happy_hour    on {sum(shown)} of {len(shown)} menu pages; then another process ran `{command}`:\n"
        f"              {now} on the next page, and {room} says {_describe(browser.get(room))}."
    )


def align(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines with each column as wide as its widest cell."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]


def _describe_view(path: str) -> str:
    view = f"{'async' if is_async(path) else 'sync'} view"
    template = str(resolve(path).kwargs.get("template", ""))
    if not template:
        return view
    return f"{'Jinja' if template.endswith('.jinja') else 'Django'} template, {view}"


def _describe(response: HttpResponseBase) -> str:
    status = str(response.status_code)
    return f"{status} to {response.headers['Location']}" if "Location" in response.headers else status
