"""``doctor`` on this machine: the packages, the disk, and who can read what the tool keeps here."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from ...common.errors import Usage
from ...common.paths import CONFIG, PROJECT, REPORTS, STATE, shown
from ...common.site_settings import check_own_files, own_files
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENOUGH, TOO_LITTLE = 2**30, 100 * 2**20  # a report of a million contacts takes about a hundred megabytes
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SET_UP = "make setup"


def packages() -> Iterator[Finding]:
    """The packages that pyproject.toml asks for, against it and against the lock file."""
    wanted = dict(re.findall(r'^ +"([\w-]+)(?:\[\w+\])?([<>=][^"]*)",', _text("pyproject.toml"), re.MULTILINE))
    locked = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", _text("requirements.lock"), re.MULTILINE))
    others: list[str] = []
    for name, versions in wanted.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "problem", "not installed", SET_UP)
            continue
        if not SpecifierSet(versions).contains(version, prereleases=True):
            yield Finding(name, "problem", f"{version}, but {versions} is needed", SET_UP)
        elif locked.get(name, version) != version:
            yield Finding(name, "warning", f"{version}, tested with {locked[name]}", SET_UP)
        else:
            others.append(f"{name} {version}")
    yield Finding("packages", "ok", ", ".join(others) or "nothing to compare with")


def disk() -> Iterator[Finding]:
    """Room for the state folder and the reports."""
    for check, folder in (("disk for .kajabi-guard", STATE), ("disk for reports", REPORTS)):
        free = shutil.disk_usage(_existing(folder)).free
        room = f"{free / 2**30:.1f} GB free"
        if free < TOO_LITTLE:
            yield Finding(check, "problem", room, "make room: a report could not be written")
        elif free < ENOUGH:
            yield Finding(check, "warning", room, "make room before the next import")
        else:
            yield Finding(check, "ok", room)


def private_files() -> Iterator[Finding]:
    """Whether nobody else can read the connection, the reports and what dbt left."""
    for check, path in (
        ("state folder", STATE),
        ("connection.env", STATE / "connection.env"),
        ("reports folder", REPORTS),
    ):
        try:
            found = path.lstat()
        except FileNotFoundError:
            yield Finding(check, "ok", "not made yet")
            continue
        mode = stat.S_IMODE(found.st_mode)
        wanted = "700" if path.suffix != ".env" else "600"
        if mode & OTHERS:
            yield Finding(check, "problem", f"others may use it (mode {mode:o})", f"chmod {wanted} '{_shown(path)}'")
        elif found.st_uid != os.getuid():
            yield Finding(check, "problem", "it belongs to another user of this machine", "remove it and connect again")
        else:
            yield Finding(check, "ok", f"yours alone (mode {mode:o})")


def policies() -> Iterator[Finding]:
    """Whose policies and limits the next plan takes, and what is wrong with the site's own."""
    *others, last = [file.name for file in own_files()] or ["the project's own"]
    named = f"{', '.join(others)} and {last}" if others else last
    try:
        check_own_files()
    except Usage as error:
        yield Finding("policies", "problem", str(error), "correct it, or take it away: the project's own counts then")
    else:
        yield Finding("policies", "ok", f"{named} from {shown(CONFIG)}" if own_files() else named)


def _text(name: str) -> str:
    file = PROJECT / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT))
