"""The demo, run as a newcomer runs it: in a process of its own, with every warning an error."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEMO = [sys.executable, "-W", "error", "-m", "test_app.demo"]
MENU = (
    *("house_waffle", "snow_waffle", "jam_to_go", "birthday_cake", "regulars_table"),
    *("staff_meal", "chefs_table", "german_menu", "new_batter", "secret_sauce"),
)


@pytest.fixture(scope="module")
def output() -> str:
    """Run the demo once, and return what it prints."""
    result = subprocess.run(DEMO, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (result.stderr, result.returncode) == ("", 0)
    return result.stdout


def read_table(output: str, corner: str) -> dict[str, dict[str, str]]:
    """Return `{row: {column: cell}}` of the table whose head begins with `corner`."""
    lines = iter(output.splitlines())
    head = next(cells for line in lines if (cells := split(line))[0] == corner)
    table: dict[str, dict[str, str]] = {}
    for line in lines:
        row, *cells = split(line)
        if not cells:
            return table
        table[row] = dict(zip(head[1:], cells, strict=True))
    raise ValueError(f"the table {corner!r} has no end")


def split(line: str) -> list[str]:
    """Return the cells of a line; they are at least two blanks apart."""
    return re.split(r" {2,}", line)


@pytest.mark.parametrize(
    ("flag", "cells"),
    [
        ("house_waffle", ["on everyone"] * 6),
        ("snow_waffle", ["off everyone"] * 6),
        ("jam_to_go", ["off default"] * 2 + ["on authenticated"] * 4),
        ("birthday_cake", ["off default"] * 2 + ["on user"] + ["off default"] * 2 + ["on superuser"]),
        ("regulars_table", ["off default"] * 3 + ["on group"] + ["off default"] + ["on superuser"]),
        ("staff_meal", ["off default"] * 4 + ["on staff"] * 2),
        ("chefs_table", ["off default"] * 5 + ["on superuser"]),
        ("german_menu", ["off default"] + ["on language"] + ["off default"] * 3 + ["on superuser"]),
        ("secret_sauce", ["off default"] * 5 + ["on superuser"]),
    ],
)
def test_each_visitor_sees_what_the_conditions_of_a_flag_say(
    output: str, flag: str, cells: list[str]
) -> None:
    visitors = ["anonymous", "German reader", "listed user", "group member", "staff member", "superuser"]

    table = read_table(output, "flag")

    assert table[flag] == dict(zip(visitors, cells, strict=True))
    assert tuple(table) == MENU


def test_a_percentage_is_dealt_to_whoever_nothing_else_decides_for(output: str) -> None:
    *dealt, superuser = read_table(output, "flag")["new_batter"].values()

    assert {cell.removeprefix("on ").removeprefix("off ") for cell in dealt} == {"percent"}
    assert superuser == "on superuser"


def test_sync_and_async_views_in_both_template_languages_agree(output: str) -> None:
    assert "Each visitor saw the same in all 4 ways, and what the view was told.\n" in output
    for kind in (
        "Django template, sync",
        "Django template, async",
        "Jinja template, sync",
        "Jinja template, async",
    ):
        assert f"  {kind} view\n" in output


@pytest.mark.parametrize(
    ("room", "view", "answers"),
    [
        ("/larder/", "sync view", ["302 to /login/"] * 2 + ["200"] * 4),
        ("/lounge/", "sync view", ["404", "404", "404", "200", "404", "200"]),
        ("/kitchen/", "sync view", ["404"] * 4 + ["200"] * 2),
        ("/chefs-table/", "async view", ["404"] * 5 + ["200"]),
        ("/bar/", "async view", ["200"] * 6),
    ],
)
def test_decorators_and_mixins_let_in_whom_the_flags_let_in(
    output: str, room: str, view: str, answers: list[str]
) -> None:
    assert list(read_table(output, "room")[room].values()) == [view, *answers]


def test_whoever_comes_again_keeps_what_was_dealt(output: str) -> None:
    found = re.search(r"new_batter +on for (\d+) of 20 passers-by; .*, 20 of 20 saw what", output)

    assert found is not None
    assert 0 <= int(found[1]) <= 20


def test_the_tester_turns_a_flag_on_and_keeps_it(output: str) -> None:
    told = "off default; with ?dwft_secret_sauce=1: on testing; in the same browser without it: on testing.\n"

    assert f"secret_sauce  {told}" in output


def test_the_sample_is_drawn_for_each_page(output: str) -> None:
    found = re.search(r"free_coffee +on (\d+) of 100 pages", output)

    assert found is not None
    assert 0 < int(found[1]) < 100  # wrong once in 3 · 10^12 runs


def test_a_change_by_another_process_is_on_the_next_page(output: str) -> None:
    assert "happy_hour    on 24 of 24 menu pages; then another process ran" in output
    assert "              off on the next page, and /bar/ says 302 to /.\n" in output


def test_the_page_about_the_demo_shows_what_it_prints(output: str) -> None:
    page = (ROOT / "docs" / "start" / "demo.md").read_text(encoding="utf-8")
    found = re.search(r"```text\n(.*?)```", page, re.DOTALL)

    assert found is not None
    assert without_chance(found[1]) == without_chance(output)


def without_chance(text: str) -> list[str]:
    """Return the lines less what differs from run to run: numbers, and what dice have decided."""
    dealt = re.sub(r"\b(on|off) percent", "percent", text)
    return [" ".join(re.sub(r"\d[\d.]*", "N", line).split()) for line in dealt.split("\n") if line]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """Serve the site on a free port, return its address; afterwards stop it as Ctrl-C does."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [*DEMO, "serve", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        welcome = ""
        while "Ctrl-C" not in welcome and (line := process.stdout.readline()):
            welcome += line
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+/", welcome)
            assert found is not None, process.communicate(timeout=60)
            assert "user: admin, password: waffles" in welcome
            yield found[0]
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [line for line in errors.splitlines() if 'HTTP/1.1"' not in line] == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def browser() -> OpenerDirector:
    """Return what opens pages and keeps cookies."""
    return build_opener(HTTPCookieProcessor(CookieJar()))


