"""A database as the version with the migrations 0001 and 0002 left it, written as SQL that psycopg can run.

An invented organisation lives through two weekly imports: every raw and ledger table has a row afterwards. What is
printed is the schema as the two migrations made it, and every row; ``tests/fixtures/upgrade`` keeps it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from psycopg import sql

from loader.common.errors import StalePlan
from loader.database import disposable
from loader.database.connection import Target, pointed_at
from loader.database.embedded.server import remove, running
from loader.database.statements import migrations, statement
from loader.merge.apply import apply_plan
from loader.merge.guards import Override
from loader.merge.plan import Scope
from loader.stewardship import merged_contacts, overrides
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Connection

LANDED = ("0001_raw_and_ledger", "0002_a_persons_word")
OURS = ("kajabi_raw", "kajabi_ledger")
TABLES = """
    select schemaname as schema_name, tablename as table_name
    from pg_tables where schemaname = any(%(schemas)s)
    order by
        schemaname = 'public' desc, schemaname = 'kajabi_raw' desc,
        tablename not in ('loads', 'merge_runs', 'schema_migrations'), tablename
"""
COLUMNS = """
    select attname as name, format_type(atttypid, atttypmod) as type
    from pg_attribute where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped order by attnum
"""
SEQUENCES = """
    select format('%%I.%%I', schemaname, sequencename) as name, last_value
    from pg_sequences where schemaname = any(%(schemas)s) and last_value is not null order by 1
"""


def person(name: str, number: int, **cells: Any) -> dict[str, Any]:
    """An invented person, with an email and a Kajabi id."""
    return {
        "email": f"{name.lower()}.alder@example.org",
        "kajabi_id": f"20000000{number:02}",
        "first_name": name,
        "last_name": "Alder",
        **cells,
    }


WEEK_1 = (
    person("Ada", 1, phone="(303) 555-0101"),
    person("Ben", 2, phone="(303) 555-0102", city="Lyons"),
    person("Cleo", 3, phone="(303) 555-0103"),
    person("Dora", 4, last_name="O'Alder", phone="(303) 555-0104"),
    person("Enid", 5, phone="(303) 555-0105"),
    person("Old", 6, phone="(303) 555-0106"),
    person("Spam", 7, email="not an email"),
    person("Twin", 8, first_name="Ada", phone="(303) 555-0101"),
)
# Ben's phone moves (a decision is made on it), Cleo's as well (it stays open), Dora's is protected; the newest row is
# gone, which is a guard to be overridden
WEEK_2 = tuple(
    {**row, "phone": row["phone"].replace("303", "720")} if row["first_name"] in {"Ben", "Cleo", "Dora"} else row
    for row in WEEK_1[:-1]
)
WEEK_3 = (
    *(row for row in WEEK_2 if row["first_name"] != "Enid"),
    WEEK_1[-1],
    person("Enid", 5, phone="(720) 555-0105"),
    person("Fay", 9, phone="(303) 555-0109"),
)


def live_through_two_weeks(world: World) -> None:
    """Two imports with everything that a person can say: the ledger has a row in each of its tables afterwards."""
    world.add_contacts(
        person("Ada", 1, phone="(303) 555-0101"),
        person("Ben", 2, phone="(303) 555-0102"),
        person("Cleo", 3, phone="(303) 555-0103"),
        person("Dora", 4, last_name="O'Alder", phone="(303) 555-0104", phone_source="zoho"),
        {"email": "gus.alder@example.org", "first_name": "Gus", "source_system": "zoho"},
    )
    with world.connect() as connection:
        merged_contacts.declare_none(connection, "none known yet")
        assert merged_contacts.record(connection, "old.alder@example.org", "gus.alder@example.org") == "recorded"
        assert overrides.protect(connection, "dora.alder@example.org", "phone", "no calls, please") == "recorded"
    world.load(*WEEK_1, as_baseline=True)
    world.load(*({**row, "city": "Lyons"} if row["first_name"] == "Cleo" else row for row in WEEK_1))
    world.plan()
    with world.connect() as connection:
        assert overrides.decide(connection, "2000000007", "ignore", None, "spam, not a person") == "recorded"
        twin = WEEK_1[-1]["email"]
        assert overrides.decide(connection, twin, "same-as", "ada.alder@example.org", "one person") == "recorded"
    world.plan()
    world.run("update public.contacts set city = 'Boulder' where first_name = 'Cleo'")
    with pytest.raises(StalePlan):
        world.apply()
    world.run("update public.contacts set city = null where first_name = 'Cleo'")
    world.apply()
    world.load(*WEEK_2)
    world.plan()
    with world.connect() as connection:
        assert (
            overrides.decide(connection, "ben.alder@example.org", "phone", "ours", r"he told us: \ö\, not Kajabi's")
            == "recorded"
        )
    fingerprint = world.plan()["fingerprint"]
    with world.connect() as connection:
        override = Override(["guard_older_export"], "the twin was deleted there")
        apply_plan(connection, world.target, fingerprint, override=override)
    world.plan(Scope(only=["ada.alder@example.org"]))


def tables(connection: Connection, schemas: tuple[str, ...] = OURS) -> list[str]:
    """Every table of these schemas, those first that others point at."""
    found = connection.execute(TABLES, {"schemas": list(schemas)}).fetchall()
    return [f"{row['schema_name']}.{row['table_name']}" for row in found]


def as_sql(connection: Connection) -> Iterator[str]:
    """The schema as the two migrations made it, then every row of the contacts and of our tables."""
    yield "-- Made by scripts/make-upgrade-fixture on the version with the migrations 0001 and 0002. Invented people.\n"
    yield statement("demo_contacts")
    for name, text in migrations():
        yield f"\n-- migration {name}\n{text}"
    yield "\ndelete from kajabi_ledger.database_identity;\n"
    for table in tables(connection, ("public", *OURS)):
        columns = connection.execute(COLUMNS, {"table": table}).fetchall()
        names = [sql.Identifier(column["name"]) for column in columns]
        cells = sql.SQL(" || ', ' || ").join(sql.SQL("quote_nullable({}::text)").format(name) for name in names)
        query = sql.SQL("select {} as line from {} order by 1").format(cells, sql.Identifier(*table.split(".")))
        rows = connection.execute(query).fetchall()
        assert rows, f"{table} is empty: the story does not touch it"
        head = f"insert into {table} ({', '.join(column['name'] for column in columns)}) overriding system value values"
        yield f"\n{head}\n" + ",\n".join(f"({row['line']})" for row in rows) + ";\n"
    for row in connection.execute(SEQUENCES, {"schemas": list(OURS)}).fetchall():
        yield f"select setval('{row['name']}', {row['last_value']});\n"


def main() -> None:
    """Print the fixture."""
    assert tuple(name for name, _ in migrations()) == LANDED, "this is not the landed version"
    os.environ["KAJABI_GUARD_PERSON"] = "practice"
    with tempfile.TemporaryDirectory() as folder:
        server_folder = Path(folder) / "practice"
        with running(server_folder) as server:
            name = f"kajabi_guard_{uuid4().hex[:12]}"
            disposable.create(server.settings, name)
            with pointed_at(Target({**server.settings, "PGDATABASE": name})) as target:
                world = World(target, Path(folder))
                live_through_two_weeks(world)
                with world.connect() as connection:
                    sys.stdout.writelines(as_sql(connection))
        remove(server_folder)


if __name__ == "__main__":
    main()
