"""Least privilege: what each role of roles.sql may do, cell by cell, and the weekly story told by them.

The site is like Supabase: an ordinary owner, citext in a schema of its own, roles that everybody on the net can use.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from console import Console, console_in
from contacts_shape import PLANNED, as_text
from loader.database import disposable
from loader.database.connection import Target, connect, pointed_at
from loader.database.statements import statement
from test_sites import as_role
from world import World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}
EVE = {"email": "eve.moor@example.org", "first_name": "Eve", "last_name": "Moor", "kajabi_id": "1000000005"}
PHONE, BENS_PHONE = "(303) 555-0142", "(303) 555-0111"
GROUPS = ("kajabi_guard_loader", "kajabi_guard_planner", "kajabi_guard_applier")
WORLD_FACING = ("anon", "authenticated")  # Supabase serves these two to the net

CONTACTS = f"""
    create table public.contacts (
        id uuid primary key default gen_random_uuid(), email extensions.citext not null unique, {as_text(PLANNED)},
        source_system text not null,
        paypal_phone text, phone_source text, billing_address_source text, email_subscribed boolean default false,
        deleted_at timestamptz, updated_at timestamptz not null default now(), number serial,
        full_name text generated always as (first_name || ' ' || last_name) stored
    );
    create function public.touch_updated_at() returns trigger language plpgsql
    as $$ begin new.updated_at := now(); return new; end $$;
    create trigger contacts_touch before update on public.contacts
    for each row execute function public.touch_updated_at();
    create table public.contact_emails (contact_id uuid references public.contacts (id), email text, secret text);
    create table public.contacts_merge_backup (email text, kajabi_id text, survivor_id uuid, secret text);
    create table public.orders (contact_id uuid references public.contacts (id), total numeric)
