"""What this machine keeps of a person beside the database: reports, and what dbt leaves behind."""

from __future__ import annotations

import re
import shutil
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..common.paths import REPORTS, STATE
from ..common.report_folders import entries, is_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# a key inside of a longer word is another person's, unless what stands before it is an escape of JSON or of a link; as
# in the database (kajabi_ledger.keys_pattern), a dot goes on to a longer domain unless it ends a sentence
BEFORE = r"(?:(?<![\w.%+@-])|(?<=\\[nrt])|(?<=%[0-9a-f]{2}))"
AFTER = r"(?![\w@%+-]|\.(?!csv)\w)"


@dataclass(frozen=True)
class Files:
    """Report folders of this tool that name the person, other files under reports/ that do, and dbt's folders."""

    reports: list[Path]
    others: list[Path]
    left_by_dbt: list[Path]


def find_files(keys: Sequence[str], reports: Path = REPORTS, state: Path = STATE) -> Files:
    """Return what names one of these keys. dbt's artifacts and logs count as naming everybody: nobody needs them."""
    listed = "|".join(re.escape(_as_key(key)) for key in keys)
    pattern = re.compile(rf"{BEFORE}(?:{listed}){AFTER}")
    naming = [entry for entry in entries(reports) if _names(entry, pattern)]
    dbt = [state / "dbt" / name for name in ("target", "kajabi_guard_comparison", "logs")]
    return Files(
        reports=[entry for entry in naming if is_report(entry.name)],
        others=[entry for entry in naming if not is_report(entry.name)],
        left_by_dbt=[folder for folder in dbt if folder.exists()],
    )


def delete_files(files: Files) -> None:
    """Delete the reports that name the person and what dbt left; what the tool did not write stays."""
    for folder in (*files.reports, *files.left_by_dbt):
        shutil.rmtree(folder)


def _names(entry: Path, pattern: re.Pattern[str]) -> bool:
    found = [entry, *entry.rglob("*")]
    # a report's folder has the name of the export in its own
    if any(pattern.search(_as_key(path.name)) for path in found):
        return True
    files = [path for path in found if path.is_file()]
    return any(pattern.search(_as_key(path.read_bytes().decode("utf-8", errors="replace"))) for path in files)


def _as_key(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
