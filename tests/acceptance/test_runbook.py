"""Every SQL block of docs/runbook.md, run as it stands there on a real database after a small apply.

A block is known by its first line, a comment; tests/unit/project/test_docs.py holds that each of them is run here.
"""

from __future__ import annotations

import re
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql as composed

from loader.common.errors import StalePlan
from loader.database.connection import Target, pointed_at
from loader.database.retention import KEPT_DAYS, prune_plans
from loader.database.schema import close_and_grant
from loader.merge.apply import apply_plan
from loader.merge.guards import Override
from loader.merge.undo import undo_run
from loader.stewardship import overrides
from loader.stewardship.erasure import forget
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.database.connection import Connection

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
PHONE = "(303) 555-0142"
ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}
CARA = {"email": "cara.dell@example.org", "first_name": "Cara", "last_name": "Dell", "kajabi_id": "1000000003"}
ROSA = {
    "email": "rosa.larkspur@example.org",
    "source_system": "zoho",
    "paypal_first_name": "Rosa",
    "phone": "(215) 555-0117",
    "phone_source": "paypal",
    "city": "Boulder",
    "billing_address_source": "zoho",
}


def block(title: str, **replaced: str) -> str:
    """The SQL of the runbook under this title; ``replaced`` are the texts that the page tells to replace."""
    text = RUNBOOK.read_text(encoding="utf-8")
    blocks = [textwrap.dedent(found[2]) for found in re.finditer(r"(?ms)^( *)```sql\n(.*?)^\1```$", text)]
    (found,) = [each for each in blocks if each.split("\n", 1)[0] == f"-- {title}"]
    for before, after in replaced.items():
        assert before in found
        found = found.replace(before, after)
    return found


def ask(connection: Connection, query: str) -> list[list[dict[str, Any]]]:
    """Run a block as psql would; returns the rows of each statement that gives some."""
    cursor = connection.execute(query)
    answers = [cursor.fetchall()] if cursor.description else []
    while cursor.nextset():
        answers += [cursor.fetchall()] if cursor.description else []
    return answers


@contextmanager
def database(server: dict[str, str], template: str = "template0") -> Iterator[Target]:
    """A database of its own, perhaps a copy of another one, dropped afterwards."""
    name = database_name()
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        create = composed.SQL("create database {} template {} encoding 'UTF8'")
        admin.execute(create.format(composed.Identifier(name), composed.Identifier(template)))
    target = Target({**server, "PGDATABASE": name})
    with pointed_at(target):
        yield target
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(composed.SQL("drop database {} with (force)").format(composed.Identifier(name)))


