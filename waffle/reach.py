"""Reach: for how many users a flag is on, now and after a change that is not saved yet. Internal.

Every user is asked about by the walk that decides real checks; only what that walk wants to know of users is
loaded for many of them at once.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import ceil, sqrt
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import AutoField, IntegerField, Max, Min
from django.http import HttpRequest

from waffle import evaluation, facts, pins, queries, store
from waffle.conditions import Claim, Condition, Everyone, InShortList, Language, Listed, Percent, Testing
from waffle.inquiries import Inquiry
from waffle.kinds import FLAG, Entry, copy_of
from waffle.picking import Method
from waffle.subjects import Subject
from waffle.values import Value
from waffle.verdicts import Reason
from waffle.work import pinned

MOST = 100_000  # users that are asked about one by one
MOST_BY_METHOD = 10_000  # the same, where methods of the project's own decide, which may ask the database
SAMPLE = 10_000  # users who are asked about where there are more
SAMPLE_BY_METHOD = 2_000
MOST_LISTED = 10_000  # listed users who are asked about beside a sample
CHUNK = 900  # SQLite took no more than 999 parameters
DENSE = 1 / 20  # share of the primary keys in use, from which on it is quicker to guess them
CLASSES = (Everyone, Testing, Language, Percent)  # conditions that read no column of users
SIGMAS = 1.96  # of 95 in 100 samples


class Count(Value):
    """How many users; an estimate is at most `error` off, in 95 of 100 samples."""

    about: int
    error: int = 0


class Reach(Value):
    """For how many users a flag is on."""

    users: int
    now: Count
    then: Count
    turned_on: Count
    turned_off: Count
    failed: int = 0
    """Of those who were asked about, for how many a condition failed."""

    @property
    def is_exact(self) -> bool:
        """Whether every user was asked about."""
        return not any(count.error for count in (self.now, self.then, self.turned_on, self.turned_off))


# Any, from here on: flags, users and primary keys are the project's own.
Lists = Mapping[str, Iterable[Any]]
# How many users were, and would be, given which answer.
Tally = Counter[tuple[bool, bool]]


class Side:
    """A flag as it is, or as it would be: it answers for one user after the other."""

    def __init__(self, flag: Any, lists: Lists) -> None:
        flag = copy_of(flag)
        rosters = {name: {flag.pk: frozenset(keys)} for name, keys in lists.items()}
        self.lists = {name: members[flag.pk] for name, members in rosters.items()}
        # For what methods of the model itself ask of their base.
        flag.__dict__[evaluation.IMAGINED] = rosters
        self.entry: Entry = FLAG.entry(flag, rosters)
        self.failed = 0

    @property
    def settled(self) -> bool | None:
        """What is said to everybody, None where that depends on who asks."""
        return None if self.entry.settled is None else self.entry.settled.active

    def is_on(self, whom: Any, inquiry: Inquiry) -> bool:
        """Answer for one user."""
        if self.entry.settled is not None:
            return self.entry.settled.active
        if self.entry.is_custom:  # what its methods have said is no fact of anybody else's
            inquiry = Inquiry(inquiry.snapshot, _request_of(whom), read_only=True)
        verdict = evaluation.decide(self.entry.own_toggle(), self.entry.conditions, inquiry)
        self.failed += verdict.reason is Reason.ERROR
        return verdict.active


def reach_of(before: Any, after: Any, lists: Lists) -> Reach:
    """Return for how many users a flag is on as `before` is, and would be as `after` is, listing `lists`.

    `before` is None for a new flag; `lists` has the primary keys that each list field would hold, and for a
    field that is not in it the database has them.
    """
    user_model = get_user_model()
    kept = {} if before is None else members_of(before)
    now = None if before is None else Side(before, kept)
    then = Side(after, {**dict.fromkeys(list_names(type(after)), ()), **kept, **lists})
    sides = [side for side in (now, then) if side is not None]
    users = _light(user_model._default_manager.all(), sides)
    total = users.count()
    if all(side.settled is not None for side in sides):
        tally = Counter({_pair(now, then, None, None): total})
        return _reach(total, tally, Counter(), 0, sides)
    is_custom = any(side.entry.is_custom for side in sides)
    if total <= (MOST_BY_METHOD if is_custom else MOST):
        return _reach(total, _ask(_in_order(users), now, then, is_span=True), Counter(), 0, sides)
    listed = _listed(type(after), sides)
    apart = _ask(_by_keys(users, listed), now, then)
    keys = _drawn(users, total, SAMPLE_BY_METHOD if is_custom else SAMPLE)
    rest = _ask(_by_keys(users, [key for key in keys if key not in listed]), now, then)
    return _reach(total, apart, rest, total - apart.total(), sides)


def members_of(flag: Any) -> dict[str, frozenset[Any]]:
    """Return the primary keys that each list field of a flag holds."""
    names = list_names(type(flag)) if flag.pk is not None else ()
    return {name: frozenset(getattr(flag, name).values_list("pk", flat=True)) for name in names}


def list_names(model: Any) -> tuple[str, ...]:
    """Return the list fields of a flag model, in the order in which they are asked."""
    return tuple(
        condition.field
        for condition in model.conditions
        if isinstance(condition, Listed) and hasattr(model, condition.field)
    )


def _light(users: Any, sides: Iterable[Side]) -> Any:
    """Let no more columns of users be read than Waffle Iron's own conditions go by, where all are its own."""
    columns = {users.model._meta.pk.name}
    for condition in (condition for side in sides for condition in side.entry.conditions):
        if isinstance(condition, Claim) and type(condition) is Claim:
            columns.add(condition.of_user)
        elif isinstance(condition, InShortList):
            columns.add(condition.by)
        elif type(condition) not in CLASSES:
            return users
    fields = {field.name: field for field in users.model._meta.get_fields()}
    # What is no column costs nothing, or nobody knows what: then all are read.
    if not columns - {"user", "is_authenticated"} <= {*fields}:
        return users
    return users.only(*(name for name in columns & {*fields} if getattr(fields[name], "column", None)))


