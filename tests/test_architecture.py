"""What docs/architecture.md says of the code is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import waffle

PACKAGE = Path(waffle.__file__).parent
DOCUMENT = PACKAGE.parent / "docs" / "architecture.md"


def ranks() -> dict[str, int]:
    """Return each module's row in the table of modules: it may import from rows above, and from its own."""
    text = DOCUMENT.read_text()
    table = text[text.index("| module | what it holds |") :].split("\n\n")[0]
    rows = [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines()[2:]]
    return {name: number for number, row in enumerate(rows) for name in row}


RANKS = ranks()
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def module_of(path: Path) -> str:
    """Return the name by which the table knows a file: its module, or its folder."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through a tree, but not into what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if not is_for_types_only(child):
            yield child
            yield from statements(child)


def imported(path: Path) -> set[str]:
    """Return the modules of the package that a file imports."""
    names: set[str] = set()
    for node in statements(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "waffle":
            names.update(f"waffle.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module)
    inside = [name.split(".") for name in names if name.split(".")[0] == "waffle"]
    modules = {name[1] if len(name) > 1 else "__init__" for name in inside}
    # `from waffle import flag_is_active`: a name of the package, no module of it.
    return {name if name in RANKS else "__init__" for name in modules}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_modules_above_it(path: Path) -> None:
    name = module_of(path)

    assert name in RANKS, f"{name} is missing in the table of docs/architecture.md"
    below = {other for other in imported(path) - {name} if RANKS[other] > RANKS[name]}
    assert below == set()


def test_the_table_names_no_module_that_is_not_there() -> None:
    assert set(RANKS) - {module_of(path) for path in FILES} == set()


def test_pure_modules_ask_neither_cache_nor_database() -> None:
    pure = ("buckets", "conditions", "cookies", "memory", "subjects", "verdicts")
    forbidden = ("django.db", "django.core.cache", "waffle.store", "waffle.snapshots", "waffle.stamps")

    for name in pure:
        source = (PACKAGE / f"{name}.py").read_text()
        assert [
            module for module in forbidden if f"import {module}" in source or f"from {module}" in source
        ] == []


def test_every_name_that_the_document_puts_in_code_is_in_the_code() -> None:
    text = DOCUMENT.read_text()
    sources = "\n".join(path.read_text() for path in FILES)
    names = {
        name for quoted in re.findall(r"`([^`\n]+)`", text) for name in re.findall(r"[A-Za-z_]{3,}", quoted)
    }
    of_elsewhere = {"tests", "test_architecture", "through", "objects", "flag", "request", "save"}
    of_elsewhere |= {
        "lock_timeout",
        "statement_timeout",
        "ATOMIC_REQUESTS",
        "companies",
        "company",
        "WAFFLE_HISTORY",
    }

    missing = {name for name in names - of_elsewhere if not re.search(rf"\b{name}\b", sources)}

    assert missing - set(RANKS) == set()


def test_nothing_but_the_module_of_cookies_writes_them() -> None:
    writers = {module_of(path) for path in FILES if ".set_cookie(" in path.read_text()}

    assert writers == {"cookies"}


def test_importing_the_package_imports_no_models() -> None:
    assert "models" not in imported(PACKAGE / "__init__.py")


def test_files_are_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in FILES)

    assert lengths[-1] <= 360
    assert lengths[len(lengths) // 2] <= 110
