"""``doctor``: each check is made to report by breaking exactly that, and the others go on whatever is broken."""

from __future__ import annotations

import os
import struct
from contextlib import contextmanager, nullcontext, suppress
from shlex import quote
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

import test_site_policy
from console import Console, console_in
from loader.common.paths import PROJECT
from loader.database.connection import Target, connect, pointed_at
from loader.database.doctor import examine as examination
from loader.database.doctor import machine
from loader.database.doctor.connection import Way, pooler, tls, version, way_of
from loader.database.doctor.examine import examine
from loader.database.doctor.findings import Finding, findings_text
from loader.database.locks import run_lock
from loader.database.statements import statement
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
    assert {each.check for each in findings if each.status == "warning"} <= {
        *("last applied plan", "PostgreSQL", "excess privileges")  # the tests' role is a superuser
    }
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
        "alter table public.contacts drop column source_system", "contacts table", "problem", "lacks source_system",
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
    "a member id held twice": (
        ("insert into public.contacts (email, source_system, kajabi_member_id)"
        " values ('a@example.org', 'kajabi', '88'), ('b@example.org', 'kajabi', '88 '),"
        " ('c@example.org', 'kajabi', '9'), ('d@example.org', 'kajabi', ' '), ('e@example.org', 'kajabi', '')"),
        "member ids held twice", "warning", "1 id",
    ),
    "a contact's id held twice": (
        ("alter table public.contacts drop constraint contacts_pkey cascade;"
        "insert into public.contacts (id, email, source_system) select id, email, 'kajabi' from"
        " (values (gen_random_uuid())) as one (id) cross join (values ('a@example.org'), ('b@example.org'))"
        " as two (email)"),
        "contact ids alike", "warning", "1 id",
    ),
    "contacts without an id": (
        ("alter table public.contacts drop constraint contacts_pkey cascade, alter column id drop not null;"
        "insert into public.contacts (id, email, source_system)"
        " values (null, 'a@example.org', 'kajabi'), (null, 'b@example.org', 'kajabi')"),
        "blank contact ids", "warning", "2 contacts",
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


LOCKED = ("public.contacts", "kajabi_ledger.schema_migrations", "kajabi_ledger.merge_runs", "kajabi_raw.loads")


@pytest.mark.parametrize("table", LOCKED)
def test_whoever_holds_a_table_is_named_and_every_other_line_is_shown(world: World, table: str) -> None:
    world.add_contacts({"email": CANARY})
    sound = [each.check for each in findings_of(world.target)]
    with connect(world.target, "somebody") as holder:
        # without a limit of its own doctor would wait for this one to be thrown out, and find nothing
        holder.execute("set idle_in_transaction_session_timeout = '5min'")
        holder.execute("begin")
        holder.execute(f"lock table {table} in access exclusive mode")
        findings = findings_of(world.target)
        pid = holder.info.backend_pid
    (problem,) = [each for each in findings if each.status == "problem"]
    assert problem.check == ("locks on contacts" if table == "public.contacts" else "locks on our tables")
    name, role = table.removeprefix("public."), world.target.settings["PGUSER"]
    assert problem.detail.startswith(f"{name} is locked by pid {pid} ({role}, idle in transaction) since 20"), problem
    assert f"pg_terminate_backend({pid})" in problem.remedy
    waited = [each for each in findings if each.detail == "not checked: a table is locked"]
    assert waited, "what could not be looked at says so"
    assert {each.status for each in waited} == {"warning"}
    groups = {each.group for each in findings}
    assert groups == {"Connection", "Role", "Contacts", "Imports", "This machine"}
    lost = set(sound) - {each.check for each in findings}
    keys = {"emails alike", "Kajabi ids held twice", "member ids held twice", "contact ids alike", "email is unique"}
    assert lost <= keys | {"blank emails", "blank contact ids", "last applied plan"}


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
        *("update (baseline_rank) on kajabi_raw.loads", "delete on kajabi_ledger.plan_scope"),
    ),
    "plan": (
        *("select on public.contacts", "select on kajabi_ledger.match_overrides", "insert on kajabi_ledger.plan_scope"),
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
    "undo": (
        *("update (city) on public.contacts", "insert on kajabi_ledger.field_changes"),
        *("execute on function kajabi_ledger.remove_inserted_contacts", "select on kajabi_ledger.field_changes"),
        *("execute on function kajabi_ledger.lock_contacts", "delete on kajabi_ledger.contact_field_sources"),
    ),
}
NOT_FOR_UNDO = ("insert on kajabi_ledger.planned_rows", "select on kajabi_raw.loads", "usage on schema kajabi_guard")


