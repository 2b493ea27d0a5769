"""Sites differ: columns, types, roles, search paths, a pooler in between. The whole road is walked on each."""

from __future__ import annotations

import re
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from contacts_shape import as_text, bare_contacts
from loader.common.errors import Busy, StalePlan, Unprepared
from loader.common.paths import PROJECT
from loader.database.connection import Target, connect, pointed_at
from loader.database.contacts_table import check_visible
from loader.database.locks import run_lock
from loader.database.schema import migrate
from loader.database.statements import statement
from loader.merge.plan import make_plan
from world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA = {"email": "ada.brook@example.org", "first_name": "Ada", "last_name": "Brook", "kajabi_id": "1000000001"}
BEN = {"email": "ben.ash@example.org", "first_name": "Ben", "last_name": "Ash", "kajabi_id": "1000000002"}
CAL = {"email": "cal.ford@example.org", "first_name": "Cal", "last_name": "Ford", "kajabi_id": "1000000003"}
EVE = {"email": "eve.moor@example.org", "first_name": "Eve", "last_name": "Moor", "kajabi_id": "1000000005"}
PHONE, BENS_PHONE, CALS_PHONE = "(303) 555-0142", "(303) 555-0111", "(970) 555-0177"
BARE = bare_contacts()


def site(target: Target, folder: Path, contacts: str | None = None) -> World:
    """A database whose contacts table was made by these statements (the full shape without any)."""
    if contacts is not None:
        with connect(target) as connection:
            connection.execute(contacts)
    world = World(target, folder)
    world.say_no_duplicates()
    return world


def people_of(world: World) -> dict[str, dict[str, Any]]:
    return {email.lower(): row for email, row in world.contacts().items()}


def walk_the_road(world: World, *, has_ids: bool) -> None:
    """Fill Ada, keep Ben, leave Zoho's Cal alone, insert Eve; then again, and nothing is left to do."""
    ours = [ADA, {**BEN, "phone": BENS_PHONE}, {**CAL, "source_system": "zoho"}]
    world.add_contacts(*({name: person[name] for name in person if has_ids or name != "kajabi_id"} for person in ours))
    export = [{**person, "phone": PHONE, "city": "Lyons"} for person in (ADA, BEN, CAL)]
    world.load(*export, {**EVE, "phone": CALS_PHONE})
    world.plan()
    assert set(world.verdict().values()) == {0}
    assert world.apply(dry_run=True).status == "rehearsed"
    run = world.apply()
    assert (run.updated_contacts, run.inserted_contacts, run.values_written) == (2, 1, 3)
    after = people_of(world)
    assert (after[ADA["email"]]["phone"], after[ADA["email"]]["city"]) == (PHONE, "Lyons")
    assert (after[BEN["email"]]["phone"], after[BEN["email"]]["city"]) == (BENS_PHONE, "Lyons")
    assert (after[CAL["email"]]["phone"], after[CAL["email"]]["city"]) == (None, None)
    assert (after[EVE["email"]]["phone"], after[EVE["email"]]["source_system"]) == (CALS_PHONE, "kajabi")
    assert after[EVE["email"]].get("kajabi_id") == (EVE["kajabi_id"] if has_ids else None)
    assert world.apply().status == "already_applied"
    assert people_of(world) == after


# ---------------------------------------------------------------- columns


def test_a_contacts_table_with_the_required_columns_only_is_enough(target: Target, tmp_path: Path) -> None:
    """And a table `contact_emails` of another kind than ours is not looked at."""
    world = site(target, tmp_path, BARE)
    world.run("create table public.contact_emails (person uuid, address text)")
    walk_the_road(world, has_ids=False)


@pytest.mark.parametrize("column", ["email", "source_system"])
def test_a_required_column_that_is_missing_is_named(target: Target, tmp_path: Path, column: str) -> None:
    world = site(target, tmp_path, BARE)
    if column == "email":
        world.run("drop function kajabi_ledger.contacts_with_email")
    world.run(f"alter table public.contacts drop column {column}")
    for command in (world.plan, lambda: world.apply("0" * 8)):
        with pytest.raises(Unprepared, match=f"public.contacts lacks {column}"):
            command()


