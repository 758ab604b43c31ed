"""What a new toggle may be called."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import RequestFactory

from waffle import cookies, memory
from waffle.models import Flag, Sample
from waffle.validators import highest_percent, validate_name

GOOD = [
    "basket",
    "new basket",
    "foo:users",
    "a;b@c=d,e",
    'it\'s "quoted"',
    "<script>",
    "100%_%s",
    "no!",
    "ümläut",
    "食べる",
    "👩‍🍳",  # holds a zero-width joiner
    "-x",
    "x" * 100,
    "😀" * 100,
]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_of_any_script_with_spaces_quotes_and_signs_is_right(name: str) -> None:
    validate_name(name)


@pytest.mark.parametrize("name", GOOD)
def test_a_right_name_comes_back_from_a_cookie(name: str) -> None:
    request, response = RequestFactory().get("/"), HttpResponse()
    memory.set_flag(request, name, True)

    memory.write_cookies(request, response)
    browser = RequestFactory()
    browser.cookies = response.cookies
    again = browser.get("/")

    assert cookies.cookie(again, "dwf_%s", name) is True


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("", "empty", "Enter a name: this one is empty."),
        ("x" * 101, "too_long", "Choose a shorter name: at most 100 characters, this one has 101."),
        ("a\nb", "unprintable", r"Remove line breaks and other control characters from the name 'a\nb'."),
        ("a\0", "unprintable", r"Remove line breaks and other control characters from the name 'a\x00'."),
        ("\x85", "unprintable", r"Remove line breaks and other control characters from the name '\x85'."),
        (
            "a\u2028b",
            "unprintable",
            r"Remove line breaks and other control characters from the name 'a\u2028b'.",
        ),
        ("\udcff", "unprintable", r"Remove line breaks and other control characters from the name '\udcff'."),
        (" a", "outer_space", "Remove the spaces before and after the name ' a'."),
        ("a\u00a0", "outer_space", r"Remove the spaces before and after the name 'a\xa0'."),
        ("!a", "inverts", "Choose a name that does not begin with “!”: decorators read '!a' as “not 'a'”."),
    ],
)
def test_a_name_that_cannot_work_is_refused_with_advice(name: str, code: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_name(name)

    assert caught.value.code == code
    assert caught.value.messages == [message]


def test_a_percentage_is_as_high_as_its_column_lets_it_be() -> None:
    assert highest_percent(Flag._meta.get_field("percent")) == Decimal("99.9")
    assert highest_percent(Sample._meta.get_field("percent")) == Decimal(100)
