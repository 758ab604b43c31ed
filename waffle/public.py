"""The public functions, which the package hands out: `waffle.flag_is_active` and the like. Internal."""

from __future__ import annotations

from typing import Any

from waffle.evaluation import acheck, check
from waffle.kinds import FLAG, KINDS, SAMPLE, SWITCH
from waffle.verdicts import Verdict


# Any, for requests: Django's, a framework's wrapper of one, a subject, or None. For models: the project's.
def flag_verdict(request: Any, flag_name: str, read_only: bool = False) -> Verdict:
    """Return whether a flag is active for this request or subject, and what decided it.

    `request` may be None: then only what needs nobody decides. With `read_only` no dice are thrown and no
    cookie is sent: a percentage that nothing decides yet is off.
    """
    return check(FLAG, flag_name, request, read_only, in_words=True)


def flag_is_active(request: Any, flag_name: str, read_only: bool = False) -> bool:
    """Return whether a flag is active for this request; arguments as for `flag_verdict`."""
    return check(FLAG, flag_name, request, read_only).active


def switch_verdict(switch_name: str) -> Verdict:
    """Return whether a switch is on, and what decided it."""
    return check(SWITCH, switch_name, in_words=True)


def switch_is_active(switch_name: str) -> bool:
    """Return whether a switch is on."""
    return check(SWITCH, switch_name).active


def sample_verdict(sample_name: str) -> Verdict:
    """Draw a sample, and return what came out and what decided it."""
    return check(SAMPLE, sample_name, in_words=True)


def sample_is_active(sample_name: str) -> bool:
    """Draw a sample: true in its percentage of all calls."""
    return check(SAMPLE, sample_name).active


async def aflag_verdict(request: Any, flag_name: str, read_only: bool = False) -> Verdict:
    """Do what `flag_verdict` does, in a coroutine."""
    return await acheck(FLAG, flag_name, request, read_only, in_words=True)


async def aflag_is_active(request: Any, flag_name: str, read_only: bool = False) -> bool:
    """Do what `flag_is_active` does, in a coroutine."""
    return (await acheck(FLAG, flag_name, request, read_only)).active


async def aswitch_verdict(switch_name: str) -> Verdict:
    """Do what `switch_verdict` does, in a coroutine."""
    return await acheck(SWITCH, switch_name, in_words=True)


async def aswitch_is_active(switch_name: str) -> bool:
    """Do what `switch_is_active` does, in a coroutine."""
    return (await acheck(SWITCH, switch_name)).active


async def asample_verdict(sample_name: str) -> Verdict:
    """Do what `sample_verdict` does, in a coroutine."""
    return await acheck(SAMPLE, sample_name, in_words=True)


async def asample_is_active(sample_name: str) -> bool:
    """Do what `sample_is_active` does, in a coroutine."""
    return (await acheck(SAMPLE, sample_name)).active


def get_waffle_model(setting_name: str) -> Any:
    """Return the model that a setting names: 'FLAG_MODEL', 'SWITCH_MODEL' or 'SAMPLE_MODEL'.

    Raises `ValueError` for any other name, `ImproperlyConfigured` where the setting names no installed model.
    """
    for kind in KINDS:
        if setting_name == f"{kind.name.upper()}_MODEL":
            return kind.model
    raise ValueError(f"{setting_name!r} names no model: use 'FLAG_MODEL', 'SWITCH_MODEL' or 'SAMPLE_MODEL'.")


def get_waffle_flag_model() -> Any:
    """Return the model of flags: `WAFFLE_FLAG_MODEL`."""
    return FLAG.model


def get_waffle_switch_model() -> Any:
    """Return the model of switches: `WAFFLE_SWITCH_MODEL`."""
    return SWITCH.model


def get_waffle_sample_model() -> Any:
    """Return the model of samples: `WAFFLE_SAMPLE_MODEL`."""
    return SAMPLE.model
