"""``doctor`` on this machine: the packages, the disk, where the tool keeps what, and who can read it."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import stat
from shlex import quote
from typing import TYPE_CHECKING

from ...common.errors import Usage
from ...common.paths import CONFIG, NAME, PROJECT, REPORTS, STATE, shown
from ...common.site_settings import check_own_files, own_files
from ..settings import CONNECTION
from .findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.specifiers import SpecifierSet

ENOUGH, TOO_LITTLE = 2**30, 100 * 2**20  # a report of a million contacts takes about a hundred megabytes
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SET_UP = "make setup"
INSTALL = "install kajabi-guard again (pipx: `pipx reinstall kajabi-guard`)"


def packages() -> Iterator[Finding]:
    """The packages that this tool asks for; in a checkout, against the lock file as well."""
    wanted = _wanted()
    remedy = SET_UP if _text("pyproject.toml") else INSTALL
    locked = dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", _text("requirements.lock"), re.MULTILINE))
    others: list[str] = []
    for name, versions in wanted.items():
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "problem", "not installed", remedy)
            continue
        if not versions.contains(version, prereleases=True):
            yield Finding(name, "problem", f"{version}, but {versions} is needed", remedy)
        elif locked.get(name, version) != version:
            yield Finding(name, "warning", f"{version}, tested with {locked[name]}", remedy)
        else:
            others.append(f"{name} {version}")
    yield Finding("packages", "ok", ", ".join(others) or "nothing to compare with")


def disk(reports: Path = REPORTS) -> Iterator[Finding]:
    """Room for the state folder and the reports."""
    for check, folder in (("disk for state", STATE), ("disk for reports", reports)):
        free = shutil.disk_usage(_existing(folder)).free
        room = f"{free / 2**30:.1f} GB free"
        if free < TOO_LITTLE:
            yield Finding(check, "problem", room, "make room: a report could not be written")
        elif free < ENOUGH:
            yield Finding(check, "warning", room, "make room before the next import")
        else:
            yield Finding(check, "ok", room)


def private_files(reports: Path = REPORTS) -> Iterator[Finding]:
    """Where the tool keeps what on this machine, and whether nobody else can read it."""
    for check, path in (
        ("settings folder", CONFIG),
        (CONNECTION, CONFIG / CONNECTION),
        ("state folder", STATE),
        ("reports folder", reports),
    ):
        place = shown(path.absolute())
        try:
            found = path.lstat()
        except FileNotFoundError:
            yield Finding(check, "ok", f"not made yet: {place}")
            continue
        mode = stat.S_IMODE(found.st_mode)
        wanted = "600" if check == CONNECTION else "700"
        if mode & OTHERS:
            yield Finding(
                check, "problem", f"others may use it (mode {mode:o}): {place}", f"chmod {wanted} {quote(place)}"
            )
        elif found.st_uid != os.getuid():
            yield Finding(
                check, "problem", f"it belongs to another user of this machine: {place}", "remove it and connect again"
            )
        else:
            yield Finding(check, "ok", f"yours alone (mode {mode:o}): {place}")


def _wanted() -> dict[str, SpecifierSet]:
    """The packages with their versions: of pyproject.toml in a checkout, of what pip noted where it was installed."""
    from packaging.requirements import Requirement  # noqa: PLC0415  # every command would wait for them
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415

    text = _text("pyproject.toml")
    if text:
        found = re.findall(r'^ +"([\w-]+)(?:\[\w+\])?([<>=][^"]*)",', text, re.MULTILINE)
        return {name: SpecifierSet(versions) for name, versions in found}
    try:
        noted = [Requirement(line) for line in importlib.metadata.requires(NAME) or ()]
    except importlib.metadata.PackageNotFoundError:
        return {}
    return {each.name: each.specifier for each in noted if each.marker is None or each.marker.evaluate({"extra": ""})}


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
