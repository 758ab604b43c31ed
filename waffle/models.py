"""The models: three tables that admins fill, and the stamp that tells every process of a change."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from waffle import evaluation, unsettled
from waffle.conditions import CLASSIC, Condition
from waffle.conf import conf
from waffle.history import hearing
from waffle.history.model import Change
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind, absent, copy_of
from waffle.managers import BaseManager, FlagManager, SampleManager, SwitchManager
from waffle.memory import set_flag
from waffle.overrides import entries
from waffle.picking import overrides, stock
from waffle.stamp_row import Stamp
from waffle.utils import get_cache

__all__ = [
    "CACHE_EMPTY",
    "AbstractBaseFlag",
    "AbstractBaseSample",
    "AbstractBaseSwitch",
    "AbstractUserFlag",
    "BaseModel",
    "Change",
    "Flag",
    "Sample",
    "Stamp",
    "Switch",
    "logger",
    "set_flag",
]

logger = logging.getLogger("waffle")

CACHE_EMPTY = "-"
"""What custom models put in a cache to say that there is nothing."""


class BaseModel(models.Model):
    """What flags, switches and samples have in common."""

    _waffle_kind: ClassVar[Kind]

    name = models.CharField(
        max_length=100,
        unique=True,
        verbose_name=_("name"),
        help_text=_("The name that code and templates use."),
    )
    note = models.TextField(
        blank=True,
        verbose_name=_("note"),
        help_text=_("What it is for, and when it can be removed."),
    )
    created = models.DateTimeField(default=timezone.now, db_index=True, verbose_name=_("created"))
    modified = models.DateTimeField(default=timezone.now, verbose_name=_("modified"))

    objects: ClassVar[BaseManager] = BaseManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)

    # Any: Django's own signature.
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the time of this change in `modified`."""
        self.modified = timezone.now()
        update_fields = args[3] if len(args) > 3 else kwargs.pop("update_fields", None)
        if update_fields:
            update_fields = {*update_fields, "modified"}
        using = args[2] if len(args) > 2 else kwargs.get("using")
        with hearing.saving(self, using):
            super().save(*args[:3], **kwargs, update_fields=update_fields)

    def natural_key(self) -> tuple[str]:
        """Return what fixtures call this toggle: its name."""
        return (self.name,)

    # Any, from here on: a class method of a model answers with whatever the model's own subclass is.
    @classmethod
    def get(cls, name: str) -> Any:
        """Return the toggle of that name, an unsaved one where there is none. It is yours to change."""
        if cls is not cls._waffle_kind.model:
            return cls._rows().filter(name=name).first() or absent(cls, name)
        entry = entries(cls._waffle_kind).get(name)
        return absent(cls, name) if entry is None else copy_of(entry.toggle)

    @classmethod
    def get_all(cls) -> list[Any]:
        """Return all toggles of this kind."""
        if cls is not cls._waffle_kind.model:
            return cls.get_all_from_db()
        return [copy_of(entry.toggle) for entry in entries(cls._waffle_kind).values()]

    @classmethod
    def get_from_db(cls, name: str) -> Any:
        """Return the toggle of that name from the database; raises `DoesNotExist`."""
        return cls._rows().get(name=name)

    @classmethod
    def get_all_from_db(cls) -> list[Any]:
        """Return all toggles of this kind from the database."""
        return list(cls._rows())

    @classmethod
    def _rows(cls) -> Any:
        alias = router.db_for_write(cls) if conf.READ_FROM_WRITE_DB else router.db_for_read(cls)
        return cls._default_manager.using(alias)

    @stock
    def get_flush_keys(self, flush_keys: list[str] | None = None) -> list[str]:
        """Return the cache keys to delete after a change; a custom model adds its own to `flush_keys`."""
        return list(flush_keys or [])

    @stock
    def flush(self) -> None:
        """Tell every process that this toggle has changed: for writes that nobody hears of."""
        if overrides(type(self), "get_flush_keys"):
            get_cache().delete_many(self.get_flush_keys())
        unsettled.changed(self._state.db or router.db_for_write(type(self)))

    @classmethod
    def flush_after_change(cls, toggle: BaseModel | None = None) -> Callable[[], None] | None:
        """Return what flushes the keys of `toggle`, or of all toggles; None where the model keeps none."""
        if not (overrides(cls, "flush") or overrides(cls, "get_flush_keys")):
            return None
        return cls._flush_all if toggle is None else toggle.flush

    @classmethod
    def _flush_all(cls) -> None:
        for toggle in cls.get_all_from_db():
            toggle.flush()


