"""The write against everything that can happen beside it: other sessions, triggers, constraints, kills, lost replies.

One plan is made for the whole file; each test gets a copy of its database. A run is held at a named step by a
trigger that waits for an advisory lock of the test's, so no schedule depends on how fast the machine is. The time that
the write waits for the table (30 s) is shortened by replacing that number in the text of ``begin_merge.sql``.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

import loader.merge.apply
import loader.merge.transaction
from fixtures import copied
from loader.common.errors import Busy, KajabiGuardError, RefusedByGuard, StalePlan, Unprepared
from loader.common.paths import PROJECT
from loader.database.connection import Target, pointed_at
from loader.database.locks import run_lock
from loader.database.statements import statement
from oracle_rules import has_form
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from loader.merge.outcomes import Run

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}
CAL = {"email": "cal.ford@example.org", "first_name": "Cal", "last_name": "Ford", "kajabi_id": "1000000003"}
DOT = {"email": "dot.lane@example.org", "first_name": "Dot", "last_name": "Lane", "kajabi_id": "1000000004"}
EVE = {"email": "eve.moor@example.org", "first_name": "Eve", "last_name": "Moor", "kajabi_id": "1000000005"}
ADAS_PHONE, OTHER_PHONE = "(303) 555-0142", "(970) 555-0177"
PATIENCE = 240.0  # seconds until a schedule that hangs is a failure, on a machine that is busy with other things
GATE = 4_041_700  # the advisory lock that holds a run
WAITING = "select 1 as there from pg_locks where locktype = 'advisory' and not granted"


@pytest.fixture(scope="module")
def planned(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with a plan: Ada, Ben and Cal are written, Dot is left alone, Eve is inserted."""
    with copied(server) as target:
        world = World(target, tmp_path_factory.mktemp("planned"))
        evidence = {
            "ticket_tailor_id": "tt_1", "phone_source": "kajabi", "billing_address_source": "Kajabi",
            "zoho_email": "someone@example.net", "email_subscribed": True, "updated_at": "2020-01-01",
            "created_at": "2019-01-01", "additional_email": "ada@example.net", "shipping_city": "Lyons",
        }  # fmt: skip
        world.add_contacts(
            {**ADA, **evidence, "city": "\u00a0"},
            {**BEN, "phone": OTHER_PHONE, "updated_at": "2020-01-01"},
            {**CAL, "kajabi_id": None, "updated_at": "2020-01-01"},
            {**DOT, "phone": OTHER_PHONE, "updated_at": "2020-01-01"},
        )
        world.say_no_duplicates()
        world.load(
            {**ADA, "phone": ADAS_PHONE, "city": "Boulder"},
            {**BEN, "phone": ADAS_PHONE, "state": "CO"},
            CAL,
            {**DOT, "phone": ADAS_PHONE},
            {**EVE, "city": "Longmont", "kajabi_member_id": "2000000005"},
        )
        world.plan()
        world.run("checkpoint")
        yield target.settings["PGDATABASE"]


@pytest.fixture
def world(server: dict[str, str], planned: str, tmp_path: Path) -> Iterator[World]:
    with copied(server, planned) as target:
        yield World(target, tmp_path)


def digests(world: World) -> dict[str, str]:
    """What every table holds that is not dbt's, row by row."""
    tables = world.rows("""
        select format('%%I.%%I', table_schema, table_name) as name from information_schema.tables
        where table_schema in ('public', 'kajabi_ledger', 'kajabi_raw') and table_type = 'BASE TABLE'
    """)
    query = (
        "select md5(string_agg(row_text, '|' order by row_text)) as digest from (select t::text as row_text from {} t)"
    )
    return {name: world.one(query.format(name) + " as texts")["digest"] for name in (row["name"] for row in tables)}


def assert_nothing_written(world: World, before: dict[str, dict[str, Any]]) -> None:
    assert world.contacts() == before
    assert not world.rows("select * from kajabi_ledger.merge_runs where status = 'applied'")
    for table in ("planned_rows", "field_changes", "contact_field_sources"):
        assert not world.rows(f"select * from kajabi_ledger.{table}")
    assert not world.rows("select * from kajabi_raw.loads where baseline_rank is not null")


def assert_all_written(world: World) -> None:
    """All that the plan of this file holds stands in contacts and in the ledger, once."""
    after = world.contacts()
    assert (after[ADA["email"]]["phone"], after[ADA["email"]]["city"]) == (ADAS_PHONE, "Boulder")
    assert (after[BEN["email"]]["phone"], after[BEN["email"]]["state"]) == (OTHER_PHONE, "CO")
    assert after[CAL["email"]]["kajabi_id"] == CAL["kajabi_id"]
    assert after[EVE["email"]]["city"] == "Longmont"
    (run,) = world.rows("select * from kajabi_ledger.merge_runs where status = 'applied'")
    assert (run["updated_contacts"], run["inserted_contacts"]) == (3, 1)
    assert len(world.rows("select * from kajabi_ledger.planned_rows")) == 4
    assert world.one("select baseline_how from kajabi_raw.loads")["baseline_how"] == "applied"


# ---------------------------------------------------------------- holding a run at a named step

STEPS = {
    "after the lock": "before insert on kajabi_ledger.merge_runs",
    "after the plan was copied": "after insert on kajabi_ledger.planned_rows",
    "in the merge": "after update on public.contacts",
    "after the merge": "before insert on kajabi_ledger.field_changes",
    "before the commit": "before update on kajabi_ledger.merge_runs",
}
COMMIT = "in the commit"


