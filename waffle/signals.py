"""Signals: how the store hears of a change, model by model."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, router
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_migrate,
    post_save,
    pre_delete,
    pre_migrate,
    pre_save,
)

from waffle import pins, records, unsettled
from waffle.conditions import Listed
from waffle.history import authors, hearing
from waffle.kinds import FLAG, KINDS
from waffle.models import BaseModel, Stamp
from waffle.snapshots import last_known

evaluated = records.signal
"""Sent with `kind`, `name` and `verdict`, once per request and toggle: see the how-to "Why is it on?"."""


# Any, throughout: signals, models and what they send are of every sort.
def connect() -> None:
    """Listen to every model of a toggle, to its list fields, and to what they list.

    Each receiver has a sender: a single `post_delete` without one would slow every delete of the project.
    """
    for model in apps.get_models():
        if issubclass(model, BaseModel):
            _listen(post_save, model, _toggle_changed)
            _listen(post_delete, model, _toggle_changed)
            _listen(pre_save, model, hearing.before_save)
            _listen(post_save, model, hearing.after_save)
            _listen(pre_delete, model, hearing.before_delete)
            for field in model._meta.many_to_many:
                _listen(m2m_changed, field.remote_field.through, _list_changed)
                _listen(m2m_changed, field.remote_field.through, hearing.list_changed)
            for condition in getattr(model, "conditions", ()):
                if isinstance(condition, Listed) and hasattr(model, condition.field):
                    _listen_to_listed(model._meta.get_field(condition.field), condition)
    _listen(pre_migrate, apps.get_app_config("waffle"), _migrating)
    _listen(post_migrate, apps.get_app_config("waffle"), _migrated)


def _listen(signal: Any, sender: Any, receiver: Any) -> None:
    signal.connect(receiver, sender=sender, dispatch_uid=f"waffle.{receiver.__name__}")


def _listen_to_listed(field: Any, listed: Listed) -> None:
    _listen(post_delete, field.related_model, _listed_deleted)
    user_model = _user_model()
    if listed.by != "user" and user_model is not None:
        names = {own.name for own in user_model._meta.many_to_many}
        if listed.by in names:
            _listen(m2m_changed, user_model._meta.get_field(listed.by).remote_field.through, _user_changed)


def _user_model() -> Any:
    """Return the model of users, None in a project without one."""
    try:
        return apps.get_model(settings.AUTH_USER_MODEL)
    except LookupError:
        return None


def _toggle_changed(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    unsettled.changed(using, sender.flush_after_change(instance))


def _list_changed(sender: Any, instance: Any, action: str, using: str, **kwargs: Any) -> None:
    if action in ("post_add", "post_remove", "post_clear"):
        # From the other side, as in `user.flag_set.add(flag)`, the instance is no toggle.
        is_toggle = isinstance(instance, BaseModel)
        flush = instance.flush_after_change(instance) if is_toggle else FLAG.model.flush_after_change()
        unsettled.changed(using, flush)


def _listed_deleted(sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Hear that a user, a group or the like is gone: their links went with it, without a signal."""
    if _may_be_listed(sender, instance.pk):
        unsettled.changed(using, FLAG.model.flush_after_change())


def _may_be_listed(model: Any, key: Any) -> bool:
    """Say whether a flag may list `key`: if none does, nobody needs to read anything again."""
    held = last_known(FLAG)
    if held.rosters is None or not held.is_current() or held.stamp.is_look_due():
        return True
    return any(
        key in members
        for name, roster in held.rosters.items()
        if FLAG.model._meta.get_field(name).related_model is model
        for members in roster.values()
    )


def _user_changed(sender: Any, action: str, using: str, **kwargs: Any) -> None:
    pin = pins.current()
    if pin is not None and action.startswith("post_"):
        pin.doubt_users(connections[using])


def _migrating(sender: Any, using: str, **kwargs: Any) -> None:
    authors.migrating.add(using)


def _migrated(sender: Any, using: str, **kwargs: Any) -> None:
    """Hear of new and of emptied tables: `flush` ends here too."""
    authors.migrating.discard(using)
    if not router.allow_migrate_model(using, Stamp) or all(kind.write_alias() != using for kind in KINDS):
        return
    if Stamp._meta.db_table in connections[using].introspection.table_names():
        unsettled.changed(using)
