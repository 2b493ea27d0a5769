"""``doctor``: each check is made to report by breaking exactly that, and the others go on whatever is broken."""

from __future__ import annotations

import struct
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from console import Console, console_in
from loader import doctor_machine
from loader.database import PROJECT, Target, connect, pointed_at
from loader.doctor import examine
from loader.doctor_connection import pooler, tls, version
from loader.findings import Finding, findings_text
from loader.prepare import run_lock
from loader.statements import statement
from test_sites import GSS_REQUEST, SSL_REQUEST, ForgetfulPooler, as_role, exactly, message_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from world import World

CANARY = "canary.quill@example.org"
GROUPS = "kajabi_guard_loader, kajabi_guard_planner, kajabi_guard_applier"


def findings_of(target: Target) -> list[Finding]:
    with connect(target, "test") as connection:
        return examine(connection, target)


def found(target: Target, check: str) -> Finding:
    (finding,) = [each for each in findings_of(target) if each.check == check]
    return finding


def test_a_sound_site_has_no_problem_and_every_line_fits(world: World) -> None:
    world.add_contacts({"email": CANARY})
    world.load({"email": CANARY})
    findings = findings_of(world.target)
    assert {each.check: each.detail for each in findings if each.status == "problem"} == {}
    assert {each.check for each in findings if each.status == "warning"} <= {"last applied plan", "PostgreSQL"}
    groups = [each.group for each in findings]
    assert list(dict.fromkeys(groups)) == ["Connection", "Role", "Contacts", "Imports", "This machine"]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index), "a group is in one place"
    text = findings_text(findings)
    assert [line for line in text.split("\n") if len(line) > 80] == []
    assert text.split("\n")[-1].startswith("0 problems and ")


# what is done to the database, and what doctor then says: check, status, a part of the detail
BROKEN = {
    "no contacts": ("drop table public.contacts cascade", "contacts table", "problem", "no table public.contacts"),
    "a required column": (
        "alter table public.contacts drop column city", "contacts table", "problem", "lacks city",
    ),
    "an optional column": ("alter table public.contacts drop column zoho_id", "columns", "warning", "zoho_id"),
    "a Kajabi id as a number": (
        "alter table public.contacts alter column kajabi_id type bigint using null",
        "types", "problem", "not text: kajabi_id (bigint)",
    ),
    "a phone as a number": (
        "alter table public.contacts alter column phone type numeric using null", "types", "problem", "phone (numeric)",
    ),
    "another id": (
        "alter table public.contacts drop column id; alter table public.contacts add column id bigint",
        "types", "problem", "not uuid: id (bigint)",
    ),
    "deleted_at as yes or no": (
        "alter table public.contacts alter column deleted_at type boolean using false",
        "types", "problem", "not a time: deleted_at (boolean)",
    ),
    "a generated column": (
        ("alter table public.contacts drop column state;"
        "alter table public.contacts add column state text generated always as ('CO') stored"),
        "types", "problem", "generated: state",
    ),
    "a column that needs a value": (
        "alter table public.contacts add column joined date not null", "new contacts", "problem", "joined",
    ),
    "a field that takes no blank": (
        "alter table public.contacts alter column phone set default '', alter column phone set not null",
        "new contacts", "warning", "phone",
    ),
    "a blank email": (
        "insert into public.contacts (email, source_system) values (' ', 'kajabi')",
        "blank emails", "warning", "1 contact",
    ),
    "emails alike": (
        ("insert into public.contacts (email, source_system)"
        f" values ('{CANARY}', 'kajabi'), (' {CANARY.upper()} ', 'kajabi')"),
        "emails alike", "warning", "1 email",
    ),
    "an id held twice": (
        ("insert into public.contacts (email, source_system, kajabi_id)"
        " values ('a@example.org', 'kajabi', '77'), ('b@example.org', 'kajabi', ' 77')"),
        "Kajabi ids held twice", "warning", "1 id",
    ),
    "an email that may be there twice": (
        "alter table public.contacts drop constraint contacts_email_key", "email is unique", "warning", "no:",
    ),
    "an email that is unique among some only": (
        ("alter table public.contacts drop constraint contacts_email_key;"
        "create unique index on public.contacts (email) where deleted_at is null"),
        "email is unique", "warning", "no:",
    ),
    "a label in contacts": (
        "insert into public.contacts (email, source_system) values ('a@example.org', 'Mystery_App ')",
        "source labels", "warning", "mystery_app",
    ),
    "a label in the ledger": (
        "insert into kajabi_ledger.contact_field_sources values (gen_random_uuid(), 'city', 'old crm')",
        "source labels", "warning", "old crm",
    ),
    "a trigger that changes what is written": (
        ("create function public.meddle() returns trigger language plpgsql"
        " as $$ begin new.city := upper(new.city); return new; end $$;"
        "create trigger meddler before update on public.contacts for each row execute function public.meddle()"),
        "triggers", "warning", "could interfere with a write: meddler",
    ),
    "a trigger that writes to contacts": (
        ("create function public.meddle() returns trigger language plpgsql"
        " as $$ begin update public.contacts set zoho_id = '1'; return null; end $$;"
        "create trigger meddler after insert on public.contacts for each row execute function public.meddle()"),
        "triggers", "warning", "could interfere with a write: meddler",
    ),
    "a trigger that writes elsewhere": (
        ("create table public.audit (at timestamptz); create function public.note() returns trigger language plpgsql"
        " as $$ begin insert into public.audit values (now()); return null; end $$;"
        "create trigger noter after update on public.contacts for each row execute function public.note()"),
        "triggers", "warning", "may write elsewhere: noter",
    ),
    "citext out of sight": (
        "create schema extensions; alter extension citext set schema extensions",
        "citext", "warning", "in schema extensions, not on the search path",
    ),
    "a migration to run": (
        "delete from kajabi_ledger.schema_migrations where migration like '0006%'",
        "tables of kajabi-guard", "problem", "1 to make",
    ),
    "no tables of ours": (
        "drop schema kajabi_ledger, kajabi_raw, kajabi_guard cascade",
        "tables of kajabi-guard", "problem", "to make",
    ),
    "no export": ("select 1", "last export", "warning", "none was loaded yet"),
    "no run": ("select 1", "last applied plan", "warning", "none was applied yet"),
}  # fmt: skip


