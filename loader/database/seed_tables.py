"""The seeds of the dbt project as tables, made where they are missing: plain `dbt run` works right after `load`.

They are what `dbt seed` would make: the same columns, types and rows, readable by the same roles. A table that is
there is dbt's, and stays as it is. dbt itself is not imported: it takes a second, and `load` must not pay it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

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
    A role that may not make them makes none, and that is no error: whoever plans or runs dbt makes them.
    """
    there = connection.execute(statement("dbt_schema")).fetchone() or {}
    seeds = sorted(file.stem for file in (PROJECT / "seeds").glob("*.csv"))
    missing = [name for name in seeds if name not in there["relations"]]
    if not missing or not there["may_make"]:
        return []
    check_own_files()
    if not there["is_there"]:
        connection.execute("create schema kajabi_guard")
    project = dbt_project()
    configs = project["seeds"][project["name"]]
    for name in missing:
        types = configs.get(name, {}).get("+column_types", {})
        _make(connection, name, seed_file(name), types, there["readers"])
    return missing


def _make(connection: Connection, name: str, file: Path, types: dict[str, str], readers: list[str]) -> None:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = [row for row in csv.reader(lines) if row]  # dbt passes over a blank line as well
    table = sql.Identifier("kajabi_guard", name)
    columns = [sql.Identifier(column) for column in header]
    typed = [sql.SQL("{} {}").format(sql.Identifier(column), TYPES[types.get(column, "text")]) for column in header]
    connection.execute(sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(typed)))
    query = sql.SQL("copy {} ({}) from stdin").format(table, sql.SQL(", ").join(columns))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in rows:
            copy.write_row([None if cell.strip().lower() in NOTHING else cell for cell in row])
    if readers:
        roles = sql.SQL(", ").join(map(sql.Identifier, readers))
        connection.execute(sql.SQL("grant select on {} to {}").format(table, roles))
