"""What a plan costs grows with the contacts, not with their square: rows and loops are counted, not seconds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

import recorded_build
from loader.common.paths import PROJECT
from loader.merge.plan import BUILD
from recorded_build import CLEAR, MARK, RecordedBuild, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import World

COUNT = 20_000
ROWS_FOR_EACH = 100  # a loop may look at every field, rule and placeholder; at every other contact it would be 20,000
STREETS, CITIES = 700, 90
NOTHING_BUT_LOOPS = "set local enable_hashjoin = off; set local enable_mergejoin = off"
TABLES = """
    select relname, reltuples from pg_class
    where relkind = 'r' and relnamespace = to_regnamespace('kajabi_guard') and relname <> 'previous_merge_plan'
"""
EACH_WITH_EACH = """
    select from (select email_key from kajabi_guard.stg_kajabi__contacts limit 200) as exports
    inner join kajabi_guard.stg_crm__contacts as contacts on exports.email_key = lower(contacts.email)
"""


def person(number: int, **more: str) -> dict[str, str]:
    return {
        "email": f"person{number}@example.org",
        "kajabi_id": str(1_000_000_000 + number),
        "first_name": f"Ada {number % STREETS}",
        "last_name": f"Brook {number // STREETS}",
        "phone": f"(303) 555-{number % 10_000:04}",
        "address_line_1": f"{number % STREETS} Elm Street",
        "city": f"Town {number % CITIES}",
        "postal_code": f"{number % STREETS:05}",
        **more,
    }


@pytest.fixture
def large(world: World) -> World:
    """The second week of an organisation: fills, changes on both sides, new people, rows without an id or an email."""
    world.say_no_duplicates()
    world.load(person(0))
    world.plan()  # what dbt sends is recorded while there is little to plan
    world.copy_contacts(
        [
            {
                **person(number, **({"phone": "(303) 555-0199"} if number % 50 == 0 else {})),
                "source_system": "zoho" if number % 7 == 0 else "kajabi",
                "state": "CO" if number % 3 else None,
            }
            for number in range(COUNT)
        ]
    )
    world.load(*(person(number) for number in range(COUNT)), as_baseline=True)
    news = ({"state": "CO"}, {"city": "Lyons"}, {"email": ""}, {"kajabi_id": ""}, {"first_name": "Grace"})
    world.load(*(person(number, **(news[number % 5] if number % 40 < 5 else {})) for number in range(COUNT + 500)))
    return world


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def looked_at(loop: dict[str, Any]) -> int:
    """How many rows of its inner side a nested loop has met, thrown away or not."""
    met = loop.get("Rows Removed by Join Filter", 0) * loop["Actual Loops"]
    for node in nodes(loop["Plans"][1]):
        if not node.get("Plans"):
            rows = (
                node["Actual Rows"]
                + node.get("Rows Removed by Filter", 0)
                + node.get("Rows Removed by Index Recheck", 0)
            )
            met += rows * node["Actual Loops"]
    return int(met)


def test_every_table_of_a_plan_is_analysed_and_none_loops_over_contacts_for_each_contact(large: World) -> None:
    """PostgreSQL plans joins with a table that it knows nothing about as if it were small."""
    kept = RecordedBuild.file(PROJECT, BUILD)
    recording = Recording(**json.loads(kept.read_text(encoding="utf-8")))
    name = large.target.settings["PGDATABASE"]
    explained, worst = 0, (0, "")
    with large.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute((CLEAR + ";\n".join(recording.seeding)).replace(MARK, name))
        for file in sorted((PROJECT / "seeds").glob("*.csv")):
            recorded_build.fill(connection, file)
        for text in [*recording.building, *recording.testing.values()]:
            statement = text.replace(MARK, name)
            node = (re.findall(r'"node_id": "[a-z]+\.kajabi_guard\.(\w+)', statement) or ["?"])[0]
            bare = re.sub(r"/\*.*?\*/|--[^\n]*", "", statement, flags=re.DOTALL).strip().lower()
            made = re.match(r"(.*?);\s*(insert into.*)", statement, flags=re.DOTALL)
            if made:  # a table with a contract is made first and filled then
                connection.execute(made[1])
                statement = made[2]
            if not re.match(r"select|with|create\s+(unlogged\s+)?table", bare):
                connection.execute(statement)
                continue
            row = connection.execute(f"explain (analyze, timing off, format json) {statement}").fetchone()
            assert row
            explained += 1
            for plan in nodes(row["QUERY PLAN"][0]["Plan"]):
                if plan["Node Type"] == "Nested Loop":
                    worst = max(worst, (looked_at(plan), node))
        tables = large.rows(TABLES, connection=connection)
        connection.execute(NOTHING_BUT_LOOPS)
        row = connection.execute(f"explain (analyze, timing off, format json) {EACH_WITH_EACH}").fetchone()
        assert row
        (loop,) = [plan for plan in nodes(row["QUERY PLAN"][0]["Plan"]) if plan["Node Type"] == "Nested Loop"]
        assert looked_at(loop) > ROWS_FOR_EACH * COUNT, "such a loop is what is looked for"
    assert explained > len(recording.testing) + 20
    assert worst[0] <= ROWS_FOR_EACH * COUNT, worst
    assert len(tables) > 40
    assert [table["relname"] for table in tables if table["reltuples"] < 0] == []
    raw = large.one("select reltuples from pg_class where oid = 'kajabi_raw.contact_rows'::regclass")
    assert raw["reltuples"] > COUNT