@pytest.mark.parametrize(("query", "check", "status", "detail"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_named_with_its_remedy(
    world: World, query: str, check: str, status: str, detail: str
) -> None:
    if not query.startswith("select"):
        before = found(world.target, check)
        assert before.status == "ok", "sound before it was broken"
    world.run(query)
    finding = found(world.target, check)
    assert (finding.status, detail in finding.detail) == (status, True), finding
    assert finding.remedy or check == "contacts table", "that one says it in its paragraph"
    assert "canary" not in findings_text(findings_of(world.target)).lower()


def test_imports_that_have_stopped_are_noticed(world: World) -> None:
    world.load({"email": CANARY})
    world.run("""
        insert into kajabi_ledger.merge_runs (run_token, status, fingerprint, load_id, started_at, done_by)
        values (gen_random_uuid(), 'applied', 'f', 1, now(), 'test')
    """)
    for days, status in ((9, "ok"), (11, "warning")):
        world.run(f"update kajabi_raw.loads set loaded_at = now() - interval '{days} days'")
        world.run(f"update kajabi_ledger.merge_runs set finished_at = now() - interval '{days} days'")
        for check in ("last export", "last applied plan"):
            finding = found(world.target, check)
            assert (finding.status, f"{days} days ago" in finding.detail) == (status, True), finding


def test_a_run_in_progress_and_a_forgotten_transaction_are_named(world: World) -> None:
    world.add_contacts({"email": CANARY})
    assert found(world.target, "run lock").status == found(world.target, "locks on contacts").status == "ok"
    with run_lock(world.target, "plan"), connect(world.target, "somebody") as forgetful:
        forgetful.execute("begin")
        forgetful.execute("update public.contacts set city = 'Lyons'")
        lock, busy = found(world.target, "run lock"), found(world.target, "locks on contacts")
    role = world.target.settings["PGUSER"]
    assert lock.status == busy.status == "warning"
    assert f"held by {role} (kajabi-guard plan by" in lock.detail
    assert f"1 held; the longest by {role} (idle in transaction) since 20" in busy.detail
    assert found(world.target, "run lock").status == found(world.target, "locks on contacts").status == "ok"


def test_a_database_that_does_not_store_utf8_is_a_problem(server: dict[str, str]) -> None:
    name = f"kajabi_guard_test_{uuid4().hex[:12]}"
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(f"create database {name} template template0 encoding 'SQL_ASCII' locale_provider libc locale 'C'")
    there = Target({**server, "PGDATABASE": name})
    with pointed_at(there):
        assert found(there, "encoding").status == "problem"
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        admin.execute(f"drop database {name}")


# ---------------------------------------------------------------- the role


@pytest.fixture
def clerk(world: World) -> Iterator[str]:
    """A role that has all three group roles."""
    name = f"kg_clerk_{uuid4().hex[:8]}"
    world.run(statement("roles"))
    world.run(f"create role {name}; grant {GROUPS} to {name}")
    yield name
    for query in (
        f"reassign owned by {GROUPS} to current_user",
        f"drop owned by {name}, {GROUPS}",
        f"drop role {name}, {GROUPS}",
    ):
        world.run(query)


LOST = {
    "load": (
        *("usage on schema kajabi_raw", "select on kajabi_ledger.schema_migrations", "insert on kajabi_raw.loads"),
        *("delete on kajabi_raw.contact_rows", "usage on sequence kajabi_raw.load_ranks"),
        *("update (base_rank) on kajabi_raw.loads", "delete on kajabi_ledger.plan_scope"),
    ),
    "plan": (
        *("select on public.contacts", "select on kajabi_ledger.settlements", "insert on kajabi_ledger.plan_scope"),
        "execute on function kajabi_ledger.clean_email",
    ),
    "apply": (
        *(
            "update (city) on public.contacts",
            "insert (email) on public.contacts",
            "insert on kajabi_ledger.merge_runs",
        ),
        *("execute on function kajabi_ledger.lock_contacts", "delete on kajabi_ledger.open_conflicts"),
    ),
}


def test_each_right_that_is_missing_is_named_with_the_command_that_needs_it(
    world: World, target: Target, clerk: str
) -> None:
    group = {"load": "loader", "plan": "planner", "apply": "applier"}
    with as_role(target, clerk):
        assert {found(target, f"may {command}").detail for command in LOST} == {"yes"}
    for command, rights in LOST.items():
        for right in rights:
            world.run(statement("roles"))
            world.run(f"revoke {right} from {GROUPS}")
            with as_role(target, clerk):
                finding = found(target, f"may {command}")
            assert finding.status == "problem", (command, right, finding)
            named = right.split(" on ")[-1].removeprefix("schema ").removeprefix("sequence ").removeprefix("function ")
            assert named in finding.detail or "the lock" in finding.detail, (right, finding)
            assert f"kajabi_guard_{group[command]}" in finding.remedy


def test_a_role_made_for_one_command_need_not_have_the_rights_of_another(
    world: World, target: Target, clerk: str
) -> None:
    world.run(f"revoke kajabi_guard_applier, kajabi_guard_planner from {clerk}")
    with as_role(target, clerk):
        findings = {each.check: each for each in findings_of(target)}
    assert findings["may load"].detail == "yes"
    assert findings["may apply"].detail == "no: that is for kajabi_guard_applier"
    assert {each.check for each in findings.values() if each.status == "problem"} == set(), "nor see what they see"
    assert findings["contacts table"].detail == findings["last export"].detail == "not for this role"


def test_models_of_somebody_else_are_in_the_way_of_a_plan(world: World, target: Target, clerk: str) -> None:
    world.run("create table kajabi_guard.stg_crm__contacts ()")
    with as_role(target, clerk):
        assert found(target, "may plan").status == "ok", "its schema is the planner's"
        world_owner = "alter schema kajabi_guard owner to current_user; grant all on schema kajabi_guard to "
    world.run(world_owner + "kajabi_guard_planner")
    with as_role(target, clerk):
        assert "ownership of kajabi_guard.stg_crm__contacts" in found(target, "may plan").detail


def test_a_sequence_that_a_new_contact_counts_with_is_named(world: World, target: Target, clerk: str) -> None:
    world.run("alter table public.contacts add column number serial")
    with as_role(target, clerk):
        assert "contacts_number_seq" in found(target, "may apply").detail
    world.run(statement("roles"))
    with as_role(target, clerk):
        assert found(target, "may apply").detail == "yes"


def test_row_security_that_may_hide_contacts_is_a_problem(world: World, target: Target, clerk: str) -> None:
    with as_role(target, clerk):
        assert found(target, "row-level security").status == "ok"
    world.run("alter table public.contacts enable row level security")
    with as_role(target, clerk):
        finding = found(target, "row-level security")
    assert (finding.status, clerk in finding.detail) == ("problem", True)
    assert "bypassrls" in finding.remedy


SUBSETS = {
    "nothing": "select 1",
    "the schemas": "grant usage on schema kajabi_raw, kajabi_ledger, kajabi_guard to {}",
    "contacts": "grant select on public.contacts to {}",
    "the ledger": "grant usage on schema kajabi_ledger to {}; grant select on all tables in schema kajabi_ledger to {}",
    "everything but public": "revoke usage on schema public from public; grant select on public.contacts to {}",
}


@pytest.mark.parametrize("grants", SUBSETS.values(), ids=SUBSETS.keys())
def test_with_any_subset_of_rights_every_check_has_its_line(world: World, target: Target, grants: str) -> None:
    role = f"kg_stranger_{uuid4().hex[:8]}"
    sound = {each.group for each in findings_of(target)}
    world.run(f"create role {role}")
    try:
        world.run(grants.replace("{}", role))
        with as_role(target, role):
            findings = findings_of(target)
        assert {each.group for each in findings} == sound
        assert "problem" in {each.status for each in findings}
        assert all(each.remedy for each in findings if each.status != "ok" and each.check != "contacts table")
    finally:
        world.run(f"drop owned by {role}; drop role {role}; grant usage on schema public to public")


# ---------------------------------------------------------------- what is between


class TransactionPooler(ForgetfulPooler):
    """A pooler in transaction mode that gives every transaction another server process."""

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client:
            while (length := struct.unpack("!I", exactly(client, 4))[0]) and (start := exactly(client, length - 4)):
                if struct.unpack("!I", start[:4])[0] not in {SSL_REQUEST, GSS_REQUEST}:
                    break
                client.sendall(b"N")
            upstream = self._begin(struct.pack("!I", length) + start, client)
            while True:
                kind, message = message_of(client)
                if kind == b"X":
                    return
                upstream = upstream or self._begin(struct.pack("!I", length) + start, None)
                upstream.sendall(message)
                if kind in b"QS" and self._answered(upstream, client) == b"I":
                    upstream.close()
                    upstream = None  # type: ignore[assignment]

    def _begin(self, start: bytes, client: socket.socket | None) -> socket.socket:
        upstream = self._upstream()
        upstream.sendall(start)
        self._answered(upstream, client)
        return upstream

    def _answered(self, upstream: socket.socket, client: socket.socket | None) -> bytes:
        while True:
            kind, message = message_of(upstream)
            if client is not None:
                client.sendall(message)
            if kind == b"Z":
                return message[-1:]


@contextmanager
def through(target: Target, relay: ForgetfulPooler) -> Iterator[Target]:
    there = {**target.settings, "PGHOST": "127.0.0.1", "PGPORT": str(relay.port), "PGSSLMODE": "disable"}
    with relay.listener, pointed_at(Target(there)) as pooled:
        yield pooled


def test_a_pooler_in_transaction_mode_is_known_by_its_behaviour(server: dict[str, str], world: World) -> None:
    with through(world.target, TransactionPooler(server)) as pooled:
        finding = found(pooled, "pooler")
        assert (finding.status, "in transaction mode, by its behaviour" in finding.detail) == ("warning", True)
    with through(world.target, ForgetfulPooler(server)) as pooled:
        assert found(pooled, "pooler").status == "ok", "one process for each client: it serves nobody else"


def test_the_port_tells_where_the_behaviour_does_not(world: World) -> None:
    supabase = Target({**world.target.settings, "PGPORT": "6543"})
    with connect(world.target) as connection:
        (finding,) = pooler(connection, supabase)
    assert (finding.status, finding.detail) == ("warning", "port 6543: in transaction mode, by its port")
    assert found(world.target, "pooler").detail.startswith("none on port")


def test_a_connection_that_does_not_verify_whom_it_talks_to_is_a_problem() -> None:
    elsewhere = Target({"PGHOST": "db.example.org", "PGSSLMODE": "require"})
    assert [each.status for each in tls({"is_encrypted": True}, elsewhere)] == ["problem"]
    verified = Target({"PGHOST": "db.example.org", "PGSSLMODE": "verify-full"})
    assert [each.status for each in tls({"is_encrypted": True}, verified)] == ["ok"]


def test_an_old_minor_version_is_a_warning() -> None:
    def status(number: int) -> str:
        (finding,) = version({"version_number": number, "version": str(number), "encoding": "UTF8"})
        return finding.status

    assert [status(number) for number in (150014, 150015, 170006, 170007, 180000, 180001)] == ["warning", "ok"] * 3


# ---------------------------------------------------------------- this machine


def test_a_disk_that_is_nearly_full_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 0

    monkeypatch.setattr("loader.doctor_machine.shutil.disk_usage", lambda _folder: Usage)
    for free, status in ((2**20, "problem"), (2**29, "warning"), (2**31, "ok")):
        Usage.free = free
        for check in ("disk for .kajabi-guard", "disk for reports"):
            assert found(world.target, check).status == status
    assert found(world.target, "database size").detail.endswith(("kB", "MB", "GB"))


def test_packages_are_compared_with_what_is_asked_for_and_what_was_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = list(doctor_machine.packages())
    assert [each.status for each in sound] == ["ok"]
    assert all(name in sound[0].detail for name in ("dbt-core 1.11", "dbt-postgres", "psycopg", "click"))
    texts = {name: (PROJECT / name).read_text() for name in ("pyproject.toml", "requirements.lock")}
    monkeypatch.setattr(doctor_machine, "PROJECT", tmp_path)

    def found_now(**replaced: str) -> dict[str, str]:
        for name, text in texts.items():
            for before, after in replaced.items():
                text = text.replace(f"{before.replace('_', '-')}", after)  # noqa: PLW2901
            (tmp_path / name).write_text(text)
        return {each.check: each.status for each in doctor_machine.packages()}

    assert found_now()["packages"] == "ok"
    (tmp_path / "requirements.lock").write_text("click==0.1\n")
    assert {each.check: each.status for each in doctor_machine.packages()}["click"] == "warning"
    (tmp_path / "pyproject.toml").write_text('dependencies = [\n    "dbt-core>=1.12",\n    "no-such-thing>=1",\n]\n')
    found_there = {each.check: each.status for each in doctor_machine.packages()}
    assert (found_there["dbt-core"], found_there["no-such-thing"]) == ("problem", "problem")


def test_what_others_on_this_machine_could_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "PROJECT", tmp_path)
    monkeypatch.setattr(doctor_machine, "STATE", tmp_path / ".kajabi-guard")
    monkeypatch.setattr(doctor_machine, "REPORTS", tmp_path / "reports")

    def statuses() -> dict[str, tuple[str, str]]:
        return {each.check: (each.status, each.remedy) for each in doctor_machine.private_files()}

    assert {status for status, _ in statuses().values()} == {"ok"}, "not made yet"
    places = {
        "state folder": (tmp_path / ".kajabi-guard", 0o700), "reports folder": (tmp_path / "reports", 0o700),
        "connection.env": (tmp_path / ".kajabi-guard" / "connection.env", 0o600),
    }  # fmt: skip
    for path, mode in places.values():
        path.touch(mode) if path.suffix == ".env" else path.mkdir(mode)
        path.chmod(mode)
    assert {status for status, _ in statuses().values()} == {"ok"}
    for check, (path, mode) in places.items():
        for more in (0o040, 0o004, 0o010):
            path.chmod(mode | more)
            assert statuses()[check] == ("problem", f"chmod {mode:o} '{path.relative_to(tmp_path)}'")
        path.chmod(mode)


# ---------------------------------------------------------------- the command


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("doctor")) as console:
        yield console


def test_the_exit_code_is_1_for_a_problem_and_0_for_warnings(console: Console, world: World) -> None:
    world.add_contacts({"email": CANARY, "source_system": "mystery_app"})
    warned = console.run("doctor")
    assert (warned.code, warned.err) == (0, "")
    assert "mystery_app" in warned.out
    assert "canary" not in warned.out
    world.run("alter table public.contacts alter column kajabi_id type bigint using null")
    broken: Any = console.run("doctor", "--json")
    assert (broken.code, broken.err) == (1, "")
    assert {frozenset(each) for each in broken.document} == {
        frozenset({"group", "check", "status", "detail", "remedy"})
    }
    assert [each["check"] for each in broken.document if each["status"] == "problem"] == ["types"]
    as_text = console.run("doctor", variables={"COLUMNS": "200"})
    assert (as_text.code, as_text.out.strip().split("\n")[-1][:10]) == (1, "1 problem ")
    assert [line for line in as_text.out.split("\n") if len(line) > 80] == []


def test_doctor_changes_nothing(console: Console, world: World) -> None:
    before = world.rows("select relname, xmin::text from pg_class order by 1")
    assert console.run("doctor").code == 0
    assert world.rows("select relname, xmin::text from pg_class order by 1") == before