def test_each_right_that_is_missing_is_named_with_the_command_that_needs_it(
    world: World, target: Target, clerk: str
) -> None:
    group = {"load": "loader", "plan": "planner", "apply": "applier", "undo": "applier"}
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


def test_undo_needs_neither_the_plan_nor_the_export(world: World, target: Target, clerk: str) -> None:
    for right in NOT_FOR_UNDO:
        world.run(f"revoke {right} from {GROUPS}")
    # the schema of the models is the planner's own
    world.run(f"revoke kajabi_guard_planner from {clerk}")
    with as_role(target, clerk):
        assert found(target, "may apply").status == "problem"
        assert found(target, "may undo").detail == "yes"


BEYOND = {
    "delete": (
        "grant delete on public.contacts to {}", "may delete contacts", "revoke delete on public.contacts from {}",
    ),
    "truncate, by a group": (
        "grant truncate on public.contacts to kajabi_guard_applier",
        "may truncate contacts, through kajabi_guard_applier",
        "revoke truncate on public.contacts from kajabi_guard_applier",
    ),
    "everything, by everybody": (
        "grant delete, truncate on public.contacts to public",
        "may delete, truncate contacts, through public", "revoke delete, truncate on public.contacts from public",
    ),
    "every table": (
        "grant pg_write_all_data to {}", "may delete contacts, through pg_write_all_data",
        "revoke pg_write_all_data from {}",
    ),
    "superuser": ("alter role {} superuser", "superuser", "alter role {} nosuperuser"),
}  # fmt: skip


@pytest.mark.parametrize("case", BEYOND)
def test_a_right_that_no_command_needs_is_taken_away_by_the_remedy(
    world: World, target: Target, clerk: str, case: str
) -> None:
    grant, detail, remedy = (text.format(clerk) for text in BEYOND[case])
    with as_role(target, clerk):
        assert found(target, "excess privileges").detail == "none"
    world.run(grant)
    with as_role(target, clerk):
        finding = found(target, "excess privileges")
    assert (finding.status, finding.detail.startswith(detail)) == ("warning", True), finding
    assert finding.remedy.endswith(remedy), finding
    world.run(remedy)
    with as_role(target, clerk):
        assert found(target, "excess privileges").detail == "none"


def test_the_owner_of_contacts_has_no_right_too_many(world: World, target: Target, clerk: str) -> None:
    """One role for everything is the usual way."""
    world.run(f"alter table public.contacts owner to {clerk}")
    with as_role(target, clerk):
        finding = found(target, "excess privileges")
    world.run("alter table public.contacts owner to current_user")
    assert (finding.status, finding.detail) == ("ok", "none but those of the owner of contacts")


@pytest.fixture
def served(world: World) -> Iterator[None]:
    """The two roles that Supabase serves to the net, and a group that one of them is in."""
    world.run("create role anon; create role authenticated; create role kg_members; grant kg_members to authenticated")
    yield
    world.run("drop owned by anon, authenticated, kg_members; drop role anon, authenticated, kg_members")


OPENED = {
    "a schema to everybody": "usage on schema kajabi_guard to public",
    "a schema to anon": "usage on schema kajabi_ledger to anon",
    "a schema through a group": "usage on schema kajabi_raw to kg_members",
    "the right to make in it": "create on schema kajabi_guard to authenticated",
    "a table": "select on kajabi_ledger.field_changes to anon",
    "a sequence": "usage on sequence kajabi_raw.load_ranks to authenticated",
    "a function": "execute on function kajabi_ledger.lock_contacts() to public",
}