"""
# a careless default of the organisation: what is made from now on is everybody's
CARELESS = "; ".join(
    f"alter default privileges for role {{owner}} grant all on {kind} to {{grantees}}"
    for kind in ("tables", "sequences", "functions", "schemas")
)

LEDGER = (
    *("contact_field_sources", "corrections_sent", "overrides", "no_merged_contacts_declared", "exports_made"),
    *("field_changes", "guard_overrides", "inserted_contacts", "merged_contacts", "merge_runs", "open_conflicts"),
    *("planned_rows", "protections", "match_overrides"),
)
OWNERS_LEDGER = ("database_identity", "erasures", "erasure_salt", "plan_scope", "pruned_keys", "schema_migrations")
# functions that run with the caller's rights
FUNCTIONS = (
    *("cell_digests", "clean_email", "contact_emails", "contacts_with_email", "default_of_column", "holders_of_keys"),
    *("email_subscriptions", "is_as_seen", "key_digest", "keys_pattern", "merge_backup", "own_tables"),
    *("plan_fingerprint", "references_to_contacts", "row_key", "tables_with_keys", "taken_keys", "trim_text"),
)


def inside(schema: str, *names: str) -> set[str]:
    return {f"{schema}.{name}" for name in names}


BASELINE = inside("kajabi_raw", "loads.baseline_rank", "loads.baseline_how", "loads.baseline_at")
FURTHER_EMAILS = inside("public", "contact_emails.contact_id", "contact_emails.email")
BACKUP = inside("public", *(f"contacts_merge_backup.{name}" for name in ("email", "kajabi_id", "survivor_id")))
# Everything that a role may do; all else is denied. A table stands for each of its columns; a name that this version
# does not have is passed over. Who may update or delete all of a table may lock it as well. What dbt builds is one
# entry: it is the planner's.
ALLOWED: dict[str, dict[str, set[str]]] = {
    "loader": {
        "use": {"kajabi_raw", "kajabi_ledger"},
        "select": {"kajabi_raw.loads", "kajabi_raw.contact_rows", "kajabi_ledger.schema_migrations"},
        "insert": {"kajabi_raw.loads", "kajabi_raw.contact_rows"},
        "update": BASELINE | {"kajabi_raw.loads.newest_rank", "kajabi_raw.loads.row_count"},
        "delete": {"kajabi_raw.contact_rows", "kajabi_ledger.plan_scope"},
        "lock": {"kajabi_raw.contact_rows", "kajabi_ledger.plan_scope"},
        "count with": {"kajabi_raw.load_ranks"},
    },
    "planner": {
        "use": {"kajabi_raw", "kajabi_ledger", "kajabi_guard", "kajabi_guard_comparison"},
        "make in": {"kajabi_guard", "kajabi_guard_comparison"},
        "select": inside("kajabi_raw", "loads", "contact_rows")
        | inside("kajabi_ledger", *LEDGER, *OWNERS_LEDGER)
        | {"kajabi_guard.*", "public.contacts"}
        | FURTHER_EMAILS,
        "insert": {"kajabi_ledger.plan_scope"},
        "delete": {"kajabi_ledger.plan_scope"},
        "lock": {"kajabi_ledger.plan_scope"},
        "execute": inside("kajabi_ledger", *FUNCTIONS),
        # its own: whoever plans builds all of it anew
        "write": {"kajabi_guard.*"},
    },
    "applier": {
        "use": {"kajabi_raw", "kajabi_ledger", "kajabi_guard"},
        "select": inside("kajabi_ledger", *LEDGER, *OWNERS_LEDGER)
        | {"kajabi_raw.loads", "kajabi_guard.*", "public.contacts"}
        | FURTHER_EMAILS
        | BACKUP,
        "insert": inside("kajabi_ledger", *LEDGER)
        | inside("public", *(f"contacts.{name}" for name in ("id", "email", "source_system", *PLANNED))),
        "update": inside("kajabi_ledger", "merge_runs", "contact_field_sources", "corrections_sent")
        | inside("kajabi_ledger", "merged_contacts.old_kajabi_id")
        | inside("public", *(f"contacts.{name}" for name in PLANNED))
        | BASELINE,
        "delete": inside("kajabi_ledger", "contact_field_sources", "open_conflicts"),
        "lock": inside("kajabi_ledger", *("merge_runs", "contact_field_sources", "open_conflicts", "corrections_sent")),
        "count with": {"kajabi_raw.load_ranks", "public.contacts_number_seq"},
        "execute": inside("kajabi_ledger", *FUNCTIONS, "lock_contacts", "remove_inserted_contacts"),
    },
    "nobody": {},
    "anon": {},
    "authenticated": {},
}
for each_role in ALLOWED.values():
    each_role.setdefault("use", set()).add("public")

# Every statement for every object of these schemas, from the catalogue: what is new there is tried as well.
# EXPLAIN asks for the same rights as the statement and does nothing.
PRODUCT = """
    with relations as (
        select pg_class.oid, nspname || '.' || relname as object, relkind, nspname as schema_name
        from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
        where nspname in ('public', 'kajabi_raw', 'kajabi_ledger', 'kajabi_guard', 'kajabi_guard_comparison')
    ),
    tables as (select * from relations where relkind = 'r' and schema_name not in ('kajabi_guard')),
    columns as (
        select object, object || '.' || attname as object_column, quote_ident(attname) as name
        from tables inner join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
    )
    select 'use' as verb, nspname::text as object,
        format('do $do$ begin if not has_schema_privilege(%L, ''usage'') then '
            'raise insufficient_privilege; end if; end $do$', nspname) as query
    from pg_namespace where nspname = 'public' or nspname ~ '^kajabi'
    union all
    select 'make in', nspname, format('create table %I.made ()', nspname)
    from pg_namespace where nspname = 'public' or nspname ~ '^kajabi'
    union all
    select 'select', object_column, format('explain select %s from %s', name, object) from columns
    union all
    select 'insert', object_column, format('explain insert into %s (%s) values (default)', object, name) from columns
    union all
    select 'update', object_column, format('explain update %s set %s = default', object, name) from columns
    union all
    select 'delete', object, format('explain delete from %s', object) from tables
    union all
    select 'truncate', object, format('truncate %s', object) from tables
    union all
    select 'lock', object, format('lock table %s in exclusive mode', object) from tables
    union all
    select 'own', object, format('alter table %s rename to renamed', object) from tables
    union all
    select 'count with', object, format('select nextval(%L)', object) from relations where relkind = 'S'
    union all
    select 'select', object, format('explain select * from %s', object)
    from relations where schema_name = 'kajabi_guard' and relkind in ('r', 'v')
    union all
    select 'write', object,
        format('do $do$ begin if not has_table_privilege(%L, ''insert, update, delete, truncate'') then '
            'raise insufficient_privilege; end if; end $do$', object)
    from relations where schema_name = 'kajabi_guard' and relkind in ('r', 'v')
    union all
    select 'execute', nspname || '.' || proname,
        format('explain select %s(%s)', pg_proc.oid::regproc,
            (select string_agg('null::' || format_type(type_id, null), ', ' order by position)
             from unnest(proargtypes::oid[]) with ordinality as arguments (type_id, position)))
    from pg_proc inner join pg_namespace on pronamespace = pg_namespace.oid
    where nspname ~ '^kajabi' and prorettype <> 'trigger'::regtype
