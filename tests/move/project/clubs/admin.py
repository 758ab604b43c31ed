"""The page of the site's own flags: django-waffle makes none for them."""

from django.contrib import admin

from waffle.admin import FlagAdmin, SampleAdmin, SwitchAdmin

from .models import ClubFlag, ClubSample, ClubSwitch


@admin.register(ClubFlag)
class ClubFlagAdmin(FlagAdmin):
    """A page that shows keys of clubs, too."""

    raw_id_fields = (*FlagAdmin.raw_id_fields, "clubs")


admin.site.register(ClubSwitch, SwitchAdmin)
admin.site.register(ClubSample, SampleAdmin)
