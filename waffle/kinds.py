"""The three kinds of toggle: everything that differs between flags, switches and samples, in one table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db import router
from django.db.models.base import ModelState

from waffle.conditions import Active, Condition, Dice, Listed, Rosters
from waffle.conf import conf
from waffle.picking import Method, conditions_of, overrides, picked
from waffle.values import Value
from waffle.verdicts import Reason, Verdict, verdict_of

METHODS = (
    "is_active",
    "is_active_for_user",
    "_is_active_for_user",
    "_is_active_for_language",
    "_is_active_for_percent",
)


# Any, here and below: a toggle is an instance of whatever model the project has set.
class Entry(Value):
    """Internal. A toggle as a snapshot holds it."""

    toggle: Any
    conditions: tuple[Condition, ...]
    settled: Verdict | None
    """The verdict that needs nobody to be asked about."""
    is_custom: bool
    """The model overrides methods that decide. They may keep scratch on the instance: it is not shared."""

    def own_toggle(self) -> Any:
        """Return an instance that this check may scribble on."""
        return copy_of(self.toggle) if self.is_custom else self.toggle


class Kind:
    """Internal. One of the three kinds."""

    def __init__(
        self,
        name: str,
        plural: str,
        stock_conditions: tuple[Condition, ...],
        created_as: Callable[[bool], dict[str, object]],
    ) -> None:
        self.name = name
        self.plural = plural
        self.stock_conditions = stock_conditions
        """Conditions of a model that names none of its own."""
        self.created_as = created_as
        """Field values of a toggle that is created because it was missing, by the default of its kind."""
        self._model: Any = None

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        """The kind's name as log lines and messages begin with it."""
        return self.name.capitalize()

    @property
    def model(self) -> Any:
        """The model that the project has set for this kind."""
        return self._model or self._find_model()

    @property
    def default(self) -> bool:
        """The answer where nothing is known: `WAFFLE_<KIND>_DEFAULT`."""
        return bool(getattr(conf, f"{self.name.upper()}_DEFAULT"))

    @property
    def creates_missing(self) -> bool:
        """Whether a toggle that is asked for and is not there is created."""
        return bool(getattr(conf, f"CREATE_MISSING_{self.plural.upper()}"))

    @property
    def logs_missing(self) -> int | None:
        """The level at which a missing toggle is logged; None: not at all."""
        level: int | None = getattr(conf, f"LOG_MISSING_{self.plural.upper()}")
        return level

    def write_alias(self) -> str:
        """The database that changes go to, and that tells whether there were any."""
        alias: str = router.db_for_write(self.model)
        return alias

    def read_alias(self) -> str:
        """The database that rows are read from."""
        alias: str = self.write_alias() if conf.READ_FROM_WRITE_DB else router.db_for_read(self.model)
        return alias

    def conditions(self, model: Any = None) -> tuple[Condition, ...]:
        """What decides a toggle of this kind, or of another `model` of it; overridden methods stand in."""
        model = model or self.model
        return conditions_of(model) if hasattr(model, "conditions") else self.stock_conditions

    def lists(self) -> dict[str, Listed]:
        """The many-to-many fields that list somebody, by name."""
        return {
            condition.field: condition
            for condition in getattr(self.model, "conditions", ())
            if isinstance(condition, Listed) and hasattr(self.model, condition.field)
        }

    def entry(self, toggle: Any, rosters: Rosters | None) -> Entry:
        """Return what a snapshot holds of `toggle`."""
        model: Any = type(toggle)
        if overrides(model, "is_active"):
            conditions: tuple[Condition, ...] = (self._is_active,)
        else:
            conditions = picked(toggle, rosters, self.conditions(model))
        return Entry(toggle, conditions, _settled(toggle, conditions), is_custom(model))

    @property
    def _is_active(self) -> Method:
        return Method("is_active") if self is FLAG else Method("is_active", arguments=())

    def _find_model(self) -> Any:
        setting = f"{self.name.upper()}_MODEL"
        path = getattr(conf, setting)
        try:
            model = apps.get_model(path, require_ready=False)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ImproperlyConfigured(
                f"WAFFLE_{setting} is {path!r}, which is no installed model. Set it to 'app_label.Model', "
                f"for example 'waffle.{self.title}', and see that its app is in INSTALLED_APPS."
            ) from error
        self._model = model
        return model


FLAG = Kind("flag", "flags", (), lambda default: {"everyone": default})
SWITCH = Kind("switch", "switches", (Active("active"),), lambda default: {"active": default})
SAMPLE = Kind("sample", "samples", (Dice("percent"),), lambda default: {"percent": 100 if default else 0})
KINDS = (FLAG, SWITCH, SAMPLE)


@cache
def is_custom(model: Any) -> bool:
    """Say whether a model overrides a method that decides."""
    return any(overrides(model, name) for name in METHODS if hasattr(model, name))


def copy_of(toggle: Any) -> Any:
    """Return a copy of a toggle that shares nothing which a method of its own could change.

    By hand: `copy.copy` takes six times as long.
    """
    copy = toggle.__class__.__new__(toggle.__class__)
    copy.__dict__.update(toggle.__dict__)
    copy._state = ModelState()
    copy._state.adding = toggle._state.adding
    copy._state.db = toggle._state.db
    return copy


def absent(model: Any, name: str) -> Any:
    """Return an unsaved toggle for a name that has no row."""
    toggle = model(name=name)
    toggle._state.is_absent = True
    return toggle


def is_absent(toggle: Any) -> bool:
    """Say whether `toggle` stands for a name that has no row, and was not saved since."""
    return toggle.pk is None and getattr(toggle._state, "is_absent", False)


def _settled(toggle: Any, conditions: tuple[Condition, ...]) -> Verdict | None:
    if not conditions:
        return verdict_of(False, Reason.DEFAULT)
    first = conditions[0]
    return verdict_of(bool(getattr(toggle, first.field)), first.reason) if first.settles else None


def _forget_models(*, setting: str, **kwargs: object) -> None:
    for kind in KINDS:
        if setting == f"WAFFLE_{kind.name.upper()}_MODEL":
            kind._model = None


setting_changed.connect(_forget_models, dispatch_uid="waffle.kinds")