@pytest.mark.parametrize("right", OPENED.values(), ids=OPENED.keys())
@pytest.mark.usefixtures("served")
def test_what_is_open_to_everybody_is_closed_by_the_remedy(world: World, right: str) -> None:
    assert found(world.target, "public access").detail == "none to our schemas"
    world.run(f"grant {right}")
    finding = found(world.target, "public access")
    grantee = right.rsplit(maxsplit=1)[-1]
    assert (finding.status, finding.detail.endswith(f"to {grantee}")) == ("warning", True), finding
    assert finding.remedy.startswith("revoke all on ")
    world.run(finding.remedy)
    assert found(world.target, "public access").detail == "none to our schemas"


@pytest.mark.usefixtures("served")
def test_much_that_is_open_is_counted(world: World) -> None:
    world.run("grant all on schema kajabi_raw, kajabi_ledger, kajabi_guard to anon, authenticated")
    findings = [each for each in findings_of(world.target) if each.check == "public access"]
    assert [each.status for each in findings] == ["warning"] * 4
    assert (findings[-1].detail, findings[-1].remedy) == ("3 more like these", "as the owner: ./kajabi-guard init")


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


# name, address, whether this end is encrypted
FAR, FAR_IN_CLEAR = ("db.example.org", "203.0.113.5", "encrypted"), ("db.example.org", "203.0.113.5", "")
# the mode, the way that the connection takes, what the server says, and what doctor says: status, part of the detail
WAYS = {
    "verified": ("verify-full", FAR, "TLSv1.3", "ok", "(TLSv1.3) and verified"),
    "verified to a pooler": ("verify-full", FAR, None, "ok", "as far as the pool"),
    "encrypted for anybody": ("require", FAR, "TLSv1.3", "warning", "=require"),
    "a certificate of anybody's": ("verify-ca", FAR, "TLSv1.2", "warning", "=verify-ca does"),
    "no mode, TLS by chance": ("", FAR, "TLSv1.3", "warning", "sslmode=prefer does not verify"),
    "no mode, no TLS": ("", FAR_IN_CLEAR, None, "problem", "not encrypted (sslmode=prefer)"),
    "no TLS at all": ("disable", FAR_IN_CLEAR, None, "problem", "not encrypted (sslmode=disable)"),
    "a local name for a far address": (
        "disable", ("localhost", "203.0.113.5", ""), None, "problem", "to 203.0.113.5",
    ),
    "a socket": ("disable", ("/run/postgresql", "", ""), None, "ok", "a socket on this machine"),
    "this machine": ("", ("db.example.org", "::1", ""), None, "ok", "::1 on this machine"),
    "this machine, encrypted": ("", ("localhost", "127.0.0.1", "encrypted"), "TLSv1.3", "ok", "in use: 127.0.0.1"),
}  # fmt: skip


@pytest.mark.parametrize("case", WAYS)
def test_the_tls_line_goes_by_the_way_that_is_really_taken(case: str) -> None:
    mode, (host, address, encrypted), tls_version, status, detail = WAYS[case]
    way = Way(host, address, is_encrypted=bool(encrypted))
    # as the settings name it: a name of this machine, whatever the address
    (finding,) = tls({"tls_version": tls_version}, Target({"PGHOST": "localhost", "PGSSLMODE": mode}), way)
    assert (finding.status, detail in finding.detail) == (status, True), finding
    assert ("sslmode=verify-full" in finding.remedy) == (status != "ok")


def test_the_way_is_asked_of_the_connection(server: dict[str, str], world: World) -> None:
    with through(world.target, ForgetfulPooler(server)) as pooled:
        far = Target({**pooled.settings, "PGHOST": "db.example.org", "PGHOSTADDR": "127.0.0.1"})
        with pointed_at(far), connect(far) as connection:
            assert way_of(connection) == Way("db.example.org", "127.0.0.1", is_encrypted=False)
            assert found(far, "TLS").detail == "not needed: 127.0.0.1 on this machine"
    if world.target.settings["PGHOST"].startswith("/"):
        assert found(world.target, "TLS").detail == "not needed: a socket on this machine"