"""
# tells how a statement ended, and undoes it
ATTEMPT = """
    create schema probe;
    create function probe.attempt(query text) returns text language plpgsql as $$
    begin
        execute query;
        raise exception using errcode = 'KG001';
    exception when others then
        return sqlstate;
    end $$;
    grant usage on schema probe to public
"""
DENIED = "42501"


@dataclass(frozen=True)
class Site:
    """An organisation whose tables belong to an ordinary role, with a login role for each task."""

    target: Target  # as the server's administrator: for looking and breaking only
    logins: Mapping[str, str]
    console: Console
    world: World

    def variables(self, who: str) -> dict[str, str | None]:
        return {"PGUSER": self.logins[who], "PGPASSWORD": self.logins[who]}

    def run(self, query: str) -> None:
        with connect(self.target) as connection:
            connection.execute(query)

    def run_as_owner(self, query: str) -> None:
        with pointed_at(Target({**self.target.settings, **self.variables("owner")})), connect(self.target) as owner:  # type: ignore[dict-item]
            owner.execute(query)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with connect(self.target) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def login_roles(server: dict[str, str]) -> Iterator[dict[str, str]]:
    """Ordinary roles that log in with a password; the group roles are gone as well afterwards."""
    names = ("owner", "loader", "planner", "second_planner", "weekly", "applier", "nobody")
    logins = {name: f"kg_{name}_{uuid4().hex[:8]}" for name in names}
    with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
        taken = admin.execute("select rolname from pg_roles where rolname = any(%s)", [[*GROUPS, *WORLD_FACING]])
        assert taken.fetchall() == [], "a server of our own: these names are nobody's here"
        for name, login in logins.items():
            more = "createrole" if name == "owner" else ""
            admin.execute(f"create role {login} login nosuperuser {more} password '{login}'")
        for name in WORLD_FACING:
            admin.execute(f"create role {name}")
    try:
        yield {**logins, **{name: name for name in WORLD_FACING}}
    finally:
        with pointed_at(Target(server)), psycopg.connect("", autocommit=True) as admin:
            found = admin.execute("select rolname from pg_roles where rolname = any(%s)", [list(GROUPS)]).fetchall()
            for (name,) in [*found, *((login,) for login in logins.values()), *((name,) for name in WORLD_FACING)]:
                admin.execute(f"drop role {name}")


@pytest.fixture(scope="module")
def site(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Loaded and planned by the roles, as far as the report."""
    folder = tmp_path_factory.mktemp("roles")
    name = database_name()
    with login_roles(server) as logins:
        disposable.create(server, name)
        there = Target({**server, "PGDATABASE": name})
        with pointed_at(there), console_in(folder) as console:
            world = World.__new__(World)
            world.target, world.folder, world.count_files = there, folder, 0
            site = Site(there, logins, console, world)
            site.run(f"""
                alter database {name} owner to {logins["owner"]};
                create schema extensions;
                create extension citext schema extensions;
                grant usage on schema extensions to {logins["owner"]};
                {CARELESS.format(owner=logins["owner"], grantees=", ".join(WORLD_FACING))}
            """)
            site.run_as_owner(CONTACTS)
            site.run("""
                revoke all on all tables in schema public from anon, authenticated;
                revoke all on all sequences in schema public from anon, authenticated
            """)
            try:
                make_roles(site)
                add_people(site)
                walk_to_the_report(site)
                yield site
            finally:
                disposable.drop(server, name)


