"""The JS page and the JSON page."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path, reverse

from tests.each import Get, each_kind, each_server
from waffle.kinds import KINDS, Kind
from waffle.models import Flag

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [path("", include("waffle.urls"))]

PAGES = ("wafflejs", "waffle_status")
ODD_NAMES = ["plain", "</script>", "'\"\\", "a\u2028b", "Grüße 🧇", "__proto__", "constructor"]

# Says what the script in the file that it is given makes of some names, as a browser's scripts would.
ASK = """
const window = globalThis.window = {};
(0, eval)(require("fs").readFileSync(process.argv[1], "latin1"));
const names = JSON.parse(process.argv[2]);
console.log(JSON.stringify([
  ["flag", "switch", "sample"].map(kind => names.map(name => window.waffle[kind + "_is_active"](name))),
  ["FLAGS", "SWITCHES", "SAMPLES"].map(kind => Object.entries(window.waffle[kind]))
]));
"""

needs_node = pytest.mark.skipif(
    shutil.which("node") is None, reason="node, which runs the script, is not here"
)


# Any: what the script answers.
def run_script(folder: Path, names: list[str]) -> Any:
    """Return what the script of the JS page says of `names`, and what it holds, kind by kind."""
    file = folder / "waffle.js"
    file.write_bytes(Client().get("/wafflejs").content)
    command = ["node", "-e", ASK, str(file), json.dumps(names)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@each_server
@pytest.mark.parametrize(
    ("name", "where", "content_type"),
    [
        ("wafflejs", "/wafflejs", "application/x-javascript"),
        ("waffle_status", "/waffle_status", "application/json"),
    ],
)
def test_each_page_has_its_url_and_its_content_type(
    get: Get, name: str, where: str, content_type: str
) -> None:
    response = get(reverse(name))

    assert reverse(name) == where
    assert (response.status_code, response.headers["Content-Type"]) == (200, content_type)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_kept_by_a_cache(name: str) -> None:
    header = Client().get(reverse(name)).headers["Cache-Control"]

    assert set(header.split(", ")) == {"max-age=0", "no-cache", "no-store", "must-revalidate", "private"}


@each_server
@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_deals_becomes_a_cookie(get: Get, name: str) -> None:
    Flag.objects.create(name="x", percent="50.0")

    assert get(reverse(name)).cookies["dwf_x"].value in ("True", "False")


@each_server
@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_does_not_enrol_sends_no_cookie(
    get: Get,
    name: str,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    settings.WAFFLE_STATUS_ENROLS = False
    Flag.objects.create(name="x", percent="50.0")

    assert dict(get(reverse(name)).cookies) == {}


@each_kind
def test_the_json_page_tells_every_toggle(kind: Kind) -> None:
    for name in ODD_NAMES:
        kind.model.objects.create(name=name, **kind.created_as(name != "plain"))
    kind.model.objects.update(modified=datetime(2026, 1, 1, 12, 30, tzinfo=timezone.utc))

    page = Client().get("/waffle_status").json()

    told = {
        name: {"is_active": name != "plain", "last_modified": "2026-01-01T12:30:00Z"} for name in ODD_NAMES
    }
    assert page == {other.plural: told if other is kind else {} for other in KINDS}


@each_kind
def test_the_js_page_is_made_by_its_template(kind: Kind) -> None:
    kind.model.objects.create(name="x", **kind.created_as(True))

    response = Client().get("/wafflejs")

    assert [template.name for template in response.templates] == ["waffle/waffle.js"]
    for other in KINDS:
        assert response.context[other.plural] == ([("x", True)] if other is kind else [])
        assert response.context[f"{other.name}_default"] is False


@each_kind
@needs_node
def test_the_script_answers_for_every_name(kind: Kind, tmp_path: Path) -> None:
    for name in ODD_NAMES:
        kind.model.objects.create(name=name, **kind.created_as(name != "plain"))

    answers, held = run_script(tmp_path, [*ODD_NAMES, "missing", "toString"])

    truth = [name != "plain" for name in ODD_NAMES]
    assert answers[KINDS.index(kind)] == [*truth, False, False]
    assert sorted(held[KINDS.index(kind)]) == sorted(map(list, zip(ODD_NAMES, truth, strict=True)))


@each_kind
@needs_node
def test_the_script_answers_with_the_default_of_the_kind_for_a_name_that_is_not_there(
    kind: Kind,
    tmp_path: Path,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    setattr(settings, f"WAFFLE_{kind.name.upper()}_DEFAULT", True)

    answers, held = run_script(tmp_path, ["missing", "__proto__"])

    assert answers == [[other is kind] * 2 for other in KINDS]
    assert held == [[], [], []]
