"""The dbt project with which this site plans: the project's own, or that with the site's own settings laid over it.

What is laid over is in ``common/site_settings.py``. The copy is a folder of links to the models, macros and data tests,
and of copies of the seeds and of dbt_project.yml: dbt has the site's policies and limits wherever it is started from.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..common.paths import CONFIG, PROJECT, STATE
from ..common.site_settings import check_own_files, dbt_project, own_files, own_limits, seed_file

if TYPE_CHECKING:
    from pathlib import Path

LINKED = ("model-paths", "macro-paths", "test-paths")


def site_project(state: Path = STATE, config: Path = CONFIG) -> Path:
    """Return the folder of the dbt project to plan with; without settings of the site's own that is the project itself.

    Raises Usage for a file of the site's that cannot be meant.
    """
    if not own_files(config):
        return PROJECT
    check_own_files(config)
    return lay_over(state / "dbt" / "project", config=config)


def lay_over(folder: Path, policy: Path | None = None, config: Path = CONFIG) -> Path:
    """Make ``folder`` the project with the site's settings laid over it, and return it.

    ``policy`` is a file that stands in for ``field_policies.csv``, whatever the site has. All files must have been
    checked. What is as it should be is not touched: a dbt that runs there reads the same.
    """
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415  # most sites plan with the project itself

    project = dbt_project()
    project["vars"] |= own_limits(config)
    for place in (place for kind in LINKED for place in project[kind]):
        _link(folder / place, PROJECT / place)
    for file in sorted(file for file in (PROJECT / "seeds").rglob("*") if file.is_file()):
        source = seed_file(file.stem, config) if file.suffix == ".csv" else file
        if policy and file.name == "field_policies.csv":
            source = policy
        _write(folder / file.relative_to(PROJECT), source.read_bytes())
    for file in [file for file in (folder / "seeds").rglob("*") if file.is_file()]:
        if not (PROJECT / file.relative_to(folder)).exists():
            file.unlink()  # a seed of an earlier version
    _write(folder / "dbt_project.yml", yaml.safe_dump(project, sort_keys=False).encode())
    return folder


def _link(link: Path, place: Path) -> None:
    if link.is_symlink() and link.readlink() == place:
        return
    link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    link.unlink(missing_ok=True)  # the project has moved
    link.symlink_to(place)


def _write(file: Path, content: bytes) -> None:
    if file.exists() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.write_bytes(content)
    new.replace(file)
