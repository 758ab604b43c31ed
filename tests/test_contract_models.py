"""The drop-in contract: fixtures, the time of a change, and models of a project's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections, transaction
from django.test import RequestFactory, override_settings
from django.test.utils import isolate_apps

import waffle
from test_app.models import Company, LegacyFlag, PlainFlag
from tests.each import each_kind
from tests.worlds import each_flag_is_active
from waffle.kinds import FLAG, Kind
from waffle.models import Flag, Sample, Switch
from waffle.stamps import stamp_of
from waffle.utils import keyfmt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cold")]


LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)


# Any, throughout: models of a project's own, and what Django hands to them.
def dump(*labels: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("dumpdata", *labels, natural_foreign=True, natural_primary=True, stdout=out)
    found: list[dict[str, Any]] = json.loads(out.getvalue())
    return found


def test_toggles_are_dumped_by_name_and_the_stamp_is_not() -> None:
    user, group = User.objects.create(username="u"), Group.objects.create(name="g")
    flag = Flag.objects.create(name="f", percent="12.5")
    flag.users.add(user)
    flag.groups.add(group)
    Switch.objects.create(name="s", active=True)
    Sample.objects.create(name="m", percent="34.0")
    stamp_of("default").write(connections["default"])

    found = {entry["model"]: entry for entry in dump("waffle")}

    assert set(found) == {"waffle.flag", "waffle.switch", "waffle.sample"}
    assert not any("pk" in entry for entry in found.values())
    fields = found["waffle.flag"]["fields"]
    assert (fields["name"], fields["percent"]) == ("f", "12.5")
    assert (fields["users"], fields["groups"]) == ([["u"]], [["g"]])


def test_a_fixture_loads_by_name_over_what_is_there(tmp_path: Path) -> None:
    Switch.objects.create(name="other")
    switch = Switch.objects.create(name="s", active=False)
    fixture = tmp_path / "toggles.json"
    fixture.write_text(
        json.dumps(
            [
                {"model": "waffle.switch", "fields": {"name": "s", "active": True}},
                {"model": "waffle.switch", "fields": {"name": "new", "active": True}},
                {"model": "waffle.flag", "fields": {"name": "f", "everyone": None, "groups": []}},
            ]
        )
    )

    call_command("loaddata", str(fixture), verbosity=0)

    assert dict(Switch.objects.values_list("name", "active")) == {"other": False, "s": True, "new": True}
    assert Switch.objects.get(name="s").pk == switch.pk
    assert [waffle.switch_is_active(name) for name in ("other", "s", "new")] == [False, True, True]
    assert Flag.objects.get().superusers is True


def test_what_was_dumped_can_be_loaded(tmp_path: Path) -> None:
    User.objects.create(username="u")
    flag = Flag.objects.create(name="f", percent="12.5", languages="de", created=LONG_AGO)
    flag.users.set(User.objects.all())
    before = dump("waffle")
    fixture = tmp_path / "toggles.json"
    fixture.write_text(json.dumps(before))
    Flag.objects.all().delete()

    call_command("loaddata", str(fixture), verbosity=0)

    assert dump("waffle") == before


@each_kind
@pytest.mark.parametrize("arguments", [{}, {"update_fields": ["note"]}])
def test_save_sets_modified(kind: Kind, arguments: dict[str, Any]) -> None:
    toggle = kind.model.objects.create(name="x", **kind.created_as(True))
    kind.model.objects.update(modified=LONG_AGO)

    toggle.save(**arguments)

    toggle.refresh_from_db()
    assert datetime.now(timezone.utc) - toggle.modified < timedelta(minutes=1)


Use = Callable[..., Any]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Return what makes a custom flag model, with the methods given, the model of this project."""
    with isolate_apps("test_app"):

        def make(base: Any = PlainFlag, **methods: Any) -> Any:
            meta = type("Meta", (), {"proxy": True, "app_label": "test_app"})
            model = type(f"Own{base.__name__}", (base,), {"Meta": meta, "__module__": __name__, **methods})
            monkeypatch.setattr(FLAG, "_model", model)
            return model

        yield make


@each_flag_is_active
@pytest.mark.parametrize("answer", [True, False])
def test_an_overridden_is_active_decides(
    answer: bool, flag_is_active: Any, use: Use, rf: RequestFactory
) -> None:
    calls: list[Any] = []

    def is_active(self: Any, request: Any, read_only: bool = False) -> bool:
        calls.append((self.name, request, read_only))
        return answer

    use(is_active=is_active).objects.create(name="x", everyone=not answer)
    request = rf.get("/")

    assert flag_is_active(request, "x") is answer
    assert flag_is_active(request, "x", read_only=True) is answer
    assert calls == [("x", request, False), ("x", request, True)]