class Held:
    """The step at which runs wait until ``let_go``."""

    def __init__(self, world: World, gate: psycopg.Connection[dict[str, Any]]) -> None:
        self.world = world
        self.gate = gate

    def await_arrival(self, run: Future[Any] | None = None) -> None:
        await_rows(self.world, f"{WAITING} and objid = %(gate)s", run, gate=GATE)

    def let_go(self) -> None:
        self.gate.execute("select pg_advisory_unlock_all()")


def await_rows(world: World, query: str, run: Future[Any] | None = None, **parameters: Any) -> None:
    """Wait until the query gives a row; a run that ended instead is a failure that shows why."""
    give_up = time.monotonic() + PATIENCE
    with world.connect() as connection:
        while not world.rows(query, connection=connection, **parameters):
            if run is not None and run.done():
                pytest.fail(f"the run ended before: {run.exception() or run.result()}")
            assert time.monotonic() < give_up, f"nothing happened: {query}"
            time.sleep(0.01)


@contextmanager
def held(world: World, step: str) -> Iterator[Held]:
    """Hold every run that reaches the step."""
    world.run(f"""
        create function public.wait_at_gate() returns trigger language plpgsql as $$
        begin
            perform pg_advisory_xact_lock_shared({GATE});
            return coalesce(new, old);
        end
        $$
    """)
    if step == COMMIT:  # by way of a table of its own, so that only the commit itself comes to this gate
        world.run("""
            create table public.gate_queue (is_there boolean);
            create constraint trigger gate_at_commit after insert on public.gate_queue
            deferrable initially deferred for each row execute function public.wait_at_gate();
            create function public.go_to_gate() returns trigger language plpgsql as $$
            begin
                set constraints public.gate_at_commit deferred;
                insert into public.gate_queue values (true);
                return new;
            end
            $$;
            create trigger gate after update on kajabi_ledger.merge_runs
            for each row execute function public.go_to_gate()
        """)
    else:
        world.run(f"create trigger gate {STEPS[step]} for each statement execute function public.wait_at_gate()")
    with world.connect() as gate:
        gate.execute(f"select pg_advisory_lock({GATE})")
        yield Held(world, gate)


@contextmanager
def in_threads() -> Iterator[Callable[..., Future[Any]]]:
    """Start work beside the test: other people at other desks."""
    with ThreadPoolExecutor(12) as pool:
        yield pool.submit


def await_lock(world: World, count: int = 1) -> None:
    """Wait until so many sessions wait for the table of contacts."""
    waiting = """
        select count(*) from pg_locks where relation = 'public.contacts'::regclass and not granted
        having count(*) >= %(count)s
    """
    await_rows(world, waiting, count=count)


def await_no_run(world: World) -> None:
    """Wait until the server has noticed that every run has ended."""
    await_rows(
        world,
        """
        select 1 as none where not exists (
            select from pg_stat_activity
            where application_name like 'kajabi-guard apply%%' and datname = current_database()
        )
        """,
    )


def patch_statement(monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str) -> None:
    text = statement(name)
    assert old in text

    def patched(wanted: str, columns: frozenset[str] | None = None) -> str:
        return text.replace(old, new) if wanted == name else statement(wanted, columns)

    for module in (loader.merge.apply, loader.merge.transaction):
        monkeypatch.setattr(module, "statement", patched)


# ---------------------------------------------------------------- what is written


def test_only_planned_cells_change_and_every_other_cell_of_every_contact_stays(world: World) -> None:
    before = world.contacts()
    world.apply()
    after = world.contacts()
    changed = {
        (email, field): (row[field], after[email][field])
        for email, row in before.items()
        for field in row
        if row[field] != after[email][field]
    }
    assert {cell: values for cell, values in changed.items() if cell[1] != "updated_at"} == {
        (ADA["email"], "phone"): (None, ADAS_PHONE),
        (ADA["email"], "city"): ("\u00a0", "Boulder"),
        (BEN["email"], "state"): (None, "CO"),
        (CAL["email"], "kajabi_id"): (None, CAL["kajabi_id"]),
    }
    assert {email for email, field in changed if field == "updated_at"} == {ADA["email"], BEN["email"], CAL["email"]}
    assert set(after) - set(before) == {EVE["email"]}


def test_a_new_contact_is_inserted_with_kajabis_values_and_the_defaults_of_the_table(world: World) -> None:
    (planned,) = world.rows("select contact_id from kajabi_guard.merge_plan where action = 'insert'")
    world.apply()
    eve = world.contacts()[EVE["email"]]
    given = {**EVE, "city": "Longmont", "kajabi_member_id": "2000000005", "source_system": "kajabi"}
    defaults = {"id": planned["contact_id"], "email_subscribed": False}
    nothing = set(eve) - set(given) - set(defaults) - {"created_at", "updated_at"}
    assert {name: eve[name] for name in (*given, *defaults)} == {**given, **defaults}
    assert {eve[name] for name in nothing} == {None}


