"""The app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Tags, register
from django.db.models.signals import post_migrate


class WaffleConfig(AppConfig):
    """Waffle Iron, as Django's registry of apps knows it."""

    name = "waffle"
    label = "waffle"
    verbose_name = "Waffle"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Listen to the models, and let Django check the settings."""
        from waffle import signals

        signals.connect()
        register(_check_settings, "waffle")
        register(_check_middleware, Tags.database)
        post_migrate.connect(_create_permissions, sender=self, dispatch_uid="waffle.permissions")
        if self._knows_all_pages():
            from django.contrib.admin import site

            from waffle.admin import register_own

            register_own(site)

    def _knows_all_pages(self) -> bool:
        """Say whether the admin has found the pages of every app: it has if it stands before this one."""
        if not apps.is_installed("django.contrib.admin"):
            return False
        from django.contrib.admin.apps import AdminConfig

        configs = list(apps.get_app_configs())
        return any(isinstance(config, AdminConfig) for config in configs[: configs.index(self)])


# A process that serves a site runs neither checks nor migrations: what they need is imported by who does.
# Any: what Django passes to them.
def _check_settings(**kwargs: Any) -> list[CheckMessage]:
    from waffle import checks

    return checks.check_settings(**kwargs)


def _check_middleware(**kwargs: Any) -> list[CheckMessage]:
    from waffle import checks

    return checks.check_middleware(**kwargs)


def _create_permissions(**kwargs: Any) -> None:
    from waffle import permissions

    permissions.create(**kwargs)
