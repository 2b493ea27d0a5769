"""A database of the landed version (migrations 0001 and 0002) is brought up to date without losing a row.

``tests/fixtures/upgrade/landed_0002.sql`` is such a database after two weekly imports; scripts/make-upgrade-fixture
made it. Nothing here knows which migrations came later.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from loader.common.errors import StalePlan
from loader.database import disposable
from loader.database import statements as all_statements
from loader.database.connection import Target, connect, pointed_at
from loader.database.schema import migrate, pending_migrations
from loader.database.statements import migrations, statement
from loader.merge.apply import apply_plan
from loader.merge.current_plan import current_plan
from loader.stewardship.overrides import decide
from upgrade_story import COLUMNS, LANDED, OURS, WEEK_3, tables
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Connection

LANDED_SQL = Path(__file__).parents[2] / "fixtures" / "upgrade" / "landed_0002.sql"
# of what a schema consists, as the catalogue tells it; each has the name of the thing and what it is
CATALOGUE = {
    "columns": """
        select format('%I.%I.%I', n.nspname, c.relname, a.attname) as name,
            concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                c.relkind, c.relpersistence, pg_get_expr(d.adbin, d.adrelid)) as is
        from pg_attribute as a
        inner join pg_class as c on a.attrelid = c.oid
        inner join pg_namespace as n on c.relnamespace = n.oid
        left join pg_attrdef as d on a.attrelid = d.adrelid and a.attnum = d.adnum
        where n.nspname in ('kajabi_raw', 'kajabi_ledger') and a.attnum > 0 and not a.attisdropped
    """,
    "constraints": """
        select format('%s %I', conrelid::regclass, conname) as name, pg_get_constraintdef(oid) as is
        from pg_constraint
        where connamespace in ('kajabi_raw'::regnamespace, 'kajabi_ledger'::regnamespace)
    """,
    "indexes": """
        select format('%I.%I', schemaname, indexname) as name, indexdef as is
        from pg_indexes where schemaname in ('kajabi_raw', 'kajabi_ledger')
    """,
    "functions": """
        select oid::regprocedure::text as name, pg_get_functiondef(oid) || coalesce(proacl::text, '') as is
        from pg_proc where pronamespace in ('kajabi_raw'::regnamespace, 'kajabi_ledger'::regnamespace)
    """,
    "triggers": """
        select format('%s %I', tgrelid::regclass, tgname) as name, pg_get_triggerdef(oid) as is
        from pg_trigger where not tgisinternal
    """,
    "privileges": """
        select format('%I.%I', n.nspname, c.relname) as name, coalesce(c.relacl::text, '') as is
        from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid
        where n.nspname in ('kajabi_raw', 'kajabi_ledger')
    """,
}


@contextmanager
def landed_database(server: dict[str, str]) -> Iterator[Target]:
    """A database as the landed version left it, dropped afterwards."""
    name = database_name()
    disposable.create(server, name)
    try:
        with pointed_at(Target({**server, "PGDATABASE": name})) as target:
            with connect(target) as connection, connection.transaction():
                connection.execute(LANDED_SQL.read_text(encoding="utf-8"))
            yield target
    finally:
        disposable.drop(server, name)


@pytest.fixture
def landed(server: dict[str, str]) -> Iterator[Connection]:
    with landed_database(server) as target, connect(target) as connection:
        yield connection


def values(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """Every value of every column of our tables and of contacts, by table and column, as text."""
    found: dict[str, dict[str, list[str]]] = {}
    for table in tables(connection, ("public", *OURS)):
        columns = [row["name"] for row in connection.execute(COLUMNS, {"table": table})]
        listed = ", ".join(f'"{column}"::text as "{column}"' for column in columns)
        rows: list[dict[str, Any]] = connection.execute(
            f"select {listed} from {table} as t order by t::text"
        ).fetchall()
        found[table] = {column: [row[column] for row in rows] for column in columns}
    return found


def schema(connection: Connection) -> dict[str, dict[str, str]]:
    return {kind: {row["name"]: row["is"] for row in connection.execute(query)} for kind, query in CATALOGUE.items()}


# 0015_names_of_rules
RENAMED_RULES = {
    "other_contact_owner": "contact_owned_elsewhere", "other_field_owner": "field_owned_elsewhere",
    "ours_first": "no_baseline", "cleared_here": "blanked_here",
}  # fmt: skip


# 0016_names_of_tables
RENAMED_TABLES = {
    "decisions_taken": "overrides", "settlements": "match_overrides", "known_duplicates": "merged_contacts",
    "duplicates_declared_none": "no_merged_contacts_declared",
}  # fmt: skip
RENAMED_COLUMNS = {
    "kajabi_ledger.decisions_taken": {
        "decision_id": "override_id", "verdict": "decision",
        "incoming_values": "kajabi_values", "present_values": "our_values",
    },
    "kajabi_ledger.settlements": {
        "settlement_id": "match_override_id", "verdict": "decision",
        "settled_at": "decided_at", "settled_by": "decided_by",
    },
    "kajabi_ledger.known_duplicates": {"duplicate_id": "merged_contact_id"},
    "kajabi_ledger.open_conflicts": {
        "present_value": "our_value", "incoming_value": "kajabi_value", "base_value": "baseline_value",
        "was_in_base": "was_in_baseline",
    },
    "kajabi_ledger.field_changes": {"old_value": "our_value", "new_value": "written_value"},
    "kajabi_raw.loads": {"base_rank": "baseline_rank", "base_how": "baseline_how", "base_at": "baseline_at"},
}  # fmt: skip
OLD_WORDS = re.compile(
    r"decisions_taken|settle|known_duplicate|declared_none|verdict|incoming|present_|[a-z]_base(?!line)"
)


def renamed_table(table: str) -> str:
    schema_name, name = table.split(".")
    return f"{schema_name}.{RENAMED_TABLES.get(name, name)}"


def ordered(table: dict[str, list[str]], columns: list[str]) -> list[tuple[str, ...]]:
    return sorted(zip(*(map(str, table[column]) for column in columns), strict=True))


def test_the_fixture_is_the_landed_version_with_a_row_in_every_table(landed: Connection) -> None:
    assert tuple(row["migration"] for row in landed.execute("select * from kajabi_ledger.schema_migrations")) == LANDED
    assert all(len(next(iter(columns.values()))) for columns in values(landed).values())
    assert landed.execute("select from kajabi_ledger.merge_runs where status = 'refused'").rowcount == 1


def test_no_row_and_no_value_is_lost_and_a_second_init_does_nothing(landed: Connection) -> None:
    before = values(landed)
    assert migrate(landed) == [name for name, _ in migrations() if name not in LANDED]
    after = values(landed)
    done = after["kajabi_ledger.schema_migrations"]
    assert done["migration"][: len(LANDED)] == list(LANDED)
    conflicts = before["kajabi_ledger.open_conflicts"]
    conflicts["rule"] = [RENAMED_RULES.get(rule, rule) for rule in conflicts["rule"]]
    for table, columns in before.items():
        names = list(columns)
        renamed = RENAMED_COLUMNS.get(table, {})
        kept = ordered(after[renamed_table(table)], [renamed.get(name, name) for name in names])
        if table == "kajabi_ledger.schema_migrations":
            kept = [row for row in kept if row[0] in LANDED]
        assert kept == ordered(columns, names), table
    assert migrate(landed) == pending_migrations(landed) == []


def test_what_waits_under_the_old_name_of_a_rule_waits_under_its_new_one(landed: Connection) -> None:
    renamed = {**RENAMED_RULES, "both_changed": "both_changed"}
    landed.execute("delete from kajabi_ledger.open_conflicts")
    for number, old in enumerate(renamed):
        landed.execute(
            """
            insert into kajabi_ledger.open_conflicts (contact_id, field, rule, was_in_base, opened_by_run)
            select gen_random_uuid(), %s, %s, false, min(run_id) from kajabi_ledger.merge_runs
            """,
            (f"field {number}", old),
        )
    migrate(landed)
    rows = landed.execute("select rule from kajabi_ledger.open_conflicts order by field").fetchall()
    assert [row["rule"] for row in rows] == list(renamed.values())


def test_the_schema_is_that_of_a_fresh_install(landed: Connection, server: dict[str, str], tmp_path: Path) -> None:
    migrate(landed)
    upgraded = schema(landed)
    name = database_name()
    disposable.create(server, name)
    with pointed_at(Target({**server, "PGDATABASE": name})) as target:
        fresh = World(target, tmp_path)
        with fresh.connect() as connection:
            expected = schema(connection)
    disposable.drop(server, name)
    assert expected["columns"]
    for kind, things in expected.items():
        assert upgraded[kind] == things, kind


def names(connection: Connection) -> list[str]:
    """Every name in our schemas, and what the functions say. PostgreSQL never renames the columns of an index."""
    found = schema(connection)
    columns = [f"{table}.{column}" for table, cells in values(connection).items() for column in cells]
    return [
        *columns,
        *(name for kind in found if kind != "columns" for name in found[kind]),
        *found["functions"].values(),
    ]


def test_nothing_is_named_after_a_table_or_a_column_that_was_renamed(landed: Connection) -> None:
    assert any(OLD_WORDS.search(name) for name in names(landed))
    migrate(landed)
    assert [name for name in names(landed) if OLD_WORDS.search(name)] == []


def test_a_plan_with_the_columns_of_before_is_gone_and_another_one_is_asked_for(landed: Connection) -> None:
    landed.execute("create schema if not exists kajabi_guard")
    landed.execute("create table kajabi_guard.plan_summary as select 1 as load_id")
    landed.execute("create table kajabi_guard.planned_cells as select 'phone' as field, '1' as present_value")
    landed.execute("create table kajabi_guard.previous_merge_plan as select * from kajabi_guard.planned_cells")
    landed.execute("create view kajabi_guard.guard_verdict as select * from kajabi_guard.plan_summary")
    migrate(landed)
    with pytest.raises(StalePlan, match="There is no plan in this database"):
        current_plan(landed)
    relations = landed.execute(statement("plan_relations")).fetchone()
    assert relations == {"plan_stands": False, "has_previous": False}


def test_the_next_weekly_import_stands_on_what_was_there(server: dict[str, str], tmp_path: Path) -> None:
    with landed_database(server) as target:
        world = World(target, tmp_path)
        world.count_files = 3
        with world.connect() as connection:
            opened = connection.execute("select opened_at from kajabi_ledger.open_conflicts order by 1").fetchall()
        world.load(*WEEK_3)
        world.plan()
        decided = {key: (row["rule"], row["needs_review"]) for key, row in world.decisions().items()}
        # the baseline: ours is what Kajabi gave at the last accepted import, and only Kajabi's is new
        assert decided["enid.alder@example.org", "phone"] == ("kajabi_changed", True)
        # a blank here that Kajabi has had since is no news
        assert decided["ben.alder@example.org", "city"] == ("blanked_here", False)
        # a person's word, a protection, and a conflict that keeps its baseline
        assert decided["ben.alder@example.org", "phone"] == ("decided_ours", False)
        assert decided["dora.alder@example.org", "phone"][0] == "field_owned_elsewhere"
        assert decided["cleo.alder@example.org", "phone"] == ("kajabi_changed", True)
        held = {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.quarantined_rows")}
        assert held == {"not an email": "ignored", "twin.alder@example.org": "other_row_decides"}
        run = world.apply()
        assert (run.inserted_contacts, run.values_written) == (1, 0)
        assert "old.alder@example.org" not in world.contacts()
        assert world.contacts()["dora.alder@example.org"]["phone"] == "(303) 555-0104"
        kept = world.rows("select opened_at from kajabi_ledger.open_conflicts order by 1")
        assert kept[: len(opened)] == opened
        with world.connect() as connection:
            assert decide(connection, "enid.alder@example.org", "phone", "kajabi", "she told us") == "recorded"


def test_a_plan_that_an_earlier_version_applied_is_recognised(server: dict[str, str]) -> None:
    with landed_database(server) as target, connect(target) as connection:
        migrate(connection)
        applied = connection.execute("select * from kajabi_ledger.merge_runs where status = 'applied'").fetchall()
        assert applied
        for run in applied:
            again = apply_plan(connection, target, run["fingerprint"])
            assert (again.status, again.run_id) == ("already_applied", run["run_id"])


def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(
    landed: Connection, server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in migrations():
        (tmp_path / f"{name}.sql").write_text(text, encoding="utf-8")
    broken = "create table kajabi_ledger.half (id bigint); delete from kajabi_ledger.protections; select 1 / 0;"
    (tmp_path / "9999_broken.sql").write_text(broken, encoding="utf-8")
    monkeypatch.setattr(all_statements, "MIGRATIONS", tmp_path)
    assert server
    before = schema(landed), values(landed)
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(landed)
    assert (schema(landed), values(landed)) == before
    (tmp_path / "9999_broken.sql").unlink()
    migrate(landed)
    assert pending_migrations(landed) == []
