"""`init` and `load` make the seed tables of dbt, without dbt: the same tables, where they are missing and one may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from loader.common.paths import PROJECT
from loader.database.connection import connect
from loader.database.schema import migrate
from loader.merge.dbt import run_dbt
from test_closed_schemas import careless, readers
from test_sites import as_role

if TYPE_CHECKING:
    from world import World

assert careless  # a fixture of another file
SEEDS = sorted(file.stem for file in (PROJECT / "seeds").glob("*.csv"))
ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}


def columns(world: World) -> list[dict[str, Any]]:
    """Every column of kajabi_guard, in its order, with its type and whether it takes a null."""
    return world.rows("""
        select relname::text as name, attname::text as column, format_type(atttypid, atttypmod) as type, attnotnull
        from pg_attribute inner join pg_class on attrelid = pg_class.oid
        where relnamespace = 'kajabi_guard'::regnamespace and relkind = 'r' and attnum > 0
        order by relname, attnum
    """)


def rows(world: World) -> dict[str, list[str]]:
    """Every row of every seed table, as JSON."""
    query = "select to_jsonb(t)::text as row from kajabi_guard.{} as t order by 1"
    return {name: [found["row"] for found in world.rows(query.format(name))] for name in SEEDS}


def analysed(world: World) -> set[str]:
    """The tables of kajabi_guard that somebody has analysed on purpose: autovacuum's own visits do not count."""
    found = world.rows("""
        select relname::text as name from pg_stat_user_tables
        where schemaname = 'kajabi_guard' and last_analyze is not null
    """)
    return {row["name"] for row in found}


def test_the_tables_are_those_that_dbt_seed_makes(world: World) -> None:
    ours = columns(world), rows(world)
    assert {row["name"] for row in ours[0]} == set(SEEDS)
    assert {row["type"] for row in ours[0]} == {"text", "integer", "boolean"}
    world.run("drop schema kajabi_guard cascade")
    assert not run_dbt(["seed"], state=world.folder).failed
    theirs = columns(world), rows(world)
    assert ours == theirs
    assert '"settle_with": null' in "".join(theirs[1]["hold_reasons"]), "a seed has a blank cell"
    assert analysed(world) == set(SEEDS), "a model joins a seed as what it is: a handful of rows"


def test_only_what_is_missing_is_made(world: World) -> None:
    before = rows(world)
    world.run("delete from kajabi_guard.placeholders; drop table kajabi_guard.guards")
    with world.connect() as connection:
        assert migrate(connection) == []
    assert rows(world) == {**before, "placeholders": []}, "a table that is there is dbt's"


def test_a_plan_makes_them_as_their_files_are_whatever_somebody_changed(world: World) -> None:
    before = rows(world)
    world.add_contacts(ADA)
    world.load(ADA)
    world.run("update kajabi_guard.field_policies set policy = 'follow_kajabi'; delete from kajabi_guard.placeholders")
    world.plan()
    assert rows(world) == before


def test_the_schema_is_made_and_closed_where_it_is_missing(careless: World) -> None:
    before = rows(careless)
    careless.run("drop schema kajabi_guard cascade")
    with careless.connect() as connection:
        migrate(connection)
    assert rows(careless) == before
    given = careless.one("select relacl::text as acl from pg_class where oid = 'kajabi_guard.placeholders'::regclass")
    assert "anon=r" in given["acl"], "the table is given away: the schema is the wall"
    assert readers(careless) == []


@pytest.mark.parametrize("left", ["drop schema kajabi_guard cascade", "drop table kajabi_guard.guards"])
def test_a_role_that_may_not_make_them_makes_none_and_is_not_refused(world: World, left: str) -> None:
    role = f"{world.target.settings['PGDATABASE']}_loader"
    world.run(f"{left}; create role {role}; grant usage on schema kajabi_ledger to {role}")
    try:
        world.run(f"grant select on public.contacts, kajabi_ledger.schema_migrations to {role}")
        with as_role(world.target, role), connect(world.target) as connection:
            assert migrate(connection) == []
        assert world.one("select to_regclass('kajabi_guard.guards') as there")["there"] is None
    finally:
        world.run(f"drop owned by {role}; drop role {role}")
