"""What the page's templates are compiled to is kept where nobody else can put something to be run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2

from loader.common import paths
from loader.report.html import PAGE, TEMPLATES, compiled_templates

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_they_are_kept_in_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), bytecode_cache=compiled_templates(), autoescape=True
    )
    made.filters.update(dict.fromkeys(("typed", "shown", "counted", "number", "commands"), str))
    made.tests["blank"] = lambda value: not value
    made.get_template(f"{PAGE}.j2")
    kept = tmp_path / "state" / "templates"
    assert list(kept.iterdir())
    assert [folder.stat().st_mode & 0o777 for folder in (kept.parent, kept)] == [0o700, 0o700]


def test_where_they_cannot_be_kept_they_are_compiled_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").write_text("no folder", encoding="utf-8")
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    assert compiled_templates() is None