def test_emails_in_a_plain_text_column_are_matched_in_any_capitals(target: Target, tmp_path: Path) -> None:
    world = site(target, tmp_path, BARE.replace("email citext", "email text"))
    world.add_contacts({"email": "Ada.BROOK@Example.org"}, {"email": " ben.ash@example.org\n"})
    world.load({"email": "ADA.brook@example.org", "phone": PHONE}, {"email": BEN["email"], "phone": BENS_PHONE}, EVE)
    world.plan()
    assert world.apply(dry_run=True).inserted_contacts == 1
    world.run("insert into public.contacts (email, source_system) values ('EVE.MOOR@example.org ', 'zoho')")
    with pytest.raises(StalePlan, match="email of contact"):
        world.apply()
    world.run("delete from public.contacts where source_system = 'zoho'")
    world.apply()
    stored = {row["email"]: row["phone"] for row in world.contacts().values()}
    assert stored == {"Ada.BROOK@Example.org": PHONE, " ben.ash@example.org\n": BENS_PHONE, EVE["email"]: None}


CITEXT_ELSEWHERE = """
    create schema extensions;
    create extension citext schema extensions;
    create table public.contacts (
        id uuid primary key default gen_random_uuid(), email extensions.citext not null unique, {},
        source_system text not null, kajabi_id text unique, paypal_email extensions.citext
    )
"""


SEARCH_PATHS = ("pg_catalog", '""', "extensions,public", "public")


def test_citext_may_be_anywhere_and_the_search_path_may_be_anything(target: Target, tmp_path: Path) -> None:
    """Compared as citext with its schema out of sight, emails become case-sensitive: everybody would be new."""

    @contextmanager
    def looking_in(search_path: str) -> Iterator[Target]:
        with pointed_at(Target({**target.settings, "PGOPTIONS": f"-c search_path={search_path}"})) as there:
            yield there

    with looking_in(SEARCH_PATHS[0]) as there:
        world = site(there, tmp_path, CITEXT_ELSEWHERE.format(as_text()))
        world.add_contacts({"email": "Ada.BROOK@Example.org"}, {**BEN, "paypal_email": "B@X.org"})
        upper = {**ADA, "email": "ADA.brook@EXAMPLE.org", "phone": PHONE}
        world.load(upper, {"email": "b@x.ORG", "phone": BENS_PHONE}, EVE)
        world.plan()
    for search_path in SEARCH_PATHS:
        with looking_in(search_path):
            rehearsed = world.apply(dry_run=True)
            assert (rehearsed.updated_contacts, rehearsed.inserted_contacts, rehearsed.links_written) == (2, 1, 1)
            world.run("insert into public.contacts (email, source_system) values ('EVE.moor@example.org', 'zoho')")
            with pytest.raises(StalePlan, match="email of contact"):
                world.apply()
            world.run("delete from public.contacts where source_system = 'zoho'")
    with looking_in(SEARCH_PATHS[0]):
        world.apply()
    after = {row["email"]: (row["phone"], row["kajabi_id"]) for row in world.contacts().values()}
    assert after == {
        "Ada.BROOK@Example.org": (PHONE, ADA["kajabi_id"]),
        BEN["email"]: (BENS_PHONE, BEN["kajabi_id"]),
        EVE["email"]: (None, EVE["kajabi_id"]),
    }


def test_no_function_of_ours_looks_where_its_caller_looks(world: World) -> None:
    """A body that was parsed when the function was made knows what it means; a string is read by the caller's path."""
    functions = world.rows("""
        select proname as name, coalesce(proconfig, '{}') as settings from pg_proc
        where prosqlbody is null
            and pronamespace in ('kajabi_raw'::regnamespace, 'kajabi_ledger'::regnamespace)
        order by proname
    """)
    assert len(functions) > 15
    fixed = "search_path=pg_catalog, pg_temp"
    assert [function["name"] for function in functions if fixed not in function["settings"]] == []


