"""The lists of toggles: their columns, and the order of their rows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.db.models import Case, IntegerField, When
from django.utils.formats import localize
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from waffle.admin import census, flips
from waffle.admin.filters import ChangedFilter, StateFilter
from waffle.admin.latest import ago, latest_changes, who
from waffle.admin.states import Members, Part, State, sentence, state_of
from waffle.models import Change
from waffle.values import Value

RANK = "waffle_rank"
LONGEST_NOTE = 160  # characters


# Any, throughout: toggles are instances of the project's models, and Django's signatures differ between its
# versions.
class Row(Value):
    """What the columns of one toggle show, beside its fields."""

    members: dict[str, Members]
    state: State
    change: Change | None
    """The last one that the history has."""


class ToggleList(ChangeList):
    """A list of toggles: on, conditional, off, and by name."""

    def get_queryset(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if self._shows_state():
            self.root_queryset = by_state(self.root_queryset)
        return super().get_queryset(request, *args, **kwargs)

    def get_results(self, request: Any) -> None:
        super().get_results(request)
        describe(self.result_list)
        for toggle in self.result_list:
            toggle._waffle_filters = self.preserved_filters

    def _get_default_ordering(self) -> Any:
        given = super()._get_default_ordering()  # type: ignore[misc]  # it is in every version of Django
        return given or ((RANK, "name") if self._shows_state() else ("name",))

    def _shows_state(self) -> bool:
        return "waffle_state" in self.list_display


class ListPage(flips.FlipPage):
    """The columns of a list of toggles."""

    list_display: Any = ("waffle_state", "name", "waffle_audience", "waffle_flip", "waffle_changed")
    list_filter: ClassVar[Any] = (StateFilter, ChangedFilter)
    search_fields: ClassVar[Any] = ("name", "note")

    class Media:
        css = {"all": ("waffle/admin.css", "waffle/lists.css")}  # noqa: RUF012  # as Django has it
        js = ("waffle/flips.js",)

    def get_list_display(self, request: Any) -> Any:
        """Return the columns; buttons only for who may press them."""
        columns = super().get_list_display(request)
        if self.has_toggle_permission(request):
            return columns
        return [column for column in columns if column != "waffle_flip"]

    def get_changelist(self, request: Any, **kwargs: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return ToggleList

    def get_list_display_links(self, request: Any, list_display: Any) -> Any:
        """Let the name be the link to a toggle's page, where it is shown."""
        links = super().get_list_display_links(request, list_display)
        return ["name"] if "name" in list_display and links == list(list_display)[:1] else links

    @admin.display(description=gettext_lazy("State"), ordering=RANK)
    def waffle_state(self, toggle: Any) -> SafeString:
        """The state, as a dot and a word."""
        state = row_of(toggle).state
        return format_html('<span class="waffle-state waffle-{}">{}</span>', state.value, state.label)

    @admin.display(description=gettext_lazy("Who gets it"))
    def waffle_audience(self, toggle: Any) -> SafeString:
        """One sentence that says who gets it, with the names of whom it lists, and below it the note."""
        text = mark_safe(sentence(toggle, row_of(toggle).members, _marked_up))
        note = Truncator(" ".join(toggle.note.split())).chars(LONGEST_NOTE)
        return format_html('<p class="waffle-audience">{}</p>{}', text, _note(note))

    @admin.display(description=gettext_lazy("Last change"), ordering="modified")
    def waffle_changed(self, toggle: Any) -> SafeString:
        """How long ago it was changed, and by whom."""
        change = row_of(toggle).change
        # Whom a flag lists is no field of it, so that this time is not in the row.
        at = max(toggle.modified, change.at) if change else toggle.modified
        shown = format_html(
            '<time datetime="{}" title="{}">{}</time>',
            *(at.isoformat(), localize(localtime(at) if is_aware(at) else at), ago(at)),
        )
        told = _("%(when)s by %(who)s") if change else "%(when)s"
        words = {"when": shown, "who": conditional_escape(who(change)) if change else ""}
        return format_html('<span class="waffle-changed">{}</span>', mark_safe(told % words))

    @admin.display(description=gettext_lazy("Set to"))
    def waffle_flip(self, toggle: Any) -> SafeString:
        """Buttons that turn it on and off."""
        return flips.buttons(self, toggle, row_of(toggle).members, getattr(toggle, "_waffle_filters", ""))


def by_state(toggles: Any) -> Any:
    """Return a query set with each row's rank: on first, then conditional, then off."""
    states = census.states(toggles)
    ranks = [
        When(pk__in=[key for key, found in states.items() if found is state], then=models.Value(rank))
        for rank, state in enumerate(State)
        if state is not State.OFF
    ]
    return toggles.annotate(
        **{RANK: Case(*ranks, default=models.Value(len(State)), output_field=IntegerField())}
    )


def describe(toggles: Any) -> None:
    """Find out for all rows of a page at once what their columns show."""
    members, changes = census.members_of(toggles), latest_changes(toggles)
    for toggle in toggles:
        listed = [name for name, found in members[toggle.pk].items() if found.count]
        change = changes.get(str(toggle.pk))
        toggle._waffle_row = Row(members[toggle.pk], state_of(toggle, listed), change)


def row_of(toggle: Any) -> Row:
    """Return what the columns of a toggle show."""
    if not hasattr(toggle, "_waffle_row"):
        describe([toggle])
    row: Row = toggle._waffle_row
    return row


def _note(text: str) -> str:
    return format_html('<p class="waffle-note"><bdi>{}</bdi></p>', text) if text else ""


def _marked_up(part: Part) -> str:
    if not part.names:
        return conditional_escape(part.text)
    names = format_html_join(", ", "{}", ((name,) for name in part.names))
    return format_html(
        '<span class="waffle-members" title="{}">{}<span class="waffle-unseen"> ({})</span></span>',
        names,
        part.text,
        names,
    )
