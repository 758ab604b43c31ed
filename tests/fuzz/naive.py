"""A naive model of Waffle Iron: it reads all tables whenever it is asked, and decides by the book.

Written from the contract ("How a flag is decided"), and with nothing of `waffle` but the words for reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from waffle.verdicts import Reason

DICE = 50.0
"""What the dice show, always."""

Links = Mapping[int, frozenset[int]]
Answer = tuple[bool, Reason]


@dataclass(frozen=True, slots=True)
class Flag:
    """A row of `waffle_flag`."""

    pk: int
    everyone: bool | None
    percent: float
    testing: bool
    superusers: bool
    staff: bool
    authenticated: bool
    languages: str


@dataclass(frozen=True, slots=True)
class State:
    """All that the tables hold: by a toggle's name, or by a primary key."""

    flags: Mapping[str, Flag] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    samples: Mapping[str, float] = field(default_factory=dict)
    users: Links = field(default_factory=dict)
    """Whom each flag lists."""
    groups: Links = field(default_factory=dict)
    """Which groups each flag lists."""
    memberships: Links = field(default_factory=dict)
    """Which groups each user is in."""

    def is_same_but_memberships(self, other: State) -> bool:
        """Say whether no toggle differs."""
        return self == replace(other, memberships=self.memberships)


def read(connection: BaseDatabaseWrapper) -> State:
    """Read everything, as this connection sees it."""
    flags = _rows(
        connection,
        "SELECT name, id, everyone, percent, testing, superusers, staff, authenticated, languages"
        " FROM waffle_flag",
    )
    return State(
        {name: _flag(*columns) for name, *columns in flags},
        {name: bool(active) for name, active in _rows(connection, "SELECT name, active FROM waffle_switch")},
        {name: float(part) for name, part in _rows(connection, "SELECT name, percent FROM waffle_sample")},
        _links(connection, "SELECT flag_id, user_id FROM waffle_flag_users"),
        _links(connection, "SELECT flag_id, group_id FROM waffle_flag_groups"),
        _links(connection, "SELECT user_id, group_id FROM auth_user_groups"),
    )


# Any, here and below: columns, requests and users are of many types.
def _flag(
    pk: int,
    everyone: Any,
    percent: Any,
    testing: Any,
    superusers: Any,
    staff: Any,
    authenticated: Any,
    languages: str,
) -> Flag:
    return Flag(
        pk,
        None if everyone is None else bool(everyone),
        float(percent or 0),
        bool(testing),
        bool(superusers),
        bool(staff),
        bool(authenticated),
        languages,
    )


def _links(connection: BaseDatabaseWrapper, sql: str) -> Links:
    links: dict[int, set[int]] = {}
    for one, other in _rows(connection, sql):
        links.setdefault(one, set()).add(other)
    return {one: frozenset(others) for one, others in links.items()}


def _rows(connection: BaseDatabaseWrapper, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@dataclass(frozen=True, slots=True)
class Asked:
    """What a flag may want to know of a request, as it is before the question."""

    user: Any
    language: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    dealt: Mapping[str, bool]

    @classmethod
    def of(cls, request: Any) -> Asked | None:
        """Look at a request; None: there is none."""
        if request is None:
            return None
        dealt = {name: note[0] for name, note in getattr(request, "waffles", {}).items()}
        return cls(request.user, request.LANGUAGE_CODE, request.GET, request.headers, request.COOKIES, dealt)


def switch(state: State, name: str) -> Answer:
    """Decide a switch."""
    if name not in state.switches:
        return False, Reason.MISSING
    return state.switches[name], Reason.ACTIVE


def sample(state: State, name: str) -> Answer:
    """Decide a sample."""
    if name not in state.samples:
        return False, Reason.MISSING
    return state.samples[name] >= DICE, Reason.PERCENT


def flag(state: State, name: str, asked: Asked | None, live: State) -> Answer:
    """Decide a flag; whom it lists, and who is in which group, is as `live` has it."""
    row = state.flags.get(name)
    if row is None:
        return False, Reason.MISSING
    if row.everyone is not None:
        return row.everyone, Reason.EVERYONE
    if asked is None:
        return False, Reason.DEFAULT
    tested = _tested(row, name, asked)
    if tested is not None:
        return tested, Reason.TESTING
    if asked.language in row.languages.split(","):
        return True, Reason.LANGUAGE
    reason = for_user(row, asked.user, live)
    if reason is not None:
        return True, reason
    return _by_percent(row, name, asked)


def for_user(row: Flag, user: Any, live: State) -> Reason | None:
    """Return why a flag is on for a user, None where it is not."""
    if not user.is_authenticated:
        return None
    in_groups = live.memberships.get(user.pk, frozenset())
    claims = {
        Reason.AUTHENTICATED: row.authenticated,
        Reason.STAFF: row.staff and user.is_staff,
        Reason.SUPERUSER: row.superusers and user.is_superuser,
        Reason.USER: user.pk in live.users.get(row.pk, ()),
        Reason.GROUP: bool(in_groups & live.groups.get(row.pk, frozenset())),
    }
    return next((reason for reason, is_true in claims.items() if is_true), None)


def _tested(row: Flag, name: str, asked: Asked) -> bool | None:
    if not row.testing:
        return None
    key = f"dwft_{name}"
    value = asked.query.get(key, asked.headers.get(key.replace("_", "-")))
    if value is not None:
        return value == "1"
    cookie = asked.cookies.get(key)
    return None if cookie is None else cookie == "True"


def _by_percent(row: Flag, name: str, asked: Asked) -> Answer:
    if not row.percent:
        return False, Reason.DEFAULT
    if name in asked.dealt:
        return asked.dealt[name], Reason.PERCENT
    cookie = asked.cookies.get(f"dwf_{name}")
    return row.percent >= DICE if cookie is None else cookie == "True", Reason.PERCENT