CROWD = """
    create sequence public.numbers;
    create function public.numbered_id() returns uuid language sql volatile
    as $$ select ('00000000-0000-4000-8000-' || lpad(nextval('public.numbers')::text, 12, '0'))::uuid $$;
    alter table public.contacts
        alter column id set default public.numbered_id(),
        add column newsletter boolean not null default true,
        add column joined_on date not null default current_date,
        add column full_name text generated always as (coalesce(first_name, '') || ' ' || last_name) stored,
        add column has_phone boolean generated always as (phone is not null) stored,
        add column "Strange ""column"" -- if contacts.id" text default 'x',
        add column tags text[] not null default '{}',
        add column seen_at timestamptz not null default '1999-12-31',
        add constraint one_kajabi_id unique (kajabi_id);
    create view public.people as select id, email, first_name, phone, zoho_email from public.contacts;
    create view public.whole_people as select * from public.contacts;
    create table public.orders (
        contact_id uuid not null references public.contacts (id) on update cascade on delete restrict,
        email citext references public.contacts (email) on update cascade
    );
    create table public.contact_emails (contact_id uuid references public.contacts (id), email citext, is_main boolean);
    create index on public.contacts (lower(email::text))
"""


def test_a_crowded_site_is_walked_with_all_that_hangs_on_its_contacts(target: Target, tmp_path: Path) -> None:
    """Columns of every kind, views and orders on top, further emails beside: nothing of it is disturbed."""
    world = site(target, tmp_path)
    world.run(CROWD)
    (gus,) = world.add_contacts({"email": "gus.weld@example.org", "first_name": "Gus", "seen_at": "2024-05-06"})
    world.run("insert into public.contact_emails values (%(id)s, 'GUS@example.net', false)", id=gus)
    world.run("insert into public.orders select id, email from public.contacts")
    world.add_contacts(ADA, {**BEN, "kajabi_id": None})
    world.load({**ADA, "phone": PHONE}, BEN, {"email": "gus@EXAMPLE.net", "phone": BENS_PHONE, "kajabi_id": "77"}, EVE)
    before = world.contacts()
    world.plan()
    assert set(world.verdict().values()) == {0}
    run = world.apply()
    assert (run.updated_contacts, run.inserted_contacts, run.links_written) == (3, 1, 2)
    after = world.contacts()
    assert (after["gus.weld@example.org"]["phone"], after["gus.weld@example.org"]["kajabi_id"]) == (BENS_PHONE, "77")
    moved = {"phone", "kajabi_id", "has_phone", "updated_at"}
    for email, row in before.items():
        assert {name: row[name] for name in row if name not in moved} == {
            name: after[email][name] for name in row if name not in moved
        }
    eve = after[EVE["email"]]
    assert (eve["full_name"], eve["has_phone"], eve["newsletter"], eve["tags"]) == ("Eve Moor", False, True, [])
    assert len(world.rows("select * from public.whole_people")) == 4


TYPES = """
    alter table public.contacts
        alter column first_name type varchar(60), alter column phone type citext, alter column city type varchar,
        alter column zoho_id type bigint using null, alter column deleted_at type timestamp,
        alter column kajabi_member_id type varchar(20), alter column state type {0}, alter column country type {0}
"""


@pytest.mark.parametrize("text_type", ["varchar(8)", "char(8)"])
def test_text_columns_may_be_of_any_text_type(target: Target, tmp_path: Path, text_type: str) -> None:
    """A char(n) is as long as it is declared: the plan and the write must see the same of it."""
    world = site(target, tmp_path)
    world.run(TYPES.format(text_type))
    world.add_contacts({**ADA, "state": "CO", "country": "USA", "zoho_id": 7}, {**BEN, "country": ""})
    world.load({**ADA, "phone": PHONE, "city": "Lyons"}, {**BEN, "state": "CO", "country": "USA"}, EVE)
    world.plan()
    world.apply()
    after = world.contacts()
    assert (after[ADA["email"]]["phone"], after[ADA["email"]]["country"].strip()) == (PHONE, "USA")
    assert (after[BEN["email"]]["state"].strip(), after[BEN["email"]]["country"].strip()) == ("CO", "USA")


COLUMN_NAMES = ("contacts", "live", "planned", "seen", "changes", "present", "fixed_shape", "absent")