class AbstractBaseFlag(BaseModel):
    """A flag: on for some requests, by conditions; the first that answers decides."""

    everyone = models.BooleanField(
        null=True,
        blank=True,
        verbose_name=_("everyone"),
        help_text=_(
            "Yes or No decides for everyone, before anything below. Choose Unknown to let the rest decide."
        ),
    )
    percent = models.DecimalField(
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        verbose_name=_("percent"),
        help_text=_("On for this share of everyone else, from 0.1 to 99.9. Each of them keeps the answer."),
    )
    testing = models.BooleanField(
        default=False,
        verbose_name=_("testing"),
        help_text=_("Let a query string, a header or a cookie turn this flag on or off for one visitor."),
    )
    superusers = models.BooleanField(
        default=True,
        verbose_name=_("superusers"),
        help_text=_("On for superusers."),
    )
    staff = models.BooleanField(
        default=False,
        verbose_name=_("staff"),
        help_text=_("On for staff."),
    )
    authenticated = models.BooleanField(
        default=False,
        verbose_name=_("authenticated"),
        help_text=_("On for everyone who is signed in."),
    )
    languages = models.TextField(
        blank=True,
        default="",
        verbose_name=_("languages"),
        help_text=_(
            "On for requests in one of these languages: codes separated by commas, such as de,pt-br."
        ),
    )
    rollout = models.BooleanField(
        default=False,
        verbose_name=_("rollout"),
        help_text=_("Draw again in the next session for those who did not get it, so that the share grows."),
    )

    objects: ClassVar[FlagManager] = FlagManager()

    _waffle_kind: ClassVar[Kind] = FLAG

    conditions: ClassVar[tuple[Condition, ...]] = CLASSIC
    """What decides, in this order; a custom model may add `Listed("companies", by="company")`."""

    class Meta(BaseModel.Meta):
        abstract = True
        verbose_name = _("flag")
        verbose_name_plural = _("flags")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """See that a model's own `is_active_for_user` overrules neither `Exclude` nor `everyone`."""
        super().__init_subclass__(**kwargs)
        own = cls.is_active_for_user
        if overrides(cls, "is_active_for_user") and not hasattr(own, "unheeding"):  # it is not inherited
            cls.is_active_for_user = evaluation.heeding_others(own)  # type: ignore[assignment,method-assign]

    @stock
    def is_active(self, request: Any, read_only: bool = False) -> bool:
        """Return whether this flag, as its fields are now, is active for a request."""
        return evaluation.at_hand(FLAG, self, request, read_only)

    @stock
    def is_active_for_user(self, user: Any) -> bool | None:
        """Return what a request of this user would be told, as far as that is known without one."""
        return evaluation.for_user(self, user)

    @stock
    def _is_active_for_user(self, request: Any) -> bool | None:
        if not overrides(type(self), "is_active_for_user"):
            return evaluation.part_of_flag(self, "_is_active_for_user", request)
        return evaluation.by_own_method(self, request)

    @stock
    def _is_active_for_language(self, request: Any) -> bool | None:
        return evaluation.part_of_flag(self, "_is_active_for_language", request)

    @stock
    def _is_active_for_percent(self, request: Any, read_only: bool = False) -> bool | None:
        return evaluation.part_of_flag(self, "_is_active_for_percent", request, read_only=read_only)


class AbstractUserFlag(AbstractBaseFlag):
    """A flag that lists users and groups."""

    groups = models.ManyToManyField(
        "auth.Group",
        blank=True,
        verbose_name=_("groups"),
        help_text=_("On for members of these groups."),
    )
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        verbose_name=_("users"),
        help_text=_("On for these users."),
    )

    class Meta(AbstractBaseFlag.Meta):
        abstract = True

    def _get_user_ids(self) -> set[Any]:
        return set(self.users.values_list("pk", flat=True))

    def _get_group_ids(self) -> set[Any]:
        return set(self.groups.values_list("pk", flat=True))


class Flag(AbstractUserFlag):
    """The flag of a project that sets none of its own."""

    class Meta(AbstractUserFlag.Meta):
        abstract = False
        swappable = "WAFFLE_FLAG_MODEL"


class AbstractBaseSwitch(BaseModel):
    """A switch: on or off."""

    active = models.BooleanField(
        default=False,
        verbose_name=_("active"),
        help_text=_("Whether this switch is on."),
    )

    objects: ClassVar[SwitchManager] = SwitchManager()

    _waffle_kind: ClassVar[Kind] = SWITCH

    class Meta(BaseModel.Meta):
        abstract = True
        verbose_name = _("switch")
        verbose_name_plural = _("switches")

    @stock
    def is_active(self) -> bool:
        """Return whether this switch is on; the default where it is not there."""
        return evaluation.at_hand(SWITCH, self)


class Switch(AbstractBaseSwitch):
    """The switch of a project that sets none of its own."""

    class Meta(AbstractBaseSwitch.Meta):
        abstract = False
        swappable = "WAFFLE_SWITCH_MODEL"


class AbstractBaseSample(BaseModel):
    """A sample: on in a share of all checks."""

    percent = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        verbose_name=_("percent"),
        help_text=_("On in this share of all checks, from 0.0 to 100.0."),
    )

    objects: ClassVar[SampleManager] = SampleManager()

    _waffle_kind: ClassVar[Kind] = SAMPLE

    class Meta(BaseModel.Meta):
        abstract = True
        verbose_name = _("sample")
        verbose_name_plural = _("samples")

    @stock
    def is_active(self) -> bool:
        """Draw this sample; the default where it is not there."""
        return evaluation.at_hand(SAMPLE, self)


class Sample(AbstractBaseSample):
    """The sample of a project that sets none of its own."""

    class Meta(AbstractBaseSample.Meta):
        abstract = False
        swappable = "WAFFLE_SAMPLE_MODEL"
