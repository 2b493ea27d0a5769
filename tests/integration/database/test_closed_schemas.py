"""What dbt builds is closed to everybody before it is built, whatever the organisation gives away by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from loader.merge.dbt import run_dbt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from world import World

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "kajabi_id": "1000000001"}
SERVED = ("anon", "authenticated")
# what Supabase, or a careless owner, does to what is made from now on
CARELESS = """
    alter default privileges grant select on tables to anon, authenticated, public;
    alter default privileges grant usage on schemas to anon, authenticated, public;
    alter default privileges grant execute on functions to anon, authenticated
"""


@pytest.fixture
def careless(world: World) -> Iterator[World]:
    """A site whose default privileges give everything away."""
    names = ", ".join(SERVED)
    world.run("; ".join(f"create role {name}" for name in SERVED))
    world.run(CARELESS)
    yield world
    world.run(f"drop owned by {names}; drop role {names}")


def readers(world: World, schema: str = "kajabi_guard") -> list[str]:
    """Who of everybody may use the schema; a relation in it is tried as well, where there is one."""
    found = []
    for name in SERVED:
        with world.connect() as connection:
            row = connection.execute(f"select has_schema_privilege('{name}', '{schema}', 'usage') as may").fetchone()
            assert row
            found += [name] if row["may"] else []
            query = (
                f"select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = '{schema}'"
            )
            relations = connection.execute(query).fetchall()
            connection.execute(f"set role {name}")
            for relation in relations:
                try:
                    connection.execute(f"select from {relation['name']}")
                except psycopg.errors.InsufficientPrivilege:
                    continue
                found.append(f"{name} {relation['name']}")
    return found


def test_a_schema_that_dbt_makes_is_closed_before_anything_is_in_it(careless: World, tmp_path: Path) -> None:
    careless.run("drop schema kajabi_guard cascade")
    assert not run_dbt(["seed"], state=tmp_path).failed
    given = careless.one("select relacl::text as acl from pg_class where oid = 'kajabi_guard.placeholders'::regclass")
    assert "anon=r" in given["acl"], "the table is given away: the schema is the wall"
    assert readers(careless) == []
    assert not run_dbt(["seed"], state=tmp_path, schema="kajabi_guard_comparison").failed
    assert readers(careless, "kajabi_guard_comparison") == []


def test_a_careless_schema_is_open_without_that(careless: World) -> None:
    """Or the other tests of this file would prove nothing."""
    careless.run("drop schema kajabi_guard cascade; create schema kajabi_guard; create table kajabi_guard.a ()")
    assert readers(careless) == ["anon", "anon kajabi_guard.a", "authenticated", "authenticated kajabi_guard.a"]


@pytest.mark.parametrize(
    "opened", ["grant usage on schema kajabi_guard to anon", "grant all on schema kajabi_guard to public"]
)
def test_a_schema_that_was_opened_is_closed_before_a_plan_is_built(careless: World, opened: str) -> None:
    careless.add_contacts(ADA)
    careless.load(ADA)
    careless.run(opened)
    assert readers(careless) != []
    careless.plan()
    assert readers(careless) == []


def test_init_makes_the_schema_and_closes_it(careless: World, tmp_path: Path) -> None:
    careless.run("drop schema kajabi_guard, kajabi_ledger, kajabi_raw cascade")
    type(careless)(careless.target, tmp_path)
    for schema in ("kajabi_guard", "kajabi_ledger", "kajabi_raw"):
        assert readers(careless, schema) == []
