"""Taking a run back: what is restored, what is kept, and what does not come in again next week.

One small world is made for the whole file and written once, with every kind of value that a run can write; each test
gets a copy of its database. "As before" means every column but ``updated_at``, byte for byte (``cells``).
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

import loader.database.locks
import loader.merge.transaction
from console import console_in, digest
from fixtures import copied
from loader.common.errors import Busy, KajabiGuardError, RefusedByGuard, Unprepared, Usage
from loader.database.connection import connect
from loader.database.locks import run_lock
from loader.database.retention import prune_plans
from loader.database.statements import migrations, statement
from loader.merge.plan import Scope
from loader.merge.undo import undo_run
from loader.stewardship import merged_contacts, overrides
from loader.stewardship.erasure import forget
from loader.stewardship.outcomes import account
from test_three_way import ADDRESS, MOVED, person
from test_write import PATIENCE, await_lock, await_rows, held, in_threads, install_meddler, wired
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from loader.merge.outcomes import Undone

FILLED, UPDATED, DECIDED, MOVER, LINKED, BOTH = (f"person{n}@example.org" for n in range(1, 7))
NEW, NEWER = "person7@example.org", "person8@example.org"
OURS, THEIRS, LATER = "(303) 555-0101", "(720) 555-0111", "(970) 555-0177"
WHY = "they told us"


def cells(world: World) -> dict[str, dict[str, Any]]:
    """Every cell of every contact but ``updated_at``, which a trigger moves."""
    rows = world.rows("select to_jsonb(contacts) - 'updated_at' as row from public.contacts")
    return {row["row"]["email"]: row["row"] for row in rows}


def sources(world: World) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Who gave which field, as the ledger has it."""
    rows = world.rows("select * from kajabi_ledger.contact_field_sources")
    return {(str(row["contact_id"]), row["field"]): (row["source"], row["since"], row["run_id"]) for row in rows}


def undo(world: World, run_id: int, *, dry_run: bool = False) -> Undone:
    with world.connect() as connection:
        return undo_run(connection, world.target, run_id, dry_run=dry_run)


def edit(world: World, email: str, **values: str | None) -> None:
    for field, value in values.items():
        query = f"update public.contacts set {field} = %(value)s where email::text = %(email)s"
        world.run(query, value=value, email=email)


def kept(undone: Undone) -> set[tuple[str | None, str | None, str]]:
    return {(each.email, each.field, each.reason) for each in undone.kept}


def rules(world: World) -> dict[tuple[str, str], str]:
    return {key: row["rule"] for key, row in world.decisions().items()}