def test_a_column_may_have_the_name_of_anything_in_our_statements(target: Target, tmp_path: Path) -> None:
    """Emergency contacts, say."""
    world = site(target, tmp_path)
    for name in COLUMN_NAMES:
        world.run(f"alter table public.contacts add column {name} text default 'x'")
    walk_the_road(world, has_ids=True)


def test_a_managed_column_that_must_not_be_null_stops_inserts_with_its_name(target: Target, tmp_path: Path) -> None:
    """Such a site fills contacts as any other; a new contact without the value is refused by the site itself."""
    world = site(target, tmp_path, BARE.replace("phone text", "phone text not null default ''"))
    world.add_contacts({"email": ADA["email"]})
    world.load({**ADA, "phone": PHONE}, EVE)
    world.plan()
    with pytest.raises(Unprepared, match="SQLSTATE 23502, contacts, phone"):
        world.apply()
    assert people_of(world)[ADA["email"]]["phone"] == ""


MIGRATIONS = {
    "the phone's type": "alter table public.contacts alter column phone type varchar(60)",
    "the email's type": "alter table public.contacts alter column email type text",
    "another email's type": "alter table public.contacts alter column zoho_email type citext",
    "a stamp's type": "alter table public.contacts alter column deleted_at type timestamp",
    "a column that is dropped": "alter table public.contacts drop column zoho_email",
    "evidence that is dropped": "alter table public.contacts drop column paypal_phone, drop column phone_source",
    "a column that gets another name": "alter table public.contacts rename column zoho_id to zoho",
    "a column that is added": "alter table public.contacts add column nickname text not null default ''",
    "a key that is dropped": "alter table public.contacts drop constraint contacts_email_key",
    "an owner": "alter table public.contacts owner to current_user",
    "a trigger": "drop trigger contacts_touch on public.contacts",
}


def test_a_plan_never_stands_in_the_way_of_the_organisations_own_migrations(target: Target, tmp_path: Path) -> None:
    world = site(target, tmp_path)
    world.add_contacts(ADA)
    world.load({**ADA, "phone": PHONE}, EVE)
    world.plan()
    for query in MIGRATIONS.values():
        with world.connect() as connection, connection.transaction(force_rollback=True):
            connection.execute("set local lock_timeout = '60s'")
            connection.execute(query)
    for name in ("the phone's type", "the email's type"):  # the values are the same, so the plan still holds
        world.run(MIGRATIONS[name])
    assert world.apply(dry_run=True).status == "rehearsed"
    world.run(MIGRATIONS["a column that is dropped"])
    with pytest.raises(StalePlan, match="the columns of contacts"):
        world.apply()
    world.plan()
    assert world.apply().updated_contacts == 1


# ---------------------------------------------------------------- what is not there


def test_a_plan_on_a_new_database_says_that_nothing_was_loaded(target: Target, tmp_path: Path) -> None:
    with connect(target) as connection:
        connection.execute(statement("demo_contacts"))
    with pytest.raises(StalePlan, match="No export has been loaded yet"):
        make_plan(target, state=tmp_path)


@pytest.mark.parametrize("contacts", [None, BARE.replace("id uuid primary key default gen_random_uuid()", "id bigint")])
def test_a_database_without_fitting_contacts_is_told_so_when_it_is_prepared(
    target: Target, contacts: str | None
) -> None:
    with connect(target) as connection:
        if contacts is not None:
            connection.execute(contacts)
        with pytest.raises(Unprepared, match=r"public\.contacts"):
            migrate(connection)


# ---------------------------------------------------------------- roles


def new_role() -> str:
    return f"kajabi_guard_test_{uuid4().hex[:8]}"


@contextmanager
def as_role(target: Target, role: str) -> Iterator[Target]:
    """Every connection, dbt's as well, works as this role: as if it had logged in."""
    with pointed_at(Target({**target.settings, "PGOPTIONS": f"-c role={role}"})) as there:
        yield there


