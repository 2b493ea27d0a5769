"""A folder for personal data is its owner's alone, and so is whatever had to be made around it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from loader.common.private_files import private_folder

if TYPE_CHECKING:
    from pathlib import Path


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def test_every_folder_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        private_folder(tmp_path / "state" / "demo" / "templates")
    finally:
        os.umask(umask)
    made = tmp_path / "state", tmp_path / "state" / "demo", tmp_path / "state" / "demo" / "templates"
    assert [mode(folder) for folder in made] == [0o700] * 3


def test_a_folder_that_others_may_use_is_closed_and_what_it_lies_in_stays(tmp_path: Path) -> None:
    (tmp_path / "open" / "reports").mkdir(parents=True)
    for folder in (tmp_path / "open", tmp_path / "open" / "reports"):
        folder.chmod(0o755)
    private_folder(tmp_path / "open" / "reports")
    assert [mode(folder) for folder in (tmp_path / "open", tmp_path / "open" / "reports")] == [0o755, 0o700]
