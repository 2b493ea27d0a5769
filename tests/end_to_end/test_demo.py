"""The demo is told by the roles of loader/sql/roles.sql, and would stop where one of them lacked a right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from loader import databases, demo
from loader.database import Target, connect, pointed_at
from loader.embedded import running
from loader.errors import KajabiGuardError
from loader.roles import close_and_grant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loader.database import Connection

OWNER, LOADER, PLANNER, APPLIER = (f"kajabi_guard_demo_{task}" for task in ("owner", "loader", "planner", "applier"))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A state folder whose practice server stays up between the stories of this file."""
    folder = tmp_path_factory.mktemp("demo") / "state"
    with running(folder / "practice"):
        yield folder


def tell(state: Path) -> None:
    demo.tell_story(scale=0.01, state=state, reports=state / "reports")


def rows(state: Path, query: str) -> list[dict[str, Any]]:
    with running(state / "practice") as server:
        there = Target({**server.settings, "PGDATABASE": demo.DATABASE})
        with pointed_at(there), connect(there) as connection:
            return connection.execute(query).fetchall()


def test_each_step_is_done_by_the_role_that_may_do_it(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[tuple[str, bool]]] = {}

    def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            with psycopg.connect("") as fresh:  # who a new connection is, as well as the one that is handed over
                own = [argument for argument in arguments if isinstance(argument, psycopg.Connection)]
                for connection in (fresh, *own):
                    seen.setdefault(name, set()).add(who(connection))
            return function(*arguments, **options)

        return step

    def who(connection: psycopg.Connection[Any]) -> tuple[str, bool]:
        query = "select session_user::text, rolsuper from pg_roles where rolname = session_user"
        with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
            row = cursor.execute(query).fetchone()
        assert row
        return row[0], row[1]

    steps = {
        "fill_contacts": OWNER, "close_and_grant": OWNER, "load_export": LOADER, "make_plan": PLANNER,
        "read_report": PLANNER, "write_files": PLANNER, "apply_plan": APPLIER,
    }  # fmt: skip
    for name in steps:
        monkeypatch.setattr(demo, name, watched(name, getattr(demo, name)))
    tell(state)
    assert seen == {name: {(role, False)} for name, role in steps.items()}
    runs = rows(state, "select status, database_role from kajabi_ledger.merge_runs order by run_id")
    assert runs == [{"status": "applied", "database_role": APPLIER}] * 2
    owners = "select distinct nspname::text as schema, relowner::regrole::text as owner from pg_class inner join "
    owners += (
        "pg_namespace on relnamespace = pg_namespace.oid where nspname ~ '^(public|kajabi)' and relkind in ('r', 'v')"
    )
    assert {row["schema"]: row["owner"] for row in rows(state, owners)} == {
        "public": OWNER, "kajabi_raw": OWNER, "kajabi_ledger": OWNER, "kajabi_guard": PLANNER,
    }  # fmt: skip


NEEDED = {
    "duplicates": "insert on kajabi_ledger.known_duplicates from kajabi_guard_applier",
    "load": "insert on kajabi_raw.loads from kajabi_guard_loader",
    "plan": "select on public.contacts from kajabi_guard_planner",
    "apply": "insert (email) on public.contacts from kajabi_guard_applier",
}


@pytest.mark.parametrize("step", NEEDED)
def test_without_one_grant_the_story_stops_there(state: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:

    def all_but_one(connection: Connection, *, create: bool = False) -> bool:
        done = close_and_grant(connection, create=create)
        connection.execute(f"revoke {NEEDED[step]}")
        return done

    monkeypatch.setattr(demo, "close_and_grant", all_but_one)
    with pytest.raises((psycopg.errors.InsufficientPrivilege, KajabiGuardError)) as stopped:
        tell(state)
    refused = ("permission denied", "may not read", "lacks a privilege")
    assert any(words in str(stopped.value) for words in refused), "and for no other reason"
    reached = rows(
        state,
        """
        select
            (select count(*) from kajabi_ledger.known_duplicates) > 0 as duplicates,
            exists(select from kajabi_raw.loads) as load,
            to_regclass('kajabi_guard.merge_plan') is not null as plan,
            exists(select from kajabi_ledger.merge_runs where status = 'applied') as apply
    """,
    )
    steps = list(NEEDED)
    assert reached == [{name: steps.index(name) < steps.index(step) for name in steps}]


def test_the_passwords_are_kept_nowhere(state: Path) -> None:
    """The roles log in with a password, and who reads the state folder does not find it."""
    tell(state)
    tell_roles = rows(state, "select rolname::text as name, rolpassword from pg_authid where rolname ~ '_demo_'")
    assert {row["name"] for row in tell_roles} == {OWNER, LOADER, PLANNER, APPLIER}
    assert all(row["rolpassword"].startswith("SCRAM-SHA-256$") for row in tell_roles)


def test_another_server_is_told_by_the_role_that_connects(server: dict[str, str], tmp_path: Path) -> None:
    """Roles belong to a whole server: the demo leaves none on somebody else's."""
    url = make_conninfo(
        host=server["PGHOST"], port=server.get("PGPORT", "5432"), user=server["PGUSER"], dbname=server["PGDATABASE"],
        password=server.get("PGPASSWORD"),
    )  # fmt: skip
    demo_roles = "select rolname from pg_roles where rolname ~ '^kajabi_guard_'"
    there = Target({**server, "PGDATABASE": demo.DATABASE})
    with pointed_at(Target(server)), connect(Target(server)) as admin:
        before = admin.execute(demo_roles).fetchall()
    try:
        demo.tell_story(url, scale=0.01, state=tmp_path / "state", reports=tmp_path / "reports")
        with pointed_at(there), connect(there) as connection:
            runs = connection.execute("select distinct database_role from kajabi_ledger.merge_runs").fetchall()
            assert connection.execute(demo_roles).fetchall() == before
        assert runs == [{"database_role": server["PGUSER"]}]
    finally:
        databases.drop(server, demo.DATABASE)
