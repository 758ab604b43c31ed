"""How Sphinx builds these pages."""

import logging

import waffle

project = "Waffle Iron"
author = "the Waffle Iron authors"
copyright = f"2026, {author}"
version = release = waffle.__version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"

# A folder without pages is no mistake. Sphinx gives this warning no type that suppress_warnings could name.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: "toctree glob pattern" not in str(record.msg)
)