def make_roles(site: Site) -> None:
    """As docs/runbook.md says: the owner makes the tables and the roles, and grants the roles to people."""
    outcome = site.console.run("init", "--roles", variables=site.variables("owner"))
    assert (outcome.code, outcome.err) == (0, ""), outcome
    assert "kajabi_guard_loader, kajabi_guard_planner and kajabi_guard_applier have their rights" in " ".join(
        outcome.out.split()
    )
    granted = {
        "loader": GROUPS[:1], "planner": GROUPS[1:2], "second_planner": GROUPS[1:2], "applier": GROUPS[2:],
        "weekly": GROUPS[:2],
    }  # fmt: skip
    for who, groups in granted.items():
        site.run_as_owner(f"grant {', '.join(groups)} to {site.logins[who]}")


def add_people(site: Site) -> None:
    site.run(f"""
        insert into public.contacts (email, first_name, last_name, phone, source_system, kajabi_id) values
        ('{ADA["email"]}', 'Ada', 'Brook', null, 'kajabi', null),
        ('{BEN["email"]}', 'Ben', 'Ash', '{BENS_PHONE}', 'zoho', '{BEN["kajabi_id"]}')
    """)


def walk_to_the_report(site: Site) -> None:
    for who, words in (
        ("applier", ("duplicate", "--none", "--because", "invented people")),
        ("loader", ("load", "--as-baseline", site.world.write_export([ADA, BEN]))),
        ("loader", ("load", site.world.write_export([{**ADA, "phone": PHONE}, {**BEN, "phone": PHONE}, EVE]))),
        ("planner", ("plan",)),
    ):
        outcome = site.console.run(*words, variables=site.variables(who))
        assert (outcome.code, outcome.err) == (0, ""), outcome


def ends_of(site: Site, who: str) -> dict[tuple[str, str], bool]:
    """Every cell of the matrix, tried: whether this role was let."""
    with connect(site.target) as connection, connection.transaction(force_rollback=True):
        connection.execute(ATTEMPT)
        product = connection.execute(PRODUCT).fetchall()
        connection.execute(f"set local role {site.logins[who]}")
        query = "select number, probe.attempt(q) as code from unnest(%s::text[]) with ordinality as t (q, number)"
        codes = connection.execute(query, [[row["query"] for row in product]]).fetchall()
    ends: dict[tuple[str, str], bool] = {}
    for row, end in zip(product, sorted(codes, key=lambda end: end["number"]), strict=True):
        assert end["code"] in {"KG001", DENIED, "0A000"}, (row, end)  # 0A000: a truncate that a foreign key stops
        key = (row["verb"], row["object"])
        ends[key] = ends.get(key, False) or end["code"] != DENIED
    return ends


def is_listed(who: str, verb: str, thing: str) -> bool:
    listed = ALLOWED[who].get(verb, set())
    table = thing.rpartition(".")[0]
    return bool({thing, table, f"{thing.partition('.')[0]}.*"} & listed)


