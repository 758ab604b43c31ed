"""System check: nothing else is installed as the package `waffle`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.problems import found


@pytest.mark.parametrize(
    ("folder", "files"),
    [
        ("django_waffle-5.0.0.dist-info", {"RECORD": "x.py,,\nwaffle/__init__.py,sha256=x,1\n"}),
        ("django_waffle-5.0.0.dist-info", {"RECORD": "waffle/__init__.py,,\n"}),
        ("django_waffle-5.0.0.dist-info", {"RECORD": "x.pth,,\n", "top_level.txt": "waffle\n"}),
        ("django_waffle.egg-info", {"SOURCES.txt": "setup.py\nwaffle/__init__.py\n"}),
    ],
)
def test_another_distribution_of_the_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, files: dict[str, str]
) -> None:
    install(tmp_path / folder, "Django-Waffle", files)
    monkeypatch.syspath_prepend(tmp_path)

    assert found() == [
        (
            "waffle.W004",
            "Django-Waffle and django-waffle-iron are both installed as the package waffle, "
            "and overwrite each other.",
            "Uninstall both, then install django-waffle-iron alone.",
        )
    ]


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("Django_Waffle.Iron", {"RECORD": "waffle/__init__.py,,\n"}),
        ("waffle-house", {"RECORD": "waffle_house/__init__.py,,\n", "top_level.txt": "waffle_house\n"}),
        ("bare", {}),
    ],
)
def test_other_distributions_are_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, files: dict[str, str]
) -> None:
    install(tmp_path / "any-1.0.dist-info", name, files)
    monkeypatch.syspath_prepend(tmp_path)

    assert found() == []


def install(folder: Path, name: str, files: dict[str, str]) -> None:
    folder.mkdir()
    metadata = "METADATA" if folder.name.endswith("dist-info") else "PKG-INFO"
    for file, text in {metadata: f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", **files}.items():
        (folder / file).write_text(text)
