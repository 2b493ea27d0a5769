"""What a plan costs grows with the contacts, not with their square: rows and loops are counted, not seconds.

``scripts/explain-plan`` shows the same of any number of contacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plan_statements import ROWS_FOR_EACH, Explained, Loop, build, explaining, fill, loops, recording

if TYPE_CHECKING:
    from world import World

COUNT = 20_000
TABLES = """
    select relname, reltuples from pg_class
    where relkind = 'r' and relnamespace = to_regnamespace('kajabi_guard') and relname <> 'previous_merge_plan'
"""
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


def worst(statements: list[Explained]) -> tuple[Loop, str]:
    return max(((loop, each.node) for each in statements for loop in each.loops()), key=lambda found: found[0].rows)


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
    assert sum(bool(each.plans) for each in statements) > len(recording().testing) + 40
    loop, node = worst(statements)
    assert loop.rows <= ROWS_FOR_EACH * COUNT, (node, loop)
    assert len(tables) > 40
    assert [table["relname"] for table in tables if table["reltuples"] < 0] == []
    raw = large.one("select reltuples from pg_class where oid = 'kajabi_raw.contact_rows'::regclass")
    assert raw["reltuples"] > COUNT
