"""A site moves from django-waffle 5.0.0 to Waffle Iron, and back: `tox run -e move`.

The site in `project/` runs unchanged in two environments, one for each package, on one SQLite file. Its
visitors are Django's test clients; they keep their cookies. What they see, and what the file holds, is
compared at each place of the journey that `story.py` tells.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.move.conftest import Compare, Stories
from tests.move.environments import Environment, Site
from tests.move.story import Story
from tests.move.tables import SWAPPED, of_toggles, schema_of

# django-waffle asks for listed users first where a user is asked about without a request, so that there
# "off for everyone" does not hold for them.
ON_PURPOSE = {
    f"{visitor}: flag closed, for user": (True, False)
    for visitor in ("ada, listed", *(f"ada, browser {number}" for number in range(2)))
}
THE_OTHER_WAY = {key: (after, before) for key, (before, after) in ON_PURPOSE.items()}

# name of a question in project/bakery/differing.py: (the answer of django-waffle, ours)
TOLD_IN_THE_HOWTO: dict[str, tuple[Any, Any]] = {
    "a_switch_that_update_has_turned_on": (False, True),
    "a_flag_by_its_old_name_after_a_rename": (True, False),
    "a_flag_whose_name_is_like_a_cache_key": ("AttributeError", True),
    "the_cookie_of_a_flag_with_a_space_in_its_name": ("CookieError", ["dwf_with%20space"]),
    "off_for_everyone_for_a_listed_user": (True, False),
    "a_user_for_whom_nothing_applies": (None, False),
    "languages_in_capitals": (False, True),
    "a_check_without_a_request": ("AttributeError", False),
    "a_percentage_of_requests_without_a_user": (False, True),
    "the_percentage_of_a_user_without_a_request": (None, True),
    "the_cookies_after_the_percentage_of_a_user": (["dwf_x"], []),
    "the_cookies_after_a_testing_link_to_a_page_that_does_not_ask": ([], ["dwft_x"]),
    "what_caches_are_told_of_a_page_for_staff": (None, "Cookie"),
    "the_cookie_of_a_percentage_in_pages_of_other_sites": ("", "Lax"),
    "the_test_cookie_is_secure": (False, True),
    "staff_after_a_command_that_sets_the_percentage_alone": (False, True),
    "superusers_of_a_flag_that_a_command_has_made": (False, True),
    "a_sample_of_0_percent_by_command": ("CommandError", "0.0"),
    "a_name_with_a_quote_is_in_the_script_as_it_is": (False, True),
    "a_redirect_to_a_view_that_takes_no_arguments": ("Http404", "/rooms/staff/"),
    "two_names_in_a_tag": ("on", "TemplateSyntaxError"),
    "an_override_that_is_neither_1_nor_0": (False, True),
    "a_wrong_key_of_a_user_in_the_admin": ("ValueError", 200),
}


@pytest.mark.parametrize("place", ["not-migrated", "here"])
def test_every_answer_is_the_same_after_the_move(place: str, story: Story, compare: Compare) -> None:
    answers = story.answers

    compare(story.app, "answers, before and after the move", answers["there"], answers[place], ON_PURPOSE)


def test_every_cookie_that_django_waffle_has_dealt_is_kept(story: Story, compare: Compare) -> None:
    cookies = story.cookies

    compare(story.app, "cookies, before and after the move", cookies["there"], cookies["here"])
    dealt = {value for key, value in cookies["there"].items() if "percent" in key}
    assert dealt == {"True", "False"}


def test_no_row_changes_by_the_move(story: Story, compare: Compare) -> None:
    before, after = story.rows["there"], story.rows["migrated"]

    new = {table: [row for row in rows if row not in before.get(table, [])] for table, rows in after.items()}
    gone = {table: [row for row in rows if row not in after.get(table, [])] for table, rows in before.items()}
    compare(story.app, "tables of toggles with all their rows", of_toggles(before), of_toggles(after))
    assert len(new.pop("waffle_stamp")) == 1
    assert [row[-1] for row in new.pop("auth_permission")] == [
        "Can view change",
        "Can toggle flag",
        "Can toggle switch",
        "Can toggle sample",
    ]
    assert {table: [row[1:3] for row in rows] for table, rows in new.items() if rows} == {
        "django_migrations": [("waffle", "0005_stamp"), ("waffle", "0006_change")],
        "django_content_type": [("waffle", "stamp"), ("waffle", "change")],
    }
    assert [rows for rows in gone.values() if rows] == []


@pytest.mark.parametrize("place", ["migrated", "changed", "back-migrated", "back-unmade", "here-again"])
def test_the_tables_keep_every_column_index_and_reference(place: str, story: Story, compare: Compare) -> None:
    what = "columns, indexes and references"

    compare(story.app, what, story.schemas["there"], story.schemas[place])


def test_a_new_database_of_ours_has_the_same_tables(story: Story, compare: Compare) -> None:
    story.ours.manage(story.site, "migrate", "--verbosity=0", database="new.sqlite3")

    new = schema_of(story.site.folder / "new.sqlite3")
    # django-waffle makes the tables of swapped models all the same.
    unused = SWAPPED if story.app != "waffle" else ()
    there = story.schemas["there"].items()
    made = {key: column for key, column in there if re.split(r"[.,]", key)[0] not in unused}
    compare(story.app, "columns, indexes and references, when new", made, new)


def test_the_system_checks_have_nothing_to_tell_after_the_move(story: Story) -> None:
    assert "System check identified no issues (0 silenced)." in story.printed["checks"]


def test_what_is_changed_here_is_answered_so(story: Story) -> None:
    before, after = story.answers["here"], story.answers["changed"]

    expected = {
        "nobody: flag staff": (False, True),
        "nobody: flag nothing": (False, True),
        "nobody: flag with space": (True, False),
        "nobody: flag some-staff": (before["nobody: flag some-staff"], True),
        "a German reader: flag language": (True, False),
        "a Brazilian reader: flag language": (True, True),
        "ada, listed: flag list": (True, False),
        "emil, a mere user: flag list": (False, True),
        "emil, a mere user: flag ünïcode ☃": (False, True),
        "emil, a mere user: flag groups": (False, True),
        "bob, in a group: flag users": (False, True),
        "cleo, staff: flag it's": (True, None),
        "cleo, staff: flag it is": (None, True),
        "cleo, staff: flag new": (None, True),
        "nobody: flag spare": (True, None),
        "nobody: switch oven": (False, True),
        "nobody: switch with space": (True, False),
        "nobody: sample never": (False, True),
    }
    assert {key: (before.get(key), after.get(key)) for key in expected} == expected


@pytest.mark.parametrize("place", ["back", "back-migrated", "back-unmade"])
def test_django_waffle_answers_by_what_was_changed_here(place: str, story: Story, compare: Compare) -> None:
    answers, cookies = story.answers, story.cookies

    compare(story.app, "answers, changed here, and back", answers["changed"], answers[place], THE_OTHER_WAY)
    compare(story.app, "cookies, changed here, and back", cookies["changed"], cookies[place])


def test_its_cache_holds_old_toggles_until_it_is_cleared(story: Story) -> None:
    """That is why the how-to says so."""
    assert "oven is on: False" in story.printed["back"]
    assert story.answers["back"]["nobody: switch oven"] is True


def test_the_way_back_takes_away_what_came(story: Story) -> None:
    assert {"waffle_stamp", "waffle_change"} <= story.rows["back-migrated"].keys()
    assert {"waffle_stamp", "waffle_change"} & story.rows["back-unmade"].keys() == set()
    assert of_toggles(story.rows["back-unmade"]) == of_toggles(story.rows["back-migrated"])


def test_what_django_waffle_changes_is_answered_so_after_the_next_move(
    story: Story, compare: Compare
) -> None:
    there, here = story.answers["changed-there"], story.answers["here-again"]

    assert [there["nobody: switch oven"], there["nobody: flag staff"]] == [False, False]
    compare(story.app, "answers, changed there, and here again", there, here, ON_PURPOSE)


def test_fixtures_by_natural_key_are_the_same_and_load_in_both(story: Story, compare: Compare) -> None:
    steps = ("migrate --verbosity=0", "loaddata dumped-there", story.dump("loaded"))
    story.ours.steps(story.site, *steps, database="loaded.sqlite3")
    steps = ("migrate --verbosity=0", "loaddata loaded", story.dump("reloaded"))
    story.theirs.steps(story.site, *steps, database="reloaded.sqlite3")

    for fixture, what in (
        ("dumped-here", "written by ours"),
        ("loaded", "loaded by ours"),
        ("reloaded", "loaded back by django-waffle"),
    ):
        objects = story.objects("dumped-there"), story.objects(fixture)
        compare(story.app, f"objects of a fixture {what}", *objects)


def test_no_model_of_the_packages_lacks_a_migration(story: Story) -> None:
    for environment in (story.ours, story.theirs):
        printed = environment.manage(story.site, "makemigrations", "--check", "--dry-run", "waffle")

        assert printed == "No changes detected in app 'waffle'\n"


def test_a_custom_model_gets_a_migration_of_texts_alone(stories: Stories, compare: Compare) -> None:
    story = stories["bakery.custom"].result()
    site, ours, theirs = story.site, story.ours, story.theirs

    printed = ours.steps(site, "makemigrations clubs --name=texts", "sqlmigrate clubs 0002")
    migration = (site.folder / "clubs/migrations/0002_texts.py").read_text()
    ours.steps(site, "migrate", "visit texts-here")
    story.look("texts-here")
    theirs.steps(site, "migrate", "forget", "visit texts-there")
    story.look("texts-there")

    assert set(re.findall(r"migrations\.(\w+)\($", migration, re.M)) == {"AlterField", "AlterModelOptions"}
    sql = printed[printed.index("BEGIN;") :]
    assert [line for line in sql.splitlines() if not line.startswith("--")] == ["BEGIN;", "COMMIT;"]
    answers, what = story.answers, "new texts"
    schemas = story.schemas["there"], story.schemas["texts-here"]
    compare(story.app, f"columns, indexes and references, {what}", *schemas)
    compare(story.app, f"answers, before and after {what}", answers["here-again"], answers["texts-here"])
    compare(
        *(story.app, f"answers with {what}, here and there"),
        *(answers["texts-here"], answers["texts-there"], THE_OTHER_WAY),
    )


def test_a_cache_in_a_folder_that_is_named_by_a_path_is_no_obstacle(
    our_environment: Environment, tmp_path: Path
) -> None:
    site = Site.in_folder(tmp_path / "project", "bakery.settings")
    settings = site.folder / "bakery" / "settings.py"
    settings.write_text(settings.read_text().replace('str(FOLDER / "cache")', 'FOLDER / "cache"'))

    our_environment.manage(site, "migrate", "--verbosity=0")


def test_what_changes_on_purpose_is_what_the_howto_tells(
    their_environment: Environment, our_environment: Environment, tmp_path: Path, compare: Compare
) -> None:
    site = Site.in_folder(tmp_path / "project", "bakery.settings")
    their_environment.steps(site, "migrate --verbosity=0", "fill", "differ there.json")
    our_environment.steps(site, "migrate --verbosity=0", "differ here.json")

    there, here = (json.loads((site.folder / f"{name}.json").read_text()) for name in ("there", "here"))
    compare("waffle", "questions of the how-to", there, here, TOLD_IN_THE_HOWTO)