def held_rows(world: World) -> dict[str, str]:
    return {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.quarantined_rows")}


def week(world: World, **changes: Mapping[str, str | None]) -> dict[str, Any]:
    """Load the export of the week, with changes by email, and plan it."""
    rows = [
        person(1, phone=THEIRS), person(2, phone=THEIRS), person(3, phone=THEIRS), person(4, **MOVED),
        person(5, kajabi_member_id="2000000005"),
        person(6, phone=THEIRS, first_name="Grace", **{**ADDRESS, "address_line_2": None}),
        person(7, phone=LATER, city="Lyons"), person(8),
    ]  # fmt: skip
    world.load(*({**row, **changes.get(str(row["email"]), {})} for row in rows))
    return world.plan()


@pytest.fixture(scope="module")
def written(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database in which run 1 wrote fills, updates, a decided phone, a moved address, links and two inserts."""
    with copied(server) as target:
        world = World(target, tmp_path_factory.mktemp("written"))
        follow(world)
        world.add_contacts(
            {**person(1), "phone": " ", "updated_at": "2020-01-01"},
            {**person(2), "phone": OURS},
            {**person(3), "phone": OURS, "phone_source": "paypal"},
            {**person(4), **ADDRESS},
            {**person(5), "kajabi_id": None},
            {**person(6), "phone": OURS, **ADDRESS, "country": None},
        )
        before = [person(n, phone=OURS) for n in (2, 3, 6)]
        world.load(person(1), *before[:2], person(4, **ADDRESS), person(5), {**before[2], **ADDRESS}, as_baseline=True)
        world.say_no_duplicates()
        week(world)
        with world.connect() as connection:
            assert overrides.decide(connection, DECIDED, "phone", "kajabi", WHY) == "recorded"
        world.plan()
        world.run("create table public.as_before as select * from public.contacts")
        assert world.apply().run_id == 1
        yield target.settings["PGDATABASE"]


def follow(world: World) -> None:
    names = ("phone", "first_name", "address_line_1", "address_line_2", "city", "state", "postal_code", "country")
    world.policy = dict.fromkeys(names, "follow_kajabi")


@pytest.fixture
def world(server: dict[str, str], written: str, tmp_path: Path) -> Iterator[World]:
    with copied(server, written) as target:
        copy = World(target, tmp_path)
        copy.count_files = 10
        follow(copy)
        yield copy


@pytest.fixture
def before(world: World) -> dict[str, dict[str, Any]]:
    """Every cell as it was before run 1."""
    rows = world.rows("select to_jsonb(as_before) - 'updated_at' as row from public.as_before")
    return {row["row"]["email"]: row["row"] for row in rows}


def test_the_run_wrote_every_kind_of_value(world: World, before: dict[str, dict[str, Any]]) -> None:
    """Without this, the round trips below would prove nothing."""
    written = world.rows("select rule, count(*) as n from kajabi_ledger.field_changes group by rule")
    found = {row["rule"] for row in written}
    assert found == {"fill_blank", "kajabi_changed", "decided_kajabi", "link", "new_contact"}
    assert set(cells(world)) - set(before) == {NEW, NEWER}


def test_a_run_is_undone_to_the_byte_with_its_provenance(world: World, before: dict[str, dict[str, Any]]) -> None:
    undone = undo(world, 1)
    assert cells(world) == before
    assert sources(world) == {}
    assert (undone.status, undone.run_id, undone.kept) == ("applied", 2, ())
    assert (undone.removed_contacts, undone.links_written, undone.updated_contacts) == (2, 2, 6)
    written = world.rows("select status, kind, undoes_run, about_run from kajabi_ledger.merge_runs order by run_id")
    assert [tuple(row.values()) for row in written] == [("undone", "apply", None, None), ("applied", "undo", 1, 1)]


def test_earlier_provenance_comes_back_as_it_was(world: World) -> None:
    edited = sources(world)
    week(world, **{UPDATED: {"phone": LATER}})
    assert world.apply().values_written == 1
    assert sources(world) != edited
    undo(world, 2)
    assert sources(world) == edited
    assert cells(world)[UPDATED]["phone"] == THEIRS


def test_a_persons_mark_set_since_stays(world: World) -> None:
    with world.connect() as connection:
        assert overrides.protect(connection, FILLED, "phone", WHY) == "recorded"
    undo(world, 1)
    assert cells(world)[FILLED]["phone"] == " "
    assert [source[0] for source in sources(world).values()] == ["manual"]


def test_what_was_edited_later_is_kept_and_listed_without_its_value(
    world: World, before: dict[str, dict[str, Any]]
) -> None:
    edit(world, FILLED, phone=LATER)
    edit(world, MOVER, city="Golden")
    edit(world, UPDATED, last_name="Larkspur")
    edit(world, LINKED, kajabi_id="77")
    marks = {key: mark for key, mark in sources(world).items() if key[1] == "phone"}
    undone = undo(world, 1)
    edited = {**before, FILLED: {**before[FILLED], "phone": LATER}, MOVER: {**before[MOVER], "city": "Golden"}}
    edited[UPDATED] = {**before[UPDATED], "last_name": "Larkspur"}
    edited[LINKED] = {**before[LINKED], "kajabi_id": "77"}
    assert cells(world) == edited
    assert kept(undone) == {
        (FILLED, "phone", "edited"), (MOVER, "city", "edited"), (LINKED, "kajabi_id", "edited"),
    }  # fmt: skip
    assert LATER not in str(undone.as_json())
    assert {key[1] for key in sources(world)} == {"phone", "city"}
    assert marks.items() >= {key: mark for key, mark in sources(world).items() if key[1] == "phone"}.items()


def test_white_space_and_case_are_edits(world: World) -> None:
    edit(world, FILLED, phone=f"{THEIRS} ")
    edit(world, MOVER, city=MOVED["city"].upper())
    undone = undo(world, 1)
    assert kept(undone) == {(FILLED, "phone", "edited"), (MOVER, "city", "edited")}


def test_a_contact_that_is_gone_is_listed_by_its_id(world: World) -> None:
    world.run("delete from public.contacts where email::text = %(email)s", email=FILLED)
    (gone,) = undo(world, 1).kept
    assert (gone.email, gone.field, gone.reason) == (None, "phone", "gone")


def test_a_cell_that_a_later_run_wrote_is_not_the_earlier_runs_any_more(world: World) -> None:
    week(world, **{UPDATED: {"phone": LATER}, FILLED: {"phone": LATER}})
    world.apply()
    edit(world, UPDATED, phone=THEIRS)  # equal by chance
    undone = undo(world, 1)
    assert kept(undone) == {(UPDATED, "phone", "later_run"), (FILLED, "phone", "later_run")}
    after = cells(world)
    assert (after[UPDATED]["phone"], after[FILLED]["phone"]) == (THEIRS, LATER)


def test_runs_are_taken_back_one_after_the_other_newest_first(world: World, before: dict[str, dict[str, Any]]) -> None:
    edit(world, DECIDED, phone_source=None)
    week(world, **{UPDATED: {"phone": LATER}, FILLED: {"phone": LATER}})
    world.apply()
    undo(world, 2)
    undone = undo(world, 1)
    before[DECIDED]["phone_source"] = None
    assert undone.kept == ()
    assert cells(world) == before
    assert sources(world) == {}


def test_a_dry_run_does_everything_and_leaves_no_trace(world: World) -> None:
    edit(world, FILLED, phone=LATER)
    there = digest(world)
    rehearsed = undo(world, 1, dry_run=True)
    assert digest(world) == there
    undone = undo(world, 1)
    assert rehearsed.status == "rehearsed"
    assert rehearsed.run_id is None
    assert {**rehearsed.as_json(), "status": "", "run_id": 0} == {**undone.as_json(), "status": "", "run_id": 0}


def test_a_run_that_is_undone_already_is_no_error_and_changes_nothing(world: World) -> None:
    undo(world, 1)
    there = digest(world)
    again = undo(world, 1)
    assert (again.status, again.undone_by, again.run_id) == ("already_undone", 2, None)
    assert digest(world) == there


def test_an_undo_is_undone_as_well_and_so_on(world: World, before: dict[str, dict[str, Any]]) -> None:
    after = cells(world)
    undo(world, 1)
    redone = undo(world, 2)
    assert (redone.status, redone.run_id, redone.inserted_contacts, redone.kept) == ("applied", 3, 2, ())
    now = cells(world)
    for email in (NEW, NEWER):  # inserted again, later
        assert now[email].pop("created_at") > after[email].pop("created_at")
    assert now == after
    assert {source[0] for source in sources(world).values()} == {"kajabi"}
    assert {source[2] for source in sources(world).values()} == {3}
    assert undo(world, 2).status == "already_undone"
    again = undo(world, 1)  # the run that stands for run 1 is run 3
    assert (again.undoes_run, again.run_id, again.kept) == (3, 4, ())
    assert cells(world) == before
    assert sources(world) == {}
    statuses = world.rows("select status, kind, undoes_run, about_run from kajabi_ledger.merge_runs order by run_id")
    assert [tuple(row.values()) for row in statuses] == [
        ("undone", "apply", None, None), ("undone", "undo", 1, 1), ("undone", "redo", 2, 1), ("applied", "undo", 3, 1),
    ]  # fmt: skip


def test_a_redo_writes_by_the_rules_of_the_run_that_was_undone(world: World) -> None:
    """Under the rule of an undo, the next plan would take its values for ones that nobody wants."""
    undo(world, 1)
    undo(world, 2)
    query = "select contact_id, field, rule from kajabi_ledger.field_changes where run_id = %(run_id)s order by 1, 2"
    assert world.rows(query, run_id=3) == world.rows(query, run_id=1)


def test_an_undo_of_an_undo_writes_only_where_the_contact_holds_what_the_undo_left(world: World) -> None:
    undo(world, 1)
    edit(world, FILLED, phone=LATER)
    with world.connect() as connection:
        assert overrides.protect(connection, UPDATED, "phone", WHY) == "recorded"
        assert merged_contacts.record(connection, NEWER, BOTH, because=WHY) == "recorded"
    world.add_contacts(
        {"email": "PERSON7@Example.org", "source_system": "zoho"},
        {"email": "other@example.org", "kajabi_member_id": "2000000005"},
    )
    redone = undo(world, 2)
    assert kept(redone) == {
        (FILLED, "phone", "edited"), (UPDATED, "phone", "protected"), (LINKED, "kajabi_member_id", "key_taken"),
        (NEW, None, "key_taken"), (NEWER, None, "merged_away"),
    }  # fmt: skip
    after = cells(world)
    assert (after[FILLED]["phone"], after[UPDATED]["phone"]) == (LATER, OURS)
    assert (after[LINKED]["kajabi_id"], after[LINKED]["kajabi_member_id"]) == (person(5)["kajabi_id"], None)
    assert after[MOVER]["city"] == MOVED["city"]


def test_an_undo_of_an_undo_does_not_write_where_somebody_closed_the_field_before_the_undo(world: World) -> None:
    """The mark is newer than Kajabi's value, whichever side of the undo it lies on; one from before run 1 is older."""
    with world.connect() as connection:
        assert overrides.protect(connection, UPDATED, "phone", WHY) == "recorded"
    undo(world, 1)
    assert kept(undo(world, 2)) == {(UPDATED, "phone", "protected")}
    assert cells(world)[UPDATED]["phone"] == OURS


def test_a_mark_from_before_the_run_was_decided_over_and_does_not_stop_an_undo_of_the_undo(world: World) -> None:
    world.run(
        "insert into kajabi_ledger.contact_field_sources (contact_id, field, source, since) "
        "select id, 'phone', 'manual', '2020-01-01' from public.contacts where email = %(email)s "
        "on conflict (contact_id, field) do update set source = 'manual', since = excluded.since", email=DECIDED,
    )  # fmt: skip
    undo(world, 1)
    assert undo(world, 2).kept == ()
    assert cells(world)[DECIDED]["phone"] == THEIRS


def test_whom_somebody_made_again_or_merged_away_by_id_is_not_inserted_again(world: World) -> None:
    before = cells(world)
    undo(world, 1)
    world.add_contacts({"id": before[NEW]["id"], "email": "other@example.org"})
    world.run(
        "insert into kajabi_ledger.merged_contacts "
        "(old_kajabi_id, survivor_contact_id, survivor_email, recorded_by) "
        "select %(old)s, id, email, 'test' from public.contacts where email = %(email)s",
        old=before[NEWER]["kajabi_id"], email=BOTH,
    )  # fmt: skip
    assert kept(undo(world, 2)) == {(NEW, None, "there_again"), (NEWER, None, "merged_away")}


def test_whose_kajabi_id_another_contact_has_is_not_inserted_again(world: World) -> None:
    taken = cells(world)[NEW]["kajabi_id"]
    undo(world, 1)
    world.add_contacts({"email": "other@example.org", "kajabi_id": taken})
    assert kept(undo(world, 2)) == {(NEW, None, "key_taken")}


def test_a_column_that_is_gone_is_listed(world: World) -> None:
    world.run("alter table public.contacts drop column kajabi_member_id")
    assert kept(undo(world, 1)) == {(LINKED, "kajabi_member_id", "no_column")}


# ---------------------------------------------------------------- what an undo had left


def obstruct(world: World) -> None:
    """A cell that is edited, another one too, and a booking of an inserted contact."""
    edit(world, FILLED, phone=LATER)
    edit(world, MOVER, city="Golden")
    world.run("create table public.bookings (contact_id uuid references public.contacts (id))")
    world.run("insert into public.bookings select id from public.contacts where email::text = %(email)s", email=NEW)


def test_an_undo_goes_on_with_what_it_had_left_once_nothing_is_in_the_way(
    world: World, before: dict[str, dict[str, Any]]
) -> None:
    obstruct(world)
    assert undo(world, 1).run_id == 2
    there = digest(world)
    again = undo(world, 1)
    assert (again.status, again.undone_by, again.run_id) == ("already_undone", 2, None)
    assert kept(again) == {
        (FILLED, "phone", "edited"), (MOVER, "city", "edited"), (NEW, None, "referenced by public.bookings"),
    }  # fmt: skip
    assert digest(world) == there
    world.run("delete from public.bookings")
    edit(world, FILLED, phone=THEIRS)
    edit(world, UPDATED, phone=THEIRS)  # run 2 took it back; who writes it since has written it themselves
    before[UPDATED]["phone"] = THEIRS
    before[MOVER]["city"] = "Golden"
    rehearsed = undo(world, 1, dry_run=True)
    rest = undo(world, 1)
    assert (rehearsed.status, rehearsed.values_written, rehearsed.removed_contacts) == ("rehearsed", 1, 1)
    assert (rest.status, rest.continues_run, rest.values_written, rest.removed_contacts) == ("applied", 2, 1, 1)
    assert kept(rest) == {(MOVER, "city", "edited")}
    assert cells(world) == before
    assert {key[1] for key in sources(world)} == {"city"}
    there = digest(world)
    assert undo(world, 1).undone_by == rest.run_id
    assert digest(world) == there
    edit(world, MOVER, city=MOVED["city"])
    last = undo(world, 1)
    assert (last.continues_run, last.values_written, last.kept) == (rest.run_id, 1, ())
    assert (undo(world, 1).status, sources(world)) == ("already_undone", {})
    assert "Undid what run" in last.as_text()


def test_an_undo_that_went_on_is_undone_as_one_whichever_of_its_runs_is_named(world: World) -> None:
    obstruct(world)
    undo(world, 1)
    world.run("delete from public.bookings")
    edit(world, FILLED, phone=THEIRS)
    edit(world, MOVER, city=MOVED["city"])
    after = undo(world, 1)
    assert after.kept == ()
    redone = undo(world, 2)
    assert (redone.undoes_run, redone.inserted_contacts, redone.kept) == (after.run_id, 2, ())
    now = cells(world)
    assert {NEW, NEWER} <= set(now)
    assert (now[FILLED]["phone"], now[UPDATED]["phone"], now[MOVER]["city"]) == (THEIRS, THEIRS, MOVED["city"])
    assert undo(world, 2).status == undo(world, after.run_id or 0).status == "already_undone"
    assert undo(world, 1).undoes_run == redone.run_id
    with world.connect() as connection:
        rows = connection.execute(statement("history"), {"limit": 9}).fetchall()
    became = {row["run_id"]: row["what_became_of_it"] for row in rows if row["status"] != "refused"}
    ends = max(became)
    assert became == {
        1: f"undone by {ends}", 2: f"again as {ends}", after.run_id: f"again as {ends}",
        redone.run_id: f"undone by {ends}", ends: "",
    }  # fmt: skip


def test_an_undo_is_no_applied_plan_and_a_redo_makes_its_plan_stand_again(world: World) -> None:
    def figures() -> tuple[bool, int, int]:
        """Whether a plan was applied, how many weeks there are, and how many copies of plans `prune` would delete."""
        with world.connect() as connection:
            ages = connection.execute(statement("doctor_ages")).fetchone() or {}
            weeks = connection.execute(statement("report_weeks"), {"limit": 9}).fetchall()
            pruned = prune_plans(connection, 0, dry_run=True)
        return ages["days_since_apply"] is not None, len(weeks), pruned["count_runs"]

    assert figures() == (True, 1, 0)
    undo(world, 1)
    assert figures() == (False, 0, 1)
    undo(world, 2)
    assert figures() == (True, 1, 0)
    week(world, **{FILLED: {"phone": LATER}})
    world.apply()
    assert figures() == (True, 2, 1)
    world.run("update kajabi_ledger.merge_runs set finished_at = '2020-01-01' where run_id = 3")
    undo(world, 4)
    with world.connect() as connection:
        ages = connection.execute(statement("doctor_ages")).fetchone() or {}
    assert ages["days_since_apply"] > 365, "the day of the run that stands, not of the undo"


def test_a_plan_that_was_undone_is_compared_with_the_next_one_again(world: World) -> None:
    def before() -> list[dict[str, Any]]:
        with world.connect() as connection:
            return connection.execute(statement("plan_before")).fetchall()

    week(world, **{FILLED: {"phone": LATER}, MOVER: {"last_name": "Larkspur"}})
    world.apply()
    undo(world, 2)
    week(world, **{FILLED: {"phone": LATER}, MOVER: {"last_name": "Rue"}})
    assert len(before()) == 1
    world.apply()
    week(world, **{FILLED: {"phone": LATER}, MOVER: {"last_name": "Ash"}})
    assert before() == []


# ---------------------------------------------------------------- people who were forgotten since


def erase(world: World, *emails: str) -> None:
    """Delete their contacts, where there are any, and forget them."""
    for email in emails:
        world.run("delete from public.contacts where email::text = %(email)s", email=email)
        with world.connect() as connection:
            forget(connection, email, WHY)


def test_an_undo_of_an_undo_leaves_out_who_was_forgotten_and_redoes_everybody_else(world: World) -> None:
    """Otherwise it would fail as a whole: a contact without an email cannot be inserted."""
    after = cells(world)
    undo(world, 1)
    erase(world, NEW, FILLED)
    redone = undo(world, 2)
    assert (redone.status, redone.inserted_contacts) == ("applied", 1)
    assert {(each.email, each.field, each.reason) for each in redone.kept} == {
        (None, None, "erased"), (None, "phone", "erased"),
    }  # fmt: skip
    now = cells(world)
    assert now[NEWER].pop("created_at") > after[NEWER].pop("created_at")
    assert now == {email: row for email, row in after.items() if email not in {NEW, FILLED}}
    there = world.rows("select t::text as line from kajabi_ledger.field_changes as t")
    assert not [row for row in there if NEW in row["line"] or FILLED in row["line"]]


def test_an_undo_after_forget_takes_back_what_is_everybody_elses(
    world: World, before: dict[str, dict[str, Any]]
) -> None:
    erase(world, NEW, FILLED)
    undone = undo(world, 1)
    assert {(each.email, each.field, each.reason) for each in undone.kept} == {
        (None, None, "erased"), (None, "phone", "erased"),
    }  # fmt: skip
    assert cells(world) == {email: row for email, row in before.items() if email != FILLED}
    assert "forgotten" in undone.kept[0].why


# ---------------------------------------------------------------- contacts that the run inserted

REFERENCES = {
    "restricts": "references public.contacts (id)",
    "cascades": "references public.contacts (id) on delete cascade",
    "sets null": "references public.contacts (id) on delete set null",
    "waits for the commit": "references public.contacts (id) deferrable initially deferred",
}


@pytest.mark.parametrize("reference", REFERENCES.values(), ids=REFERENCES.keys())
def test_an_inserted_contact_that_another_table_points_at_is_kept(world: World, reference: str) -> None:
    world.run(f"create table public.bookings (contact_id uuid {reference})")
    query = "insert into public.bookings select id from public.contacts where email::text = %(email)s"
    world.run(query, email=NEW)
    assert kept(undo(world, 1)) == {(NEW, None, "referenced by public.bookings")}
    assert NEW in cells(world)
    assert NEWER not in cells(world)
    assert world.one("select count(contact_id) as n from public.bookings")["n"] == 1


def test_a_reference_to_the_email_in_another_case_keeps_the_contact_as_well(world: World) -> None:
    world.run("create table public.letters (email citext references public.contacts (email) on delete cascade)")
    world.run("insert into public.letters values (%(email)s)", email=NEW.upper())
    assert kept(undo(world, 1)) == {(NEW, None, "referenced by public.letters")}


TOUCHES = {
    "a field": "update public.contacts set city = 'Golden' where id = %(id)s",
    "a column of another kind": "update public.contacts set email_subscribed = true where id = %(id)s",
    "a mark": "update public.contacts set phone_source = 'manual' where id = %(id)s",
    "the email": "update public.contacts set email = 'x@example.org' where id = %(id)s",
    "the deletion mark": "update public.contacts set deleted_at = now() where id = %(id)s",
    "a column that the table got since":
        "alter table public.contacts add column note text default 'x'; "
        "update public.contacts set note = null where id <> %(id)s",
}  # fmt: skip


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES.keys())
def test_an_inserted_contact_is_kept_whole_when_somebody_touched(world: World, touch: str) -> None:
    (row,) = world.rows("select id from public.contacts where email::text = %(email)s", email=NEW)
    for query in touch.split("; "):
        world.run(query, **({"id": row["id"]} if "%(id)s" in query else {}))
    after = world.one("select to_jsonb(c) - 'updated_at' as row from public.contacts as c where id = %(id)s", **row)
    (left,) = undo(world, 1).kept
    assert (left.contact_id, left.field, left.reason) == (str(row["id"]), None, "touched")
    now = world.one("select to_jsonb(c) - 'updated_at' as row from public.contacts as c where id = %(id)s", **row)
    assert now == after
    assert NEWER not in cells(world)


def test_a_new_column_that_is_blank_and_another_time_zone_touch_nothing(world: World) -> None:
    world.run("alter table public.contacts add column note text")
    with world.connect() as connection:
        connection.execute("set timezone = 'Asia/Kathmandu'")
        assert undo_run(connection, world.target, 1).removed_contacts == 2


def test_an_inserted_contact_that_a_person_has_spoken_of_is_kept(world: World) -> None:
    with world.connect() as connection:
        assert overrides.protect(connection, NEW, "phone", WHY) == "recorded"
        assert merged_contacts.record(connection, "old@example.org", NEWER, because=WHY) == "recorded"
    assert kept(undo(world, 1)) == {(NEW, None, "spoken_of"), (NEWER, None, "spoken_of")}


def test_an_inserted_contact_that_was_decided_or_named_for_a_held_row_is_kept(world: World) -> None:
    world.run(
        "insert into kajabi_ledger.overrides (contact_id, field, decision, kajabi_values, because, decided_by) "
        "select id, 'phone', 'ours', '{}', 'asked', 'test' from public.contacts where email = %(email)s", email=NEW,
    )  # fmt: skip
    world.run(
        "insert into kajabi_ledger.match_overrides (row_key, decision, contact_id, because, decided_by) "
        "select 'x', 'same_as', id, 'asked', 'test' from public.contacts where email = %(email)s", email=NEWER,
    )  # fmt: skip
    assert kept(undo(world, 1)) == {(NEW, None, "spoken_of"), (NEWER, None, "spoken_of")}


def test_nobody_is_removed_where_the_owner_of_the_ledger_may_not_delete(world: World, stranger: str) -> None:
    world.run(f"grant usage on schema kajabi_ledger to {stranger}")
    world.run(f"grant select on all tables in schema kajabi_ledger to {stranger}")
    world.run(f"grant execute on all functions in schema kajabi_ledger to {stranger}")
    world.run(f"grant select on public.contacts to {stranger}")
    world.run(f"alter function kajabi_ledger.remove_inserted_contacts owner to {stranger}")
    assert kept(undo(world, 1)) == {(NEW, None, "no_right"), (NEWER, None, "no_right")}


def test_contacts_are_not_removed_after_an_undo_nor_under_the_lock_of_somebody_else(world: World) -> None:
    remove = "select * from kajabi_ledger.remove_inserted_contacts(1, array[]::uuid[])"
    begin = """
        insert into kajabi_ledger.merge_runs (
            run_token, status, kind, undoes_run, about_run, fingerprint, load_id, started_at, done_by
        )
        values (gen_random_uuid(), 'writing', 'undo', 1, 1, 'x', 1, now(), 'me')
    """
    lock = "lock table public.contacts in exclusive mode"
    with world.connect() as other, other.transaction(), world.connect() as connection:
        other.execute(lock)
        connection.execute("begin")
        connection.execute(begin)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute(remove)
        connection.execute("rollback")
    undo(world, 1)
    with world.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute(lock)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState), connection.transaction():
            connection.execute(remove)


