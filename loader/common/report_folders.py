"""How the folder of a report is called: ``report`` makes it, and ``forget`` finds what any version has made."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

PRACTICE = "practice"
"""The sub-folder for the reports of practice databases: invented people do not lie among one's own."""
LONGEST = 60  # characters of the file's name
MOST_BYTES = 100  # of it; some file systems take 143 for a whole name
# a folder as this version calls it, and as the versions before did
_REPORT = re.compile(r"\d{4}-\d{2}-\d{2} .+, load \d+, plan [0-9a-f]{8}|load \d+ plan [0-9a-f]{8}")
_FORBIDDEN = frozenset('<>:"/\\|?*')  # on one file system or another
_DEVICES = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?:\..*)?", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,4}$", re.IGNORECASE)  # and not the end of `contacts 28.11.2026`


def folder_name(loaded_on: date, file_name: str, load_id: int, fingerprint: str) -> str:
    """``2026-11-28 contacts week 48, load 7, plan bf0cae82``: by name, they lie in the order of their days."""
    return f"{loaded_on:%Y-%m-%d} {safe_name(_SUFFIX.sub('', file_name))}, load {load_id}, plan {fingerprint[:8]}"


def is_report(name: str) -> bool:
    """Whether a folder of this name was made by this tool."""
    return _REPORT.fullmatch(name) is not None


def entries(reports: Path) -> list[Path]:
    """Everything that lies in the folder of the reports, and in its sub-folder for practice, each once."""
    found = set(reports.iterdir()) if reports.is_dir() else set()
    practice = {entry for entry in found if entry.name == PRACTICE and entry.is_dir() and not entry.is_symlink()}
    return sorted([*(found - practice), *(entry for folder in practice for entry in folder.iterdir())])


def safe_name(text: str) -> str:
    """A text as a part of a file's name on every file system: what one of them does not take becomes ``_``."""
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(
        character if character.isprintable() and character not in _FORBIDDEN else "_" for character in composed.strip()
    )
    cut = shown[:LONGEST].encode()[:MOST_BYTES].decode(errors="ignore").rstrip()
    kept = cut.rstrip(".")
    name = (kept + "_" * (len(cut) - len(kept))) or "_"
    return f"_{name}" if _DEVICES.fullmatch(name) else name
