"""What asks many relations one thing: every relation and column that it names is really asked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from loader.common.paths import PROJECT
from loader.merge.plan import BUILD
from recorded_build import MARK, RecordedBuild
from test_recorded_build import plan_of_two_weeks

if TYPE_CHECKING:
    from loader.database.connection import Connection
    from world import World

EMPTY_COPY = """
    alter {kind} kajabi_guard.{relation} rename to before;
    create table kajabi_guard.{relation} as select * from kajabi_guard.before limit 0;
"""


@pytest.fixture
def planned(world: World) -> World:
    plan_of_two_weeks(world)
    world.plan()
    return world


def question(world: World, name: str) -> str:
    """The query of a data test as dbt sends it to this database: one row with the number of failures."""
    recording = json.loads(RecordedBuild.file(PROJECT, BUILD).read_text(encoding="utf-8"))
    return str(recording["testing"][name]).replace(MARK, world.target.settings["PGDATABASE"])


def finder(world: World, name: str) -> str:
    """The query of a model that has a row for what is wrong, as dbt sends it, with the number of its rows."""
    recording = json.loads(RecordedBuild.file(PROJECT, BUILD).read_text(encoding="utf-8"))
    making = re.compile(rf'create\s+(?:table|view) \S*"{name}__dbt_tmp"\s+as\s*\((.*?)\n\s*\);\n', re.DOTALL)
    (query,) = (found[1] for found in map(making.search, recording["building"]) if found)
    query = query.replace(MARK, world.target.settings["PGDATABASE"])
    return f"select count(*) as failures from ({query}) as found"


def failures(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row
    return int(row["failures"])


def stand_in(connection: Connection, relation: str) -> None:
    """Put an empty table of the same shape in the place of a relation."""
    found = connection.execute(
        "select relkind::text from pg_class where oid = %s::regclass", [f"kajabi_guard.{relation}"]
    ).fetchone()
    assert found
    kind = sql.SQL("view" if found["relkind"] == "v" else "table")
    connection.execute(sql.SQL(EMPTY_COPY).format(kind=kind, relation=sql.Identifier(relation)))


@pytest.mark.parametrize("asker", ["guard_broken_keys", "file_faults"])
def test_a_key_that_comes_twice_is_found_in_each_relation(planned: World, asker: str) -> None:
    is_guard = asker.startswith("guard")
    query = finder(planned, asker) + ("" if is_guard else " where fault like '% has a row twice'")
    asked = set(re.findall(r"'(\w+)' as relation,\s+'[\w, ]*' as key_columns", query))
    assert ({"decision_rules", "plan_summary", "contact_keys"} if is_guard else {"kajabi_by_hand"}) <= asked
    # of a table whose index allows a null, only the rows with one are asked for
    nulls = dict(re.findall(r"'(\w+)' as relation,(?:(?!union all).)*?\bwhere (\w+) is null", query, re.DOTALL))
    doubled = set()
    with planned.connect() as connection:
        assert failures(connection, query) == 0
        for relation in sorted(asked):
            name = sql.Identifier("kajabi_guard", relation)
            with connection.transaction(force_rollback=True):
                stand_in(connection, relation)
                rows = connection.execute(
                    sql.SQL("insert into {} select * from kajabi_guard.before limit 1").format(name)
                ).rowcount
                if relation in nulls:
                    connection.execute(sql.SQL("update {} set {} = null").format(name, sql.Identifier(nulls[relation])))
                assert failures(connection, query) == 0, relation
                # where nobody is in it, a row of nulls: a key that is null in part is found as well, or comes twice
                more = "select * from kajabi_guard.before limit 1" if rows else "default values"
                for _ in range(1 if rows else 2):
                    connection.execute(sql.SQL("insert into {} " + more).format(name))
                if relation in nulls:
                    connection.execute(sql.SQL("update {} set {} = null").format(name, sql.Identifier(nulls[relation])))
                assert failures(connection, query) > 0, relation
            doubled |= {relation} if rows else set()
    assert len(doubled) >= (len(asked) / 2 if is_guard else 2), "this world is too empty to show much"


@pytest.mark.parametrize("asker", ["assert_every_code_is_known", "file_faults"])
def test_a_code_that_nothing_knows_is_found_in_each_column(planned: World, asker: str) -> None:
    if asker == "file_faults":
        query = finder(planned, asker) + " where fault like '% has an unknown code'"
        wanted = {("sendable_records", "consent")}
    else:
        query = question(planned, asker)
        wanted = {("field_policies", "policy"), ("contact_matches", "status")}
    asked = re.findall(r"'(\w+)' as relation,\s+'(\w+)' as column_name", query)
    assert wanted <= set(asked)
    with planned.connect() as connection:
        assert failures(connection, query) == 0
        for relation, column in asked:
            with connection.transaction(force_rollback=True):
                stand_in(connection, relation)
                insert = "insert into {} ({}) values (%s)"
                names = sql.Identifier("kajabi_guard", relation), sql.Identifier(column)
                connection.execute(sql.SQL(insert).format(*names), [None])
                assert failures(connection, query) == 0, (relation, column)
                connection.execute(sql.SQL(insert).format(*names), ["nonsense"])
                assert failures(connection, query) == 1, (relation, column)