def test_the_ledger_says_exactly_what_changed_and_keeps_the_plan(world: World) -> None:
    plan = world.rows("select * from kajabi_guard.merge_plan order by email")
    before = world.contacts()
    run = world.apply()
    changes = world.rows("""
        select planned.email, changes.field, changes.our_value, changes.written_value, changes.rule
        from kajabi_ledger.field_changes as changes
        inner join kajabi_ledger.planned_rows as planned using (run_id, contact_id)
    """)
    new = {"email": EVE["email"], "our_value": None, "rule": "new_contact"}
    eve = {**EVE, "city": "Longmont", "kajabi_member_id": "2000000005"}
    ada = {"email": ADA["email"], "rule": "fill_blank"}
    by_cell = {(change["email"], change["field"]): change for change in changes}
    expected: list[dict[str, Any]] = [
        {**ada, "field": "phone", "our_value": None, "written_value": ADAS_PHONE},
        {**ada, "field": "city", "our_value": "\u00a0", "written_value": "Boulder"},
        {**ada, "email": BEN["email"], "field": "state", "our_value": None, "written_value": "CO"},
        {**new, "email": CAL["email"], "field": "kajabi_id", "written_value": CAL["kajabi_id"], "rule": "link"},
        *({**new, "field": field, "written_value": value} for field, value in eve.items()),
    ]
    assert by_cell == {(row["email"], row["field"]): row for row in expected}
    copies = world.rows("select * from kajabi_ledger.planned_rows order by email")
    assert copies == [{"run_id": run.run_id, **row} for row in plan]
    assert copies[0]["contact_as_seen"]["city"] == before[ADA["email"]]["city"]
    record = world.one("select * from kajabi_ledger.merge_runs")
    assert (record["values_written"], record["links_written"]) == (run.values_written, run.links_written) == (3, 1)
    assert record["started_at"] <= record["finished_at"]


def test_what_was_written_is_kajabis_from_now_on_and_what_was_kept_is_not(world: World) -> None:
    world.run("insert into kajabi_ledger.contact_field_sources values (gen_random_uuid(), 'phone', 'manual')")
    run = world.apply()
    sources = world.rows("""
        select contacts.email::text, field, source, run_id from kajabi_ledger.contact_field_sources
        inner join public.contacts on contact_id = id
    """)
    written = {("ada", "phone"), ("ada", "city"), ("ben", "state")}
    inserted = {("eve", "first_name"), ("eve", "last_name"), ("eve", "city")}
    assert {(row["email"].partition(".")[0], row["field"]) for row in sources} == written | inserted
    assert {(row["source"], row["run_id"]) for row in sources} == {("kajabi", run.run_id)}
    kept = world.one("select source, run_id from kajabi_ledger.contact_field_sources where source <> 'kajabi'")
    assert kept == {"source": "manual", "run_id": None}


def test_a_second_apply_is_told_that_nothing_is_to_do_and_leaves_no_trace(world: World) -> None:
    first = world.apply()
    before = digests(world)
    for is_dry_run in (False, True):
        second = world.apply(first.fingerprint[:8], dry_run=is_dry_run)
        assert (second.status, second.run_id) == ("already_applied", first.run_id)
    assert digests(world) == before


def test_a_dry_run_does_everything_and_leaves_no_trace(world: World) -> None:
    before = digests(world)
    rehearsed = world.apply(dry_run=True)
    assert digests(world) == before
    applied = world.apply()
    assert (rehearsed.status, rehearsed.run_id) == ("rehearsed", None)
    same = ("updated_contacts", "inserted_contacts", "values_written", "links_written", "enriched_after")
    assert {name: getattr(rehearsed, name) for name in same} == {name: getattr(applied, name) for name in same}
    assert_all_written(world)


# ---------------------------------------------------------------- locks and other people


def test_a_run_is_refused_while_another_one_is_in_progress(world: World) -> None:
    before = world.contacts()
    with (
        run_lock(world.target, "plan"),
        pytest.raises(Busy, match=r"Another run is in progress.*kajabi-guard plan.*UTC"),
    ):
        world.apply()
    assert_nothing_written(world, before)
    assert not world.rows("select * from kajabi_ledger.merge_runs")
    assert world.apply().status == "applied"


HOLDERS = {
    "has edited a contact": "update public.contacts set city = city where email = 'dot.lane@example.org'",
    "has selected a contact for update": "select * from public.contacts where first_name = 'Dot' for update",
    "has selected a contact for key share": "select * from public.contacts limit 1 for key share",
    "builds an index": "create index on public.contacts (city)",
    "vacuums the table or locks it": "lock table public.contacts in share update exclusive mode",
}


