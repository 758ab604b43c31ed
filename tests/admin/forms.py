"""What a browser sends to the admin, where to, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from waffle.kinds import Kind

# What it sends from an untouched form of a new toggle.
FORMS: dict[str, dict[str, Any]] = {
    "flag": {"name": "x", "everyone": "unknown", "superusers": "on", "percent": "", "users": "", "note": ""},
    "switch": {"name": "x", "note": ""},
    "sample": {"name": "x", "percent": "34", "note": ""},
}


def address(kind: Kind, page: str, *arguments: object) -> str:
    meta = kind.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


# Any: a response, with what a test client hangs on it.
def errors_of(response: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


# Any: a flag of whatever model, and what a form sends.
def change_form(flag: Any, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends from the page of a flag."""
    everyone = {None: "unknown", True: "true", False: "false"}[flag.everyone]
    ticked = [name for name in ("testing", "superusers", "staff", "authenticated") if getattr(flag, name)]
    sent = {
        **{"name": flag.name, "note": flag.note, "everyone": everyone, "languages": flag.languages},
        **{"percent": "" if flag.percent is None else str(flag.percent)},
        **dict.fromkeys(ticked, "on"),
        "users": ",".join(str(user.pk) for user in flag.users.all()),
        "groups": [group.pk for group in flag.groups.all()],
    }
    return {**sent, **changes}