def test_an_inserted_contact_that_is_gone_is_listed(world: World) -> None:
    world.run("delete from public.contacts where email::text = %(email)s", email=NEW)
    (left,) = undo(world, 1).kept
    assert (left.field, left.reason) == (None, "gone")


def test_contacts_are_removed_by_an_undo_of_their_run_only(world: World) -> None:
    (row,) = world.rows("select id from public.contacts where email::text = %(email)s", email=NEW)
    (old,) = world.rows("select id from public.contacts where email::text = %(email)s", email=FILLED)
    remove = "select * from kajabi_ledger.remove_inserted_contacts(1, array[%(id)s, %(old)s])"
    with world.connect() as connection:
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            connection.execute(remove, {"id": row["id"], "old": old["id"]})
        with connection.transaction():
            connection.execute("lock table public.contacts in exclusive mode")
            connection.execute(
                "insert into kajabi_ledger.merge_runs (run_token, status, kind, undoes_run, about_run, fingerprint, "
                "load_id, started_at, done_by) values (gen_random_uuid(), 'writing', 'undo', 1, 1, 'x', 1, now(), 'me')"
            )
            found = connection.execute(remove, {"id": row["id"], "old": old["id"]}).fetchall()
    assert {found_row["contact_id"]: found_row["outcome"] for found_row in found} == {
        row["id"]: "removed", old["id"]: "not_inserted",
    }  # fmt: skip
    assert FILLED in cells(world)
    privileges = world.rows("""
        select proname from pg_proc
        where pronamespace = 'kajabi_ledger'::regnamespace
            and has_function_privilege('public', oid, 'execute')
    """)
    assert privileges == []


