"""The permission to flip a toggle without the one to edit it: `toggle_flag` for the stock model of flags.

It is made after `migrate`, for the three models in use. In `Meta` it would be part of the migrations of every
project that has a model of its own.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ImproperlyConfigured
from django.db import router

from waffle.kinds import KINDS


# Any, throughout: what Django passes to signals, and requests and models of the project.
def may(request: Any, action: str, opts: Any) -> bool:
    """Say whether the request's user has the permission to do this with such toggles."""
    allowed: bool = request.user.has_perm(f"{opts.app_label}.{get_permission_codename(action, opts)}")
    return allowed


def create(*, using: str, **kwargs: Any) -> None:
    """Make the permissions that are not there yet."""
    if not (apps.is_installed("django.contrib.auth") and apps.is_installed("django.contrib.contenttypes")):
        return
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType

    if not router.allow_migrate_model(using, Permission):
        return
    types = ContentType.objects.db_manager(using)
    for model in _models():
        codename = get_permission_codename("toggle", model._meta)
        name = f"Can toggle {model._meta.verbose_name_raw}"
        kind_of_row = types.get_for_model(model, for_concrete_model=False)
        Permission.objects.using(using).get_or_create(
            codename=codename, content_type=kind_of_row, defaults={"name": name[:255]}
        )


def _models() -> list[Any]:
    models = []
    for kind in KINDS:
        try:
            models.append(kind.model)
        except ImproperlyConfigured:
            continue  # system checks tell of it
    return models
