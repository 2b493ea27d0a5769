"""A site whose contacts lack a managed field works without it: it is never read, never written and never granted.

Whole weeks are walked on two such sites: one without phone and line 2, one with the required columns and one field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from contacts_shape import MANAGED, PLANNED, bare_contacts
from loader.common.errors import Unprepared
from loader.database.connection import Target, connect, pointed_at
from loader.database.doctor.examine import examine
from loader.database.statements import statement
from loader.kajabi.outbound.export import Request, export
from loader.merge.undo import undo_run
from loader.report.document import read_report
from loader.report.explain.read import read_explanation
from loader.report.files import write_files
from loader.stewardship import overrides
from loader.stewardship.erasure import forget
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loader.merge.outcomes import Undone

WHY = "invented people"
ADA, BEN, CAL, EVE = (
    {"email": f"{first}.{last}@example.org".lower(), "kajabi_id": f"100000000{number}", "first_name": first,
     "last_name": last}
    for number, (first, last) in enumerate((("Ada", "Brook"), ("Ben", "Ash"), ("Cal", "Ford"), ("Eve", "Moor")))
)  # fmt: skip
PEOPLE = (ADA, BEN, CAL, EVE)
HOME = {
    "phone": "(303) 555-0142", "address_line_1": "12 Elm Street", "address_line_2": "Apt 4", "city": "Lyons",
    "state": "CO", "postal_code": "80540", "country": "US",
}  # fmt: skip
MOVED = {"phone": "(720) 555-0199", "address_line_1": "9 Oak Road", "address_line_2": "Flat 2", "city": "Quill"}
GROUPS = "kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier"


@dataclass
class Site:
    """A site, the managed fields and ids that it has, and those that it lacks."""

    world: World
    has: tuple[str, ...]

    @property
    def lacks(self) -> tuple[str, ...]:
        return tuple(name for name in PLANNED if name not in self.has)

    def here(self, person: dict[str, Any]) -> dict[str, Any]:
        """What of a person this site has a column for."""
        return {name: person.get(name) for name in ("email", *self.has)}

    def undo(self, run_id: int | None) -> Undone:
        assert run_id
        with self.world.connect() as connection:
            return undo_run(connection, self.world.target, run_id)

    def cells(self) -> dict[str, dict[str, Any]]:
        """What a plan may write of every contact, by email."""
        return {email.lower(): self.here(row) for email, row in self.world.contacts().items()}


def without_some(target: Target, folder: Path) -> Site:
    world = World(target, folder)
    world.run("alter table public.contacts drop column phone, drop column address_line_2")
    return Site(world, tuple(name for name in PLANNED if name not in {"phone", "address_line_2"}))


def with_one(target: Target, folder: Path) -> Site:
    with connect(target) as connection:
        connection.execute(bare_contacts(["city"]))
    return Site(World(target, folder), ("city",))


@pytest.fixture(params=[without_some, with_one])
def site(request: pytest.FixtureRequest, target: Target, tmp_path: Path) -> Site:
    made: Site = request.param(target, tmp_path)
    made.world.say_no_duplicates()
    return made


@pytest.fixture
def clerk(site: Site) -> Iterator[Target]:
    """The site's database for a role that has the three roles of `init --roles`, and no other right."""
    name, owner = f"kg_clerk_{uuid4().hex[:8]}", site.world.target
    site.world.run(statement("roles"))
    site.world.run(f"create role {name}; grant {GROUPS} to {name}")
    yield Target({**owner.settings, "PGOPTIONS": f"-c role={name}"})
    site.world.target = owner
    for query in (
        f"reassign owned by {name}, {GROUPS} to current_user",
        f"drop owned by {name}, {GROUPS}",
        f"drop role {name}, {GROUPS}",
    ):
        site.world.run(query)


def test_whole_weeks_go_by_without_the_fields_that_a_site_lacks(site: Site, clerk: Target, tmp_path: Path) -> None:
    """Fill, insert, undo and redo, protect, decide, explain, report, export: with no more rights than they need."""
    world = site.world
    world.add_contacts(
        site.here(ADA), {**site.here(BEN), "city": "Boulder"}, {**site.here(CAL), "source_system": "zoho"}
    )
    owner, world.target = world.target, clerk
    with pointed_at(clerk):
        first_week(site)
        second_week(site, tmp_path)
    world.target = owner
    world.run("delete from public.contacts where email = %(email)s", email=EVE["email"])
    with world.connect() as connection:
        assert forget(connection, EVE["email"], WHY).row_counts["planned_rows"] > 0


def first_week(site: Site) -> None:
    world, export_rows = site.world, [{**person, **HOME} for person in PEOPLE]
    world.load(*export_rows)
    assert world.one("select count(phone_number) as phones from kajabi_raw.contact_rows")["phones"] == len(PEOPLE)
    world.plan()
    assert set(world.verdict().values()) == {0}
    assert {field for _, field in world.decisions()} <= set(site.has)
    for model in ("old_import_values", "kajabi_by_hand"):
        rows = world.rows(f"select from kajabi_guard.{model} where field = any(%(lacks)s)", lacks=list(site.lacks))
        assert rows == [], model
    before = site.cells()
    assert world.apply(dry_run=True).status == "rehearsed"
    assert site.cells() == before
    run = world.apply()
    after = site.cells()
    assert after[ADA["email"]] == site.here(export_rows[0])
    assert after[BEN["email"]]["city"] == "Boulder"
    assert after[CAL["email"]] == before[CAL["email"]]
    assert after[EVE["email"]] == site.here(export_rows[3])
    written = {row["field"] for row in world.rows("select distinct field from kajabi_ledger.field_changes")}
    assert written <= {*site.has, "email"}
    undone = site.undo(run.run_id)
    assert undone.removed_contacts == 1
    assert site.cells() == before
    assert site.undo(undone.run_id).inserted_contacts == 1
    assert site.cells() == after


