"""Names that people paste, and whom they mean."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from test_app.models import Company
from waffle.admin.pasting import Meant, meant_by, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        (" \n,;\t", []),
        ("ada", ["ada"]),
        ("ada\r\nbob, eve;ann\tada", ["ada", "bob", "eve", "ann"]),
        ("\"ada\", 'bob'", ["ada", "bob"]),
        ("Ada Lovelace <ada@example.org>, <bob@example.org>", ["ada@example.org", "bob@example.org"]),
        ("<script>alert(1)</script>", ["<script>alert(1)</script>"]),
        ("Ünïcødé 数\n", ["Ünïcødé 数"]),
    ],
)
def test_names_stand_on_lines_or_between_commas(text: str, names: list[str]) -> None:
    assert names_in(text) == names


@pytest.mark.django_db
def test_a_name_is_a_username_or_an_address() -> None:
    ada = User.objects.create(username="ada", email="ada@example.org")
    bob = User.objects.create(username="bob", email="ada")
    twins = [User.objects.create(username=f"twin{number}", email="twins@example.org") for number in (1, 2)]

    meant = meant_by(
        User.objects.all(), ["ada", "ada@example.org", "bob", "twins@example.org", "eve", "", "x\0"]
    )

    assert meant == Meant({ada.pk: ada, bob.pk: bob}, {"twins@example.org": twins}, ["eve", "", "x\0"])


@pytest.mark.django_db
def test_groups_and_the_like_are_meant_by_their_names() -> None:
    editors = Group.objects.create(name="editors")
    acme = Company.objects.create(name="Acme")

    assert meant_by(Group.objects.all(), ["editors"]).found == {editors.pk: editors}
    assert meant_by(Company.objects.all(), ["Acme"]).found == {acme.pk: acme}


@pytest.mark.django_db
def test_a_database_that_takes_upper_for_lower_case_finds_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = User.objects.create(username="Ada")

    # "Ada" brings the row, as it would for "ada" where both are the same.
    meant = meant_by(User.objects.all(), ["Ada", "ada"])

    assert meant == Meant({ada.pk: ada}, {}, [])


@pytest.mark.django_db
def test_a_megabyte_of_names_takes_some_queries() -> None:
    User.objects.bulk_create(User(username=f"user{number}") for number in range(3000))
    text = "\n".join(f"user{number}" for number in range(6000))

    with CaptureQueriesContext(connection) as queries:
        meant = meant_by(User.objects.all(), names_in(text))

    assert (len(meant.found), len(meant.unknown)) == (3000, 3000)
    assert len(queries) == 7 + 4


@pytest.mark.parametrize("name", ["1.5", "99999999999999999999", "ada"])
@pytest.mark.django_db
def test_a_username_need_not_be_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "USERNAME_FIELD", "id")
    monkeypatch.setattr(User, "EMAIL_FIELD", "id")
    user = User.objects.create(pk=17, username="ada")

    assert meant_by(User.objects.all(), [name, "17"]) == Meant({17: user}, {}, [name])


def test_a_long_text_that_is_nearly_an_address_is_read_at_once() -> None:
    text = "<" + "a@" * 200_000  # searched from each @ it would take half an hour

    assert names_in(text) == [text]