def test_on_a_site_without_the_roles_dbt_builds_and_grants_nothing(world: World) -> None:
    """The first test of this file, before the roles are made: a grant to a role that is not there stops a dbt run."""
    assert world.rows("select from pg_roles where rolname like 'kajabi\\_guard\\_%%er'") == []
    world.add_contacts(ADA)
    world.load({**ADA, "phone": PHONE})
    world.plan()
    granted = world.rows("""
        select relname from pg_class cross join lateral aclexplode(relacl)
        where relnamespace::regnamespace::text ~ '^kajabi' and grantee <> relowner
    """)
    assert granted == []
    assert world.apply().updated_contacts == 1


@pytest.mark.parametrize("who", ALLOWED)
def test_a_role_may_do_what_is_listed_and_nothing_else(site: Site, who: str) -> None:
    ends = ends_of(site, who)
    assert len(ends) > 500, "the whole product"
    let = {cell for cell, was_let in ends.items() if was_let}
    expected = {cell for cell in ends if is_listed(who, *cell)}
    assert {"more than listed": let - expected, "less than listed": expected - let} == {
        "more than listed": set(),
        "less than listed": set(),
    }


def test_a_table_or_function_that_nobody_listed_is_noticed(site: Site) -> None:
    """The matrix can fail: what an upgrade brings is granted by `init`, and has no entry.

    A function that writes, or has the owner's rights, is granted by its name only.
    """
    site.run_as_owner("""
        create table kajabi_ledger.news (a int);
        create function kajabi_ledger.news() returns int language sql immutable return 1;
        create function kajabi_ledger.writes() returns int language sql volatile return 1;
        create function kajabi_ledger.as_owner() returns int language sql immutable security definer return 1
    """)
    try:
        assert site.console.run("init", variables=site.variables("owner")).code == 0
        let = {
            cell for cell, was_let in ends_of(site, "applier").items() if was_let and not is_listed("applier", *cell)
        }
        news = "kajabi_ledger.news"
        assert let == {("select", f"{news}.a"), ("insert", f"{news}.a"), ("execute", news)}
        for who in ("nobody", *WORLD_FACING):
            assert not any(ends_of(site, who)[cell] for cell in let), "the careless default was taken back"
    finally:
        site.run_as_owner("drop table kajabi_ledger.news")
        site.run_as_owner("drop function kajabi_ledger.news(), kajabi_ledger.writes(), kajabi_ledger.as_owner()")


OPEN_TO_THE_WORLD = """
    with acls as (
        select nspname::text as object, nspacl as acl from pg_namespace where nspname ~ '^kajabi'
        union all
        select oid::regclass::text, relacl from pg_class
        where relnamespace in ('kajabi_raw'::regnamespace, 'kajabi_ledger'::regnamespace)
        union all
        -- no list means: everybody may execute
        select oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) from pg_proc
        where pronamespace::regnamespace::text ~ '^kajabi'
    )
    select object, coalesce(rolname, 'public') as grantee
    from acls cross join lateral aclexplode(acl) left join pg_roles on grantee = pg_roles.oid
    where grantee = 0 or rolname in ('anon', 'authenticated')
"""


def test_no_list_of_rights_names_everybody_or_the_roles_of_the_net(site: Site) -> None:
    assert site.rows(OPEN_TO_THE_WORLD) == []


def test_the_roles_file_can_be_run_again_and_takes_back_what_it_does_not_name(site: Site) -> None:
    site.run_as_owner("""
        grant update (email) on public.contacts to kajabi_guard_applier;
        grant delete on public.contacts to kajabi_guard_planner;
        grant delete on kajabi_ledger.field_changes to kajabi_guard_applier;
        revoke execute on function kajabi_ledger.lock_contacts() from kajabi_guard_applier
    """)
    site.run_as_owner(statement("roles"))
    for who in ("planner", "applier"):
        test_a_role_may_do_what_is_listed_and_nothing_else(site, who)


REFUSED = {
    "loader": (("plan",), ("report",), ("apply", "0" * 8), ("protect", ADA["email"], "--because", "no"), ("init",)),
    "planner": (("load", "EXPORT"), ("apply", "PLAN"), ("protect", ADA["email"], "--because", "no")),
    "applier": (("load", "EXPORT"), ("plan",)),
    "nobody": (("load", "EXPORT"), ("plan",), ("report",), ("apply", "PLAN"), ("history",)),
}


