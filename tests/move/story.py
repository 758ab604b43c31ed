"""The journey of one site: from django-waffle to Waffle Iron, and back, and there again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import Any

from tests.move.environments import Environment, Site
from tests.move.tables import Rows, Schema, rows_of, schema_of


# Any, throughout: answers, rows and columns hold what they hold.
@dataclass
class Story:
    """What was seen at each place of the journey."""

    site: Site
    theirs: Environment
    ours: Environment
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def app(self) -> str:
        """The app that holds the models of the toggles."""
        return "clubs" if self.site.settings == "bakery.custom" else "waffle"

    def look(self, place: str) -> None:
        """Note what the visit of that name saw, and what the database holds now."""
        seen = json.loads((self.site.folder / place).read_text())
        self.answers[place], self.cookies[place] = seen["answers"], seen["cookies"]
        self.note_tables(place)

    def note_tables(self, place: str, database: str = "db.sqlite3") -> None:
        """Note what a database holds."""
        self.rows[place] = rows_of(self.site.folder / database)
        self.schemas[place] = schema_of(self.site.folder / database)

    def dump(self, name: str) -> str:
        """Return the step that writes a fixture by natural keys: groups, users, toggles."""
        apps = " ".join(dict.fromkeys(("auth.group", "auth.user", "waffle", self.app)))
        return f"dumpdata --natural-foreign --natural-primary --indent=1 --output={name}.json {apps}"

    def objects(self, name: str) -> dict[str, Any]:
        """Return the objects of a fixture by model and natural key; lists of keys in one order."""
        found = {}
        # Django's JSON writes a time of some microseconds with ".000", and what loads from that without.
        text = (self.site.folder / f"{name}.json").read_text().replace('.000Z"', 'Z"')
        for each in json.loads(text):
            fields = each["fields"]
            key = fields.get("name") or fields.get("username")
            found[f"{each['model']} {key}"] = {
                field: sorted(value) if isinstance(value, list) else value for field, value in fields.items()
            }
        return found


def tell(site: Site, theirs: Environment, ours: Environment) -> Story:
    """Make the journey."""
    story = Story(site, theirs, ours)
    begin(story)
    move(story)
    go_back(story)
    return_for_good(story)
    return story


def begin(story: Story) -> None:
    """Fill a new database with django-waffle, and visit the site: percentages are dealt."""
    site, theirs = story.site, story.theirs
    if story.app != "waffle":
        theirs.manage(site, "makemigrations", story.app)
    theirs.steps(site, "migrate --verbosity=0", "fill", "visit there", story.dump("dumped-there"))
    story.look("there")


def move(story: Story) -> None:
    """Swap the package, look, and run `migrate`; then look again, and change all sorts of things."""
    site, ours = story.site, story.ours
    check = "check --fail-level=WARNING --database=default"
    story.printed["checks"] = ours.steps(site, "visit not-migrated", "migrate --verbosity=0", check)
    story.look("not-migrated")
    story.note_tables("migrated")
    ours.steps(site, "visit here", story.dump("dumped-here"), "change", "visit changed")
    for place in ("here", "changed"):
        story.look(place)


def go_back(story: Story) -> None:
    """Go back to django-waffle: as it is, after `migrate` there, and without the table of ours."""
    site, theirs, ours = story.site, story.theirs, story.ours
    ask = """shell --command "import waffle; print('oven is on:', waffle.switch_is_active('oven'))" """
    story.printed["back"] = theirs.steps(
        site, ask, "forget", "visit back", "migrate --verbosity=0", "visit back-migrated"
    )
    story.look("back")
    story.look("back-migrated")
    before = site.folder / "before.sqlite3"
    shutil.copy(site.folder / "db.sqlite3", before)
    ours.manage(site, "migrate", "waffle", "0004")
    theirs.steps(site, "visit back-unmade", "migrate --verbosity=0")
    story.look("back-unmade")
    shutil.copy(before, site.folder / "db.sqlite3")


def return_for_good(story: Story) -> None:
    """Change something with django-waffle, and move once more."""
    site, theirs, ours = story.site, story.theirs, story.ours
    theirs.steps(site, "waffle_switch oven off", "waffle_flag staff --deactivate", "visit changed-there")
    story.look("changed-there")
    ours.steps(site, "migrate --verbosity=0", "visit here-again")
    story.look("here-again")