def second_week(site: Site, folder: Path) -> None:
    world = site.world
    with world.connect() as connection:
        assert overrides.protect(connection, ADA["email"], "city", WHY) == "recorded"
        assert overrides.protect(connection, ADA["email"], None, WHY, is_protected=False) == "recorded"
        assert overrides.protect(connection, BEN["email"], None, WHY) == "recorded"
        assert overrides.protect(connection, ADA["email"], "phone", WHY) == "no_column"
    marked = {row["field"] for row in world.rows("select field from kajabi_ledger.protections")}
    assert marked == {name for name in MANAGED if name in site.has}
    moved = {**HOME, **MOVED}
    world.load(*({**person, **moved} for person in PEOPLE))
    world.plan()
    assert set(world.verdict().values()) == {0}
    assert world.decisions()[BEN["email"], "city"]["rule"] == "field_owned_elsewhere"
    with world.connect() as connection:
        assert overrides.decide(connection, ADA["email"], "phone", "kajabi", WHY) == "no_difference"
        assert overrides.decide(connection, ADA["email"], "address", "kajabi", WHY) == "recorded"
        (contact,) = read_explanation(connection, world.target, ADA["email"])["contacts"]
        made = write_files(connection, read_report(connection, world.target), "", folder / "reports")
    assert {row["field"] for row in contact["fields"] if row["state"] == "no_column"} == set(site.lacks)
    assert (made / "address_evaluation.csv").exists()
    world.plan()
    world.apply()
    assert site.cells()[ADA["email"]] == site.here({**ADA, **moved})
    assert site.cells()[BEN["email"]]["city"] == "Boulder"
    world.plan()
    with world.connect() as connection:
        files = export(connection, world.target, Request("full"), folder / "files")["files"]
    assert {column for file in files for column in file["columns"]} - {"email", "name"} <= set(site.has)


def test_the_doctor_names_what_a_site_lacks_in_one_line_and_wants_no_right_to_it(
    site: Site, clerk: Target, tmp_path: Path
) -> None:
    with pointed_at(clerk), connect(clerk) as connection:
        found = examine(connection, clerk, tmp_path)
        granted = connection.execute("""
            select distinct column_name as name from information_schema.column_privileges
            where table_schema = 'public' and table_name = 'contacts'
            and grantee = 'kajabi_guard_applier' and privilege_type = 'UPDATE'
        """).fetchall()
    (line,) = [finding for finding in found if finding.check == "fields"]
    assert (line.status, line.detail) == (
        "warning", f"not here: {', '.join(name for name in MANAGED if name not in site.has)}"
    )  # fmt: skip
    assert {finding.check: finding.status for finding in found}["may apply"] == "ok"
    assert {row["name"] for row in granted} == set(site.has)


def test_a_full_site_has_no_such_line(world: World, tmp_path: Path) -> None:
    with world.connect() as connection:
        assert "fields" not in {finding.check for finding in examine(connection, world.target, tmp_path)}


def test_the_ledgers_copy_of_the_plan_has_a_column_for_each_field_and_no_other_of_contacts(
    world: World,
) -> None:
    """By these columns `roles.sql` grants: it is run with psql as well, where nothing composes it."""
    of_the_plan = {"run_id", "action", "contact_id", "row_number", "email", "field_rules", "contact_as_seen"}
    columns = world.rows(
        "select attname as name from pg_attribute where attrelid = 'kajabi_ledger.planned_rows'::regclass "
        "and attnum > 0 and not attisdropped"
    )
    assert {row["name"] for row in columns} == {*PLANNED, *of_the_plan}


def test_a_column_that_is_dropped_after_a_write_is_kept_out_of_its_undo(world: World) -> None:
    """The cell is listed as left; the rest of the contact, and a contact that came, are undone and redone."""
    world.say_no_duplicates()
    world.add_contacts(ADA)
    world.load({**ADA, **HOME}, {**EVE, **HOME})
    world.plan()
    site = Site(world, tuple(name for name in PLANNED if name != "phone"))
    run = world.apply()
    world.run("alter table public.contacts drop column phone")
    undone = site.undo(run.run_id)
    assert ("phone", "no_column") in {(each.field, each.reason) for each in undone.kept}
    assert site.cells()[ADA["email"]]["city"] is None


def test_a_table_with_none_of_the_fields_has_nothing_to_compare(target: Target, tmp_path: Path) -> None:
    with connect(target) as connection:
        connection.execute(bare_contacts(["nickname"]))
    with pytest.raises(Unprepared, match="none of the fields that an import compares"):
        World(target, tmp_path).plan()