def test_a_role_is_refused_the_commands_of_another_and_nothing_happens(site: Site) -> None:
    export = site.world.write_export([{**ADA, "city": "Lyons"}])
    plan = str(site.rows("select fingerprint from kajabi_guard.plan_summary")[0]["fingerprint"])
    before = _everything(site)
    for who, commands in REFUSED.items():
        for words in commands:
            given = [{"EXPORT": export, "PLAN": plan}.get(word, word) for word in words]
            outcome = site.console.run(*given, variables=site.variables(who))
            assert outcome.code == 1, (who, words, outcome)
            assert "may not" in outcome.err or "42501" in outcome.err, (who, words, outcome)
    assert _everything(site) == before
    (refused,) = site.rows("select count(*) as count from kajabi_ledger.merge_runs")
    assert refused["count"] == 0


def _everything(site: Site) -> list[dict[str, Any]]:
    return site.rows("select c::text from public.contacts as c union all select l::text from kajabi_raw.loads as l")


# ---------------------------------------------------------------- the lock


LOCKERS = {
    "columns only, and the function": ("grant execute on function kajabi_ledger.lock_contacts() to {}", True),
    "columns only": ("select 1", False),
    "update of the whole table": ("grant update on public.contacts to {}", True),
    "delete": ("grant delete on public.contacts to {}", True),
    "ownership": ("grant {owner} to {}", True),
    "maintain": ("grant maintain on public.contacts to {}", True),
}


@pytest.mark.parametrize("how", LOCKERS)
def test_whoever_may_write_can_lock_contacts(target: Target, tmp_path: Path, how: str) -> None:
    world = World(target, tmp_path)
    grant, may_lock = LOCKERS[how]
    role, owner = (f"kajabi_guard_test_{uuid4().hex[:8]}" for _ in range(2))
    version = world.one("select current_setting('server_version_num')::int as number")["number"]
    if how == "maintain" and version < 170000:
        grant, may_lock = "select 1", False  # there is no such privilege: the file must not stumble over its name
    world.run(f"create role {role}; create role {owner}; alter table public.contacts owner to {owner}")
    try:
        world.run(f"grant usage on schema kajabi_ledger to {role}; grant update (city) on public.contacts to {role}")
        world.run(grant.format(role, owner=owner))
        with as_role(target, role), connect(target) as connection, connection.transaction(force_rollback=True):
            if not may_lock:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement("lock_contacts"))
                return
            connection.execute(statement("lock_contacts"))
            held = connection.execute(
                "select mode from pg_locks where relation = 'public.contacts'::regclass and pid = pg_backend_pid()"
            )
            assert {row["mode"] for row in held} == {"ExclusiveLock"}
    finally:
        world.run(
            f"reassign owned by {owner} to current_user; drop owned by {role}, {owner}; drop role {role}, {owner}"
        )


def test_the_function_that_locks_cannot_be_bent(site: Site) -> None:
    (function,) = site.rows("""
        select prosecdef, pronargs, proconfig, proowner::regrole::text as owner from pg_proc
        where oid = 'kajabi_ledger.lock_contacts'::regproc
    """)
    assert function == {
        "prosecdef": True, "pronargs": 0, "proconfig": ["search_path=pg_catalog, pg_temp"],
        "owner": site.logins["owner"],
    }  # fmt: skip


# ---------------------------------------------------------------- the weekly story


