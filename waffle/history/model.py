"""The model of changes. Its rows are written by `waffle.history`, and no code need make one."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from waffle.history.changes import Action, Source

LONGEST = 255  # characters of a name, a label or a key


class NoManager(models.Manager["Change"]):
    """Shows nothing to `dumpdata`: a fixture of toggles is to load on other sites, and in django-waffle."""

    def get_queryset(self) -> models.QuerySet[Change]:
        return super().get_queryset().none()


class Change(models.Model):
    """What one transaction did to one toggle, who did it and from where."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(
        default=timezone.now, db_index=True, verbose_name=pgettext_lazy("of a change", "time")
    )
    # Text, no foreign key: it outlives the user, and Django asks nothing of this table when it deletes one.
    user_id = models.CharField(max_length=LONGEST, blank=True, verbose_name=_("key of the user"))
    user_label = models.CharField(max_length=LONGEST, blank=True, verbose_name=_("user"))
    source = models.CharField(
        max_length=20,
        choices=[
            (Source.ADMIN, _("Admin")),
            (Source.COMMAND, _("Command")),
            (Source.CODE, _("Code")),
            (Source.MIGRATION, _("Migration")),
            (Source.TEST, _("Test")),
        ],
        verbose_name=_("source"),
    )
    kind = models.CharField(
        max_length=20,
        choices=[("flag", _("Flag")), ("switch", _("Switch")), ("sample", _("Sample"))],
        verbose_name=_("kind"),
    )
    name = models.CharField(max_length=LONGEST, verbose_name=_("name"))
    object_id = models.CharField(max_length=LONGEST, verbose_name=_("key"))
    action = models.CharField(
        max_length=20,
        choices=[
            (Action.CREATED, pgettext_lazy("change", "created")),
            (Action.CHANGED, pgettext_lazy("change", "changed")),
            (Action.DELETED, pgettext_lazy("change", "deleted")),
        ],
        verbose_name=_("action"),
    )
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder, verbose_name=_("before"))
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder, verbose_name=_("after"))
    comment = models.TextField(blank=True, verbose_name=_("comment"))
    reverts = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("reverts"),
    )

    objects = models.Manager["Change"]()
    none = NoManager()

    class Meta:
        app_label = "waffle"
        db_table = "waffle_change"
        default_manager_name = "none"
        base_manager_name = "objects"
        ordering = ("-id",)
        # Nobody adds, edits or deletes one by hand.
        default_permissions = ("view",)
        # Named here it is no question of a system check, which would have to connect to ask it.
        required_db_features = ("supports_json_field",)
        verbose_name = pgettext_lazy("of a toggle", "change")
        verbose_name_plural = _("changes")
        indexes = (
            models.Index(fields=("kind", "object_id"), name="waffle_change_object"),
            models.Index(fields=("kind", "name"), name="waffle_change_name"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name} {self.get_action_display()}"

    # Any: the project's own model.
    @property
    def user(self) -> Any:
        """The user who made it; None where nobody is known, or the user is gone."""
        if not self.user_id:
            return None
        try:
            model = apps.get_model(settings.AUTH_USER_MODEL)
            return model._base_manager.filter(pk=self.user_id).first()
        except (LookupError, TypeError, ValueError, ValidationError, OverflowError):
            return None  # the project has users of another sort now
