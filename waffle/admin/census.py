"""What a list of toggles asks of the database: as many queries for two thousand as for two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count

from waffle.admin.states import Members, State, list_fields, state_of

LONGEST_LIST = 10  # members that are named


# Any, throughout: toggles are instances of the project's models, and so are whom they list.
def states(toggles: Any) -> dict[Any, State]:
    """Return the state of each toggle of a query set, by primary key."""
    listing = {
        name: set(_links(field, toggles.db).values_list(_source(field), flat=True).distinct())
        for name, field in list_fields(toggles.model).items()
    }
    return {
        toggle.pk: state_of(toggle, [name for name, keys in listing.items() if toggle.pk in keys])
        for toggle in toggles
    }


def members_of(toggles: Iterable[Any]) -> dict[Any, dict[str, Members]]:
    """Return whom each of these toggles lists, by primary key and list field; names where they are few."""
    rows = [*toggles]
    found: dict[Any, dict[str, Members]] = {toggle.pk: {} for toggle in rows}
    if rows:
        for name, field in list_fields(type(rows[0])).items():
            for key, members in _members(field, rows[0]._state.db, list(found)).items():
                found[key][name] = members
    return found


def _members(field: Any, using: str | None, keys: list[Any]) -> Mapping[Any, Members]:
    source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
    links = _links(field, using)
    counted = links.filter(**{f"{source}__in": keys}).values_list(_source(field)).annotate(Count("pk"))
    counts = dict(counted.order_by())
    few = [key for key, count in counts.items() if count <= LONGEST_LIST]
    names: defaultdict[Any, list[str]] = defaultdict(list)
    if few:
        for link in links.filter(**{f"{source}__in": few}).select_related(target).order_by(target):
            names[getattr(link, _source(field))].append(str(getattr(link, target)))
    return {key: Members(count, tuple(names[key])) for key, count in counts.items()}


def _links(field: Any, using: str | None) -> Any:
    return field.remote_field.through._default_manager.using(using)


def _source(field: Any) -> str:
    through = field.remote_field.through
    name: str = through._meta.get_field(field.m2m_field_name()).attname
    return name