@each_flag_is_active
@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("_is_active_for_user", {"staff": True}),
        ("is_active_for_user", {"staff": True}),
        ("_is_active_for_language", {"languages": "de"}),
        ("_is_active_for_percent", {"percent": "99.9"}),
    ],
)
@pytest.mark.parametrize(("answer", "active"), [(True, True), (False, False), (None, False)])
def test_an_overridden_part_stands_in_for_its_conditions(
    answer: bool | None,
    active: bool,
    method: str,
    fields: dict[str, Any],
    flag_is_active: Any,
    use: Use,
    rf: RequestFactory,
) -> None:
    model = use(**{method: lambda self, *arguments: answer})
    model.objects.create(name="x", **fields)
    model.objects.create(name="unset")
    model.objects.create(name="off", everyone=False)
    request: Any = rf.get("/")
    request.user, request.LANGUAGE_CODE = User(pk=7, is_staff=True), "de"

    assert flag_is_active(request, "x") is active
    assert flag_is_active(request, "unset") is active
    assert flag_is_active(request, "off") is False


@each_flag_is_active
def test_an_overridden_part_is_asked_in_its_place(flag_is_active: Any, use: Use, rf: RequestFactory) -> None:
    asked: list[str] = []

    def part(name: str) -> Callable[..., None]:
        return lambda self, *arguments: asked.append(name)

    names = ("_is_active_for_percent", "_is_active_for_language", "_is_active_for_user")
    use(**{name: part(name) for name in names}).objects.create(name="x")
    request: Any = rf.get("/")
    request.user = AnonymousUser()

    assert flag_is_active(request, "x") is False
    assert asked == ["_is_active_for_language", "_is_active_for_user", "_is_active_for_percent"]


@each_flag_is_active
def test_an_overridden_part_may_build_on_the_stock_one(
    flag_is_active: Any, use: Use, rf: RequestFactory
) -> None:
    company, user = Company.objects.create(name="c"), User.objects.create(username="u")
    employee: Any = User.objects.create(username="e")
    employee.company = company
    caches["default"].clear()  # the model keeps companies there, and tests before this one did
    model = use(LegacyFlag)
    flag = model.objects.create(name="x")
    flag.users.add(user)
    flag.companies.add(company)

    def ask(who: Any) -> bool:
        request: Any = rf.get("/")
        request.user = who
        return bool(flag_is_active(request, "x"))

    assert [ask(who) for who in (user, employee, AnonymousUser())] == [True, True, False]


@pytest.mark.django_db
@pytest.mark.parametrize("everyone", [True, False])
def test_everyone_beats_what_a_custom_method_asks_of_its_base(everyone: bool, use: Use) -> None:
    flag = use(LegacyFlag).objects.create(name="x", everyone=everyone, staff=True)

    assert super(LegacyFlag, flag).is_active_for_user(User(is_staff=True)) is everyone


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        lambda flag: flag.save(),
        lambda flag: flag.users.add(User.objects.create(username="u")),
        lambda flag: flag.users.model.objects.create(username="u").legacyflag_set.add(flag),
        lambda flag: flag.groups.set([Group.objects.create(name="g")]),
        lambda flag: flag.companies.add(Company.objects.create(name="c")),
        lambda flag: type(flag).objects.update(note="new"),
        lambda flag: flag.delete(),
    ],
    ids=["save", "users", "users, other side", "groups", "own list", "update", "delete"],
)
def test_the_keys_of_a_custom_model_are_flushed_after_the_commit(
    change: Callable[[Any], object], settings: Any
) -> None:
    settings.WAFFLE_FLAG_MODEL = "test_app.LegacyFlag"
    cache, key = caches["default"], keyfmt(LegacyFlag.COMPANIES_CACHE_KEY, "x")
    flag = LegacyFlag.objects.create(name="x")

    with transaction.atomic():
        change(flag)
        cache.set(key, "old")
        before_the_commit = cache.get(key)

    assert before_the_commit == "old"
    assert cache.get(key) is None


@pytest.mark.parametrize(
    "is_committed", [False, pytest.param(True, marks=pytest.mark.django_db(transaction=True))]
)
def test_another_model_of_flags_counts_at_once_and_so_does_the_first_one_again(is_committed: bool) -> None:
    Flag.objects.create(name="x", everyone=True)
    PlainFlag.objects.create(name="x", everyone=False)
    before = waffle.flag_is_active(None, "x")

    with override_settings(WAFFLE_FLAG_MODEL="test_app.PlainFlag"):
        within = waffle.flag_is_active(None, "x")

    assert (before, within, waffle.flag_is_active(None, "x")) == (True, False, True)