def test_functions_with_the_owners_rights_trust_no_schema_of_others(world: World) -> None:
    """A function that somebody puts into public could stand in for one of PostgreSQL's, and would run as the owner."""
    definers = world.rows("""
        select proname, array_to_string(proconfig, '; ') as settings, proacl::text as rights
        from pg_proc where pronamespace = 'kajabi_ledger'::regnamespace and prosecdef order by proname
    """)
    assert [row["proname"] for row in definers] == ["lock_contacts", "remove_inserted_contacts"]
    for row in definers:
        assert row["settings"].split("; ")[0] == "search_path=pg_catalog, pg_temp"
        assert not re.search(r"[{,]=X", row["rights"]), "public may call it"


NOTE_WHO = """
    create table public.farewells (email text, role_name text);
    grant all on public.farewells to public;
    create function public.say_farewell() returns trigger language plpgsql as $$
    begin insert into farewells values (old.email, current_user); return old; end $$;
    create trigger farewell before delete on public.contacts for each row execute function public.say_farewell()
"""


@pytest.fixture
def stranger(world: World) -> Iterator[str]:
    name = f"stranger_{uuid4().hex[:8]}"
    world.run(f"create role {name}")
    yield name
    world.run(f"reassign owned by {name} to current_user")
    world.run(f"drop owned by {name}")
    world.run(f"drop role {name}")