def _ask(chunks: Iterable[list[Any]], now: Side | None, then: Side, *, is_span: bool = False) -> Tally:
    """Ask about each user, with a pin of its own for some hundred at a time."""
    tally: Tally = Counter()
    sides = [side for side in (now, then) if side is not None]
    wanted = _wanted_keys(sides)
    # What a condition lacks is loaded when it is asked; all at once it need not be asked again.
    firsts = {each.wants: each for side in sides for each in side.entry.conditions}
    firsts.pop(None, None)
    for some in chunks:
        with pinned():
            snapshot = store.snapshot(FLAG)
            _supply(some, wanted, snapshot, is_span=is_span)
            for user in some:
                whom = Subject(user)
                inquiry = Inquiry(snapshot, whom, read_only=True)
                for condition in firsts.values():
                    if not isinstance(condition, Method):
                        facts.supply(condition, None, inquiry)
                tally[_pair(now, then, whom, inquiry)] += 1
    return tally


def _pair(now: Side | None, then: Side, whom: Any, inquiry: Any) -> tuple[bool, bool]:
    return FLAG.default if now is None else now.is_on(whom, inquiry), then.is_on(whom, inquiry)


def _wanted_keys(sides: Iterable[Side]) -> set[str]:
    """Return by which attributes of users, their groups for one, lists hold them."""
    wanted: set[str] = set()
    for side in sides:
        conditions: Iterable[Condition] = side.entry.conditions
        if side.entry.is_custom:
            conditions = FLAG.lists().values()
        wanted |= {each.by for each in conditions if isinstance(each, (InShortList, Listed))}
    return wanted - {"user"}


def _supply(users: list[Any], wanted: Iterable[str], snapshot: Any, *, is_span: bool) -> None:
    """Put into the pin what a check would ask the database for, user by user."""
    pin = pins.current()
    if pin is None:  # pragma: no cover  # a pin is open
        return
    for by in wanted:
        for user, keys in queries.linked_keys_of(users, by, is_span=is_span):
            pin.memberships[snapshot, by, user.__class__, user.pk] = keys


def _request_of(whom: Subject) -> Any:
    """Return what methods of a model's own can take for a request of somebody."""
    request = HttpRequest()
    request.user = whom.user
    return request


def _listed(model: Any, sides: Iterable[Side]) -> set[Any]:
    """Return the users whom some list names, if they are not too many: in a sample they would be none."""
    listed: set[Any] = set()
    for condition in model.conditions:
        if isinstance(condition, Listed) and condition.by == "user":
            listed.update(*(side.lists.get(condition.field, ()) for side in sides))
    return listed if len(listed) <= MOST_LISTED else set()


def _in_order(users: Any) -> Iterator[list[Any]]:
    return _chunks(users.order_by("pk").iterator(CHUNK))


def _by_keys(users: Any, keys: Iterable[Any]) -> Iterator[list[Any]]:
    return (list(users.filter(pk__in=some)) for some in _chunks(keys))


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    some: list[Any] = []
    for row in rows:
        some.append(row)
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some


def _drawn(users: Any, total: int, size: int) -> list[Any]:
    """Return the primary keys of a simple random sample."""
    if isinstance(users.model._meta.pk, (AutoField, IntegerField)):
        lowest, highest = users.aggregate(lowest=Min("pk"), highest=Max("pk")).values()
        if total >= DENSE * (highest - lowest + 1):
            return _guessed(users, range(lowest, highest + 1), total, size)
    return list(users.order_by("?").values_list("pk", flat=True)[:size])


def _guessed(users: Any, span: range, total: int, size: int) -> list[Any]:
    """Return a sample by drawing keys, and leaving those that nobody has: as fair, and nothing is sorted."""
    found: list[Any] = []
    draws = random.sample(span, min(len(span), ceil(1.2 * size * len(span) / total)))
    for some in _chunks(draws):
        found += users.filter(pk__in=some).values_list("pk", flat=True)
        if len(found) >= size:
            break
    return found


def _reach(total: int, apart: Tally, sample: Tally, rest: int, sides: Iterable[Side]) -> Reach:
    """Sum up: `apart` was counted, `sample` stands for `rest` users."""

    def count(*pairs: tuple[bool, bool]) -> Count:
        counted = sum(apart[pair] for pair in pairs)
        size = sample.total()
        if not size:
            return Count(counted, rest)
        hits = sum(sample[pair] for pair in pairs)
        return Count(counted + round(rest * hits / size), ceil(rest * _half_width(hits, size)))

    return Reach(
        total,
        now=count((True, True), (True, False)),
        then=count((True, True), (False, True)),
        turned_on=count((False, True)),
        turned_off=count((True, False)),
        failed=max(side.failed for side in sides),
    )


def _half_width(hits: int, size: int) -> float:
    """Return how far a share may be off: the wider side of Wilson's interval (E. B. Wilson, 1927)."""
    share, square = hits / size, SIGMAS**2
    middle = (share + square / (2 * size)) / (1 + square / size)
    half = SIGMAS * sqrt(share * (1 - share) / size + square / (4 * size**2)) / (1 + square / size)
    return max(middle + half - share, share - middle + half)
