"""Reverts, with the care of a click in a list: the permission, and the question before a large change."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db import router, transaction
from django.utils.translation import gettext as _

from waffle import history, permissions
from waffle.admin import consequences, guards
from waffle.admin.actions import log
from waffle.admin.choices import is_flip
from waffle.admin.sight import has_row
from waffle.conf import conf
from waffle.history.changes import Action, is_of_list
from waffle.history.reading import field_called, kind_called
from waffle.history.reverting import key_of, toggle_of
from waffle.history.rows import from_json

# what a revert does, and the permission to do so
NEEDS = {Action.CREATED: "delete", Action.CHANGED: "change", Action.DELETED: "add"}
FLAGS = {Action.CREATED: DELETION, Action.CHANGED: CHANGE, Action.DELETED: ADDITION}


# Any, throughout: pages, requests, changes and toggles are Django's and the project's.
def may_revert(site: Any, request: Any, change: Any) -> bool:
    """Say whether a request may do to the toggle, on a site, what a revert would do to it."""
    if conf.ADMIN_READ_ONLY:
        return False
    kind, action = kind_called(change.kind), NEEDS[change.action]
    page = site._registry.get(kind.model)
    is_undo = action == "change" and _is_own_flip(request, change)
    if page is None:
        actions = (action, "toggle") if is_undo else (action,)
        return any(permissions.may(request, each, kind.model._meta) for each in actions)
    if action == "add":
        return bool(page.has_add_permission(request))
    toggle = toggle_of(change)
    if toggle is not None and not has_row(page, request, toggle):
        return False  # who sees all changes need not be able to change all toggles
    if getattr(page, f"has_{action}_permission")(request, toggle):
        return True
    may_flip = getattr(page, "has_toggle_permission", None)  # a page of the project's own may have none
    return bool(is_undo and may_flip and may_flip(request, toggle))


def _is_own_flip(request: Any, change: Any) -> bool:
    """Say whether it is a click of the same user's: whoever may flip may take that back."""
    is_own = change.user_id == str(request.user.pk)
    return is_own and is_flip(kind_called(change.kind).model, change.after)


def revert(request: Any, change: Any) -> Any:
    """Take a change back, and write it into Django's own log."""
    kind = kind_called(change.kind)
    using = router.db_for_write(kind.model, instance=change)
    with history.by(request.user, source="admin"), transaction.atomic(using=using):
        back = history.revert(change)
        # Something stands for a toggle that is gone.
        toggle = toggle_of(back or change) or kind.model(pk=key_of(kind, change), name=change.name)
        log(request, toggle, FLAGS[change.action], change.name, _("Reverted: %s") % change)
    return back


def question_of(change: Any) -> guards.Question | None:
    """Return what to ask before a change is taken back; None where nothing is asked, or it cannot be."""
    toggle = toggle_of(change)
    is_gone = change.action == Action.DELETED
    if (toggle is None) != is_gone or history.conflicts(change):
        return None
    if change.action == Action.CREATED:
        return guards.of_deletion([toggle])
    kind = kind_called(change.kind)
    fields = _fields_before(kind, change)
    # Checks of a toggle that is gone go by the default.
    toggle = kind.model(name=change.name, **kind.created_as(kind.default)) if is_gone else toggle
    if guards.choice_of(toggle, fields) is None:
        return None
    return guards.question(
        [toggle], lambda each: consequences.of_fields(each, fields), _("Revert “%s”?") % change, _("Revert")
    )


def _fields_before(kind: Any, change: Any) -> dict[str, Any]:
    """Return what the fields of a toggle held before a change, of those that it still has."""
    values = {name: value for name, value in change.before.items() if not is_of_list(value)}
    found = ((field_called(kind, name), value) for name, value in values.items())
    return {field.attname: from_json(field, value) for field, value in found if field is not None}
