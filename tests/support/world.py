"""A small world for end-to-end tests: a real database with contacts, exports loaded into it, plans, applies."""

from __future__ import annotations

import csv
import re
import shutil
from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

from psycopg import sql

import loader.merge.plan
from loader.common.paths import PROJECT
from loader.database.connection import Target, connect
from loader.database.schema import migrate
from loader.database.statements import statement
from loader.kajabi.inbound.load import Load, load_export
from loader.merge.apply import apply_plan
from loader.merge.current_plan import current_plan
from loader.merge.plan import Scope, make_plan
from recorded_build import RecordedBuild

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from loader.database.connection import Connection
    from loader.merge.outcomes import Run

HEADER_OF = {
    "kajabi_id": "ID",
    "kajabi_member_id": "Member ID",
    "email": "Email",
    "first_name": "First Name",
    "last_name": "Last Name",
    "phone": "Phone Number (phone_number)",
    "address_line_1": "Address (address_line_1)",
    "address_line_2": "Address Line 2 (address_line_2)",
    "city": "City (address_city)",
    "state": "State (address_state)",
    "postal_code": "Zip Code (address_zip)",
    "country": "Country (address_country)",
}


def database_name() -> str:
    """A name that no database has."""
    return f"kajabi_guard_test_{uuid4().hex[:12]}"


class World:
    """One database with a ``contacts`` table. Rows are dicts by our column names, in the database and in exports."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.count_files = 0
        self.replays = True
        """Whether a plan replays what dbt sent for another; else it is dbt that builds."""
        self.policy: dict[str, str] = {}
        self.macros: Callable[[str], str] | None = None
        with self.connect() as connection:
            if not self.one("select to_regclass('public.contacts') as there", connection=connection)["there"]:
                connection.execute(statement("demo_contacts"))
            migrate(connection)

    def connect(self) -> Connection:
        return connect(self.target, "test")

    def rows(self, query: str, connection: Connection | None = None, **parameters: Any) -> list[dict[str, Any]]:
        if connection is not None:
            return connection.execute(query, parameters).fetchall()
        with self.connect() as fresh:
            return self.rows(query, connection=fresh, **parameters)

    def one(self, query: str, connection: Connection | None = None, **parameters: Any) -> dict[str, Any]:
        (row,) = self.rows(query, connection=connection, **parameters)
        return row

    def run(self, query: str, **parameters: Any) -> None:
        with self.connect() as connection:
            connection.execute(query, parameters or None)

    def add_contacts(self, *contacts: Mapping[str, Any]) -> list[str]:
        """Insert contacts; an email and source_system kajabi are given where missing. Returns their ids."""
        ids = []
        with self.connect() as connection, connection.transaction():
            for contact in contacts:
                values = {"source_system": "kajabi", **contact}
                names = sql.SQL(", ").join(map(sql.Identifier, values))
                marks = sql.SQL(", ").join(map(sql.Placeholder, values))
                query = sql.SQL("insert into public.contacts ({}) values ({}) returning id").format(names, marks)
                row = connection.execute(query, values).fetchone()
                assert row
                ids.append(str(row["id"]))
        return ids

    def copy_contacts(self, contacts: Iterable[Mapping[str, Any]]) -> None:
        """Insert thousands of contacts at once; all of them have the columns of the first."""
        contacts = iter(contacts)
        first = next(contacts)
        columns = list(first)
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        query = sql.SQL("copy public.contacts ({}) from stdin").format(names)
        with self.connect() as connection, connection.cursor() as cursor, cursor.copy(query) as copy:
            for contact in chain([first], contacts):
                copy.write_row([contact[column] for column in columns])

    def write_export(self, rows: Iterable[Mapping[str, str | None]], columns: Sequence[str] | None = None) -> Path:
        """Write rows as a Kajabi export (BOM, CRLF). ``columns``: the mapped columns that the file has."""
        self.count_files += 1
        path = self.folder / f"export {self.count_files}.csv"
        columns = columns or list(HEADER_OF)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow([HEADER_OF[name] for name in columns])
            writer.writerows([row.get(name) or "" for name in columns] for row in rows)
        return path

    def load(self, *rows: Mapping[str, str | None], as_baseline: bool = False) -> Load:
        path = self.write_export(rows)
        with self.connect() as connection:
            return load_export(connection, path, as_baseline=as_baseline)

    def say_no_duplicates(self) -> None:
        """Without this, new contacts are held: nobody said yet who was merged away."""
        self.run("insert into kajabi_ledger.no_merged_contacts_declared values (now(), 'test', 'invented people')")

    def plan(self, scope: Scope | None = None) -> dict[str, Any]:
        replaying = mock.patch.object(loader.merge.plan, "run_dbt", RecordedBuild())
        with replaying if self.replays else nullcontext():
            make_plan(self.target, scope, state=self.folder, project=self._project())
        with self.connect() as connection:
            return current_plan(connection)

    def apply(self, fingerprint: str | None = None, *, dry_run: bool = False) -> Run:
        with self.connect() as connection:
            wanted = fingerprint or current_plan(connection)["fingerprint"]
            return apply_plan(connection, self.target, wanted, dry_run=dry_run)

    def contacts(self) -> dict[str, dict[str, Any]]:
        """Every cell of every contact, by email."""
        return {row["email"]: row for row in self.rows("select * from public.contacts order by email")}

    def decisions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every decision of the plan, by (email, field)."""
        query = """
            select contacts.email::text as email, decisions.*
            from kajabi_guard.field_decisions as decisions
            inner join public.contacts on decisions.contact_id = contacts.id
        """
        return {(row["email"], row["field"]): row for row in self.rows(query)}

    def verdict(self) -> dict[str, int]:
        """Violations by guard."""
        return {row["guard"]: row["violations"] for row in self.rows("select * from kajabi_guard.guard_verdict")}

    def _project(self) -> Path:
        """The project as it is, or with other policies in its seed or other macros, as a steward would set them."""
        if not self.policy and not self.macros:
            return PROJECT
        project = self.folder / "project"
        if not project.exists():
            project.mkdir()
            for name in ("models", "tests"):
                (project / name).symlink_to(PROJECT / name)
            for name in ("seeds", "macros"):
                shutil.copytree(PROJECT / name, project / name)
            shutil.copyfile(PROJECT / "dbt_project.yml", project / "dbt_project.yml")
        seed = (PROJECT / "seeds" / "field_policies.csv").read_text(encoding="utf-8")
        for field, policy in self.policy.items():
            seed = re.sub(rf"(?m)^({field},\d+),\w+", rf"\1,{policy}", seed)
        (project / "seeds" / "field_policies.csv").write_text(seed, encoding="utf-8")
        if self.macros:
            before = (PROJECT / "macros" / "clean_text.sql").read_text(encoding="utf-8")
            after = self.macros(before)
            assert after != before, "the macros that this test changes have moved"
            (project / "macros" / "clean_text.sql").write_text(after, encoding="utf-8")
        return project
