"""The seeds of the dbt project as tables, made without dbt: what is missing after ``init`` and ``load``, all at a plan.

They are what `dbt seed` would make: the same columns, types and rows, counted alike, readable by the same roles.
Plain `dbt run` works right after `load`, and a plan makes them all anew in one message: whatever somebody has changed
in such a table, the files decide.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from psycopg import sql

from ..common.paths import PROJECT
from ..common.site_settings import check_own_files, dbt_project, seed_file
from .statements import statement

if TYPE_CHECKING:
    from pathlib import Path

    from .connection import Connection

# the types that the seeds use; what dbt_project.yml does not name is text, as dbt finds it
TYPES = {"text": sql.SQL("text"), "integer": sql.SQL("integer"), "boolean": sql.SQL("boolean")}
NOTHING = {"", "null"}  # dbt reads a cell with one of these as no value, whatever its case


def make_seed_tables(connection: Connection) -> list[str]:
    """Make every table of a seed that is missing, with the rows of its file; returns the names of those made.

    The site's own files stand in for the seeds of the same name; raises Usage where one of them cannot be meant.
    A table that is there stays as it is. A role that may not make them makes none, and that is no error: whoever plans
    or runs dbt makes them.
    """
    there = connection.execute(statement("dbt_schema")).fetchone() or {}
    seeds = sorted(file.stem for file in (PROJECT / "seeds").glob("*.csv"))
    missing = [name for name in seeds if name not in there["relations"]]
    if not missing or not there["may_make"]:
        return []
    check_own_files()
    if not there["is_there"]:
        connection.execute("create schema kajabi_guard")
    types = _types(dbt_project())
    made = [_made(connection, seed_file(name), types.get(name, {})) for name in missing]
    connection.execute("".join(made).encode())
    connection.execute(statement("grant_models"))
    return missing


def renew_seed_tables(connection: Connection, project: Path = PROJECT) -> None:
    """Make the tables of all seeds of ``project`` anew. Views that read them are dropped: dbt makes them after this.

    Nobody else may read them until they are granted, which a plan does for all that it has made.
    """
    types = _types(dbt_project(project))
    files = sorted((project / "seeds").glob("*.csv"))
    made = [_made(connection, file, types.get(file.stem, {})) for file in files]
    connection.execute("".join((statement("make_dbt_schema"), *made)).encode())


def _types(project: dict[str, Any]) -> dict[str, dict[str, str]]:
    seeds = project["seeds"][project["name"]]
    return {name: config["+column_types"] for name, config in seeds.items() if "+column_types" in (config or {})}


def _made(connection: Connection, file: Path, types: dict[str, str]) -> str:
    """The statements that make one table and fill it with the rows of its file."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = [row for row in csv.reader(lines) if row]  # dbt passes over a blank line as well
    cells = [[None if cell.strip().lower() in NOTHING else cell for cell in row] for row in rows]
    records = [dict(zip(header, row, strict=True)) for row in cells]
    columns = [sql.SQL("{} {}").format(sql.Identifier(name), TYPES[types.get(name, "text")]) for name in header]
    return statement("make_seed_table") % {
        "seed_table": sql.Identifier("kajabi_guard", file.stem).as_string(connection),
        "seed_columns": sql.SQL(", ").join(columns).as_string(connection),
        "seed_rows": sql.Literal(json.dumps(records)).as_string(connection),
    }
