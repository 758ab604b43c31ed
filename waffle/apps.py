"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class WaffleConfig(AppConfig):
    """Waffle Iron, as Django's registry of apps knows it."""

    name = "waffle"
    label = "waffle"
    verbose_name = "Waffle"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Listen to the models, and let Django check the settings."""
        from waffle import checks, signals

        signals.connect()
        checks.register()
