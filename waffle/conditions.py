"""The reasons for a toggle to be on or off, one class each, and their order.

Pure: nothing here reads or writes a cache or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from waffle import cookies, dealing, memory
from waffle.asked import Asked
from waffle.conf import conf
from waffle.dealing import is_drawn
from waffle.verdicts import Reason
from waffle.wording import IS_SO, LISTED, LISTED_BY, SIGNED_IN, STAFF, SUPERUSER, number

# {list field: {primary key of a flag: primary keys that it lists}}; None: too many to hold
Rosters = Mapping[str, Mapping[Any, frozenset[Any]]]

# Lazy texts, here and below: what is said in words is said in the language that is active then.
ASKED_BY_NONE = gettext_lazy("nobody asks for it")
NO_REQUEST = gettext_lazy("needs a request, none given")
NO_USER = gettext_lazy("needs a user, none given")
BY_QUERY = (gettext_lazy("the query string says off"), gettext_lazy("the query string says on"))
BY_HEADER = (gettext_lazy("the header says off"), gettext_lazy("the header says on"))


# Any, here and below: a toggle is an instance of whatever model the project has set.
class Condition:
    """One reason to be on or off: a subclass answers in `decide`, without I/O."""

    reason: Reason = Reason.CUSTOM
    """What the verdict names when this condition decides."""

    wants: str | None = None
    """The fact that `decide` needs: "user", for `subject.user`, "unit", for `subject.unit`, or None."""

    stands_for: tuple[str, ...] = ()
    """Methods of the flag model. A model that overrides one is asked by that method instead."""

    is_first = False
    """Whether it is asked before all others, wherever it stands."""

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

    def __str__(self) -> str:
        return f"{type(self).__name__}({repr(self.field) if self.field else ''})"

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        """Return True, False, or None for "not my business"."""
        raise NotImplementedError

    def describe(self, toggle: Any, subject: Asked) -> str:
        """Say in a few words what `decide`, which was asked just now, has gone by."""
        return ""

    def lacks(self, subject: Asked) -> str:
        """Say what nobody has given and `decide` has returned None for; nothing where it lacked nothing."""
        return str(NO_USER) if self.wants == "user" and subject.user is None else ""


class Override(Condition):
    """`WAFFLE_OVERRIDE`: the query string decides."""

    reason = Reason.OVERRIDE

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return {"1": True, "0": False}.get(memory.query(subject.request, toggle.name) or "")

    def __str__(self) -> str:
        return "WAFFLE_OVERRIDE"

    def describe(self, toggle: Any, subject: Asked) -> str:
        value = memory.query(subject.request, toggle.name)
        return str(BY_QUERY[value == "1"] if value in ("0", "1") else ASKED_BY_NONE)

    def lacks(self, subject: Asked) -> str:
        return str(NO_REQUEST) if subject.request is None else ""


class Everyone(Condition):
    """On, or off, for everyone."""

    reason = Reason.EVERYONE
    settles = True

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        return None if getattr(toggle, self.field, None) is None else self

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return bool(getattr(toggle, self.field))

    def describe(self, toggle: Any, subject: Asked) -> str:
        return _("set to on") if getattr(toggle, self.field) else _("set to off")


class Testing(Condition):
    """Testing mode: a query string, else a header, else a cookie decides; the first two are remembered."""

    reason = Reason.TESTING

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        request = subject.request
        name = conf.TEST_COOKIE % toggle.name
        value = memory.query(request, name)
        if value is None:
            header = name.replace("_", "-")
            subject.varies_on(header)
            value = memory.header(request, header)
        if value is None:
            subject.varies_on("Cookie")
            return cookies.cookie(request, conf.TEST_COOKIE, toggle.name)
        memory.tested(request)[toggle.name] = active = value == "1"
        return active

    def describe(self, toggle: Any, subject: Asked) -> str:
        request, name = subject.request, conf.TEST_COOKIE % toggle.name
        by_query, by_header = memory.query(request, name), memory.header(request, name.replace("_", "-"))
        for value, said in ((by_query, BY_QUERY), (by_header, BY_HEADER)):
            if value is not None:
                return str(said[value == "1"])
        held = cookies.cookie(request, conf.TEST_COOKIE, toggle.name)
        return str(ASKED_BY_NONE) if held is None else dealing.by_cookie(held)

    def lacks(self, subject: Asked) -> str:
        return str(NO_REQUEST) if subject.request is None else ""


class Language(Condition):
    """The request's language is in the flag's comma-separated list; upper and lower case are the same."""

    reason = Reason.LANGUAGE
    stands_for = ("_is_active_for_language",)

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        spoken = subject.language
        subject.varies_on("Accept-Language")
        listed = {code.strip().casefold() for code in getattr(toggle, self.field).split(",")}
        return True if spoken and spoken.casefold() in listed else None

    def describe(self, toggle: Any, subject: Asked) -> str:
        words = _("%s is listed") if self.decide(toggle, subject) else _("%s is not listed")
        return words % subject.language

    def lacks(self, subject: Asked) -> str:
        return "" if subject.language else _("needs a language, none given")


class ForUsers(Condition):
    """What decides by the user: a custom model replaces all such conditions by one method."""

    stands_for: tuple[str, ...] = ("_is_active_for_user", "is_active_for_user")

    said: tuple[Any, ...] = ("", "")
    """What is true of the user, in words, and what is where it does not hold. Any: lazy texts."""

    def describe(self, toggle: Any, subject: Asked) -> str:
        if not getattr(subject.facts.get("user"), "is_authenticated", True):
            return _("nobody is signed in")
        return str(self.said[self.decide(toggle, subject) is None])

    def lacks(self, subject: Asked) -> str:
        return str(NO_USER) if subject.facts.get("user") is None else ""


class Claim(ForUsers):
    """A truth about the user, read from the user's own attribute."""

    wants = "user"

    def __init__(
        self, field: str, *, of_user: str, reason: Reason, said: tuple[Any, ...] | None = None
    ) -> None:
        super().__init__(field)
        self.of_user = of_user
        self.said = said or tuple(format_lazy(text, what=of_user.removeprefix("is_")) for text in IS_SO)
        self.reason = reason

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return True if getattr(subject.user, self.of_user, False) else None


