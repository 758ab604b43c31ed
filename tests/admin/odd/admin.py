"""Its pages: of members too, so that they can be searched."""

from __future__ import annotations

from django.contrib import admin

from tests.admin.odd.models import Member


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as Django has it
    search_fields = ("email",)
    ordering = ("email",)