@pytest.mark.parametrize("query", HOLDERS.values(), ids=HOLDERS.keys())
def test_a_run_gives_up_when_somebody_keeps_the_table_who(
    world: World, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.contacts()
    with world.connect() as other, other.transaction(force_rollback=True), monkeypatch.context() as impatient:
        other.execute(query)
        patch_statement(impatient, "begin_merge", "lock_timeout = '30s'", "lock_timeout = '200ms'")
        with pytest.raises(Unprepared, match=r"Nothing was written: the table was locked by somebody.*SQLSTATE 55P03"):
            world.apply()
    assert_nothing_written(world, before)
    assert world.apply().status == "applied"


def test_readers_do_not_hold_a_run_up_and_are_not_held_up(world: World) -> None:
    with world.connect() as reader, reader.transaction():
        before = reader.execute("select count(*) from public.contacts").fetchall()
        with held(world, "before the commit") as step, in_threads() as start:
            run = start(world.apply)
            step.await_arrival(run)
            assert reader.execute("select count(*) from public.contacts").fetchall() == before
            step.let_go()
            assert run.result(PATIENCE).status == "applied"


def test_a_statement_that_takes_too_long_ends_with_nothing_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.contacts()
    # whichever statement it is that takes longer on a slow machine: the one that is held comes to no end on any
    patch_statement(monkeypatch, "begin_merge", "statement_timeout = '30min'", "statement_timeout = '300ms'")
    with held(world, "in the merge"), pytest.raises(Unprepared, match=r"it took longer than allowed \(SQLSTATE 57014"):
        world.apply()
    assert_nothing_written(world, before)


EDITS = {
    "a planned cell is edited": f"update public.contacts set phone = '{OTHER_PHONE}' where email = '{ADA['email']}'",
    "an unplanned cell of a planned contact is edited":
        f"update public.contacts set country = 'USA' where email = '{ADA['email']}'",
    "evidence of a planned contact is edited":
        f"update public.contacts set paypal_phone = '{OTHER_PHONE}' where email = '{ADA['email']}'",
    "the email to insert is taken": "insert into public.contacts (email, source_system) "
        "values ('EVE.moor@Example.org', 'zoho')",
    "a planned contact is deleted": f"delete from public.contacts where email = '{ADA['email']}'",
    "a planned contact gets another email":
        f"update public.contacts set email = 'ada.b@example.org' where email = '{ADA['email']}'",
    "a planned contact gets another id":
        f"update public.contacts set id = gen_random_uuid() where email = '{ADA['email']}'",
    "a planned contact gets another Kajabi id":
        f"update public.contacts set kajabi_id = '7' where email = '{ADA['email']}'",
}  # fmt: skip
edits = pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())


@edits
def test_after_the_plan_and_before_the_write_the_run_is_stale_when(world: World, edit: str) -> None:
    world.run(edit)
    before = world.contacts()
    with pytest.raises(StalePlan, match="Contacts were changed since the plan was made: "):
        world.apply()
    assert_nothing_written(world, before)
    assert world.one("select status from kajabi_ledger.merge_runs")["status"] == "refused"


@edits
def test_while_the_run_waits_for_the_table_it_becomes_stale_when(world: World, edit: str) -> None:
    with world.connect() as other, in_threads() as start:
        with other.transaction():
            other.execute(edit)
            run = start(world.apply)
            await_lock(world)
        with pytest.raises(StalePlan, match="Contacts were changed since the plan was made: "):
            run.result(PATIENCE)
    assert ADAS_PHONE not in {row["phone"] for row in world.contacts().values()}
    assert not world.rows("select * from kajabi_ledger.field_changes")


@pytest.mark.parametrize("is_undone", [True, False])
def test_the_run_goes_on_after_waiting_for_somebody_whose_work_is_no_matter_to_it(
    world: World, *, is_undone: bool
) -> None:
    """Their edit of a planned contact is rolled back; or they edited a contact that is not planned."""
    with world.connect() as other, in_threads() as start:
        with other.transaction(force_rollback=is_undone):
            email = ADA["email"] if is_undone else DOT["email"]
            other.execute("update public.contacts set phone = '1' where email = %s", [email])
            run = start(world.apply)
            await_lock(world)
        assert run.result(PATIENCE).status == "applied"
    assert_all_written(world)


def test_an_edit_that_was_open_while_the_plan_was_made_is_found_at_the_write(world: World) -> None:
    with world.connect() as other, other.transaction():
        other.execute("update public.contacts set phone = '1' where email = %s", [ADA["email"]])
        world.plan()
    with pytest.raises(StalePlan, match="phone of contact"):
        world.apply()


@pytest.mark.parametrize("step", [*STEPS, COMMIT])
def test_once_the_run_has_the_table_everybody_else_comes_after_it(world: World, step: str) -> None:
    others = {
        "edit of a planned cell": f"update public.contacts set phone = '{OTHER_PHONE}' where first_name = 'Ada'",
        "another email": "update public.contacts set email = 'ada.b@example.org' where first_name = 'Ada'",
        "edit of an unplanned cell": "update public.contacts set country = 'USA' where first_name = 'Ben'",
        "delete": "delete from public.contacts where first_name = 'Cal'",
        "insert": "insert into public.contacts (email, source_system) values ('EVE.MOOR@example.org', 'x')",
    }
    with held(world, step) as there, in_threads() as start:
        run = start(world.apply)
        there.await_arrival(run)
        started = {}
        for count, (name, query) in enumerate(others.items(), start=1):
            started[name] = start(world.run, query)
            await_lock(world, count)
        with pytest.raises(Busy, match="Another run is in progress"):
            world.apply()
        there.let_go()
        assert run.result(PATIENCE).status == "applied"
        with pytest.raises(psycopg.errors.UniqueViolation):
            started.pop("insert").result(PATIENCE)
        for other in started.values():
            other.result(PATIENCE)
    after = world.contacts()
    assert (after["ada.b@example.org"]["phone"], after["ada.b@example.org"]["city"]) == (OTHER_PHONE, "Boulder")
    assert (after[BEN["email"]]["country"], after[BEN["email"]]["state"]) == ("USA", "CO")
    assert set(after) == {"ada.b@example.org", BEN["email"], DOT["email"], EVE["email"]}
    written = world.rows("select written_value from kajabi_ledger.field_changes where field = 'phone'")
    assert [row["written_value"] for row in written] == [ADAS_PHONE]


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_the_write_sees_the_newest_rows_whatever_isolation_the_database_is_set_to(world: World, level: str) -> None:
    world.run(f"alter database {world.target.settings['PGDATABASE']} set default_transaction_isolation = '{level}'")
    with world.connect() as other, in_threads() as start:
        with other.transaction():
            other.execute("update public.contacts set city = city where email = %s", [DOT["email"]])
            other.execute(
                """
                insert into kajabi_ledger.merged_contacts (old_email, survivor_contact_id, survivor_email, recorded_by)
                select %s, id, email, 'test' from public.contacts where first_name = 'Dot'
                """,
                [EVE["email"]],
            )
            run = start(world.apply)
            await_lock(world)
        with pytest.raises(RefusedByGuard, match="guard_recreated_duplicates"):
            run.result(PATIENCE)
    assert EVE["email"] not in world.contacts()


