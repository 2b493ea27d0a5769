"""What a plan costs grows with the contacts, not with their square: rows and loops are counted, not seconds.

``scripts/explain-plan`` shows the same of any number of contacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plan_statements import ROWS_FOR_EACH, build, explaining, fill, loops, person, recording

if TYPE_CHECKING:
    from world import World

COUNT = 20_000
# How often parts of statements are run again, for each contact: 4.6 as it is, and 28 where no table is analysed:
# PostgreSQL then takes 20,000 rows for a hundred, and looks each of them up in every join
RUNS_FOR_EACH = 10
# an index counts the rows of its table as well, but not what they hold
TABLES = """
    select relname, reltuples <> 0 and not exists (select from pg_statistic where starelid = pg_class.oid) as is_unknown
    from pg_class
    where relkind = 'r' and relnamespace = to_regnamespace('kajabi_guard') and relname <> 'previous_merge_plan'
"""
FEW = 50  # statements in one: its own, and those of the functions that it calls once
NOTHING_BUT_LOOPS = "set local enable_hashjoin = off; set local enable_mergejoin = off"
EACH_WITH_EACH = """
    select from (select email_key from kajabi_guard.stg_kajabi__contacts limit 200) as exports
    inner join kajabi_guard.stg_crm__contacts as contacts on exports.email_key = lower(contacts.email)
"""
EACH_ASKS_ALL = """
    select
        email_key,
        (select count(*) from kajabi_guard.stg_crm__contacts where lower(stg_crm__contacts.email) < email_key) as before
    from kajabi_guard.stg_kajabi__contacts limit 200
"""


@pytest.fixture
def large(world: World) -> World:
    fill(world, COUNT)
    return world


def test_every_table_of_a_plan_is_analysed_and_none_loops_over_contacts_for_each_contact(large: World) -> None:
    """PostgreSQL plans joins with a table that it knows nothing about as if it were small."""
    with large.connect() as connection, connection.transaction(force_rollback=True):
        statements = list(build(large, connection))
        tables = large.rows(TABLES, connection=connection)
        connection.execute(NOTHING_BUT_LOOPS)
        for harm in (EACH_WITH_EACH, EACH_ASKS_ALL):
            with explaining(connection) as plans:
                connection.execute(harm)
            (loop,) = loops(plans[0]["Plan"])
            assert loop.rows > ROWS_FOR_EACH * COUNT, "such a loop is what is looked for"
    assert sum(bool(each.plans) for each in statements) > len(recording().testing) + 20
    found = [(loop, each.node) for each in statements for loop in each.loops()]
    worst = max(found, key=lambda pair: pair[0].rows)
    assert worst[0].rows <= ROWS_FOR_EACH * COUNT, worst
    assert sum(loop.runs for loop, _ in found) <= RUNS_FOR_EACH * COUNT, sorted(found, key=lambda pair: pair[0].runs)
    assert max(len(each.plans) for each in statements) < FEW, "a function asks the database again for each row"
    assert len(tables) > 40
    assert [table["relname"] for table in tables if table["is_unknown"]] == []
    raw = large.one("select reltuples from pg_class where oid = 'kajabi_raw.contact_rows'::regclass")
    assert raw["reltuples"] > COUNT


def test_the_default_of_a_column_is_asked_once_and_not_for_every_contact(world: World) -> None:
    world.copy_contacts({**person(number), "source_system": "zoho"} for number in range(100))
    world.say_no_duplicates()
    world.load(person(0))
    world.plan()
    with world.connect() as connection, explaining(connection) as plans:
        rows = world.rows("select column_default from kajabi_guard.stg_crm__email_subscriptions", connection)
        assert [row["column_default"] for row in rows] == ["false"] * 100
    asked = [plan["Query Text"] for plan in plans]
    assert len([text for text in asked if "pg_get_expr" in text]) == 1
