"""The reasons for a toggle to be on or off, one class each, and their order.

Pure: nothing here reads or writes a cache or a database.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Protocol, TypeVar

from waffle import memory
from waffle.conf import conf
from waffle.verdicts import Reason

# {list field: {primary key of a flag: primary keys that it lists}}; None: too many to hold
Rosters = Mapping[str, Mapping[Any, frozenset[Any]]]

Function = TypeVar("Function", bound=Callable[..., object])


class Asked(Protocol):
    """Who or what is asked about, as a condition sees it: `waffle.evaluation.Subject`."""

    # Any: requests, users and facts are the project's own.
    request: Any
    read_only: bool
    facts: dict[str, Any]


# Any, here and below: a toggle is an instance of whatever model the project has set.
class Condition(ABC):
    """One reason to be on or off: a subclass answers in `decide`, without I/O."""

    reason: Reason = Reason.CUSTOM
    """What the verdict names when this condition decides."""

    wants: str | None = None
    """The fact that `decide` reads from `subject.facts`: "user", or None."""

    stands_for: tuple[str, ...] = ()
    """Methods of the flag model. A model that overrides one is asked by that method instead."""

    is_last = False
    """Whether it is asked after all others, wherever it stands."""

    settles = False
    """Whether the field's value alone is the answer, whoever is asked about."""

    def __init__(self, field: str = "") -> None:
        self.field = field
        """The toggle's field: while it is unset the condition is not asked. Without one it always is."""

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        """Return the condition to ask for this toggle, None where its field is unset."""
        return self if not self.field or getattr(toggle, self.field, None) else None

    @abstractmethod
    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        """Return True, False, or None for "not my business"."""


class Override(Condition):
    """`WAFFLE_OVERRIDE`: the query string decides."""

    reason = Reason.OVERRIDE

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return {"1": True, "0": False}.get(memory.query(subject.request, toggle.name) or "")


class Everyone(Condition):
    """On, or off, for everyone."""

    reason = Reason.EVERYONE
    settles = True

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        return None if getattr(toggle, self.field, None) is None else self

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return bool(getattr(toggle, self.field))


class Testing(Condition):
    """Testing mode: a query string, else a header, else a cookie decides; the first two are remembered."""

    reason = Reason.TESTING

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        request = subject.request
        name = conf.TEST_COOKIE % toggle.name
        value = memory.query(request, name)
        if value is None:
            value = memory.header(request, name.replace("_", "-"))
        if value is None:
            return memory.cookie(request, conf.TEST_COOKIE, toggle.name)
        memory.tested(request)[toggle.name] = active = value == "1"
        return active


class Language(Condition):
    """The request's language is in the flag's comma-separated list; upper and lower case are the same."""

    reason = Reason.LANGUAGE
    stands_for = ("_is_active_for_language",)

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        spoken = getattr(subject.request, "LANGUAGE_CODE", None)
        listed = {code.strip().casefold() for code in getattr(toggle, self.field).split(",")}
        return True if spoken and spoken.casefold() in listed else None


class ForUsers(Condition):
    """What decides by the user: a custom model replaces all such conditions by one method."""

    stands_for = ("_is_active_for_user", "is_active_for_user")


class Claim(ForUsers):
    """A truth about the user, read from the user's own attribute."""

    wants = "user"

    def __init__(self, field: str, *, of_user: str, reason: Reason) -> None:
        super().__init__(field)
        self.of_user = of_user
        self.reason = reason

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return True if getattr(subject.facts["user"], self.of_user, False) else None


class Listed(ForUsers):
    """The user, or what belongs to the user, is in a many-to-many field of the flag.

    `by` says what is looked up in `field`: "user" (the default) is the user itself, any other name an
    attribute of the user: a foreign key (`by="company"`) or a many-to-many field (`by="groups"`).
    """

    def __init__(self, field: str, *, by: str = "user", reason: Reason = Reason.CUSTOM) -> None:
        super().__init__(field)
        self.by = by
        self.reason = reason

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        if not hasattr(type(toggle), self.field):
            return None  # a custom model need not have every list
        if rosters is None:
            return InLongList(self)
        members = rosters[self.field].get(toggle.pk)
        return InShortList(self, members) if members else None

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return None  # what `pick` returns decides


