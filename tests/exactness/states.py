"""What can be asked, and what a state of the tables answers. Pure.

Each writer has toggles of its own, and nobody else writes them: so its changes have one order, its own. They
all share the stamp and the bell, which is where writers meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

KINDS = ("flag", "switch", "sample")
LISTS = ("users", "groups")
PARTS = (*KINDS, *LISTS)
"""What is read at one moment each: the rows of a kind, and whom a list field lists."""

ROWS = 3  # of each kind that a writer has
MEMBERS = 8  # users, each in a group of its own

RENAMED = "-renamed"

# Any, throughout: states and answers go through JSON.
State = dict[str, dict[str, Any]]
"""Part → name → what is there: `[serial of the last change, is on]` for a row, the members for a list."""


@dataclass(frozen=True, slots=True)
class Question:
    """One check; as JSON, a list of its fields."""

    form: str
    """One of `FORMS`."""
    part: str
    name: str
    """Of a toggle; what the names begin with, where all are asked for."""
    member: int | None = None

    def as_json(self) -> list[Any]:
        return list(astuple(self))

    @property
    def writer(self) -> int:
        """Whose toggle it is about."""
        return int(self.name.split("-")[0][1:])


def name_of(writer: int, part: str, number: int | str = "") -> str:
    """Return a toggle's name, or what all names of a part begin with."""
    return f"w{writer}-{part}-{number}"


def names_of(writer: int, part: str) -> list[str]:
    """Return all names that rows of a writer ever have."""
    names = [name_of(writer, part, number) for number in range(ROWS)]
    return [*names, *(name + RENAMED for name in names)]


def first_state(writer: int) -> State:
    """Return what a writer finds."""
    rows: State = {kind: {name: [0, False] for name in names_of(writer, kind)[:ROWS]} for kind in KINDS}
    return {**rows, **{part: {name_of(writer, part): []} for part in LISTS}}


def copy_of(state: State) -> State:
    """Return a state to be changed by itself; what a name holds is never changed but replaced."""
    return {part: dict(held) for part, held in state.items()}


def questions_about(writer: int, parts: tuple[str, ...] = PARTS) -> list[Question]:
    """Return all that can be asked about a writer's toggles."""
    found: list[Question] = []
    for part in parts:
        if part in LISTS:
            found += [Question("listed", part, name_of(writer, part), member) for member in range(MEMBERS)]
            continue
        found += [
            Question(form, part, name) for form in ("active", "note") for name in names_of(writer, part)
        ]
        found.append(Question("all", part, name_of(writer, part)))
    return found


def answer(state: State, question: Question) -> Any:
    """Return what is right while `state` is."""
    return FORMS[question.form](state[question.part], question)


def _active(held: dict[str, Any], question: Question) -> bool:
    return bool(held[question.name][1]) if question.name in held else False


def _note(held: dict[str, Any], question: Question) -> str | None:
    return str(held[question.name][0]) if question.name in held else None


def _all(held: dict[str, Any], question: Question) -> dict[str, str]:
    return {name: str(serial) for name, (serial, _) in held.items()}


def _listed(held: dict[str, Any], question: Question) -> bool:
    return question.member in held[question.name]


FORMS: dict[str, Callable[[dict[str, Any], Question], Any]] = {
    "active": _active,
    "note": _note,
    "all": _all,
    "listed": _listed,
}
"""Is it on; the serial in its note, None where it is missing; those serials of all; does it list a member."""