def test_two_people_who_apply_the_same_plan_at_the_same_time_write_it_once(world: World) -> None:
    barrier = threading.Barrier(6)

    def apply() -> str:
        barrier.wait(PATIENCE)
        try:
            return world.apply().status
        except Busy:
            return "busy"

    with in_threads() as start:
        outcomes = sorted(run.result(PATIENCE) for run in [start(apply) for _ in range(6)])
    assert outcomes.count("applied") == 1
    assert set(outcomes) <= {"applied", "busy", "already_applied"}
    assert_all_written(world)


# ---------------------------------------------------------------- triggers that have ideas of their own

IN_A_SUBTRANSACTION = """
    begin {} exception when division_by_zero then null; end;
"""
TOUCH_DOT = (
    "update public.contacts set city = 'Lyons' where first_name = 'Dot' and city is null and pg_trigger_depth() = 1;"
)
ADD_SOMEBODY = """
    if pg_trigger_depth() = 1 and new.first_name = 'Ada' then
        insert into public.contacts (email, source_system) values ('gus.weld@example.org', 'zoho');
    end if;
"""
DROP_DOT = "delete from public.contacts where first_name = 'Dot';"
MEDDLERS = {
    "changes a column that is not planned": ("before", "new.email_subscribed := false;"),
    "relabels the contact": ("before", "new.source_system := 'kajabi_import';"),
    "moves created_at": ("before", "new.created_at := now();"),
    "fills a managed field that is not planned": ("before", "new.country := 'USA';"),
    "rewrites the planned value": ("before", "new.phone := regexp_replace(new.phone, '[^0-9]', '', 'g');"),
    "takes the update back afterwards":
        ("after", "update public.contacts set phone = null where id = new.id and pg_trigger_depth() = 1;"),
    "swallows an update or an insert": ("before", "if new.first_name in ('Ada', 'Eve') then return null; end if;"),
    "swallows an update and touches another contact instead":
        ("before", TOUCH_DOT + " if new.first_name = 'Ada' then return null; end if;"),
    "touches another contact": ("after", TOUCH_DOT),
    "adds a contact": ("after", ADD_SOMEBODY),
    "gives a new contact another origin": ("before", "if tg_op = 'INSERT' then new.source_system := 'x'; end if;"),
    "gives a new contact another id":
        ("before", "if tg_op = 'INSERT' then new.id := gen_random_uuid(); end if;"),
    "gives a new contact another email":
        ("before", "if tg_op = 'INSERT' then new.email := 'x' || new.email::text; end if;"),
    "deletes a planned contact": ("after", "delete from public.contacts where first_name = 'Ben';"),
}  # fmt: skip
UNSEEN_MEDDLERS = {
    "touches another contact in a subtransaction": ("after", IN_A_SUBTRANSACTION.format(TOUCH_DOT)),
    "adds a contact in a subtransaction": ("after", IN_A_SUBTRANSACTION.format(ADD_SOMEBODY)),
    "deletes another contact": ("after", DROP_DOT),
    "waits for the commit to touch another contact": ("deferred", TOUCH_DOT),
    "waits for the commit to rewrite the planned value":
        ("deferred", "update public.contacts set phone = '1' where first_name = 'Ada' and phone <> '1';"),
}  # fmt: skip


def install_meddler(world: World, when: str, body: str) -> None:
    world.run(
        "create function public.meddle() returns trigger language plpgsql as "
        f"$$ begin {body} return new; end $$".replace("%", "%%")
    )
    if when == "deferred":
        world.run("""
            create constraint trigger meddler after insert or update on public.contacts
            deferrable initially deferred for each row execute function public.meddle()
        """)
    else:
        world.run(f"create trigger meddler {when} insert or update on public.contacts "
                  "for each row execute function public.meddle()")  # fmt: skip


@pytest.mark.parametrize(("when", "body"), MEDDLERS.values(), ids=MEDDLERS.keys())
def test_everything_is_taken_back_when_a_trigger(world: World, when: str, body: str) -> None:
    install_meddler(world, when, body)
    before = world.contacts()
    with pytest.raises(RefusedByGuard, match="did not do exactly what was planned, so all of it was rolled back"):
        world.apply()
    assert_nothing_written(world, before)
    (run,) = world.rows("select * from kajabi_ledger.merge_runs")
    assert run["status"] == "refused"
    world.run("drop trigger meddler on public.contacts")
    assert world.apply().status == "applied"


