"""Values: frozen objects that modules hand to each other."""

from __future__ import annotations

import copy
import pickle

import pytest

from waffle.values import Value


class Slice(Value):
    """A value with a default."""

    topping: str
    is_warm: bool = True


def test_the_fields_are_what_the_class_annotates() -> None:
    named, in_order = Slice(is_warm=False, topping="plums"), Slice("plums", False)

    assert (named.topping, named.is_warm) == (in_order.topping, in_order.is_warm) == ("plums", False)


def test_a_field_that_is_not_given_has_its_default() -> None:
    assert Slice("plums").is_warm is True


def test_a_field_without_a_default_must_be_given() -> None:
    with pytest.raises(KeyError, match="topping"):
        Slice()  # type: ignore[call-arg]  # that is the point


def test_a_value_does_not_change() -> None:
    plums = Slice("plums")

    with pytest.raises(AttributeError, match=r"Slice\.topping cannot be set"):
        plums.topping = "none"  # type: ignore[misc]  # that is the point

    assert plums.topping == "plums"


def test_a_value_has_no_room_for_more_than_its_fields() -> None:
    assert not hasattr(Slice("plums"), "__dict__")


def test_another_value_has_some_fields_changed() -> None:
    plums = Slice("plums", False)

    berries = plums.replaced(topping="berries")

    assert repr([plums, berries]) == (
        "[Slice(topping='plums', is_warm=False), Slice(topping='berries', is_warm=False)]"
    )


def test_a_value_is_equal_to_itself_alone() -> None:
    plums = Slice("plums")

    assert plums != Slice("plums")
    assert {plums: 1}[plums] == 1


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_value_can_be_copied_and_pickled(again: object) -> None:
    assert callable(again)
    found = again(Slice("plums", False))

    assert (type(found), repr(found)) == (Slice, "Slice(topping='plums', is_warm=False)")