def test_a_trigger_of_the_owner_finds_its_tables_and_one_of_somebody_else_does_not_run(
    world: World, stranger: str
) -> None:
    world.run(NOTE_WHO)
    world.run(f"alter function public.say_farewell owner to {stranger}")
    undone = undo(world, 1)
    assert kept(undone) == {(NEW, None, "foreign_trigger"), (NEWER, None, "foreign_trigger")}
    assert world.rows("select * from public.farewells") == []
    # with rights of its own it gains none
    world.run("alter function public.say_farewell security definer")
    world.run("grant usage on schema public to public")
    assert undo(world, 1, dry_run=True).removed_contacts == 2
    world.run("alter function public.say_farewell security invoker")
    world.run("alter table public.contacts disable trigger farewell")
    assert undo(world, 1, dry_run=True).removed_contacts == 2
    world.run("alter table public.contacts enable trigger farewell")
    world.run("alter function public.say_farewell owner to current_user")
    assert undo(world, 1).removed_contacts == 2
    assert {row["email"] for row in world.rows("select * from public.farewells")} == {NEW, NEWER}


# ---------------------------------------------------------------- what comes next week


def test_nothing_that_was_undone_comes_in_again_next_week(world: World) -> None:
    undo(world, 1)
    after = cells(world)
    plan = week(world)
    assert (plan["count_updates"], plan["count_inserts"]) == (0, 0)
    ruled = rules(world)
    assert ruled[FILLED, "phone"] == ruled[LINKED, "kajabi_id"] == ruled[LINKED, "kajabi_member_id"] == "blanked_here"
    assert ruled[UPDATED, "phone"] == ruled[MOVER, "city"] == ruled[BOTH, "first_name"] == "stale_in_kajabi"
    assert ruled[DECIDED, "phone"] == "field_owned_elsewhere"
    assert held_rows(world) == {NEW: "insert_undone", NEWER: "insert_undone"}
    assert set(world.verdict().values()) == {0}
    with world.connect() as connection:  # a new word of a person
        assert overrides.decide(connection, DECIDED, "phone", "kajabi", WHY) == "recorded"
        assert overrides.decide(connection, NEW, "new", None, WHY) == "recorded"
        assert overrides.decide(connection, NEWER, "ignore", None, WHY) == "recorded"
    # and new values, with the baseline at the export that was applied
    plan = week(world, **{UPDATED: {"phone": LATER}, FILLED: {"phone": LATER}})
    assert (rules(world)[UPDATED, "phone"], rules(world)[FILLED, "phone"]) == ("both_changed", "fill_blank")
    assert (plan["count_updates"], plan["count_inserts"]) == (2, 1)
    assert held_rows(world) == {NEWER: "ignored"}
    assert set(world.verdict().values()) == {0}
    world.apply()
    now = cells(world)
    assert (now[DECIDED]["phone"], now[FILLED]["phone"], now[UPDATED]["phone"]) == (THEIRS, LATER, OURS)
    assert NEW in now
    assert {email: now[email] for email in (MOVER, LINKED, BOTH)} == {
        email: after[email] for email in (MOVER, LINKED, BOTH)
    }