@pytest.mark.parametrize(("when", "body"), UNSEEN_MEDDLERS.values(), ids=UNSEEN_MEDDLERS.keys())
def test_everything_is_taken_back_as_well_when_a_trigger(world: World, when: str, body: str) -> None:
    test_everything_is_taken_back_when_a_trigger(world, when, body)


def test_triggers_that_touch_updated_at_keep_an_audit_log_or_fill_a_column_of_their_own_are_welcome(
    world: World,
) -> None:
    world.run("create table public.audit_log (contact_id uuid, was jsonb, at timestamptz default now())")
    install_meddler(
        world, "after", "insert into public.audit_log (contact_id, was) values (new.id, to_jsonb(new)); perform 1 / 1;"
    )
    assert world.apply().status == "applied"
    assert len(world.rows("select * from public.audit_log")) == 4
    assert_all_written(world)


def test_a_planned_value_that_the_plan_does_not_account_for_is_refused(world: World) -> None:
    """The fingerprint is right, and the guards do not mind: a Kajabi contact's own value moved without a rule."""
    world.run("update kajabi_guard.merge_plan set last_name = 'Brooks' where first_name = 'Ada'")
    world.run("""
        update kajabi_guard.plan_summary set fingerprint = kajabi_ledger.plan_fingerprint(
            (select to_jsonb(plan_inputs) from kajabi_guard.plan_inputs),
            (select array_agg(to_jsonb(merge_plan)) from kajabi_guard.merge_plan)
        )
    """)
    before = world.contacts()
    with pytest.raises(RefusedByGuard, match="columns outside of the plan changed"):
        world.apply()
    assert_nothing_written(world, before)


# what stands in the way, the SQLSTATE and what the message names
OBSTACLES = {
    "a unique index": (
        f"""
        update public.contacts set phone = '{ADAS_PHONE}' where first_name = 'Dot';
        create unique index one_phone on public.contacts (phone)
        """,
        "SQLSTATE 23505, one_phone, contacts",
    ),
    "a unique constraint that waits for the commit": (
        """
        update public.contacts set city = 'Boulder' where first_name = 'Dot';
        alter table public.contacts add constraint one_city unique (city) deferrable initially deferred
        """,
        "SQLSTATE 23505, one_city, contacts",
    ),
    "a check": (
        "alter table public.contacts add constraint no_such_phone check (phone !~ '555-0142')",
        "SQLSTATE 23514, no_such_phone, contacts",
    ),
    "a column without a default that a new contact must have": (
        """
        alter table public.contacts alter column email_subscribed drop default;
        alter table public.contacts alter column email_subscribed set not null
        """,
        "SQLSTATE 23502, contacts, email_subscribed",
    ),
    "a column that is too short": ("alter table public.contacts alter column state type varchar(1)", "SQLSTATE 22001"),
    "a trigger that raises and shows the value": (
        """
        create function public.shout() returns trigger language plpgsql as
        $$ begin raise exception 'bad phone %', new.phone using detail = coalesce(new.phone, ''); end $$;
        create trigger shouter before update on public.contacts for each row execute function public.shout()
        """,
        "SQLSTATE P0001",
    ),
    "a rule": (
        "create rule no_updates as on update to public.contacts do instead nothing",
        "SQLSTATE 0A000",
    ),
    "a database that may only be read": (
        """
        do $$ begin
            execute format('alter database %I set default_transaction_read_only = on', current_database());
        end $$
        """,
        "SQLSTATE 25006",
    ),
}


@pytest.mark.parametrize(("query", "named"), OBSTACLES.values(), ids=OBSTACLES.keys())
def test_the_message_names_the_obstacle_and_no_value(world: World, query: str, named: str) -> None:
    world.run(query)
    before = world.contacts()
    with pytest.raises(Unprepared, match=rf"^Nothing was written: .*\({named}\)\. Remove the cause") as error:
        world.apply()
    message = str(error.value)
    assert message.count("\n") == 0
    assert not [value for value in (ADAS_PHONE, "555", "Boulder", "Ada", "@") if value in message]
    assert error.value.__suppress_context__
    assert world.contacts() == before


RIGHTS = {
    "only read contacts": "select",
    "not insert contacts": "select, update",
    "not update contacts": "select, insert",
}


@pytest.mark.parametrize("rights", RIGHTS.values(), ids=RIGHTS.keys())
def test_a_run_says_that_it_lacks_a_right_when_its_role_may(world: World, rights: str) -> None:
    before = world.contacts()
    role = f"kajabi_guard_test_{uuid4().hex[:8]}"
    schemas = "kajabi_raw, kajabi_ledger, kajabi_guard"
    world.run(f"""
        create role {role};
        grant usage on schema public, {schemas} to {role};
        grant all on all tables in schema {schemas} to {role};
        grant all on all sequences in schema {schemas} to {role};
        grant execute on all functions in schema kajabi_ledger to {role};
        grant {rights} on public.contacts to {role}
    """)
    try:
        with (
            pointed_at(Target({**world.target.settings, "PGOPTIONS": f"-c role={role}"})),
            pytest.raises(Unprepared, match=r"^Nothing was written: this role lacks a privilege.*SQLSTATE 42501"),
        ):
            world.apply()
    finally:
        world.run(f"drop owned by {role}; drop role {role}")
    assert_nothing_written(world, before)