class Listed(ForUsers):
    """The user, or what belongs to the user, is in a many-to-many field of the flag.

    `by` says what is looked up in `field`: "user" (the default) is the user itself, any other name an
    attribute of the user: a foreign key (`by="company"`) or a many-to-many field (`by="groups"`).
    """

    answer = True
    """What is said to whoever is listed."""

    def __init__(self, field: str, *, by: str = "user", reason: Reason = Reason.CUSTOM) -> None:
        super().__init__(field)
        self.by = by
        self.said = LISTED[by] if by in LISTED else tuple(format_lazy(text, by=by) for text in LISTED_BY)
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


class Exclude(Listed):
    """`Listed` the other way round: off for whoever is listed, whatever else the flag says."""

    is_first = True
    stands_for: tuple[str, ...] = ()  # no method of django-waffle's speaks for it
    answer = False


class InList(ForUsers):
    """What `Listed` picks: the same, ready to be asked."""

    def __init__(self, listed: Listed) -> None:
        super().__init__(listed.field)
        self.listed = listed
        self.reason = listed.reason
        self.said = listed.said

    def __str__(self) -> str:
        return str(self.listed)


class InShortList(InList):
    """The members are at hand."""

    def __init__(self, listed: Listed, members: frozenset[Any]) -> None:
        super().__init__(listed)
        self.by = listed.by
        self.keys = self.wants = f"keys of {listed.by}"
        self.members = members

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return None if self.members.isdisjoint(subject.facts[self.keys]) else self.listed.answer


class InLongList(InList):
    """The lists are too long to hold: one query tells every flag that lists this user."""

    wants = "listing flags"

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return self.listed.answer if toggle.pk in subject.facts["listing flags"][self.field] else None


class Percent(Condition):
    """A share of those for whom nothing else speaks: what is remembered, else a stable hash, else dice."""

    reason = Reason.PERCENT
    is_last = True
    stands_for = ("_is_active_for_percent",)

    @property
    def wants(self) -> str | None:  # type: ignore[override]  # read only: it goes by a setting
        return "unit" if conf.STICKY_PERCENT else None

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return dealing.deal(toggle, getattr(toggle, self.field), subject)

    def describe(self, toggle: Any, subject: Asked) -> str:
        return dealing.describe(toggle, getattr(toggle, self.field), subject)

    def lacks(self, subject: Asked) -> str:
        if subject.request is not None:
            return _("nothing was dealt yet: the first check does that")
        if not conf.STICKY_PERCENT:
            return str(NO_REQUEST)
        return str(NO_USER) if conf.UNIT is None else _("needs a unit, none given")


class Active(Condition):
    """A switch is what it is set to."""

    reason = Reason.ACTIVE
    settles = True

    def pick(self, toggle: Any, rosters: Rosters | None) -> Condition | None:
        return self

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        return bool(getattr(toggle, self.field))

    def describe(self, toggle: Any, subject: Asked) -> str:
        return _("set to on") if getattr(toggle, self.field) else _("set to off")


class Dice(Active):
    """A sample is drawn at each check."""

    reason = Reason.PERCENT
    settles = False

    def decide(self, toggle: Any, subject: Asked) -> bool | None:
        percent = getattr(toggle, self.field)
        if 0 < percent < 100:
            subject.keep_private()
        return is_drawn(percent)

    def describe(self, toggle: Any, subject: Asked) -> str:
        return _("drawn at each check, on in %s of 100") % number(getattr(toggle, self.field))


CLASSIC: tuple[Condition, ...] = (
    Everyone("everyone"),
    Testing("testing"),
    Language("languages"),
    Claim("authenticated", of_user="is_authenticated", reason=Reason.AUTHENTICATED, said=SIGNED_IN),
    Claim("staff", of_user="is_staff", reason=Reason.STAFF, said=STAFF),
    Claim("superusers", of_user="is_superuser", reason=Reason.SUPERUSER, said=SUPERUSER),
    Listed("users", reason=Reason.USER),
    Listed("groups", by="groups", reason=Reason.GROUP),
    Percent("percent"),
)
"""The conditions of a flag, in the order in which they are asked: the first that answers decides."""

OVERRIDE = Override()
