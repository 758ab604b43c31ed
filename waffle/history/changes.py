"""What a change is made of, apart from its row: sources, actions, drafts. Internal, but for the constants."""

from __future__ import annotations

from typing import Any

from waffle.values import Value

MOST_MEMBERS = 1_000  # that a change names; beyond them it counts


class Source:
    """From where a change was made."""

    ADMIN = "admin"
    COMMAND = "command"
    CODE = "code"
    MIGRATION = "migration"
    TEST = "test"

    ALL = (ADMIN, COMMAND, CODE, MIGRATION, TEST)


class Action:
    """What a change did."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


# Any, throughout: values of JSON, by the names of fields.
Row = dict[str, Any]


class Draft(Value):
    """A change that is to be written."""

    kind: str
    name: str
    object_id: str
    action: str
    before: Row
    after: Row

    def says_nothing(self) -> bool:
        """Say whether nothing has changed."""
        return self.action == Action.CHANGED and not self.before and not self.after

    def followed_by(self, later: Draft) -> Draft | None:
        """Return one draft in the place of two of one toggle; None where both must stand."""
        if self.action == Action.DELETED or later.action != Action.CHANGED:
            return None
        before, after = dict(self.before), dict(self.after)
        for field, value in later.after.items():
            if is_of_list(value):
                joined = _joined(after.get(field), value)
                if joined is None:
                    return None
                after[field] = joined
            else:
                after[field] = value
                if self.action == Action.CHANGED:
                    before.setdefault(field, later.before[field])
            if is_idle(after[field]) or (field in before and before[field] == after[field]):
                del after[field]
                before.pop(field, None)
        return self.replaced(name=later.name, before=before, after=after)


def of_list(added: list[Any], removed: list[Any], counts: tuple[int, int] | None = None) -> Row:
    """Return what a change says of a list: whom it added and removed, by name, and how many they are."""
    count_added, count_removed = counts or (len(added), len(removed))
    count = {"added": count_added, "removed": count_removed}
    return {"added": added[:MOST_MEMBERS], "removed": removed[:MOST_MEMBERS], "count": count}


def is_of_list(value: Any) -> bool:
    """Say whether a value of a change is about a list, and not a field's."""
    return isinstance(value, dict) and value.keys() == {"added", "removed", "count"}


def is_idle(value: Any) -> bool:
    """Say whether a list has neither gained nor lost anybody."""
    return is_of_list(value) and not any(value["count"].values())


def is_capped(value: Any) -> bool:
    """Say whether a change of a list does not name them all."""
    return bool(is_of_list(value)) and any(
        value["count"][side] > len(value[side]) for side in ("added", "removed")
    )


def _joined(earlier: Any, later: Any) -> Row | None:
    if earlier is None:
        return dict(later)
    if is_capped(earlier) or is_capped(later):
        return _counted(earlier, later)
    added = [key for key in earlier["added"] if key not in later["removed"]]
    added += [key for key in later["added"] if key not in earlier["removed"] and key not in added]
    removed = [key for key in earlier["removed"] if key not in later["added"]]
    removed += [key for key in later["removed"] if key not in earlier["added"] and key not in removed]
    return of_list(added, removed)


def _counted(earlier: Any, later: Any) -> Row | None:
    """Add up two changes whose members are not all known: None where one may take back the other."""
    counts = [earlier["count"][side] + later["count"][side] for side in ("added", "removed")]
    if all(counts):
        return None
    added, removed = (earlier[side] + later[side] for side in ("added", "removed"))
    return of_list(added, removed, (counts[0], counts[1]))