def test_an_old_minor_version_is_a_warning() -> None:
    def status(number: int) -> str:
        (finding,) = version({"version_number": number, "version": str(number), "encoding": "UTF8"})
        return finding.status

    assert [status(number) for number in (150014, 150015, 170006, 170007, 180000, 180001)] == ["warning", "ok"] * 3


# ---------------------------------------------------------------- this machine


def test_a_disk_that_is_nearly_full_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 0

    monkeypatch.setattr("loader.database.doctor.machine.shutil.disk_usage", lambda _folder: Usage)
    for free, status in ((2**20, "problem"), (2**29, "warning"), (2**31, "ok")):
        Usage.free = free
        for check in ("disk for state", "disk for reports"):
            assert found(world.target, check).status == status
    assert found(world.target, "database size").detail.endswith(("kB", "MB", "GB"))


def test_packages_are_compared_with_what_is_asked_for_and_what_was_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = list(machine.packages())
    assert [each.status for each in sound] == ["ok"]
    assert all(name in sound[0].detail for name in ("dbt-core 1.11", "dbt-postgres", "psycopg", "click"))
    texts = {name: (PROJECT / name).read_text() for name in ("pyproject.toml", "requirements.lock")}
    monkeypatch.setattr(machine, "PROJECT", tmp_path)

    def found_now(**replaced: str) -> dict[str, str]:
        for name, text in texts.items():
            for before, after in replaced.items():
                text = text.replace(f"{before.replace('_', '-')}", after)  # noqa: PLW2901
            (tmp_path / name).write_text(text)
        return {each.check: each.status for each in machine.packages()}

    assert found_now()["packages"] == "ok"
    (tmp_path / "requirements.lock").write_text("click==0.1\n")
    assert {each.check: each.status for each in machine.packages()}["click"] == "warning"
    (tmp_path / "pyproject.toml").write_text('dependencies = [\n    "dbt-core>=1.12",\n    "no-such-thing>=1",\n]\n')
    found_there = {each.check: each.status for each in machine.packages()}
    assert (found_there["dbt-core"], found_there["no-such-thing"]) == ("problem", "problem")


def test_an_installed_tool_is_compared_with_what_was_noted_where_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = ["click>=8.1", "psycopg[binary]>=99", "no-such-thing>=1", 'not-asked-for>=1; extra == "dev"']
    monkeypatch.setattr(machine, "PROJECT", tmp_path)
    monkeypatch.setattr("loader.database.doctor.machine.importlib.metadata.requires", lambda _name: noted)
    found_there = {each.check: each for each in machine.packages()}
    assert {name: each.status for name, each in found_there.items()} == {
        "psycopg": "problem", "no-such-thing": "problem", "packages": "ok",
    }  # fmt: skip
    assert "click 8" in found_there["packages"].detail
    assert {each.remedy for each in found_there.values() if each.status == "problem"} == {machine.INSTALL}


