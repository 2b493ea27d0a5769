"""Taking a run back: what is restored, what is kept, and what does not come in again next week.

One small world is made for the whole file and written once, with every kind of value that a run can write; each test
gets a copy of its database. What "as before" means is said by ``cells``: every column but ``updated_at``, byte for byte.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

import loader.write
from console import digest
from loader import decide, duplicates
from loader.errors import Busy, KajabiGuardError, RefusedByGuard, StalePlan, Unprepared, Usage
from loader.plan import Scope
from loader.statements import migrations, statement
from loader.undo import undo_run
from test_three_way import ADDRESS, MOVED, person
from test_write import COMMIT, await_lock, copied, held, in_threads, install_meddler, wired
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.database import Connection
    from loader.runs import Undone

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
    return {row["email"]: row["hold_reason"] for row in world.rows("select * from kajabi_guard.held_rows")}


def week(world: World, **changes: dict[str, str | None]) -> dict[str, Any]:
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
        world.load(person(1), *before[:2], person(4, **ADDRESS), person(5), {**before[2], **ADDRESS}, as_base=True)
        world.say_no_duplicates()
        week(world)
        with world.connect() as connection:
            assert decide.decide(connection, DECIDED, "phone", "kajabi", WHY) == "recorded"
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


def test_a_run_is_taken_back_to_the_byte_with_its_provenance(world: World, before: dict[str, dict[str, Any]]) -> None:
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
        assert decide.protect(connection, FILLED, "phone", WHY) == "recorded"
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
    (gone,) = [each for each in undo(world, 1).kept]
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


def test_an_undo_is_taken_back_as_well_and_so_on(world: World, before: dict[str, dict[str, Any]]) -> None:
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


def test_an_undo_of_an_undo_writes_only_where_the_contact_holds_what_the_undo_left(world: World) -> None:
    undo(world, 1)
    edit(world, FILLED, phone=LATER)
    with world.connect() as connection:
        assert decide.protect(connection, UPDATED, "phone", WHY) == "recorded"
        assert duplicates.record(connection, NEWER, BOTH, because=WHY) == "recorded"
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
        assert decide.protect(connection, NEW, "phone", WHY) == "recorded"
        assert duplicates.record(connection, "old@example.org", NEWER, because=WHY) == "recorded"
    assert kept(undo(world, 1)) == {(NEW, None, "spoken_of"), (NEWER, None, "spoken_of")}


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
