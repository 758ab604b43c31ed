"""Who may see what: rows of a model, and the changes of those toggles that a page would show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from waffle import permissions
from waffle.history.reading import kind_called
from waffle.history.reverting import toggle_of
from waffle.history.rows import portions
from waffle.kinds import KINDS, Kind


# Any, throughout: sites, pages, requests and changes are Django's and the project's.
def may_view(site: Any, request: Any, model: Any) -> bool:
    """Say whether a request may see rows of a model: the page of a site decides, else the permissions."""
    page = site._registry.get(model)
    if page is not None:
        return bool(page.has_view_or_change_permission(request))
    return any(permissions.may(request, action, model._meta) for action in ("view", "change"))


def has_row(page: Any, request: Any, toggle: Any) -> bool:
    """Say whether a toggle is among the rows of a page: one of the project's own may hide it."""
    return _goes_by_model(page) or bool(page.get_queryset(request).filter(pk=toggle.pk).exists())


def shows(page: Any, request: Any, toggle: Any) -> bool:
    """Say whether a page shows a toggle to this request."""
    return has_row(page, request, toggle) and bool(page.has_view_or_change_permission(request, toggle))


def shown_on(page: Any, request: Any) -> Iterator[Any]:
    """Return the toggles of a page, without those that it refuses to this request."""
    shows_all = _goes_by_model(page)
    for toggle in page.get_queryset(request):
        if shows_all or page.has_view_or_change_permission(request, toggle):
            yield toggle


class Sight:
    """What one request may see of the history on one site."""

    def __init__(self, site: Any, request: Any, *, sees_all: bool) -> None:
        self.site, self.request, self.sees_all = site, request, sees_all

    def of_kind(self, kind: Kind) -> bool:
        """Say whether it may see changes of a kind: who may see all changes, or such toggles."""
        return self.sees_all or may_view(self.site, self.request, kind.model)

    def of_change(self, change: Any) -> bool:
        """Say whether it may see one change: its toggle's page may refuse the toggle, or not have it."""
        kind = kind_called(change.kind)
        if self.sees_all or not self.of_kind(kind):
            return self.sees_all
        page, toggle = self.site._registry.get(kind.model), toggle_of(change)
        return page is None or toggle is None or shows(page, self.request, toggle)

    def limited(self, changes: Any) -> Any:
        """Return of a query set of changes those that it may see."""
        kinds = [kind for kind in KINDS if self.of_kind(kind)]
        if len(kinds) < len(KINDS):
            changes = changes.filter(kind__in=[kind.name for kind in kinds])
        for kind in () if self.sees_all else kinds:
            for some in portions(self._hidden(kind)):
                changes = changes.exclude(kind=kind.name, object_id__in=some)
        return changes

    def _hidden(self, kind: Kind) -> Iterator[str]:
        """Return the keys of the toggles that the page of a kind hides, or refuses to this request."""
        page = self.site._registry.get(kind.model)
        if page is None or _goes_by_model(page):
            return
        shown = {toggle.pk for toggle in shown_on(page, self.request)}
        for key in kind.model._base_manager.using(kind.read_alias()).values_list("pk", flat=True):
            if key not in shown:
                yield str(key)


ASKED = ("get_queryset", "has_view_permission", "has_change_permission", "has_view_or_change_permission")


def _goes_by_model(page: Any) -> bool:
    """Say whether a page shows all toggles or none: its methods are ours or Django's, not the project's."""
    homes = {getattr(type(page), name).__module__.partition(".")[0] for name in ASKED}
    return homes <= {"waffle", "django"}
