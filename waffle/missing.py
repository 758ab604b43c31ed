"""What happens when a toggle is asked for that is not there: a log line, a row, the default. Internal."""

from __future__ import annotations

import logging
from difflib import get_close_matches

from django.db import Error, connections, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from waffle import store
from waffle.conf import conf
from waffle.kinds import FLAG, SAMPLE, SWITCH, Kind
from waffle.overrides import in_force
from waffle.snapshots import Snapshot
from waffle.verdicts import Reason, Verdict, verdict_of

logger = logging.getLogger("waffle")

THERE_IS_NO = {
    FLAG: gettext_lazy("there is no flag %(name)r"),
    SWITCH: gettext_lazy("there is no switch %(name)r"),
    SAMPLE: gettext_lazy("there is no sample %(name)r"),
}


def answer(kind: Kind, name: str, snapshot: Snapshot) -> Verdict:
    """Return the default of its kind; log and create the toggle where the settings ask for that.

    Raises `LookupError` where `WAFFLE_STRICT` is set.
    """
    if not snapshot.is_known:
        return verdict_of(kind.default, Reason.ERROR)
    if conf.STRICT:
        with override(None):  # an error for developers speaks English
            raise LookupError(f"WAFFLE_STRICT is set, and {with_nearest(kind, name, snapshot)}")
    if kind.logs_missing is not None:
        logger.log(kind.logs_missing, f"{kind.title} %s not found", name)
    if kind.creates_missing:
        store.refuse_in_event_loop(f"await waffle.a{kind.name}_is_active(…)")
        _create(kind, name)
    return verdict_of(kind.default, Reason.MISSING)


def in_words(kind: Kind, name: str) -> str:
    """Say that there is no such toggle."""
    return str(THERE_IS_NO[kind]) % {"name": name}


def with_nearest(kind: Kind, name: str, snapshot: Snapshot) -> str:
    """Say so, and which one may have been meant: that takes a while where there are many."""
    names = {*snapshot.entries, *(layer.name for layer in tuple(in_force) if layer.kind is kind)}
    nearest = get_close_matches(name, names, n=1)
    told = in_words(kind, name)
    return (
        _("%(told)s: did you mean %(nearest)r?") % {"told": told, "nearest": nearest[0]} if nearest else told
    )


def _create(kind: Kind, name: str) -> None:
    alias = kind.write_alias()
    if connections[alias].needs_rollback:
        return
    try:
        with transaction.atomic(using=alias):
            kind.model._default_manager.using(alias).get_or_create(
                name=name, defaults=kind.created_as(kind.default)
            )
    # No database can hold some names, and some rows no field can read.
    except (Error, ValueError, ArithmeticError) as error:
        logger.warning("The missing %s %r could not be created (%s).", kind.name, name, error)
    else:
        store.snapshot(kind)