def test_what_others_on_this_machine_could_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = {
        "settings folder": (tmp_path / "settings", 0o700), "state folder": (tmp_path / "state", 0o700),
        "reports folder": (tmp_path / "the reports", 0o700),
        "connection.env": (tmp_path / "settings" / "connection.env", 0o600),
    }  # fmt: skip
    monkeypatch.setattr(machine, "CONFIG", tmp_path / "settings")
    monkeypatch.setattr(machine, "STATE", tmp_path / "state")
    monkeypatch.chdir(tmp_path)

    def look() -> list[Finding]:
        return list(machine.private_files(tmp_path / "the reports"))

    def statuses() -> dict[str, tuple[str, str]]:
        return {each.check: (each.status, each.remedy) for each in look()}

    assert {status for status, _ in statuses().values()} == {"ok"}, "not made yet"
    for check, (path, _) in places.items():
        assert [each.detail for each in look() if each.check == check] == [
            f"not made yet: {path.relative_to(tmp_path)}"
        ]
    for path, mode in places.values():
        path.touch(mode) if path.suffix == ".env" else path.mkdir(mode)
        path.chmod(mode)
    assert {status for status, _ in statuses().values()} == {"ok"}
    for check, (path, mode) in places.items():
        for more in (0o040, 0o004, 0o010):
            path.chmod(mode | more)
            assert statuses()[check] == ("problem", f"chmod {mode:o} {quote(str(path.relative_to(tmp_path)))}")
        path.chmod(mode)
    nobody = os.getuid() + 1
    monkeypatch.setattr("loader.database.doctor.machine.os.getuid", lambda: nobody)
    assert set(statuses().values()) == {("problem", "remove it and connect again")}


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


PASTED = "Tulip-4711"
NOBODY_THERE: dict[str, tuple[dict[str, str | None], str, str]] = {
    "another port": ({"PGHOST": "127.0.0.1", "PGPORT": "1"}, "refused", "nothing listens there"),
    "another host": ({"PGHOST": "no-such-host.invalid"}, "no-such-host.invalid", ""),
    "another folder": ({"PGHOST": "/nowhere"}, "/nowhere", "no server has a socket there"),
    "another database": ({"PGDATABASE": "no_such_database"}, "does not exist", "compare the database's"),
    "another password": ({"PGUSER": "kg_locked_out"}, "password authentication failed", "the password or the user"),
    "no database": ({"PGHOST": None, "PGPORT": None, "PGUSER": None}, "No database is connected yet", "connect` once"),
}


@pytest.mark.parametrize("case", NOBODY_THERE)
def test_without_a_connection_the_lines_of_this_machine_are_shown(console: Console, world: World, case: str) -> None:
    variables, detail, remedy = NOBODY_THERE[case]
    given: dict[str, str | None] = {"PGPASSWORD": PASTED, **variables}
    if case == "another password":
        world.run("create role kg_locked_out login password 'another'")
    try:
        outcome: Any = console.run("doctor", "--json", variables=given)
        as_text = console.run("doctor", variables=given)
    finally:
        world.run("drop role if exists kg_locked_out")
    assert (outcome.code, as_text.code, as_text.err) == (1, 1, "")
    first, *others = outcome.document
    assert (first["group"], first["check"], first["status"]) == ("Connection", "connection", "problem")
    assert (detail in first["detail"], remedy in first["remedy"]) == (True, True), first
    assert {each["check"] for each in others} >= {"packages", "disk for state", "disk for reports"}
    assert {each["group"] for each in others} == {"This machine"}
    assert "problem" not in {each["status"] for each in others}
    for out in (outcome.out, as_text.out):
        assert PASTED not in out
        assert "Traceback" not in out


@pytest.mark.parametrize("password", [f"p@{PASTED}", f"12/{PASTED}", f"p/{PASTED}"])
def test_a_password_that_spills_into_the_host_is_not_shown(console: Console, password: str) -> None:
    """Pasted without %40 and %2F, its end would be taken for a host, a port or a database, which are shown."""
    outcome = console.run("doctor", variables={"DATABASE_URL": f"postgresql://ann:{password}@127.0.0.1:1/contacts"})
    assert outcome.code == 2
    assert PASTED not in outcome.err
    assert "%40" in outcome.refusal


def test_a_connection_that_is_lost_on_the_way_is_a_problem(world: World) -> None:
    with connect(world.target, "test") as connection:
        facts = connection.execute(statement("doctor_server")).fetchone()
        pid = connection.info.backend_pid

        def cut_off() -> Iterator[Finding]:
            world.run("select pg_terminate_backend(%(pid)s)", pid=pid)
            connection.execute("select 1")
            yield Finding("a check", "ok", "")

        for _ in range(2):  # and the next one, on what is left of it
            (finding,) = examination._asked("a check", cut_off, facts or {}, examination._bounded(connection))  # noqa: SLF001
            assert (finding.status, finding.detail) == ("problem", "not checked: the connection was lost")


