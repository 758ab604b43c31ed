"""A project with users, keys, flags and an admin site of its own has the same admin."""

from __future__ import annotations

from tests.process import run_python

KINDS = {"Feature": "a/b_c", "Fuse": "s/1", "Sample": "1"}
PAGES = ("list", "page", "history", "add", "delete", "change")


def test_every_page_works_with_users_keys_and_a_site_of_the_projects_own() -> None:
    told = run_python("import tests.admin.odd.visit", DJANGO_SETTINGS_MODULE="tests.admin.odd.settings")

    shown = {f"{kind} {page}": 200 for kind in KINDS for page in PAGES}
    shown |= dict.fromkeys(("members", "groups", "why", "flags", "changes"), 200)
    assert {name: told[name] for name in shown} == shown
    for kind, key in KINDS.items():
        assert told[f"{kind} flipped"] == [True, "root@example.org", key]
        assert told[f"{kind} reverted"] is True
    assert told["preview"] == [1, ["nobody@example.org"]]
    assert (told["listed"], told["decides"], told["searched"]) == (["ada@example.org"], ["Users"], True)
    assert told["decided"] == [["x", True]]
    assert told["effect"] == "This change turns it on for 0 and off for 1."
    assert told["saved"] == [302, "new", ["root@example.org"]]
    assert (told["deleted"], told["made anew"]) == (302, ["a/b_c", ["root@example.org"]])
    assert told["header"] is True