@pytest.fixture
def roles(target: Target) -> Iterator[dict[str, str]]:
    """An organisation that owns its tables, a clerk who may do everything with them, an heir without inheritance."""
    names = {name: new_role() for name in ("organisation", "clerk", "heir")}
    database = target.settings["PGDATABASE"]
    with connect(target) as connection:
        for name in names.values():
            connection.execute(f"create role {name} nosuperuser noinherit")
            connection.execute(f"grant create on database {database} to {name}")
            connection.execute(f"grant usage, create on schema public to {name}")
        connection.execute(f"grant {names['organisation']} to {names['heir']}")
    yield names
    with connect(target) as connection:
        for name in names.values():
            connection.execute(f"drop owned by {name} cascade")
        for name in names.values():
            connection.execute(f"drop role {name}")


def test_an_ordinary_role_that_owns_contacts_goes_the_whole_road(
    target: Target, roles: dict[str, str], tmp_path: Path
) -> None:
    owner = roles["organisation"]
    with as_role(target, owner) as there:
        world = site(there, tmp_path)
        world.run("alter table public.contacts enable row level security")
        world.run(f"create policy nobody on public.contacts to {roles['clerk']} using (false)")
        walk_the_road(world, has_ids=True)
        owners = world.rows("""
            select distinct relowner::regrole::text as owner from pg_class
            where relnamespace::regnamespace::text in ('public', 'kajabi_raw', 'kajabi_ledger', 'kajabi_guard')
        """)
        assert {row["owner"].strip('"') for row in owners} <= {owner, "postgres", target.settings["PGUSER"]}
        assert not world.one("select rolsuper from pg_roles where rolname = current_user")["rolsuper"]
        with run_lock(there, "plan"), pytest.raises(Busy, match="Another run is in progress"):
            world.plan()
        # the owner is bound by the policies as well: a hidden contact would look new
        world.run("alter table public.contacts force row level security")
        for command in (world.plan, lambda: world.apply("0" * 8)):
            with pytest.raises(Unprepared, match=f"Row-level security.*may hide rows from {owner}"):
                command()


def test_a_role_from_whom_rows_may_be_hidden_is_refused_in_plan_and_apply(
    target: Target, roles: dict[str, str], tmp_path: Path
) -> None:
    clerk = roles["clerk"]
    world = site(target, tmp_path)
    world.add_contacts(ADA)
    world.load({**ADA, "phone": PHONE})
    world.run(f"""
        alter table public.contacts enable row level security;
        create policy everybody on public.contacts to {clerk} using (true);
        grant all on public.contacts to {clerk};
        grant usage on schema kajabi_raw, kajabi_ledger to {clerk};
        grant usage, create on schema kajabi_guard to {clerk};
        grant all on all tables in schema kajabi_raw, kajabi_ledger to {clerk}
    """)
    with as_role(target, clerk):
        for command in (world.plan, lambda: world.apply("0" * 8)):
            with pytest.raises(Unprepared, match=f"Row-level security.*may hide rows from {clerk}"):
                command()
    # somebody else made the models: they read with the rights of their owner
    with world.connect() as connection:
        check_visible(connection)
        connection.execute(f"create table kajabi_guard.anything (); alter table kajabi_guard.anything owner to {clerk}")
        with pytest.raises(Unprepared, match=f"may hide rows from {clerk}"):
            check_visible(connection)
        connection.execute(f"alter role {clerk} bypassrls")
        check_visible(connection)


def test_a_member_of_the_owner_who_does_not_inherit_is_refused_as_well(
    target: Target, roles: dict[str, str], tmp_path: Path
) -> None:
    world = site(target, tmp_path)
    world.add_contacts(ADA)
    world.run(f"""
        alter table public.contacts owner to {roles["organisation"]};
        alter table public.contacts enable row level security;
        grant select on public.contacts to {roles["heir"]};
        grant usage on schema kajabi_ledger to {roles["heir"]}
    """)
    with as_role(target, roles["heir"]), world.connect() as connection:
        assert world.one("select count(*) from public.contacts", connection=connection)["count"] == 0
        with pytest.raises(Unprepared, match="may hide rows"):
            check_visible(connection)


# ---------------------------------------------------------------- poolers

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
DISCARD_ALL = b"Q\0\0\0\x10DISCARD ALL\0"


