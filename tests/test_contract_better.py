"""Where django-waffle's behaviour is a defect that nobody can want, ours is right.

Stale answers are the matter of test_changes.py and test_races*.py; servers that are away that of
test_outages_of_databases.py and its like.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

import waffle
from tests.each import each_kind
from tests.process import run_python
from tests.worlds import each_flag_is_active
from waffle.evaluation import check
from waffle.kinds import Kind
from waffle.middleware import WaffleMiddleware
from waffle.models import Flag
from waffle.testutils import override_flag, override_sample, override_switch
from waffle.views import wafflejs

pytestmark = pytest.mark.usefixtures("cold")

# Any, throughout: checks of either world, requests, and fields of every type.
ODD_NAMES = [
    *("with space", "'single'", '"double"', "semi;colon", "at@home", "com,ma", "a=b", "per%cent", "100%s"),
    *("back\\slash", "ünïcode ☃", "foo:users", "../up", "</script>", "n" * 100),
]


@pytest.mark.django_db
@each_flag_is_active
@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("fields", [{"percent": "99.9"}, {"testing": True}, {"everyone": True}, {}])
def test_no_name_makes_a_check_or_its_cookies_fail(
    fields: dict[str, Any], name: str, flag_is_active: Any, rf: RequestFactory
) -> None:
    Flag.objects.create(name=name, **fields)
    request = rf.get("/", {f"dwft_{name}": "1"})
    response = HttpResponse()

    active = flag_is_active(request, name)
    WaffleMiddleware(lambda request: response)(request)

    assert isinstance(active, bool)
    assert len(response.cookies) == (1 if "percent" in fields or "testing" in fields else 0)
    assert "\n" not in response.cookies.output(sep="")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_that_is_not_there_makes_no_check_fail(name: str, rf: RequestFactory) -> None:
    assert waffle.flag_is_active(rf.get("/"), name) is False
    assert waffle.switch_is_active(name) is False
    assert waffle.sample_is_active(name) is False


@pytest.mark.django_db
@each_kind
@pytest.mark.parametrize("name", ["n" * 101, "nul\x00", "half a pair \ud800", "", None])
def test_a_name_that_cannot_be_created_makes_no_check_fail(name: Any, kind: Kind, settings: Settings) -> None:
    setattr(settings, f"WAFFLE_CREATE_MISSING_{kind.plural.upper()}", True)

    assert check(kind, name).active is False


@pytest.mark.django_db
def test_the_command_leaves_what_is_not_passed_as_it_is() -> None:
    fields = {"staff": True, "superusers": False, "authenticated": True, "percent": 30, "rollout": True}
    Flag.objects.create(name="x", everyone=None, testing=True, languages="de", **fields)

    call_command("waffle_flag", "x", everyone=True)

    assert Flag.objects.filter(name="x", everyone=True, testing=True, languages="de", **fields).exists()


@pytest.mark.django_db
def test_no_name_can_break_out_of_the_script(rf: RequestFactory) -> None:
    name = "'\"});alert(1)</script><script>alert(2)//\\"
    Flag.objects.create(name=name, everyone=True)

    script = wafflejs(rf.get("/")).content.decode()

    assert "</script" not in script
    assert "<" not in re.sub(r" < | <= ", "", script)
    assert "alert(1)" in script


@pytest.mark.django_db
def test_off_for_everyone_beats_a_listed_user_wherever_it_is_asked(rf: RequestFactory) -> None:
    user = User.objects.create(username="u", is_superuser=True, is_staff=True)
    flag = Flag.objects.create(name="x", everyone=False, staff=True, authenticated=True)
    flag.users.add(user)
    request: Any = rf.get("/")
    request.user = user

    assert flag.is_active_for_user(user) is False
    assert flag.is_active(request) is False
    assert waffle.flag_is_active(request, "x") is False


@pytest.mark.django_db
def test_a_user_for_whom_nothing_applies_is_no_and_not_none() -> None:
    assert Flag.objects.create(name="x").is_active_for_user(User(pk=7)) is False


@pytest.mark.django_db
@each_flag_is_active
def test_a_percentage_is_dealt_to_a_request_without_a_user(flag_is_active: Any, rf: RequestFactory) -> None:
    Flag.objects.create(name="x", percent="99.9", authenticated=True)
    request: Any = rf.get("/")
    request.waffles = {}

    flag_is_active(request, "x")

    assert list(request.waffles) == ["x"]


@pytest.mark.django_db
@each_flag_is_active
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"everyone": None, "testing": True},
        {"languages": "de"},
        {"authenticated": True, "staff": True},
        {"percent": "99.9"},
    ],
)
def test_a_check_without_a_request_is_no(
    fields: dict[str, Any], flag_is_active: Any, settings: Settings
) -> None:
    settings.WAFFLE_OVERRIDE = True
    Flag.objects.create(name="x", **fields)

    assert flag_is_active(None, "x") is False


@pytest.mark.django_db
@pytest.mark.parametrize(("listed", "spoken"), [("pt-BR", "pt-br"), ("pt-br", "pt-BR"), ("DE, EN", "en")])
def test_language_codes_are_compared_without_case(listed: str, spoken: str, rf: RequestFactory) -> None:
    Flag.objects.create(name="x", languages=listed)
    request: Any = rf.get("/")
    request.LANGUAGE_CODE = spoken

    assert waffle.flag_is_active(request, "x") is True


@pytest.mark.django_db
@pytest.mark.parametrize("secure", [True, False])
def test_the_test_cookie_is_as_secure_as_the_other_one(
    secure: bool, rf: RequestFactory, settings: Settings
) -> None:
    settings.WAFFLE_SECURE = secure
    Flag.objects.create(name="x", testing=True)
    request = rf.get("/?dwft_x=1")
    waffle.flag_is_active(request, "x")

    response = WaffleMiddleware(lambda request: HttpResponse())(request)

    assert bool(response.cookies["dwft_x"]["secure"]) is secure


# Fails: overrides write rows.
@pytest.mark.parametrize("active", [True, False])
def test_an_override_needs_no_database(active: bool) -> None:
    with override_flag("x", active), override_switch("x", active), override_sample("x", active):
        found = waffle.flag_is_active(None, "x"), waffle.switch_is_active("x"), waffle.sample_is_active("x")

    assert found == (active, active, active)


@pytest.mark.django_db
def test_a_flag_model_without_users_and_groups_starts_migrates_and_decides(tmp_path: Path) -> None:
    tmp_path.joinpath("plain_settings.py").write_text(
        "from tests.settings import *\n"
        "WAFFLE_FLAG_MODEL = 'test_app.PlainFlag'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n"
    )
    program = (
        "import waffle\n"
        "from django.contrib.auth.models import User\n"
        "from django.core.management import call_command\n"
        "call_command('check', verbosity=0)\n"
        "call_command('migrate', verbosity=0)\n"
        "from types import SimpleNamespace\n"
        "waffle.get_waffle_flag_model().objects.create(name='x', staff=True)\n"
        "users = User(pk=1, is_staff=True), User(pk=2)\n"
        "print(json.dumps([waffle.flag_is_active(SimpleNamespace(user=user), 'x') for user in users]))\n"
    )

    answers = run_python(program, DJANGO_SETTINGS_MODULE="plain_settings", PYTHONPATH=str(tmp_path))

    assert answers == [True, False]