class InShortList(ForUsers):
    """`Listed`, with the members at hand."""

    def __init__(self, listed: Listed, members: frozenset[Any]) -> None:
        super().__init__(listed.field)
        self.reason = listed.reason
        self.by = listed.by
        self.keys = self.wants = f"keys of {listed.by}"
        self.members = members

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return None if self.members.isdisjoint(subject.facts[self.keys]) else True


class InLongList(ForUsers):
    """`Listed`, where the lists are too long to hold: one query tells every flag that lists this user."""

    wants = "listing flags"

    def __init__(self, listed: Listed) -> None:
        super().__init__(listed.field)
        self.reason = listed.reason

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return True if toggle.pk in subject.facts["listing flags"][self.field] else None


class Percent(Condition):
    """A share of those for whom nothing else speaks: what is remembered, else dice."""

    reason = Reason.PERCENT
    is_last = True
    stands_for = ("_is_active_for_percent",)

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        request, name = subject.request, toggle.name
        if request is None:
            return None  # nobody to remember it for
        notes = memory.dealt(request)
        if name in notes:
            return notes[name][0]
        active = memory.cookie(request, conf.COOKIE, name)
        if subject.read_only:
            return active
        if active is None:
            active = is_drawn(getattr(toggle, self.field))
        notes[name] = [active, toggle.rollout]
        return active


class Active(Condition):
    """A switch is what it is set to."""

    reason = Reason.ACTIVE
    settles = True

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        return self

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return bool(getattr(toggle, self.field))


class Dice(Active):
    """A sample is drawn at each check."""

    reason = Reason.PERCENT
    settles = False

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return is_drawn(getattr(toggle, self.field))


class Method(Condition):
    """A method that a custom model overrides; its answer, loaded as a fact, stands in for the conditions."""

    arguments: Mapping[str, tuple[str, ...]] = {
        "is_active": ("request", "read_only"),
        "_is_active_for_user": ("request",),
        "_is_active_for_language": ("request",),
        "_is_active_for_percent": ("request", "read_only"),
    }

    def __init__(self, name: str, arguments: tuple[str, ...] | None = None) -> None:
        super().__init__()
        self.wants = self.name = name
        self.takes = self.arguments[name] if arguments is None else arguments

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        answer = subject.facts[self.name]
        return None if answer is None else bool(answer)


CLASSIC: tuple[Condition, ...] = (
    Everyone("everyone"),
    Testing("testing"),
    Language("languages"),
    Claim("authenticated", of_user="is_authenticated", reason=Reason.AUTHENTICATED),
    Claim("staff", of_user="is_staff", reason=Reason.STAFF),
    Claim("superusers", of_user="is_superuser", reason=Reason.SUPERUSER),
    Listed("users", reason=Reason.USER),
    Listed("groups", by="groups", reason=Reason.GROUP),
    Percent("percent"),
)
"""The conditions of a flag, in the order in which they are asked: the first that answers decides."""

OVERRIDE = Override()


def is_drawn(percent: Any) -> bool:
    """Throw dice: true in `percent` of 100 cases."""
    return bool(random.uniform(0, 100) <= percent)


def stock(method: Function) -> Function:
    """Mark a method of a base model that the conditions speak for, until a custom model overrides it."""
    method.__dict__["is_stock"] = True
    return method


def overrides(model: type, name: str) -> bool:
    """Say whether `model` has its own version of a `stock` method."""
    return not getattr(getattr(model, name), "is_stock", False)


@cache
def conditions_of(model: Any) -> tuple[Condition, ...]:
    """Return the conditions of a flag model; overridden methods stand in for theirs."""
    conditions: list[Condition] = []
    asked_by_method: set[str] = set()
    for condition in sorted(model.conditions, key=lambda condition: condition.is_last):
        if not any(overrides(model, name) for name in condition.stands_for):
            conditions.append(condition)
        elif condition.stands_for[0] not in asked_by_method:
            asked_by_method.add(condition.stands_for[0])
            conditions.append(Method(condition.stands_for[0]))
    return tuple(conditions)


def picked(toggle: Any, rosters: Rosters | None, conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return those of `conditions` that `toggle` makes use of, ready to be asked."""
    return tuple([pick for condition in conditions if (pick := condition.pick(toggle, rosters))])
