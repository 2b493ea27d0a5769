"""What a week costs, counted by client and server: statements, rows written, scans of contacts. No clock is looked at.

A slower statement is not seen here (``test_growth.py`` looks at how statements are planned, ``make bench`` at time).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

import loader.merge.apply
from counted import Cost, counting
from fixtures import copied
from loader.common.fields import IDS
from loader.database.connection import connect
from loader.demo.synthetic.organisation import make_organisation, write_export
from loader.demo.synthetic.second_week import second_week
from loader.demo.synthetic.shape import CONTACT_COLUMNS, CONTACTS
from loader.kajabi.inbound.load import load_export
from loader.merge.apply import apply_plan
from loader.merge.guards import read_verdict
from loader.merge.undo import undo_run
from loader.stewardship import merged_contacts
from world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loader.database.connection import Connection
    from loader.demo.synthetic.shape import ExportRow

SMALL, LARGE = 200, 2_000
# Statements that one command sends. Each is a round trip, 20 ms to a server elsewhere: 32 of them are 0.6 seconds.
# None is sent for each row. One more is a decision: say here what it is worth its way for.
STATEMENTS = {"load": 13, "apply": 32, "undo": 26}
# Sequential scans of contacts in a transaction, while every writer waits: before and after the merge the counts and the
# digest of what must not change, its join, what it has touched, and the guards, which trust no figure of the plan.
SCANS = {"load": 0, "apply": 7, "undo": 3}
# How often each contact is read in it, by scan or index: a scan may not hide behind an index.
TIMES_READ = {"load": 0, "apply": 6, "undo": 4}

WRITTEN_BY_COMMAND = "select action, contact_id::text, field_rules from kajabi_guard.merge_plan"
OPEN = "select contact_id::text, field from kajabi_ledger.open_conflicts"
FOR_REVIEW = "select contact_id::text, field, is_open_conflict from kajabi_guard.field_decisions where needs_review"
SOURCES = "select contact_id::text, field from kajabi_ledger.contact_field_sources"
# autovacuum analyses a table some time or other, and statements are planned by what it found: here it is we who do it
ANALYSE = """
    do $$
    declare
        kept regclass;
    begin
        for kept in
            select oid from pg_class
            where relkind = 'r' and relnamespace in (
                'public'::regnamespace, 'kajabi_raw'::regnamespace, 'kajabi_ledger'::regnamespace
            )
        loop
            execute format('alter table %s set (autovacuum_enabled = false)', kept);
            execute format('analyze %s', kept);
        end loop;
    end
    $$
"""
# harm that is done by the database itself, late in an apply: when its record is finished
TRIGGER = """
    create function public.harm() returns trigger language plpgsql as $$ begin {harm}; return null; end $$;
    create trigger harm after update on kajabi_ledger.merge_runs execute function public.harm()
"""
UNPLANNED = """
    update public.contacts set city = city where id in (
        select contacts.id from public.contacts
        left join kajabi_guard.merge_plan on contacts.id = merge_plan.contact_id
        where merge_plan.contact_id is null limit 1
    )
