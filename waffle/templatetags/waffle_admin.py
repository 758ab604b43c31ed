"""Tags of the admin's pages of toggles."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("admin/waffle/banners.html")
def waffle_banners() -> dict[str, Any]:  # Any: the type is not at hand, for the reason below
    """Show what stands on top of every page of toggles."""
    # Here, for Django imports the tags of all apps, and a project may do without the admin.
    from waffle.admin import guards

    return {"banners": guards.banners()}
