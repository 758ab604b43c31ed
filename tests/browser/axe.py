"""What axe finds wrong with a page for people with impairments."""

from __future__ import annotations

import django
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# What is wrong with all pages of Django's admin before 6.1: rules, and parts of a page.
OLD_RULES = ("landmark-one-main", "meta-viewport", "region")
OLD_PARTS = (
    *(".breadcrumbs", "#nav-sidebar", "#changelist-filter"),
    *(".action-checkbox-column", ".action-select", 'input[type="submit"]'),
)

# Only a few words leave the browser: all that axe knows of a page is megabytes.
RUN = """async ([context, options]) => {
    const { violations } = await axe.run(context, { ...options, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}"""


def problems_of(page: Page) -> str:
    """Return what axe finds wrong with a page, a line for each; nothing where all is well."""
    # Django's login page has no heading.
    rules = ("page-has-heading-one",) if page.locator("body.login").count() else ()
    is_old = django.VERSION < (6, 1)
    if is_old:
        rules = (*rules, *OLD_RULES)
    options = {
        "rules": {rule: {"enabled": False} for rule in rules},
        # Old style sheets import others, for which axe would make elements that the policy forbids.
        "preload": not is_old,
    }
    context = {"include": [["html"]], "exclude": [[part] for part in OLD_PARTS] if is_old else []}
    page.evaluate(AXE_SCRIPT)
    return "\n".join(page.evaluate(RUN, [context, options]))
