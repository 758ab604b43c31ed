"""The status: the values of all toggles for a request, as objects, and as a script."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from tests.each import each_kind
from waffle import apinned, memory, pinned
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH, Kind
from waffle.models import Flag, Sample, Switch
from waffle.status import Status, script, statuses, to_json

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)

# A name that would end a script, one that would end a string, and others that are easily mangled.
ODD_NAMES = [
    "</script><script>alert(1)</script>",
    "<!--",
    "'\"\\",
    "a\u2028b\u2029c\nd",
    "Grüße, 世界 🧇",
    "a & b; @c",
    "{{ x }}{% y %}",
    "__proto__",
    "constructor",
]


# Any: a script's data.
def data_of(text: str) -> Any:
    """Return the JSON in a script, and see that there is one line of it."""
    (line,) = re.findall(r"^  var toggles = (.*);$", text, re.MULTILINE)
    return json.loads(line)


@each_kind
def test_every_toggle_is_listed_with_its_value_and_its_last_change(
    kind: Kind, anonymous: HttpRequest
) -> None:
    for name, is_active in (("on", True), ("off", False)):
        kind.model.objects.create(name=name, **kind.created_as(is_active))
    kind.model.objects.update(modified=NEW_YEAR)

    found = statuses(anonymous)

    assert set(found) == set(KINDS)
    assert found[kind] == [Status("on", True, NEW_YEAR), Status("off", False, NEW_YEAR)]
    assert [found[other] for other in KINDS if other is not kind] == [[], []]


def test_without_a_request_what_needs_nobody_is_known() -> None:
    Flag.objects.create(name="everyone", everyone=True)
    Flag.objects.create(name="members", authenticated=True)

    values = {status.name: status.is_active for status in statuses(None)[FLAG]}

    assert values == {"everyone": True, "members": False}


@pytest.mark.parametrize("read", [statuses, script])
def test_reading_deals_percentages_and_remembers_them(
    read: Callable[[HttpRequest], object], anonymous: HttpRequest
) -> None:
    Flag.objects.create(name="x", percent="50.0", rollout=True)

    read(anonymous)

    active, session_only = memory.dealt(anonymous)["x"]
    assert active in (True, False)
    assert session_only is True


@pytest.mark.parametrize("read", [statuses, script])
def test_reading_deals_nothing_where_the_status_does_not_enrol(
    read: Callable[[HttpRequest], object],
    anonymous: HttpRequest,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    settings.WAFFLE_STATUS_ENROLS = False
    Flag.objects.create(name="x", percent="99.9")

    read(anonymous)

    assert memory.dealt(anonymous) == {}
    assert [status.is_active for status in statuses(anonymous)[FLAG]] == [False]


def test_a_dealt_percentage_is_told_where_the_status_does_not_enrol(
    anonymous: HttpRequest,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    settings.WAFFLE_STATUS_ENROLS = False
    Flag.objects.create(name="x", percent="0.1")
    memory.set_flag(anonymous, "x", True)

    assert [status.is_active for status in statuses(anonymous)[FLAG]] == [True]


def test_one_reading_asks_for_the_groups_of_a_user_once(anonymous: HttpRequest) -> None:
    group = Group.objects.create(name="testers")
    user = User.objects.create(username="ann")
    user.groups.add(group)
    for number in range(10):
        Flag.objects.create(name=f"flag {number}").groups.add(group)
    anonymous.user = user

    with CaptureQueriesContext(connection) as queries:
        found = statuses(anonymous)

    assert [status.is_active for status in found[FLAG]] == [True] * 10
    assert len([query for query in queries if "auth_user_groups" in query["sql"]]) == 1


def test_a_reading_within_a_pin_agrees_with_what_the_pin_holds(anonymous: HttpRequest) -> None:
    Flag.objects.create(name="x", everyone=True)

    with pinned():
        statuses(anonymous)
        Flag.objects.filter(name="x").update(everyone=False)
        changed = statuses(anonymous)

    assert [status.is_active for status in changed[FLAG]] == [False]


def test_a_coroutine_may_read_within_a_pin(anonymous: HttpRequest) -> None:
    Switch.objects.create(name="x", active=True)

    @async_to_sync
    async def read() -> dict[Kind, list[Status]]:
        async with apinned():
            return statuses(anonymous)

    assert [status.is_active for status in read()[SWITCH]] == [True]


def test_a_coroutine_may_not_read_without_a_pin(anonymous: HttpRequest) -> None:
    @async_to_sync
    async def read() -> None:
        statuses(anonymous)

    with pytest.raises(SynchronousOnlyOperation):
        read()


@each_kind
@pytest.mark.parametrize("name", ODD_NAMES)
def test_no_name_breaks_out_of_the_script_or_is_mangled(
    kind: Kind, name: str, anonymous: HttpRequest
) -> None:
    kind.model.objects.create(name=name, **kind.created_as(True))

    text = script(anonymous)

    assert text.isascii()
    assert "</" not in text
    assert "<!" not in text
    assert data_of(text)[kind.plural] == [[name, True]]


@each_kind
@pytest.mark.parametrize("default", [True, False])
def test_the_script_knows_the_default_of_each_kind(
    kind: Kind,
    default: bool,
    anonymous: HttpRequest,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    setattr(settings, f"WAFFLE_{kind.name.upper()}_DEFAULT", default)

    data = data_of(script(anonymous))

    assert {key: value for key, value in data.items() if key.endswith("_default")} == {
        f"{other.name}_default": other is kind and default for other in KINDS
    }


def test_a_sample_is_drawn_at_each_reading(monkeypatch: pytest.MonkeyPatch, anonymous: HttpRequest) -> None:
    Sample.objects.create(name="x", percent="50.0")
    dice = iter([10.0, 90.0])
    monkeypatch.setattr("random.uniform", lambda low, high: next(dice))

    drawn = [statuses(anonymous)[SAMPLE][0].is_active for _ in range(2)]

    assert drawn == [True, False]


def test_a_template_of_your_own_is_used_and_is_given_lists_and_defaults(
    anonymous: HttpRequest,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    template = "{% for name, active in flags %}{{ name }}={{ active }};{% endfor %}{{ switch_default }}"
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.locmem.Loader", {"waffle/waffle.js": template})]
            },
        }
    ]
    Flag.objects.create(name="x", everyone=True)

    assert script(anonymous) == "x=True;False"


def test_a_template_of_your_own_may_be_one_of_jinja(
    anonymous: HttpRequest,
    tmp_path: Path,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    (tmp_path / "waffle").mkdir()
    (tmp_path / "waffle" / "waffle.js").write_text("{{ flags|length }} < 1")
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [tmp_path]}]

    assert script(anonymous).__html__() == "0 < 1"


@pytest.mark.parametrize("backends", [[], ["django.template.backends.jinja2.Jinja2"]])
def test_the_script_needs_no_backend_for_django_templates(
    backends: list[str],
    anonymous: HttpRequest,
    settings: Any,  # Any: what pytest-django gives
) -> None:
    settings.TEMPLATES = [{"BACKEND": backend, "APP_DIRS": True} for backend in backends]

    assert data_of(script(anonymous))["flags"] == []


def test_json_is_marked_as_safe_for_templates() -> None:
    assert to_json(["<&>"]).__html__() == '["\\u003C\\u0026\\u003E"]'
