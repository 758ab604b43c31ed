"""What goes with toggles that are deleted: links of lists are counted, for there may be 100,000 of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects, quote
from django.db import router
from django.db.models import Count
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import ngettext

from waffle.admin.states import list_fields


# Any, throughout: toggles, what refers to them, pages and requests are Django's and the project's.
class Doomed(NestedObjects):
    """What a deletion takes along, as Django's admin finds it, but for the links of lists."""

    def __init__(self, links: set[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.links = links

    def related_objects(self, related_model: Any, related_fields: Any, objs: Any) -> Any:
        """Return the rows that refer to `objs`; no links, which are counted."""
        rows = super().related_objects(related_model, related_fields, objs)
        return rows.none() if related_model in self.links else rows


class DeletionPage(admin.ModelAdmin):  # type: ignore[type-arg]  # the model is the project's own
    """A page that deletes in as many queries for a hundred thousand links as for two."""

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """Return what Django's page shows: what is deleted, how many, what may not be, and what is in use."""
        toggles = list(objs)
        using = router.db_for_write(self.model)
        fields = list(list_fields(self.model).values())
        doomed: Any = Doomed({field.remote_field.through for field in fields}, using=using, origin=toggles)
        doomed.collect(toggles)
        refused: set[str] = set()

        def shown(row: Any) -> Any:
            return self._shown(row, request, refused)

        counts = {model._meta.verbose_name_plural: len(rows) for model, rows in doomed.model_objs.items()}
        told = doomed.nested(shown)
        for field, count in _counted(fields, toggles, using):
            links = field.remote_field.through._meta.verbose_name_plural
            counts[links] = counts.get(links, 0) + count
            told.append(_of_links(field, count))
        return told, counts, refused, [shown(row) for row in doomed.protected]

    def _shown(self, row: Any, request: Any, refused: set[str]) -> Any:
        """Return a row as text, with a link where it has a page, and note whether it may not be deleted."""
        opts, site = row._meta, self.admin_site
        page = site._registry.get(type(row))
        title = capfirst(opts.verbose_name)
        if page is None:
            return f"{title}: {row}"
        if not page.has_delete_permission(request, row):
            refused.add(opts.verbose_name)
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        try:
            url = reverse(name, args=[quote(row.pk)], current_app=site.name)
        except NoReverseMatch:  # a page of the project's own may have no such address
            return f"{title}: {row}"
        return format_html('{}: <a href="{}">{}</a>', title, url, row)


def _counted(fields: list[Any], toggles: Sequence[Any], using: str) -> Iterator[tuple[Any, int]]:
    """Return how many members the lists of these toggles have, of those that have any."""
    for field in fields:
        links = field.remote_field.through._base_manager.using(using)
        wanted = links.filter(**{f"{field.m2m_field_name()}__in": toggles})
        count = wanted.aggregate(count=Count("pk"))["count"]
        if count:
            yield field, count


def _of_links(field: Any, count: int) -> str:
    words = {"list": capfirst(field.verbose_name), "count": number_format(count, force_grouping=True)}
    return (
        ngettext(
            "%(list)s: %(count)s is taken off the list but not deleted",
            "%(list)s: %(count)s are taken off the list but not deleted",
            count,
        )
        % words
    )
