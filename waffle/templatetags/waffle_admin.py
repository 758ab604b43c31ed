"""Template tags of the admin's pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from waffle.kinds import FLAG
from waffle.permissions import may

register = template.Library()


# Any: a template's context, and a user of the project's model.
@register.simple_tag(takes_context=True)
def waffle_flags_link(context: Any, user: Any = None, title: str = "") -> str:
    """Return a link to all flags of a user, or of one yet to be named, as an item of a list.

    Nothing for who may not see flags.
    """
    request = context["request"]
    if not any(may(request, action, FLAG.model._meta) for action in ("view", "toggle", "change")):
        return ""
    try:
        address = reverse("admin:waffle_why", current_app=getattr(request, "current_app", None))
    except NoReverseMatch:
        return ""
    url = address if user is None else f"{address}?{urlencode({'key': user.pk})}"
    return format_html('<li><a href="{}">{}</a></li>', url, title or _("Flags"))


@register.inclusion_tag("admin/waffle/banners.html")
def waffle_banners() -> dict[str, Any]:  # Any: the type is not at hand, for the reason below
    """Show what stands on top of every page of toggles."""
    # Here, for Django imports the tags of all apps, and a project may do without the admin.
    from waffle.admin import guards

    return {"banners": guards.banners()}