# ---------------------------------------------------------------- kills, cuts and lost replies


@contextmanager
def applying(world: World) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, which can be killed."""
    fingerprint = world.one("select fingerprint from kajabi_guard.plan_summary")["fingerprint"]
    process = subprocess.Popen(
        [sys.executable, "-m", "loader", "apply", fingerprint, "--json"],
        cwd=PROJECT, env=os.environ | {"KAJABI_GUARD_PERSON": "test"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("step", [*STEPS, COMMIT])
def test_a_client_that_is_killed_leaves_all_or_nothing_and_the_next_apply_works(world: World, step: str) -> None:
    before = world.contacts()
    with held(world, step) as there, applying(world) as process:
        there.await_arrival()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        there.let_go()
    await_no_run(world)
    if step == COMMIT:
        assert_all_written(world)
    else:
        assert_nothing_written(world, before)
        assert not world.rows("select * from kajabi_ledger.merge_runs")
    assert world.apply().status == ("already_applied" if step == COMMIT else "applied")
    assert_all_written(world)


def test_a_client_that_is_killed_while_it_waits_for_the_table_leaves_nothing(world: World) -> None:
    before = world.contacts()
    with world.connect() as other, other.transaction(force_rollback=True), applying(world) as process:
        other.execute("lock table public.contacts in row exclusive mode")
        await_lock(world)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    await_no_run(world)
    assert_nothing_written(world, before)
    assert world.apply().status == "applied"


def await_connection(world: World, process: subprocess.Popen[str]) -> None:
    """Wait until the command has come to the database; it may also have come and gone between two looks."""
    query = "select 1 as there from pg_stat_activity where application_name like 'kajabi-guard apply%%'"
    give_up = time.monotonic() + PATIENCE
    while process.poll() is None and not world.rows(query):
        assert time.monotonic() < give_up, "the command never came to the database"


def test_kills_at_any_time_leave_all_or_nothing(world: World) -> None:
    before = world.contacts()
    chance = random.Random(4)
    for _ in range(4):
        with applying(world) as process:
            await_connection(world, process)
            time.sleep(chance.uniform(0, 0.06))  # any moment will do, and it is another one each time
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        await_no_run(world)
        if world.rows("select * from kajabi_ledger.merge_runs"):
            break
        assert_nothing_written(world, before)
    world.apply()
    assert_all_written(world)


TERMINATE = """
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and objid = %(gate)s and not granted
"""


@pytest.mark.parametrize("step", [*STEPS, COMMIT])
def test_a_session_that_the_server_ends_has_written_nothing_and_the_person_is_told_so(world: World, step: str) -> None:
    before = world.contacts()
    with held(world, step) as there, in_threads() as start:
        run = start(world.apply)
        there.await_arrival(run)
        world.rows(TERMINATE, gate=GATE)
        with pytest.raises(KajabiGuardError, match=r"connection broke.*no such run.*nothing was\s+written"):
            run.result(PATIENCE)
        there.let_go()
    assert_nothing_written(world, before)
    assert world.apply().status == "applied"


class Wire:
    """A wire to the server that can be cut at the moment when the client says COMMIT."""

    def __init__(self, server: dict[str, str], cut: str) -> None:
        self.server = server
        self.cut = cut  # before: COMMIT never arrives; after: its reply is lost; at once: nobody waits for the reply
        self.is_cut = threading.Event()
        self.committing: socket.socket | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets: list[socket.socket] = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                upstream = self._open()
                self.sockets += [client, upstream]
                threading.Thread(target=self._pass_on, args=(client, upstream), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(upstream, client), daemon=True).start()

    def _open(self) -> socket.socket:
        host, port = self.server["PGHOST"], self.server.get("PGPORT", "5432")
        if host.startswith("/"):
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(f"{host}/.s.PGSQL.{port}")
            return upstream
        return socket.create_connection((host, int(port)))

    def _pass_on(self, client: socket.socket, upstream: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if b"COMMIT\0" in data and not self.is_cut.is_set():
                    self.committing = upstream
                    self.is_cut.set()
                    if self.cut == "before":
                        upstream.shutdown(socket.SHUT_RDWR)
                    else:
                        upstream.sendall(data)
                    if self.cut == "at once":
                        client.shutdown(socket.SHUT_RDWR)
                        return  # and the server's end stays open: it does not know
                else:
                    upstream.sendall(data)
            upstream.shutdown(socket.SHUT_WR)

    def _pass_back(self, upstream: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while (data := upstream.recv(65536)) and upstream is not self.committing:
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for end in self.sockets:
            end.close()


@contextmanager
def wired(world: World, server: dict[str, str], cut: str) -> Iterator[Wire]:
    wire = Wire(server, cut)
    there = {"PGHOST": "127.0.0.1", "PGPORT": str(wire.port), "PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
    try:
        with pointed_at(Target({**world.target.settings, **there})):
            yield wire
    finally:
        wire.close()


def test_a_commit_that_never_arrived_is_reported_as_nothing_written(world: World, server: dict[str, str]) -> None:
    before = world.contacts()
    with wired(world, server, "before"), pytest.raises(KajabiGuardError, match=r"connection broke.*no such run"):
        world.apply()
    assert_nothing_written(world, before)
    assert world.apply().status == "applied"


def test_a_commit_whose_reply_was_lost_is_found_in_the_ledger(world: World, server: dict[str, str]) -> None:
    with wired(world, server, "after") as wire:
        run = world.apply()
        assert wire.is_cut.is_set()
    assert run.run_id == world.one("select run_id from kajabi_ledger.merge_runs where status = 'applied'")["run_id"]
    assert_all_written(world)


def test_a_commit_whose_reply_was_lost_is_reported_as_the_run_that_it_was(world: World, server: dict[str, str]) -> None:
    with wired(world, server, "after"):
        run: Run = world.apply()
    assert (run.status, run.updated_contacts, run.inserted_contacts, run.values_written) == ("applied", 3, 1, 3)
    assert run.enriched_after == {"paypal_first_name": 0, "phone_source": 0, "billing_address_source": 0}


def test_the_ledger_is_asked_only_after_the_lost_session_has_ended(world: World, server: dict[str, str]) -> None:
    """The wire breaks while the server is still committing: to say then that nothing was written would be a lie."""
    with wired(world, server, "at once") as wire, held(world, COMMIT) as there, in_threads() as start:
        run = start(world.apply)
        assert wire.is_cut.wait(PATIENCE)
        # whoever asks has come to the lock that the lost session holds; who asked too early has ended with a lie
        await_rows(world, f"{WAITING} and objid <> %(gate)s", run, gate=GATE)
        there.let_go()
        assert run.result(PATIENCE).run_id is not None
    assert_all_written(world)


# ---------------------------------------------------------------- naughty values

NAUGHTY = (
    "O'Brien", "''", "'); drop table public.contacts; --", '"quoted" and "again"', "a,b;c\td", "back\\slash", "\\N",
    "\\.", "$1 %s %(run_id)s {} {{ x }} {% y %}", "$$ body $$", "NULL and void", "undefined", "true", "0", "-1e309",
    "1/0", "[]", '{"json": [null, "\\u0041"]}', "<script>alert(1)</script>", "=1+1", "@SUM(A1)", "\x01\x02\x1b[31m\x7f",
    "naïve café Ñandú ẞ ŉ", "\u202eright to left\u202c", "שלום עולם", "مرحبا", "Ωμέγα ς", "\u0130stanbul \u0131",
    "漢字かな交じり文",
    "👩‍👩‍👧‍👦 family", "🇨🇴", "\U0001f3f4\U000e0067\U000e0062", "z\u0335\u0321\u034fa\u0334lgo", "\ufffd\ufdd0",
    "two  spaces", "line\u2028separator", "next\x85line", "zero\u200bwidth", "no\u00a0break", "x" * 20_000,
)  # fmt: skip
ADDRESS = ("address_line_1", "city", "state", "postal_code", "country")


def naughty_person(number: int, value: str) -> dict[str, str]:
    """Every managed field that is words holds the value; a second line may not repeat the first."""
    return {
        "email": f"naughty+{number}.o'neil@example.org",
        "kajabi_id": f"20{number:08}",
        "first_name": value, "last_name": value, "phone": f"(303) 555-{number:04}", "address_line_2": f"{value} 2",
        **dict.fromkeys(ADDRESS, value), "postal_code": "80302",
    }  # fmt: skip


def test_naughty_values_arrive_byte_for_byte_in_every_field(server: dict[str, str], tmp_path: Path) -> None:
    """Half of them fill a contact, half are inserted; a third lot of ours meets them and is left alone."""
    with_form = [value for value in NAUGHTY if has_form("first_name", value, None)]
    people = [naughty_person(number, value) for number, value in enumerate(with_form)]
    lines = [
        {
            **naughty_person(100 + number, "x"),
            "address_line_1": f"1 Main St{end}Apt 2",
            "address_line_2": f"c/o{end}Ada",
        }
        for number, end in enumerate(("\n", "\r\n", "\r"))
    ]
    kept = [
        {**person, "last_name": "Kept", "email": f"kept.{number}@example.org", "kajabi_id": f"40{number:08}"}
        for number, person in enumerate(people)
    ]
    with copied(server) as target:
        world = World(target, tmp_path)
        world.add_contacts(*({"email": person["email"].upper()} for person in people[::2]), *kept)
        world.say_no_duplicates()
        asked = [{**person, "first_name": "Ada", "phone": "1", "city": "Lyons", "country": "USA"} for person in kept]
        world.load(*people, *lines, *asked)
        before = world.contacts()
        world.plan()
        assert set(world.verdict().values()) == {0}
        run = world.apply()
        assert (run.updated_contacts, run.inserted_contacts) == (len(people[::2]), len(people[1::2]) + len(lines))
        after = {email.lower(): row for email, row in world.contacts().items()}
        for person in (*people, *lines):
            got = after[person["email"]]
            assert {name: got[name] for name in person if name != "email"} == {
                name: value for name, value in person.items() if name != "email"
            }
        assert {email: after[email] for email in before if email.startswith("kept.")} == {
            email: row for email, row in before.items() if email.startswith("kept.")
        }
        changes = world.rows("select contact_id::text || field as cell, written_value from kajabi_ledger.field_changes")
        recorded = {row["cell"]: row["written_value"] for row in changes}
        for person in (*people, *lines):
            got = after[person["email"]]
            assert recorded[f"{got['id']}address_line_1"] == person["address_line_1"]
        assert world.apply().status == "already_applied"
