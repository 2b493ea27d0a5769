"""A dbt project whose nodes do nothing: what dbt itself needs for so many of them."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = {"name": "nothing", "version": "1.0.0", "profile": "kajabi_guard"}
TABLES = {"models": {"nothing": {"+materialized": "table"}}}


def make_project(folder: Path, nodes: int) -> Path:
    """Write a project with so many tables of one row each, and return its folder."""
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(json.dumps({**PROJECT, **TABLES}), encoding="utf-8")
    for number in range(nodes):
        (folder / "models" / f"nothing_{number}.sql").write_text("select 1 as x\n", encoding="utf-8")
    return folder


def make_seed_project(folder: Path, file: Path) -> Path:
    """Write a project with one seed, the file, and return its folder.

    Every column is text: left to itself, dbt takes the ids for integers, and PostgreSQL then refuses most of them.
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        types = dict.fromkeys(next(csv.reader(lines)), "text")
    (folder / "seeds").mkdir(parents=True)
    shutil.copyfile(file, folder / "seeds" / "peer_export.csv")
    seeds = {"seeds": {"nothing": {"+quote_columns": True, "+column_types": types}}}
    (folder / "dbt_project.yml").write_text(json.dumps({**PROJECT, **seeds}), encoding="utf-8")
    return folder