def test_the_whole_weekly_story_is_told_by_the_roles(site: Site) -> None:
    """Two weeks: each command by its own login role, and contacts is written by one that may write eleven columns."""

    def told(who: str, *words: object, code: int = 0) -> Any:
        outcome = site.console.run(*words, variables=site.variables(who))
        assert (outcome.code, outcome.err) == (code, ""), (who, words, outcome)
        return outcome

    assert (
        told("applier", "report", "--json").document["fingerprint"]
        == told("planner", "report", "--json").document["fingerprint"]
    )
    told("applier", "decide", BEN["email"], "phone", "kajabi", "--because", "he told us")
    told("applier", "protect", ADA["email"], "city", "--because", "she will say")
    told("applier", "unprotect", ADA["email"], "city", "--because", "she said")
    told("applier", "duplicate", "ada.old@example.org", ADA["email"], "--because", "one person")
    # another planner may rebuild what the first one built
    fingerprint = told("second_planner", "plan", "--json").document["fingerprint"]
    told("applier", "apply", "--dry-run", fingerprint)
    run = told("applier", "apply", fingerprint, "--json").document
    assert (run["updated_contacts"], run["inserted_contacts"], run["protected_values_changed"]) == (2, 1, 0)
    assert "already" in told("applier", "apply", fingerprint).out
    assert told("planner", "history", "--json").document[0]["status"] == "applied"
    people = {row["email"]: row for row in site.rows("select * from public.contacts")}
    assert (people[ADA["email"]]["phone"], people[ADA["email"]]["kajabi_id"]) == (PHONE, ADA["kajabi_id"])
    assert people[BEN["email"]]["phone"] == PHONE
    assert people[EVE["email"]]["number"] == max(row["number"] for row in people.values())
    # the week after: one role for loading and planning
    week = site.world.write_export([{**ADA, "phone": PHONE, "city": "Lyons"}, {**BEN, "phone": PHONE}, EVE])
    fingerprint = told("weekly", "weekly", week, "--json").document["fingerprint"]
    assert told("applier", "apply", fingerprint, "--json").document["values_written"] == 1
    written = site.rows("select database_role from kajabi_ledger.merge_runs where status = 'applied'")
    assert {row["database_role"] for row in written} == {site.logins["applier"]}


def test_another_policy_is_compared_by_a_planner_who_may_make_no_schema(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    shutil.copyfile(site.console.project / "seeds" / "field_policies.csv", other)
    for _ in range(2):
        outcome = site.console.run("plan", "--compare-policy", other, "--json", variables=site.variables("planner"))
        assert (outcome.code, outcome.err) == (0, ""), outcome
    left = site.rows("select relname from pg_class where relnamespace = 'kajabi_guard_comparison'::regnamespace")
    assert left == []


def test_the_planner_takes_the_dbt_road_on_the_seeds_that_the_owner_made(site: Site) -> None:
    """The schema is made anew by `init`, and every planner may do with its seeds what dbt does."""
    site.run("drop schema kajabi_guard cascade")
    outcome = site.console.run("init", variables=site.variables("owner"))
    assert (outcome.code, outcome.err) == (0, ""), outcome
    owned = "select distinct relowner::regrole::text as owner from pg_class where relkind = 'r' and relnamespace = "
    assert site.rows(f"{owned}'kajabi_guard'::regnamespace") == [{"owner": "kajabi_guard_planner"}]
    for who, command in (
        ("applier", "select count(*) from kajabi_guard.hold_reasons"),
        ("planner", "truncate kajabi_guard.hold_reasons"),
        ("second_planner", "select count(*) from kajabi_guard.guards"),
    ):
        login = {**site.target.settings, **site.variables(who)}
        with pointed_at(Target(login)), connect(site.target) as connection:  # type: ignore[arg-type]
            connection.execute(command)
    for who, words in (("planner", ("seed",)), ("second_planner", ("seed", "--full-refresh")), ("planner", ("run",))):
        dbt = site.console.run("with-database", "dbt", "--quiet", *words, variables=site.variables(who))
        assert dbt.code == 0, (who, words, dbt)
    assert site.rows(OPEN_TO_THE_WORLD) == []
    with site.console.by_dbt():  # over what another planner's dbt has built
        assert site.console.run("plan", variables=site.variables("second_planner")).code == 0
    assert site.console.run("report", variables=site.variables("applier")).code == 0