@pytest.fixture(scope="module")
def original(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a database with a small organisation after run 1: two phones and a city filled, one contact inserted."""
    with database(server) as target:
        world = World(target, tmp_path_factory.mktemp("original"))
        world.say_no_duplicates()
        world.add_contacts(ADA, BEN, ROSA)
        world.load({**ADA, "phone": PHONE, "city": "Lyons"}, {**BEN, "phone": "(303) 555-0199"}, CARA)
        world.plan()
        run = world.apply()
        assert (run.run_id, run.values_written, run.inserted_contacts) == (1, 3, 1)
        yield target.settings["PGDATABASE"]


@pytest.fixture
def applied(server: dict[str, str], original: str, tmp_path: Path) -> Iterator[World]:
    """A copy of that database: a plan takes seconds, a copy does not."""
    with database(server, template=original) as target:
        yield World(target, tmp_path)


def rows(world: World, title: str, **replaced: str) -> list[dict[str, Any]]:
    with world.connect() as connection:
        (answer,) = ask(connection, block(title, **replaced))
    return answer


def plan_again(world: World, **cells: str) -> dict[str, Any]:
    world.load({**ADA, "phone": PHONE, "city": "Lyons", **cells}, {**BEN, "phone": "(303) 555-0199"}, CARA)
    return world.plan()


@pytest.fixture
def role(server: dict[str, str]) -> Iterator[str]:
    """A role that may log in and do nothing else, dropped afterwards with all that it was granted."""
    name = f"kajabi_guard_test_{uuid4().hex[:12]}"
    identifier = composed.Identifier(name)
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(composed.SQL("create role {} login password 'practice'").format(identifier))
    yield name
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(composed.SQL("drop role {}").format(identifier))


def forget_role(world: World, name: str) -> None:
    with world.connect() as connection:
        connection.execute(composed.SQL("drop owned by {}").format(composed.Identifier(name)))


def test_the_three_counts_are_those_of_apply(applied: World) -> None:
    (counts,) = rows(applied, "The three counts")
    assert counts == {"paypal_first_name": 1, "phone_source": 1, "billing_address_source": 1}
    applied.run("update public.contacts set city = null where email = 'ada.brook@example.org'")
    plan_again(applied)
    run = applied.apply()
    assert run.enriched_before == run.enriched_after == counts


def test_what_a_run_wrote_can_be_read_value_by_value(applied: World) -> None:
    applied.run("update public.contacts set city = 'Boulder' where email = 'ada.brook@example.org'")
    written = rows(applied, "What the last run wrote")
    filled = [row for row in written if row["rule"] == "fill_blank"]
    assert [(row["email"], row["field"], row["written_value"], row["value_now"]) for row in filled] == [
        (ADA["email"], "city", "Lyons", "Boulder"),
        (ADA["email"], "phone", PHONE, PHONE),
        (BEN["email"], "phone", "(303) 555-0199", "(303) 555-0199"),
    ]
    counted = {(row["field"], row["rule"]): row for row in rows(applied, "What the last run wrote, counted")}
    assert counted["phone", "fill_blank"]["count_written"] == 2
    assert counted["city", "fill_blank"]["changed_since"] == 1
    planned = rows(applied, "What the last run had planned")
    assert [(row["action"], row["email"]) for row in planned] == [
        ("update", ADA["email"]), ("update", BEN["email"]), ("insert", CARA["email"]),
    ]  # fmt: skip
    history = rows(applied, "Everything that was ever written on one contact")
    assert [(row["run_id"], row["field"], row["written_value"]) for row in history] == [
        (1, "city", "Lyons"), (1, "phone", PHONE),
    ]  # fmt: skip


def test_the_runs_are_listed_with_their_refusals(applied: World) -> None:
    plan_again(applied, state="CO")
    applied.run("update public.contacts set city = 'Boulder' where email = 'ada.brook@example.org'")
    with pytest.raises(StalePlan):
        applied.apply()
    refused, done = rows(applied, "The last runs, refusals included")
    assert (refused["status"], done["status"]) == ("refused", "applied")
    assert "city of contact" in refused["refusal"]
    assert done["values_written"] == 3


def test_the_rows_of_a_red_guard_name_the_contact(applied: World) -> None:
    plan_again(applied, state="CO")
    assert rows(applied, "The rows of one guard") == []
    applied.run("update public.contacts set city = 'Boulder' where email = 'ada.brook@example.org'")
    (found,) = rows(applied, "The rows of one guard")
    assert (found["email"], found["field"]) == (ADA["email"], "city")
    for guard in applied.verdict():
        rows(applied, "The rows of one guard", guard_stale_plan=guard)


def test_who_is_busy_and_which_triggers_there_are(applied: World) -> None:
    assert rows(applied, "Who holds the run lock") == rows(applied, "Who keeps contacts busy") == []
    with applied.connect() as busy, busy.transaction():
        busy.execute("select pg_try_advisory_xact_lock(7521962890)")
        busy.execute("lock table public.contacts in exclusive mode")
        (holder,) = rows(applied, "Who holds the run lock")
        (writer,) = rows(applied, "Who keeps contacts busy")
        assert holder["pid"] == writer["pid"] == busy.info.backend_pid
    (trigger,) = rows(applied, "The triggers of contacts")
    assert trigger["is_enabled"]


def test_a_field_that_a_person_protects_is_not_filled_not_even_by_a_plan_that_waits(applied: World) -> None:
    plan_again(applied, state="CO")
    assert applied.decisions()[ADA["email"], "state"]["rule"] == "fill_blank"
    with applied.connect() as connection:
        assert overrides.protect(connection, ADA["email"], "address", "we know") == "recorded"
    assert applied.verdict()["guard_protected_values"] == 1
    applied.plan()
    assert applied.decisions()[ADA["email"], "state"]["rule"] == "field_owned_elsewhere"
    assert set(applied.verdict().values()) == {0}


def test_what_waits_and_what_people_decided_and_overrode_can_be_read(applied: World) -> None:
    plan_again(applied, phone="(720) 555-0111")
    applied.apply()
    (waiting,) = rows(applied, "What needs review, and since when")
    assert (waiting["email"], waiting["field"], waiting["rule"]) == (ADA["email"], "phone", "kajabi_changed")
    with applied.connect() as connection:
        assert overrides.decide(connection, ADA["email"], "phone", "ours", "we asked her") == "recorded"
    (decided,) = rows(applied, "What stewards decided")
    assert (decided["email"], decided["decision"], decided["because"]) == (ADA["email"], "ours", "we asked her")
    applied.load({**ADA, "phone": "(720) 555-0111", "city": "Lyons"})
    plan = applied.plan()
    override = Override(["guard_export_shrank", "guard_older_export"], "we deleted the others in Kajabi")
    with applied.connect() as connection:
        apply_plan(connection, applied.target, plan["fingerprint"], override=override)
    overridden = rows(applied, "Which guards were overridden, and why")
    assert [row["guard"] for row in overridden] == list(override.guards)
    assert {row["because"] for row in overridden} == {override.because}
    assert rows(applied, "What needs review, and since when") == []


def test_what_was_undone_can_be_read(applied: World) -> None:
    applied.run("update public.contacts set phone = '(303) 555-0100' where email = 'ada.brook@example.org'")
    with applied.connect() as connection:
        undone = undo_run(connection, applied.target, 1)
    assert [(kept.email, kept.field) for kept in undone.kept] == [(ADA["email"], "phone")]
    taken = rows(applied, "What was undone")
    assert {(row["run_id"], row["undoes_run"]) for row in taken} == {(2, 1)}
    assert (ADA["email"], "city", "Lyons") in {(row["email"], row["field"], row["value_undone"]) for row in taken}
    assert (None, "email", CARA["email"]) in {(row["email"], row["field"], row["value_undone"]) for row in taken}


def test_the_old_import_loses_its_right_and_a_relabelled_contact_is_found(applied: World, role: str) -> None:
    with applied.connect() as connection:
        grantee = composed.Identifier(role)
        connection.execute(composed.SQL("grant select, insert, update on public.contacts to {}").format(grantee))
        connection.execute(composed.SQL("grant update (city) on public.contacts to {}").format(grantee))
        ask(connection, block("Note the labels of today"))
        assert role in {row["role_name"] for row in rows(applied, "Who may write to contacts")}
        ask(connection, block("The old import may only read", old_importer=role))
        assert role not in {row["role_name"] for row in rows(applied, "Who may write to contacts")}
        plan_again(applied, state="CO")
        applied.apply()
        assert rows(applied, "Relabelled since they were noted") == []
        connection.execute("update public.contacts set source_system = 'kajabi'")
        (found,) = rows(applied, "Relabelled since they were noted")
        assert (found["email"], found["was"], found["is_now"]) == (ROSA["email"], "zoho", "kajabi")
        ask(connection, block("The labels are not needed any more"))
    forget_role(applied, role)


def test_a_role_of_its_own_can_do_the_weekly_work_and_touch_no_ledger_row(applied: World, role: str) -> None:
    with applied.connect() as connection:
        close_and_grant(connection, create=True)
        ask(connection, block("Who does the weekly work", anna=role, ben=role))
    target = Target({**applied.target.settings, "PGUSER": role, "PGPASSWORD": "practice"})
    with pointed_at(target):
        weekly = World(target, applied.folder)
        weekly.count_files = 100
        plan_again(weekly, state="CO", phone="(720) 555-0111")
        with weekly.connect() as connection:
            assert overrides.decide(connection, ADA["email"], "phone", "kajabi", "she told us") == "recorded"
            assert overrides.protect(connection, ADA["email"], "country", "no") == "recorded"
            assert overrides.protect(connection, ADA["email"], "country", "yes", is_protected=False) == "recorded"
        weekly.plan()
        assert weekly.apply().values_written == 2
        with weekly.connect() as connection:
            undone = undo_run(connection, target, 1)
        assert (undone.removed_contacts, {kept.reason for kept in undone.kept}) == (1, {"later_run"})
        with weekly.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from kajabi_ledger.field_changes")
        with weekly.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("delete from public.contacts")
    forget_role(applied, role)
    for name in ("kajabi_guard_loader", "kajabi_guard_planner", "kajabi_guard_applier"):
        applied.run(f"reassign owned by {name} to current_user; drop owned by {name}; drop role {name}")


def test_dropping_what_dbt_built_loses_nothing(applied: World) -> None:
    before = plan_again(applied, state="CO")
    with applied.connect() as connection:
        ask(connection, block("Drop what dbt has built"))
    with pytest.raises(StalePlan, match="There is no plan"):
        applied.apply(before["fingerprint"])
    assert applied.plan()["fingerprint"] == before["fingerprint"]
    assert applied.apply().values_written == 1


def test_old_plans_can_go_and_what_was_written_stays(applied: World) -> None:
    applied.run("update kajabi_ledger.merge_runs set finished_at = now() - interval '2 years'")
    # a later run: the newest one keeps its plan
    plan_again(applied, state="CO")
    applied.apply()
    with applied.connect() as connection:
        assert prune_plans(connection, KEPT_DAYS)["count_runs"] == 1
    assert [row["action"] for row in rows(applied, "What the last run had planned")] == ["update"]
    assert {row["run_id"] for row in rows(applied, "Everything that was ever written on one contact")} == {1, 2}
    sizes = rows(applied, "How large the tables are")
    assert [row["schema_name"] for row in sizes] == ["kajabi_guard", "kajabi_ledger", "kajabi_raw"]


def test_a_plan_of_the_original_is_not_applied_to_a_copy(applied: World) -> None:
    plan = plan_again(applied, state="CO")
    with applied.connect() as connection:
        ask(connection, block("This database is a copy"))
    with pytest.raises(StalePlan):
        applied.apply(plan["fingerprint"])
    assert applied.plan()["fingerprint"] != plan["fingerprint"]


def test_an_erasure_can_be_shown_without_saying_who_it_was(applied: World) -> None:
    applied.run("delete from public.contacts where email = 'ada.brook@example.org'")
    with applied.connect() as connection:
        forget(connection, ADA["email"], "her letter")
    (erasure,) = rows(applied, "Who was erased, without saying who")
    assert (erasure["because"], erasure["count_keys"]) == ("her letter", 2)
    assert erasure["row_counts"]["contact_rows"] == 1


def test_corrections_that_differ_in_kajabi_are_listed(applied: World) -> None:
    assert rows(applied, "Corrections that differ in Kajabi") == []
    applied.run(
        "insert into kajabi_ledger.exports_made (kind, load_id, folder, count_rows, count_files, made_by) "
        "values ('corrections', 1, 'for kajabi', 1, 1, 'test')"
    )
    applied.run(
        "insert into kajabi_ledger.corrections_sent (contact_id, field, value_sent, kajabi_value, export_id, sent_by) "
        "select id, 'phone', '(303) 555-0199', null, 1, 'test' from public.contacts where email = %(email)s",
        email=ADA["email"],
    )
    plan_again(applied, state="CO")
    (found,) = rows(applied, "Corrections that differ in Kajabi")
    assert (found["email"], found["field"], found["value_sent"]) == (ADA["email"], "phone", "(303) 555-0199")
