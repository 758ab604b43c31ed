"""The row of the stamp as a model, for `migrate`: it is read and written by `waffle.stamps`. Internal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class StampManager(models.Manager["Stamp"]):
    """Shows nothing: the row is read and written by `waffle.stamps`, and is no content to be dumped."""

    def get_queryset(self) -> models.QuerySet[Stamp]:
        return super().get_queryset().none()


class Stamp(models.Model):
    """One row (`id` 1), whose version grows with every committed change of a toggle."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    version = models.BigIntegerField()

    objects = StampManager()

    class Meta:
        db_table = "waffle_stamp"
        base_manager_name = "objects"
        default_permissions = ()
        verbose_name = _("stamp")
        verbose_name_plural = _("stamps")

    def __str__(self) -> str:
        return f"version {self.version}"
