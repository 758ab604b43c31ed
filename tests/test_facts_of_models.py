"""Users, groups and flags of a project's own: other primary keys, other columns, other relations."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from pytest_django import DjangoAssertNumQueries, Settings

import waffle
from tests.tables import table_away
from waffle.conditions import CLASSIC, Condition, Listed
from waffle.kinds import FLAG
from waffle.models import AbstractBaseFlag

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("cold")]


# Any, throughout: the models of this site are made within a test.
class Site(NamedTuple):
    team: Any
    company: Any
    person: Any
    club: Any
    flag: Any


def make_models() -> Site:
    class UUIDModel(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_column="Key of it")

        class Meta:
            abstract = True
            app_label = "tests"

        def __str__(self) -> str:
            return str(self.id)

    class Team(UUIDModel):  # it inherits one
        pass

    class Company(UUIDModel):
        code = models.CharField(max_length=10, unique=True, null=True)  # noqa: DJ001

    class Person(UUIDModel):
        teams = models.ManyToManyField(Team, db_table="tests of teams")
        company = models.ForeignKey(Company, models.CASCADE, null=True, db_column="works for")
        employer = models.ForeignKey(Company, models.CASCADE, "+", to_field="code", null=True)

    class Club(UUIDModel):
        members = models.ManyToManyField(Person, related_name="clubs")

    class UUIDFlag(AbstractBaseFlag):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        people = models.ManyToManyField(Person)
        teams = models.ManyToManyField(Team)
        companies = models.ManyToManyField(Company)
        clubs = models.ManyToManyField(Club)

        conditions: ClassVar[tuple[Condition, ...]] = (
            *CLASSIC,
            Listed("people"),
            Listed("teams", by="teams"),
            Listed("companies", by="company"),
        )

        class Meta:
            app_label = "tests"

    return Site(Team, Company, Person, Club, UUIDFlag)


@pytest.fixture
def site(transactional_db: None, cold: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Make the tables of a site that has UUIDs everywhere; its flags are the ones that are asked."""
    with isolate_apps("tests"):
        made = make_models()
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    monkeypatch.setattr(FLAG, "_model", made.flag)
    yield made
    with connection.schema_editor() as editor:
        for model in reversed(made):
            editor.delete_model(model)


@pytest.fixture(params=[10_000, 0], ids=["short lists", "long lists"])
def limit(request: pytest.FixtureRequest, settings: Settings) -> int:
    """Set the number of links that are held."""
    found: int = request.param
    settings.WAFFLE_ROSTER_LIMIT = found
    return found


def test_keys_may_be_uuids_and_columns_may_have_any_name(
    site: Site, limit: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    team, company = site.team.objects.create(), site.company.objects.create()
    listed, other = site.person.objects.create(company=company), site.person.objects.create()
    listed.teams.add(team)
    flags = {name: site.flag.objects.create(name=name) for name in ("people", "teams", "companies", "none")}
    flags["people"].people.add(listed)
    flags["teams"].teams.add(team)
    flags["companies"].companies.add(company)

    def answers(person: Any) -> list[str]:
        request = SimpleNamespace(user=person)
        return [name for name in flags if waffle.flag_is_active(request, name)]

    assert answers(listed) == ["people", "teams", "companies"]
    assert answers(other) == []
    with waffle.pinned():
        answers(other)
        with django_assert_num_queries(1):
            assert answers(listed) == ["people", "teams", "companies"]


def test_a_user_may_belong_to_something_by_a_relation_from_the_other_side(
    site: Site, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.flag, "conditions", (Listed("clubs", by="clubs"),))
    member, other, club = (
        site.person.objects.create(),
        site.person.objects.create(),
        site.club.objects.create(),
    )
    club.members.add(member)
    site.flag.objects.create(name="x").clubs.add(club)

    assert waffle.flag_is_active(SimpleNamespace(user=member), "x") is True
    assert waffle.flag_is_active(SimpleNamespace(user=other), "x") is False


def test_a_foreign_key_may_refer_to_another_field_than_the_primary_key(
    site: Site, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.flag, "conditions", (Listed("companies", by="employer"),))
    company = site.company.objects.create(code="acme")
    employed, other = site.person.objects.create(employer=company), site.person.objects.create()
    site.flag.objects.create(name="x").companies.add(company)

    assert waffle.flag_is_active(SimpleNamespace(user=employed), "x") is True
    assert waffle.flag_is_active(SimpleNamespace(user=other), "x") is False


def test_a_relation_from_the_other_side_that_cannot_be_read_does_not_count(
    site: Site, limit: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(site.flag, "conditions", (*CLASSIC, Listed("clubs", by="clubs")))
    person, club = site.person.objects.create(), site.club.objects.create()
    site.flag.objects.create(name="x", languages="de").clubs.add(club)
    request = SimpleNamespace(user=person)
    waffle.flag_is_active(request, "x")

    with table_away(site.club.members.through._meta.db_table):
        assert waffle.flag_is_active(request, "x") is False

    assert len(caplog.records) == 1