class ForgetfulPooler:
    """A pooler in transaction mode at its worst: each transaction meets a session without memory.

    Between two transactions every setting, prepared statement, session lock and temporary table is discarded.
    Start-up options are refused, as PgBouncer refuses them.
    """

    def __init__(self, server: dict[str, str]) -> None:
        self.server = server
        self.transactions = 0
        self.refused: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client, self._upstream() as upstream:
            while (length := struct.unpack("!I", exactly(client, 4))[0]) and (start := exactly(client, length - 4)):
                if struct.unpack("!I", start[:4])[0] not in {SSL_REQUEST, GSS_REQUEST}:
                    break
                client.sendall(b"N")
            if b"\0options\0" in start:
                self.refused.append(start)
                return
            upstream.sendall(struct.pack("!I", length) + start)
            is_idle = threading.Event()
            reset = threading.Event()
            threading.Thread(target=self._answer, args=(upstream, client, is_idle, reset), daemon=True).start()
            while True:
                kind, message = message_of(client)
                if is_idle.is_set() and kind in b"QPBC":
                    self.transactions += 1
                    is_idle.clear()
                    upstream.sendall(DISCARD_ALL)
                    reset.wait(240)
                    reset.clear()
                upstream.sendall(message)

    def _answer(
        self, upstream: socket.socket, client: socket.socket, is_idle: threading.Event, reset: threading.Event
    ) -> None:
        """Pass answers on, but for those to the reset."""
        with suppress(OSError, EOFError):
            is_resetting = False
            while True:
                kind, message = message_of(upstream)
                if is_resetting:
                    if kind == b"Z":
                        is_resetting = False
                        reset.set()
                    continue
                if kind == b"Z" and message[-1:] == b"I":
                    is_resetting = True  # the next answers are those to DISCARD ALL: the client is idle until then
                    is_idle.set()
                client.sendall(message)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _upstream(self) -> socket.socket:
        host, port = self.server["PGHOST"], self.server.get("PGPORT", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(f"{host}/.s.PGSQL.{port}")
        return upstream


def exactly(wire: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = wire.recv(length - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def message_of(wire: socket.socket) -> tuple[bytes, bytes]:
    head = exactly(wire, 5)
    return head[:1], head + exactly(wire, struct.unpack("!I", head[1:])[0] - 4)


def test_the_whole_road_goes_through_a_pooler_that_forgets_the_session_after_each_transaction(
    server: dict[str, str], target: Target, tmp_path: Path
) -> None:
    """pgbouncer itself is not needed: this one forgets more than it would."""
    pooler = ForgetfulPooler(server)
    there = {**target.settings, "PGHOST": "127.0.0.1", "PGPORT": str(pooler.port), "PGSSLMODE": "disable"}
    with pooler.listener, pointed_at(Target(there)) as pooled:
        with connect(pooled) as connection:  # it does forget, or this test proves nothing
            connection.execute("set work_mem = '7MB'")
            assert connection.execute("show work_mem").fetchall() != [{"work_mem": "7MB"}]
        world = site(pooled, tmp_path)
        world.replays = False  # dbt's own connections are what a pooler may refuse
        walk_the_road(world, has_ids=True)
        with run_lock(pooled, "plan"), pytest.raises(Busy, match="Another run is in progress"):
            world.plan()
    assert not pooler.refused
    assert pooler.transactions > 100


def test_no_statement_and_no_connection_relies_on_the_session() -> None:
    """Whatever outlives a transaction would leak to other people through a pooler, or be lost on the way."""
    for path in sorted((PROJECT / "loader").rglob("*")):
        if path.suffix not in {".sql", ".py"}:
            continue
        code = re.sub(r"--.*|#.*", "", path.read_text(encoding="utf-8")).lower()
        for connecting in re.findall(r"psycopg\.connect\([^)]*", code):
            assert "prepare_threshold=none" in connecting, path
        kept = (
            r"pg_(?:try_)?advisory_lock|\bdiscard all|\blisten \w|with hold|create\s+(?:\w+\s+)?temp|\bprepare \w+ as"
        )
        assert not re.findall(kept, code), path
        queries = code.split(";") if path.suffix == ".sql" else re.findall(r"execute\(\s*f?[\"'](.*)", code)
        for query in queries:
            assert not re.match(r"\s*set\s+(?!local|transaction|constraints)", query), path