KEPT_FROM_LOOKING = {
    "too long": ("set local statement_timeout = '50ms'; select pg_sleep(5)", "warning", "it took too long"),
    "a table that is missing": ("select from public.no_such_table", "warning", "a table or column is missing"),
    "any other error": ("select 1 / 0", "warning", "the server reported an error"),
}


@pytest.mark.parametrize("case", KEPT_FROM_LOOKING)
def test_what_keeps_a_check_from_looking_is_its_line(world: World, case: str) -> None:
    query, status, detail = KEPT_FROM_LOOKING[case]
    with connect(world.target, "test") as connection:

        def look() -> Iterator[Finding]:
            connection.execute(query)
            yield Finding("a check", "ok", "")

        (finding,) = examination._asked("a check", look, {}, examination._bounded(connection))  # noqa: SLF001
        assert (finding.status, finding.detail) == (status, f"not checked: {detail}")
        assert finding.remedy
        assert connection.execute("select 1 as one").fetchone(), "and the next check can look"


def test_a_server_that_takes_no_second_connection_leaves_the_pooler_open(world: World) -> None:
    full = Target({**world.target.settings, "PGHOST": "127.0.0.1", "PGPORT": "1"})
    with connect(world.target, "test") as connection, pointed_at(full):
        (finding,) = examination._asked("pooler", lambda: pooler(connection, full), {}, nullcontext())  # noqa: SLF001
    assert (finding.status, "no second connection" in finding.detail) == ("warning", True)


# which test makes a line go wrong that is not in BROKEN
MADE_TO_GO_WRONG = {
    "connection": test_without_a_connection_the_lines_of_this_machine_are_shown,
    "PostgreSQL": test_an_old_minor_version_is_a_warning,
    "TLS": test_the_tls_line_goes_by_the_way_that_is_really_taken,
    "pooler": test_a_pooler_in_transaction_mode_is_known_by_its_behaviour,
    **dict.fromkeys(
        ("may load", "may plan", "may apply", "may undo"),
        test_each_right_that_is_missing_is_named_with_the_command_that_needs_it,
    ),
    "excess privileges": test_a_right_that_no_command_needs_is_taken_away_by_the_remedy,
    "public access": test_what_is_open_to_everybody_is_closed_by_the_remedy,
    "row-level security": test_row_security_that_may_hide_contacts_is_a_problem,
    "policies": test_site_policy.test_a_file_that_cannot_be_meant_is_refused_and_the_plan_stays,
    "run lock": test_a_run_in_progress_and_a_forgotten_transaction_are_named,
    "locks on contacts": test_whoever_holds_a_table_is_named_and_every_other_line_is_shown,
    "locks on our tables": test_whoever_holds_a_table_is_named_and_every_other_line_is_shown,
    "packages": test_packages_are_compared_with_what_is_asked_for_and_what_was_tested,
    **dict.fromkeys(("disk for state", "disk for reports"), test_a_disk_that_is_nearly_full_is_noticed),
    **dict.fromkeys(
        ("settings folder", "connection.env", "state folder", "reports folder"),
        test_what_others_on_this_machine_could_read_is_a_problem,
    ),
}
ONLY_A_FIGURE = {"database size"}


def test_every_line_is_made_to_go_wrong_by_a_test(world: World) -> None:
    shown = {each.check for each in findings_of(world.target)}
    tested = {check for _, check, _, _ in BROKEN.values()} | set(MADE_TO_GO_WRONG)
    assert shown - tested == ONLY_A_FIGURE
    assert tested - shown == set(), "a line that is no longer there"


def test_doctor_changes_nothing(console: Console, world: World) -> None:
    before = world.rows("select relname, xmin::text from pg_class order by 1")
    assert console.run("doctor").code == 0
    assert world.rows("select relname, xmin::text from pg_class order by 1") == before