"""


@dataclass
class Week:
    """The second week of a generated organisation, and what each command of it cost."""

    contacts: int
    rows: int
    plan: list[dict[str, Any]]
    """Planned rows: what will be done to which contact, and which fields are written."""
    is_sourced: set[tuple[str, str]]
    """(contact, field) whose provenance is in the ledger before the week."""
    is_open: set[tuple[str, str]]
    """Open conflicts before the week."""
    stays_open: set[tuple[str, str]]
    needs_review: set[tuple[str, str]]
    costs: dict[str, Cost]

    def count(self, action: str) -> int:
        return sum(row["action"] == action for row in self.plan)

    def cells(self) -> set[tuple[str, str]]:
        return {(row["contact_id"], field) for row in self.plan for field in row["field_rules"]}


def first_week(world: World, scale: float) -> list[ExportRow]:
    """Fill the world with an organisation, take its first week through, and return the rows of the second."""
    organisation = make_organisation(scale=scale)
    world.copy_contacts([{name: contact[name] for name in CONTACT_COLUMNS} for contact in organisation.contacts])
    world.run(ANALYSE)
    world.say_no_duplicates()
    load(world, organisation.export_rows)
    world.plan()
    world.apply()
    return second_week(organisation)


def load(world: World, rows: list[ExportRow]) -> None:
    path: Path = world.folder / f"{len(rows)} rows.csv"
    write_export(rows, path)
    with connect(world.target) as connection:
        load_export(connection, path)


def pairs(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["contact_id"], row["field"]) for row in rows}


def a_week(world: World, count: int) -> Week:
    rows = first_week(world, count / CONTACTS)
    costs = {}
    with counting() as costs["load"]:
        load(world, rows)
    with counting() as costs["plan"]:
        fingerprint = world.plan()["fingerprint"]
    waiting = world.rows(FOR_REVIEW)
    week = Week(
        world.one("select count(*) as contacts from public.contacts")["contacts"],
        len(rows), world.rows(WRITTEN_BY_COMMAND), pairs(world.rows(SOURCES)), pairs(world.rows(OPEN)),
        pairs([row for row in waiting if row["is_open_conflict"]]), pairs(waiting), costs,
    )  # fmt: skip
    world.run(ANALYSE)
    with counting() as costs["apply"], connect(world.target) as connection:
        run = apply_plan(connection, world.target, fingerprint)
    assert (run.status, run.updated_contacts, run.inserted_contacts) == (
        "applied", week.count("update"), week.count("insert"),
    )  # fmt: skip
    assert run.run_id
    world.run(ANALYSE)
    with counting() as costs["undo"], connect(world.target) as connection:
        undone = undo_run(connection, world.target, run.run_id)
    assert (undone.status, undone.kept) == ("applied", ())
    return week


@pytest.fixture(scope="module")
def weeks(server: dict[str, str], template: str, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Week]:
    found = {}
    for count in (SMALL, LARGE):
        with copied(server, template) as target:
            found[count] = a_week(World(target, tmp_path_factory.mktemp("week")), count)
    return found


def test_there_is_something_to_count(weeks: dict[int, Week]) -> None:
    small, large = weeks[SMALL], weeks[LARGE]
    assert large.contacts > 9 * small.contacts
    for action in ("update", "insert"):
        assert large.count(action) > small.count(action) > 0
    assert small.needs_review - small.is_open


@pytest.mark.parametrize("command", STATEMENTS)
def test_no_statement_is_sent_for_each_row(weeks: dict[int, Week], command: str) -> None:
    small, large = (week.costs[command].sent for week in weeks.values())
    assert small == large
    assert len(large) <= STATEMENTS[command], "\n\n".join(large)


@pytest.mark.parametrize("count", [SMALL, LARGE])
def test_rows_are_written_where_it_is_documented_and_as_many_as_were_planned(
    weeks: dict[int, Week], count: int
) -> None:
    """(inserted, updated, deleted) by relation, and no relation besides; docs/flow.md says what each is for."""
    week = weeks[count]
    updates, inserts, cells = week.count("update"), week.count("insert"), len(week.cells())
    sourced = {(contact, field) for contact, field in week.cells() if field not in {"email", *IDS}}
    known = len(sourced & week.is_sourced)
    conflicts = (len(week.needs_review - (week.is_open & week.stays_open)), 0, len(week.is_open - week.stays_open))
    assert week.costs["load"].written == {
        "kajabi_raw.loads": (1, 2, 0),  # the file; then how many records it has, and its rank
        "kajabi_raw.contact_rows": (week.rows, 0, 0),
    }
    ours = {name for name in week.costs["plan"].written if not name.startswith("kajabi_guard.")}
    assert ours == set(), "a plan writes to its own schema and nowhere else"
    assert week.costs["apply"].written == {
        "public.contacts": (inserts, updates, 0),
        "kajabi_raw.loads": (0, 1, 0),  # it is the baseline now
        "kajabi_ledger.merge_runs": (1, 1, 0),  # begun, and finished
        "kajabi_ledger.planned_rows": (updates + inserts, 0, 0),
        "kajabi_ledger.field_changes": (cells, 0, 0),
        "kajabi_ledger.inserted_contacts": (inserts, 0, 0),
        "kajabi_ledger.contact_field_sources": (len(sourced) - known, known, 0),
        "kajabi_ledger.open_conflicts": conflicts,
    }
    assert week.costs["undo"].written == {
        "public.contacts": (0, updates, inserts),
        "kajabi_ledger.merge_runs": (1, 2, 0),  # the undo, begun and finished, and the run that is undone now
        "kajabi_ledger.field_changes": (cells, 0, 0),
        "kajabi_ledger.contact_field_sources": (0, known, len(sourced) - known),
    }


@pytest.mark.parametrize("command", SCANS)
def test_contacts_are_scanned_no_more_often_than_the_checks_need(weeks: dict[int, Week], command: str) -> None:
    """Of the larger organisation: a table of a few pages is scanned where an index would do as well."""
    week = weeks[LARGE]
    assert week.costs[command].scans <= SCANS[command]
    assert week.costs[command].contacts_read <= TIMES_READ[command] * week.contacts


@pytest.mark.parametrize("count", [SMALL, LARGE])
def test_exactly_the_changed_contacts_are_touched(weeks: dict[int, Week], count: int) -> None:
    """Jobs of the site go by ``updated_at``: a contact that did not change must not look new to them."""
    planned = {row["contact_id"] for row in weeks[count].plan}
    for command, expected in {"load": set(), "plan": set(), "apply": planned, "undo": planned}.items():
        assert weeks[count].costs[command].touched_contacts == expected
        assert weeks[count].costs[command].written_contacts == expected


def one_for_each_row(connection: Connection, *given: Any) -> Any:
    for row in connection.execute(WRITTEN_BY_COMMAND).fetchall():
        connection.execute("select %(contact_id)s", row)
    asked: Callable[..., Any] = read_verdict
    return asked(connection, *given)


def test_each_count_sees_the_harm_that_it_is_for(world: World) -> None:
    load(world, first_week(world, SMALL / CONTACTS))
    world.plan()

    def rehearse(harm: str = "", verdict: Callable[..., Any] = read_verdict) -> Cost:
        with counting() as cost, world.connect() as connection, connection.transaction(force_rollback=True):
            if harm:
                connection.execute(harm)
            cost.sent.clear()
            with mock.patch.object(loader.merge.apply, "read_verdict", verdict):
                fingerprint = world.one("select fingerprint from kajabi_guard.plan_summary", connection)["fingerprint"]
                apply_plan(connection, world.target, fingerprint)
        return cost

    plain = rehearse()
    assert (len(rehearse().sent), rehearse().written, rehearse().scans) == (
        len(plain.sent), plain.written, plain.scans,
    ), "the same costs the same"  # fmt: skip
    assert len(rehearse(verdict=one_for_each_row).sent) > len(plain.sent) + 1
    assert rehearse(TRIGGER.format(harm="update kajabi_ledger.planned_rows set email = email")).written != plain.written
    assert rehearse(TRIGGER.format(harm="perform count(*) from public.contacts")).scans > plain.scans
    harmed = rehearse(TRIGGER.format(harm=UNPLANNED))
    assert harmed.touched_contacts > plain.touched_contacts
    assert harmed.written_contacts > plain.written_contacts
    assert rehearse("drop trigger contacts_touch on public.contacts").touched_contacts < plain.touched_contacts


@pytest.mark.parametrize("count", [2, 50])
def test_merged_contacts_are_looked_up_once_for_a_whole_list(world: World, count: int) -> None:
    """One look at contacts for each line of a list takes minutes, where there are many of both."""
    world.copy_contacts([{"email": f"person{number}@example.org", "source_system": "zoho"} for number in range(1_000)])
    lines = [f"old{number}@example.org,person{number}@example.org" for number in range(count)]
    path = world.folder / "merged.csv"
    path.write_text("\n".join(["old_email,survivor_email", *lines]), encoding="utf-8")
    with counting() as cost, world.connect() as connection:
        outcomes = merged_contacts.record_file(connection, path)
    assert [outcome["outcome"] for outcome in outcomes] == ["recorded"] * count
    assert (cost.scans, cost.contacts_read) == (1, 1_000)
