"""Files that hold personal data: readable by their owner only from the first byte on, never half written.

A list that somebody has begun to fill in is that person's work, and is never overwritten.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain, count
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE = 0o600
BEGUN = "{stem} (begun {day}{number}){suffix}"


def private_folder(folder: Path) -> None:
    """Make a folder its owner's alone, whether it is there already or not, and those around it that are missing."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)  # with `parents`, those between would be open to others
    folder.chmod(0o700)


def close_to_others(folder: Path) -> None:
    """Make every file in the folder its owner's alone.

    A spreadsheet saves as the person's umask says, so a list that was filled in is often readable by everybody.
    """
    for path in folder.iterdir():
        # another user's file cannot be changed, and nobody else gets into the folder
        with suppress(PermissionError, FileNotFoundError):
            if stat.S_ISREG(path.lstat().st_mode):
                path.chmod(PRIVATE)


@contextmanager
def replacing(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Give a private file that takes the place of ``path`` when the block ends well.

    The temporary file is always a new one: what a killed run left could be readable by others, or lead elsewhere.
    """
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
            yield file
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    temporary.replace(path)


@contextmanager
def replacing_list(path: Path, encoding: str) -> Iterator[TextIO]:
    """As ``replacing``, for a list that people fill in: one that is not as it was written is kept under another name.

    What was written is remembered by its digest; without one, only the very same bytes count as untouched.
    """
    noted = _note(path)
    as_new = path.with_name(f"{path.name}.new")
    with replacing(as_new, encoding) as file:
        yield file
    digest = _digest(as_new)
    if path.exists() and _digest(path) not in {digest, noted.read_text("ascii") if noted.exists() else digest}:
        path.rename(_begun_name(path))
    with replacing(noted, "ascii") as note:
        note.write(digest)
    as_new.replace(path)


def begun_lists(folder: Path, name: str) -> list[Path]:
    """The lists of this name that somebody had begun and that were kept, oldest first."""
    stem, _, suffix = name.rpartition(".")
    return sorted(
        (path for path in folder.glob(f"{stem} (begun *).{suffix}") if path.is_file()),
        key=lambda path: path.stat().st_mtime,
    )


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}.sha256")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _begun_name(path: Path) -> Path:
    """A name that no file has, with the day on which the list was saved last."""
    day = datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()
    numbers = chain([""], (f", {number}" for number in count(2)))
    names = (BEGUN.format(stem=path.stem, day=day, number=number, suffix=path.suffix) for number in numbers)
    return next(kept for name in names if not (kept := path.with_name(name)).exists())
