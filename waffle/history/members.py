"""Members of lists, by their natural keys: what a change calls them, and finds them by. Internal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Count

from waffle.history.changes import MOST_MEMBERS, Row, of_list
from waffle.history.rows import portions


# Any, throughout: members, keys and links are of whatever models the project has.
def name_of(member: Any) -> Any:
    """Return what a change calls a member: its natural key, alone if that has one part, else its key."""
    if hasattr(member, "natural_key"):
        parts = [part if isinstance(part, int) else str(part) for part in member.natural_key()]
        return parts[0] if len(parts) == 1 else parts
    return {"pk": str(member.pk), "label": str(member)}


def member_called(name: Any, model: Any, using: str) -> Any:
    """Return the member that a change calls so; None where it is gone."""
    manager = model._default_manager.db_manager(using)
    try:
        if isinstance(name, dict):
            return manager.get(pk=name["pk"])
        return manager.get_by_natural_key(*(name if isinstance(name, list) else [name]))
    except (ObjectDoesNotExist, AttributeError, TypeError, ValueError, ValidationError, OverflowError):
        return None


def label_of(name: Any) -> str:
    """Return what people read where a change calls a member so."""
    if isinstance(name, dict):
        return str(name.get("label", name.get("pk")))
    return " ".join(map(str, name)) if isinstance(name, list) else str(name)


def names_of(field: Any, keys: Iterable[Any], using: str) -> list[Any]:
    """Return what changes call the members that the links of a list refer to so, of many the first."""
    first = _ordered(keys)[:MOST_MEMBERS]
    name, rows = field.m2m_reverse_target_field_name(), field.related_model._base_manager.using(using)
    members = {
        getattr(member, name): member
        for some in portions(first)
        for member in rows.filter(**{f"{name}__in": some})
    }
    return [name_of(members[key]) for key in first if key in members]


def linked(field: Any, near: Any, far: Any, using: str) -> set[tuple[Any, Any]]:
    """Return the links of a list as pairs of keys, `near` a toggle's; None: of any toggle, or any member."""
    links = field.remote_field.through._base_manager.using(using)
    sides = field.m2m_field_name(), field.m2m_reverse_field_name()
    pairs: set[tuple[Any, Any]] = set()
    long = max((keys for keys in (near, far) if keys is not None), key=len)
    for some in portions(long):
        wanted = {
            f"{side}__in": some if keys is long else list(keys)
            for side, keys in zip(sides, (near, far), strict=True)
            if keys is not None
        }
        pairs.update(links.filter(**wanted).values_list(*sides))
    return pairs


def all_removed(model: Any, keys: Iterable[Any], using: str) -> dict[Any, Row]:
    """Return, by the keys of toggles, what a change says of their lists when they are all emptied."""
    rows: dict[Any, Row] = {key: {} for key in keys}
    for field in model._meta.many_to_many:
        links = field.remote_field.through._base_manager.using(using)
        near, far = field.m2m_field_name(), field.m2m_reverse_field_name()
        for some in portions(rows):
            counts = links.filter(**{f"{near}__in": some}).values_list(near).annotate(count=Count("pk"))
            for key, count in counts.order_by():
                members = links.filter(**{near: key}).order_by(far).values_list(far, flat=True)
                names = names_of(field, members[:MOST_MEMBERS], using)
                rows[key][field.name] = of_list([], names, (0, count))
    return rows


def _ordered(keys: Iterable[Any]) -> list[Any]:
    try:
        return sorted(keys)
    except TypeError:
        return list(keys)