def test_a_part_plan_does_not_become_the_baseline_and_what_it_wrote_stays_undone(target: Any, tmp_path: Path) -> None:
    world = World(target, tmp_path)
    follow(world)
    world.add_contacts(person(1), {**person(2), "phone": OURS}, {**person(3), **ADDRESS})
    world.load(person(1), person(2, phone=OURS), person(3, **ADDRESS), as_baseline=True)
    world.load(person(1, phone=THEIRS), person(2, phone=THEIRS), person(3, **MOVED))
    plan = world.plan(Scope(only=(FILLED, UPDATED, DECIDED)))
    before = cells(world)
    world.apply()
    undo(world, 1)
    assert cells(world) == before
    # the very same plan may be applied again: whoever types its fingerprint has asked for it
    assert set(world.verdict().values()) == {0}
    assert world.apply(plan["fingerprint"]).run_id == 3
    assert world.apply(plan["fingerprint"]).status == "already_applied"
    assert undo(world, 2).status == "plan_stands"
    undo(world, 3)
    assert cells(world) == before
    # but no other plan proposes it by itself, the baseline being the older export still
    plan = world.plan()
    assert plan["count_updates"] == 0
    ruled = rules(world)
    assert (ruled[FILLED, "phone"], ruled[UPDATED, "phone"]) == ("blanked_here", "stale_in_kajabi")
    assert ruled[DECIDED, "city"] == "stale_in_kajabi"
    # and a plan that does so all the same is stopped
    world.run(
        """
        insert into kajabi_guard.merge_plan (action, contact_id, row_number, email, phone, field_rules, contact_as_seen)
        select 'update', id, 1, email, %(phone)s, '{"phone": "fill_blank"}', to_jsonb(contacts)
        from kajabi_guard.stg_crm__contacts as contacts where email = %(email)s
    """,
        phone=THEIRS,
        email=FILLED,
    )
    found = world.rows("select field from kajabi_guard.guard_protected_values where source_label = 'undone here'")
    assert [row["field"] for row in found] == ["phone"]


def test_a_conflict_on_a_cell_that_was_undone_is_over_and_the_others_stay(world: World) -> None:
    world.policy = {}
    week(world, **{UPDATED: {"phone": LATER, "last_name": "Larkspur"}})
    world.apply()
    waiting = "select field from kajabi_ledger.open_conflicts order by field"
    assert {row["field"] for row in world.rows(waiting)} >= {"last_name", "phone"}
    undo(world, 1)
    assert "phone" not in {row["field"] for row in world.rows(waiting)}
    assert "last_name" in {row["field"] for row in world.rows(waiting)}
    baseline = world.one("select load_id from kajabi_raw.loads order by baseline_rank desc nulls last limit 1")
    assert baseline == world.one("select load_id from kajabi_ledger.merge_runs where run_id = 2"), "the baseline stays"


# ---------------------------------------------------------------- what can go wrong


def test_a_run_that_is_not_there_or_was_refused_is_told(world: World) -> None:
    there = digest(world)
    with pytest.raises(Usage, match="no run 99"):
        undo(world, 99)
    assert digest(world) == there
    world.run("insert into kajabi_ledger.merge_runs (run_token, status, fingerprint, load_id, started_at, done_by) "
              "values (gen_random_uuid(), 'refused', 'x', 1, now(), 'test')")  # fmt: skip
    with pytest.raises(Usage, match="Run 2 was refused and wrote nothing"):
        undo(world, 2)


def test_a_run_of_which_nothing_is_left_is_no_error_and_no_run(world: World) -> None:
    world.run("delete from public.contacts")
    there = digest(world)
    undone = undo(world, 1)
    assert (undone.status, undone.run_id, {each.reason for each in undone.kept}) == ("nothing", None, {"gone"})
    assert digest(world) == there