def read(browser: OpenerDirector, url: str, form: dict[str, str] | None = None) -> str:
    """Return a page."""
    sent = None if form is None else urlencode(form).encode()
    with browser.open(url, sent, timeout=30) as response:
        page: bytes = response.read()
    return page.decode()


def test_the_served_site_shows_its_pages_and_opens_its_admin(site: str, browser: OpenerDirector) -> None:
    front, style = read(browser, site), read(browser, f"{site}static/test_app/house.css")
    menus = [read(browser, f"{site}{path}") for path in ("async/", "jinja/", "jinja/async/")]
    form = read(browser, f"{site}admin/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None
    log_in = {"username": "admin", "password": "waffles", "csrfmiddlewaretoken": token[1]}
    admin = read(browser, f"{site}admin/login/?next=/admin/", log_in)

    assert all('data-shown="house_waffle"' in page for page in (front, *menus))
    assert "--batter" in style
    assert 'action="/admin/logout/"' in admin
    assert "birthday_cake" in read(browser, f"{site}admin/waffle/flag/")
    assert 'data-shown="chefs_table"' in read(browser, f"{site}async/")


def test_the_served_site_hides_a_page_from_whom_its_flag_is_off_for(
    site: str, browser: OpenerDirector
) -> None:
    with pytest.raises(HTTPError) as error:
        read(browser, f"{site}kitchen/")
    error.value.close()

    assert error.value.code == 404


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*DEMO, "serve", str(port)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )

    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Port {port} of 127.0.0.1 is not to be had: ")
    assert "tox run -e demo -- serve 8000\n" in result.stderr