MEDDLERS = {
    "changes another column": ("before", "new.email_subscribed := true;"),
    "fills what is emptied": ("before", "if new.phone = ' ' then new.phone := '0'; end if;"),
    "touches another contact": (
        "after", "update public.contacts set city = 'x' where first_name = 'Dot' and pg_trigger_depth() = 1;"
    ),
    "swallows an update": ("before", f"if new.email::text = '{MOVER}' then return null; end if;"),
    "waits for the commit": (
        "deferred", f"update public.contacts set phone = '1' where email::text = '{FILLED}' and phone <> '1';"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("when", "body"), MEDDLERS.values(), ids=MEDDLERS.keys())
def test_everything_is_rolled_back_and_noted_when_a_trigger(world: World, when: str, body: str) -> None:
    world.add_contacts({"email": "dot@example.org", "first_name": "Dot"})
    install_meddler(world, when, body)
    there, known = cells(world), sources(world)
    with pytest.raises(RefusedByGuard, match="did not do exactly what was listed") as refused:
        undo(world, 1)
    assert refused.value.exit_code == 3
    assert (cells(world), sources(world)) == (there, known)
    first, second = world.rows("select * from kajabi_ledger.merge_runs order by run_id")
    assert (first["status"], second["status"], second["kind"], second["undoes_run"]) == (
        "applied",
        "refused",
        "undo",
        1,
    )
    assert "555" not in second["refusal"]
    assert "@" not in second["refusal"]
    world.run("drop trigger meddler on public.contacts")
    assert undo(world, 1).status == "applied"


@pytest.mark.parametrize(
    "body", ["return null;", f"delete from public.contacts where email::text = '{MOVER}'; return old;"]
)
def test_everything_is_rolled_back_when_a_trigger_meddles_with_a_removal(world: World, body: str) -> None:
    world.run("create function public.meddle() returns trigger language plpgsql as $$ begin if pg_trigger_depth() > 1 "
              f"then return old; end if; {body} end $$")  # fmt: skip
    world.run("create trigger meddler before delete on public.contacts for each row execute function public.meddle()")
    there = cells(world)
    with pytest.raises(RefusedByGuard):
        undo(world, 1)
    assert cells(world) == there


def test_somebody_else_is_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    there = cells(world)
    with world.connect() as other, other.transaction():
        other.execute(statement("try_run_lock"))
        with pytest.raises(Busy) as busy:
            undo(world, 1)
        assert busy.value.exit_code == 1
    quickly = statement("begin_merge").replace("lock_timeout = '30s'", "lock_timeout = '200ms'")

    def patched(name: str, columns: frozenset[str] | None = None) -> str:
        return quickly if name == "begin_merge" else statement(name, columns)

    monkeypatch.setattr(loader.merge.transaction, "statement", patched)
    with world.connect() as other, other.transaction(force_rollback=True):
        other.execute("update public.contacts set city = city")
        with pytest.raises(Unprepared, match="SQLSTATE 55P03"):
            undo(world, 1)
    assert cells(world) == there


def test_an_edit_that_is_committed_while_the_undo_waits_is_kept(world: World) -> None:
    with in_threads() as start, world.connect() as other:
        with other.transaction():
            query = "update public.contacts set phone = %(phone)s where email::text = %(email)s"
            other.execute(query, {"phone": LATER, "email": FILLED})
            run = start(undo, world, 1)
            await_lock(world)
        undone = run.result(PATIENCE)
    assert kept(undone) == {(FILLED, "phone", "edited")}
    assert cells(world)[FILLED]["phone"] == LATER


def await_word(world: World) -> None:
    """Wait until a person's word waits for the run lock."""
    await_rows(world, "select 1 as there from pg_locks where locktype = 'advisory' and not granted")


def test_a_mark_that_is_set_while_a_run_is_undone_waits_and_is_newer(world: World) -> None:
    """Set in the middle of it, the mark would be replaced by what stood before the run, and nobody would be told."""
    with in_threads() as start, world.connect() as other, world.connect() as mine:
        with other.transaction():
            other.execute("lock table public.contacts in row exclusive mode")
            run = start(undo, world, 1)
            await_lock(world)
            word = start(overrides.protect, mine, FILLED, "phone", WHY)
            await_word(world)
        undone = run.result(PATIENCE)
        assert word.result(PATIENCE) == "late"
    assert undone.status == "applied"
    (mark,) = world.rows(
        "select source, since, run_id from kajabi_ledger.contact_field_sources "
        "where field = 'phone' and contact_id = (select id from public.contacts where email::text = %(email)s)",
        email=FILLED,
    )
    ended = world.one("select finished_at from kajabi_ledger.merge_runs order by run_id desc limit 1")["finished_at"]
    assert (mark["source"], mark["run_id"], mark["since"] > ended) == ("manual", None, True)
    redone = undo(world, 1)
    assert redone.status == "already_undone"
    assert kept(undo(world, undone.run_id or 0)) >= {(FILLED, "phone", "protected")}


def test_a_word_that_comes_during_an_apply_waits_as_well_and_says_so(world: World) -> None:
    plan = week(world, **{UPDATED: {"phone": LATER}})
    with in_threads() as start, held(world, "after the merge") as step, world.connect() as mine:
        run = start(world.apply, plan["fingerprint"])
        step.await_arrival(run)
        words = start(overrides.protect, mine, UPDATED, "phone", WHY)
        await_word(world)
        step.let_go()
        assert run.result(PATIENCE).values_written == 1
        assert words.result(PATIENCE) == "late"
    told = account([{"record": 1, "outcome": "late"}])
    assert told[0].startswith("record 1: recorded, but only after a run that was already in progress")
    assert told[1] == "1 recorded."


def test_what_is_said_during_a_long_run_is_refused_with_who_is_busy(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quickly = statement("begin_recording").replace("'60s'", "'200ms'")
    monkeypatch.setattr(
        loader.database.locks, "statement", lambda name: quickly if name == "begin_recording" else statement(name)
    )
    listed = tmp_path / "list.csv"
    listed.write_text("email,field,verdict,old_email,survivor_email\n", encoding="utf-8")
    before = digest(world)
    with run_lock(world.target, "plan"), world.connect() as mine:
        for word in (
            lambda: overrides.decide(mine, FILLED, "phone", "ours", WHY),
            lambda: overrides.decide_file(mine, listed, WHY),
            lambda: overrides.protect(mine, FILLED, "phone", WHY),
            lambda: overrides.protect(mine, FILLED, "phone", WHY, is_protected=False),
            lambda: overrides.protect_file(mine, listed, WHY),
            lambda: merged_contacts.record(mine, "old@example.org", FILLED),
            lambda: merged_contacts.record_file(mine, listed),
            lambda: merged_contacts.backfill(mine),
            lambda: merged_contacts.declare_none(mine, WHY),
        ):
            with pytest.raises(Busy, match=r"kajabi-guard plan by .*Nothing was recorded"):
                word()
    assert digest(world) == before


def test_two_people_may_speak_at_once(world: World) -> None:
    with world.connect() as mine, world.connect() as other, mine.transaction():
        assert overrides.protect(mine, FILLED, "phone", WHY) == "recorded"
        assert overrides.protect(other, UPDATED, "phone", WHY) == "recorded"


def test_two_people_who_undo_the_same_run_at_once_undo_it_once(world: World, before: dict[str, dict[str, Any]]) -> None:
    with in_threads() as start:
        runs = [start(undo, world, 1) for _ in range(4)]
        outcomes = [run.exception(30) or run.result() for run in runs]
    done = [outcome for outcome in outcomes if getattr(outcome, "status", "") == "applied"]
    assert len(done) == 1, outcomes
    assert all(getattr(other, "status", "already_undone") in {"applied", "already_undone"} for other in outcomes)
    assert cells(world) == before


def test_a_commit_whose_reply_was_lost_is_found_in_the_ledger(
    world: World, server: dict[str, str], before: dict[str, dict[str, Any]]
) -> None:
    there = cells(world)
    with wired(world, server, "before"), pytest.raises(KajabiGuardError, match=r"connection broke.*no such run"):
        undo(world, 1)
    assert cells(world) == there
    edit(world, FILLED, phone=LATER)
    with wired(world, server, "after"):
        undone = undo(world, 1)
    assert undone.status == "applied"
    assert undone.run_id == world.one("select max(run_id) as n from kajabi_ledger.merge_runs")["n"]
    assert kept(undone) == {(FILLED, "phone", "edited")}
    assert cells(world) == {**before, FILLED: {**before[FILLED], "phone": LATER}}


def test_the_command_line_lists_emails_and_fields_and_no_values(world: World, tmp_path: Path) -> None:
    edit(world, FILLED, phone=LATER)
    folder = tmp_path / "console"
    folder.mkdir()
    with console_in(folder) as console:
        missing = console.run("undo", 99)
        assert (missing.code, "no run 99" in missing.refusal) == (2, True)
        assert console.run("undo", "x").code == 2
        rehearsed = console.run("undo", 1, "--dry-run", "--json").document
        assert (rehearsed["status"], rehearsed["run_id"], rehearsed["removed_contacts"]) == ("rehearsed", None, 2)
        assert [(row["email"], row["field"], row["reason"]) for row in rehearsed["kept"]] == [
            (FILLED, "phone", "edited")
        ]
        undone = console.run("undo", 1)
        assert undone.code == 0
        assert "Undid run 1, as run" in undone.out
        assert FILLED in undone.out
        assert "changed here since" in undone.out
        assert "555" not in undone.out
        again = console.run("undo", 1)
        assert (again.code, "Nothing to do" in again.out) == (0, True)
        last, first = console.run("history", "--json").document
        assert (first["status"], first["what_became_of_it"]) == ("undone", f"undone by {last['run_id']}")
        assert (last["kind"], last["undoes_run"], last["values_left"]) == ("undo", 1, 1)
        listed = " ".join(console.run("history").out.split())
        assert "undo of 1" in listed
        assert all(len(line) <= 80 for line in console.run("history").out.split("\n"))


# ---------------------------------------------------------------- other sites, older runs


def test_a_run_from_before_the_migration_is_undone_as_far_as_the_ledger_allows(
    world: World, before: dict[str, dict[str, Any]]
) -> None:
    """The tables as they were, with the run in them, then the upgrade."""
    world.run("drop function kajabi_ledger.remove_inserted_contacts, kajabi_ledger.references_to_contacts, "
              "kajabi_ledger.cell_digests")  # fmt: skip
    world.run("drop schema kajabi_guard cascade")
    world.run("create schema kajabi_guard")
    world.run("drop table kajabi_ledger.inserted_contacts")
    world.run("alter table kajabi_ledger.field_changes drop old_source, drop old_since, drop old_source_run, "
              "drop is_source_noted")  # fmt: skip
    world.run("drop index kajabi_ledger.merge_runs_applied_once, kajabi_ledger.merge_runs_undone_once, "
              "kajabi_ledger.field_changes_of_contact")  # fmt: skip
    world.run("alter table kajabi_ledger.merge_runs drop kind, drop undoes_run, drop about_run, drop removed_contacts, "
              "drop values_left, drop contacts_left, drop continues_run")  # fmt: skip
    world.run("create unique index merge_runs_applied_once on kajabi_ledger.merge_runs (fingerprint) "
              "where status = 'applied'")  # fmt: skip
    late = ("0003_undo", "0010_undo_goes_on")
    world.run("delete from kajabi_ledger.schema_migrations where migration = any(%(late)s)", late=list(late))
    with world.connect() as connection:
        for name, text in migrations():
            if name in late:
                connection.execute(text)
        # the tables have their later names already, so of 0016 only its function is left to make
        _, create, rest = dict(migrations())["0016_names_of_tables"].partition("create or replace function")
        connection.execute(create + rest.partition("\n$$;")[0] + "\n$$;")
    undone = undo(world, 1)
    assert kept(undone) == {(NEW, None, "not_noted"), (NEWER, None, "not_noted")}
    assert undone.unknown_sources == undone.values_written
    now = cells(world)
    assert {email: now[email] for email in before} == before
    assert {key[1] for key in sources(world)} >= {"first_name", "last_name"}, "those of the new contacts stay"
    assert "is older than the record of who gave a value" in undone.as_text()


def test_a_site_without_ids_or_evidence(target: Any, tmp_path: Path) -> None:
    with_connection = "create table public.contacts (id uuid primary key default gen_random_uuid(), email text unique, "
    columns = ("first_name", "last_name", "phone", "address_line_1", "address_line_2", "city", "state", "country")
    with connect(target) as connection:  # the table must be there before the world is
        fields = ", ".join(f"{name} varchar(40)" for name in columns)
        connection.execute(f"{with_connection}{fields}, postal_code char(7), source_system text not null)")
    world = World(target, tmp_path)
    bare = {"email": FILLED, "first_name": "Ada"}
    world.add_contacts(bare)
    world.say_no_duplicates()
    world.load({**bare, "phone": THEIRS, "postal_code": "80302"}, {**person(2), "kajabi_id": None})
    before = cells(world)
    world.plan()
    world.apply()
    assert cells(world)[FILLED]["postal_code"] == "80302  "
    undone = undo(world, 1)
    assert (undone.values_written, undone.removed_contacts, undone.kept) == (2, 1, ())
    assert cells(world) == before
    assert undo(world, 2).inserted_contacts == 1
    assert cells(world)[FILLED]["postal_code"] == "80302  "


# ---------------------------------------------------------------- any world


@pytest.mark.parametrize("seed", range(8))
def test_after_an_undo_every_cell_is_as_before_the_run_or_as_it_was_edited_later(
    world: World, before: dict[str, dict[str, Any]], seed: int
) -> None:
    """Random edits, an undo, random edits, an undo of the undo, and so on: every cell is compared each time."""
    chance = random.Random(seed)
    goal = {row["id"]: plain(row) for row in before.values()}  # as the run found the contacts
    left = now(world)  # and as it left them
    run_id = 1
    for _ in range(3):
        edit_at_random(world, chance, [goal, left])
        edited = now(world)
        undone = undo(world, run_id)
        after = now(world)
        for contact_id in {*goal, *left, *edited}:
            was, wanted, found = (state.get(contact_id) for state in (left, goal, edited))
            if was is None or wanted is None:  # the run brought or took it as a whole
                expected = wanted if found == was else found
            else:
                assert found is not None
                is_written = {name: was[name] != wanted[name] and found[name] == was[name] for name in found}
                expected = {name: wanted[name] if is_written[name] else found[name] for name in found}
            assert after.get(contact_id) == expected, contact_id
        if undone.run_id is None:
            break
        run_id, goal, left = undone.run_id, edited, after


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A contact without its times: what is inserted again is made again."""
    return {name: value for name, value in row.items() if name != "created_at"}


def now(world: World) -> dict[str, dict[str, Any]]:
    return {row["id"]: plain(row) for row in cells(world).values()}


def edit_at_random(world: World, chance: random.Random, states: list[dict[str, dict[str, Any]]]) -> None:
    """Edit some cells: to a value of their own, to a blank, or to one that a run knows."""
    fields = ("first_name", "phone", "city", "address_line_2", "postal_code", "kajabi_id", "zoho_id")
    for contact_id in chance.sample(sorted(states[1]), chance.randint(0, 5)):
        field = chance.choice(fields)
        known = [state.get(contact_id, {}).get(field) for state in states]
        value = chance.choice([None, f"x{chance.randint(0, 10**9)}", *known])
        query = f"update public.contacts set {field} = %(value)s where id = %(id)s"
        world.run(query, value=value, id=contact_id)
