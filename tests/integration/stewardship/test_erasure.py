"""A person is erased wherever the tool keeps something of them; everybody else's rows stay, and so do the counts."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from psycopg import sql

from console import console_in, digest
from loader.common.errors import Busy, KajabiGuardError, Usage
from loader.database import disposable
from loader.database.connection import Target, connect, pointed_at
from loader.database.retention import prune_plans
from loader.stewardship import merged_contacts, overrides
from loader.stewardship.erasure import delete_files, find_files, find_keys, forget
from upgrade_story import tables
from world import HEADER_OF, World, database_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from console import Console

WHY = "asked us by letter"
EMAIL = "Canary.Quill@example.org"
OLD_EMAIL, OTHER_EMAIL = "old.canary@example.org", "paypal.canary@example.org"
MARKED = "zzcanary"  # stands in every value of the person that can be a word
MARKS = (MARKED, "canary", "9911223344", "9955667788", "9900000001", "555-0942", "555-0943")
CANARY_ID, CANARY_MEMBER, OLD_ID = "9911223344", "9955667788", "9900000001"
ALL_SCHEMAS = ("kajabi_raw", "kajabi_guard", "kajabi_ledger")
TEXT_COLUMNS = """
    select format('%%I.%%I', n.nspname, c.relname) as name, a.attname as column_name
    from pg_attribute as a
    inner join pg_class as c on a.attrelid = c.oid
    inner join pg_namespace as n on c.relnamespace = n.oid
    where n.nspname = any(%(schemas)s) and c.relkind in ('r', 'v', 'm') and a.attnum > 0 and not a.attisdropped
"""
NOTHING_OF_A_PERSON = {
    *("kajabi_raw.loads", "kajabi_ledger.schema_migrations", "kajabi_ledger.database_identity"),
    *("kajabi_ledger.merge_runs", "kajabi_ledger.no_merged_contacts_declared", "kajabi_ledger.guard_overrides"),
    *("kajabi_ledger.erasure_salt", "kajabi_ledger.erasures", "kajabi_ledger.plan_scope"),
    "kajabi_ledger.exports_made",
}


def canary(**cells: Any) -> dict[str, Any]:
    fields = {name: f"{MARKED} {name}" for name in HEADER_OF if name not in {"kajabi_id", "kajabi_member_id", "phone"}}
    return {
        **fields,
        "email": EMAIL,
        "kajabi_id": CANARY_ID,
        "kajabi_member_id": CANARY_MEMBER,
        "phone": "(303) 555-0942",
        **cells,
    }


def other(number: int, **cells: Any) -> dict[str, Any]:
    return {
        "email": f"person{number}@example.org",
        "kajabi_id": f"10000000{number:02}",
        "first_name": "Ada",
        "last_name": f"Brook{number}",
        **cells,
    }


def tell_story(world: World) -> None:
    """Two weeks with a canary: in every field, export, decision, protection, match override, merge and conflict."""
    here = {**canary(), "first_name": None, "city": f"{MARKED} ours", "kajabi_member_id": None, "phone": None}
    provenance = {"paypal_last_name": f"{MARKED} paypal", "paypal_email": OTHER_EMAIL, "phone_source": f"{MARKED} mark"}
    world.add_contacts(
        {**here, **provenance, "address_line_1": None},
        other(1, phone="(303) 555-0101"),
        other(2, last_name=None),
        {"email": "survivor@example.org", "source_system": "zoho"},
    )
    # the old row of a merged person, and one of the same Kajabi id under an email of long ago
    rows = [
        canary(email=OLD_EMAIL, kajabi_id=OLD_ID, kajabi_member_id="", first_name=f"{MARKED} Elder"),
        other(1, phone="(303) 555-0101"),
        other(2),
        other(3, email="not an email"),
        other(4, email="survivor.old@example.org"),
    ]
    with world.connect() as connection:
        assert merged_contacts.record(connection, OLD_EMAIL, EMAIL, because=f"{MARKED} merged") == "recorded"
        assert merged_contacts.record(connection, "survivor.old@example.org", "survivor@example.org") == "recorded"
    world.load(canary(email="young.canary@example.org", phone="(303) 555-0943"), *rows, as_baseline=True)
    world.load(canary(), *rows)
    world.plan()
    with world.connect() as connection:
        assert overrides.decide(connection, OLD_EMAIL, "ignore", None, f"{MARKED} of {EMAIL}") == "recorded"
        assert overrides.decide(connection, "1000000003", "ignore", None, "spam") == "recorded"
        assert overrides.protect(connection, EMAIL, "country", f"{MARKED} asked") == "recorded"
        assert (
            overrides.protect(connection, "person1@example.org", "phone", f"sister of {EMAIL}, {CANARY_ID}")
            == "recorded"
        )
    world.plan()
    world.apply()
    moved = canary(city=f"{MARKED} moved", last_name=f"{MARKED} married")
    world.load(moved, rows[0], other(1, phone="(720) 555-0101"), other(2, city="Lyons"), *rows[3:])
    world.plan()
    world.apply()
    with world.connect() as connection:
        assert overrides.decide(connection, EMAIL, "last_name", "ours", f"{MARKED} told us") == "recorded"
        assert overrides.decide(connection, "person1@example.org", "phone", "ours", "asked her") == "recorded"
    scope = "insert into kajabi_ledger.plan_scope (only_email) values (%(email)s), ('person1@example.org')"
    world.run(scope, email=EMAIL.lower())
    world.run(
        "update kajabi_ledger.merge_runs set refusal = format('city of contact %%s (%%s)', id, email) "
        "from public.contacts where email = %(email)s and run_id = 1", email=EMAIL,
    )  # fmt: skip
    world.run("update kajabi_raw.loads set file_name = %(name)s where load_id = 1", name=f"{EMAIL}.csv")
    # somebody else's cell names the person: only the name of the person goes from it
    world.run(
        "update kajabi_raw.contact_rows set tags = %(tags)s, full_name = %(full)s where email = 'person2@example.org'",
        tags=f"friend of {EMAIL}, not of xcanary.quill@example.org", full="Ada",
    )  # fmt: skip
    # what was sent to Kajabi, and how an inserted contact looked: tables that no statement of `forget` names
    world.run(
        "with made as ("
        "insert into kajabi_ledger.exports_made (kind, load_id, folder, count_rows, count_files, made_by) "
        "values ('corrections', 1, 'for kajabi', 2, 1, 'test') returning export_id) "
        "insert into kajabi_ledger.corrections_sent "
        "(contact_id, field, value_sent, kajabi_value, export_id, sent_by) "
        "select id, 'city', case when email = %(email)s then %(sent)s else 'Lyons' end, null, export_id, 'test' "
        "from made cross join public.contacts where email in (%(email)s, 'person1@example.org')",
        email=EMAIL, sent=f"{MARKED} sent",
    )  # fmt: skip
    world.run(
        "insert into kajabi_ledger.inserted_contacts (run_id, contact_id, cell_digests) "
        "select 1, id, '{}' from public.contacts where email in (%(email)s, 'person1@example.org')", email=EMAIL,
    )  # fmt: skip
    world.run(
        "insert into kajabi_ledger.pruned_keys (contact_id, key_digest) "
        "select id, 'a digest' from public.contacts where email in (%(email)s, 'person1@example.org')", email=EMAIL,
    )  # fmt: skip
    world.run("analyze")


@pytest.fixture(scope="module")
def original(server: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = database_name()
    disposable.create(server, name)
    with pointed_at(Target({**server, "PGDATABASE": name})) as target:
        world = World(target, tmp_path_factory.mktemp("forget"))
        world.say_no_duplicates()
        tell_story(world)
    yield name
    disposable.drop(server, name)


@pytest.fixture
def lived(server: dict[str, str], original: str, tmp_path: Path) -> Iterator[World]:
    """A copy of that database: a plan takes seconds, a copy does not."""
    name = database_name()
    copied = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(original))
    with pointed_at(Target(server)), connect(Target(server)) as admin:
        admin.execute(copied)
    with pointed_at(Target({**server, "PGDATABASE": name})) as target:
        world = World(target, tmp_path)
        world.count_files = 50
        yield world
    disposable.drop(server, name)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("forget")) as console:
        yield console


def delete_contact(world: World) -> str:
    return str(world.one("delete from public.contacts where email = %(email)s returning id", email=EMAIL)["id"])


def erase(world: World, email: str = EMAIL, *, dry_run: bool = False) -> dict[str, int]:
    with world.connect() as connection:
        return forget(connection, email, WHY, dry_run=dry_run).row_counts


def where_marked(world: World, *marks: str) -> set[str]:
    """Every column of every relation of the tool in which one of these stands, from the catalogue; statistics too."""
    pattern = "|".join(re.escape(mark) for mark in marks)
    found = set()
    for row in world.rows(TEXT_COLUMNS, schemas=list(ALL_SCHEMAS)):
        query = f'select 1 as found from {row["name"]} where "{row["column_name"]}"::text ~* %(pattern)s limit 1'
        if world.rows(query, pattern=pattern):
            found.add(f"{row['name']}.{row['column_name']}")
    statistics = (
        "select tablename, attname from pg_stats where schemaname = any(%(schemas)s) and pg_stats::text ~* %(p)s"
    )
    found |= {f"statistics of {row['tablename']}.{row['attname']}" for row in world.rows(
        statistics, schemas=list(ALL_SCHEMAS), p=pattern)}  # fmt: skip
    return found


def rows_of_others(world: World, contact_id: str) -> dict[str, set[str]]:
    """The rows, row versions included, in which nothing of the canary stands, by table."""
    pattern = "|".join(re.escape(mark) for mark in (*MARKS, contact_id))
    found = {}
    with world.connect() as connection:
        for name in tables(connection):
            rows = world.rows(
                f"select xmin::text || t::text as line from {name} as t where t::text !~* %(p)s order by 1", p=pattern
            )
            found[name] = {row["line"] for row in rows}
    return found


def test_the_canary_stands_in_every_place_before(lived: World) -> None:
    """Without this, the test below could pass because nothing was ever there."""
    found = {name.rsplit(".", 1)[0] for name in where_marked(lived, *MARKS)}
    contact_id = str(lived.one("select id from public.contacts where email = %(email)s", email=EMAIL)["id"])
    found |= {name.rsplit(".", 1)[0] for name in where_marked(lived, contact_id)}
    with lived.connect() as connection:
        here = set(tables(connection))
    assert here - found <= NOTHING_OF_A_PERSON
    assert "kajabi_ledger.match_overrides" in found
    assert "kajabi_guard.stg_crm__contacts" in found


def test_nothing_of_the_person_stands_anywhere_and_nothing_else_is_touched(lived: World) -> None:
    contact_id = delete_contact(lived)
    contacts = digest(lived)["public.contacts"]
    others = rows_of_others(lived, contact_id)
    blanked = ("planned_rows", "field_changes")
    counts = {name: lived.one(f"select count(*) as n from kajabi_ledger.{name}")["n"] for name in blanked}
    by_rule = "select run_id, field, rule from kajabi_ledger.field_changes order by 1, 2, 3"
    written = lived.rows(by_rule)
    erased = erase(lived)
    assert (
        where_marked(lived, *MARKS, contact_id) - {"kajabi_raw.contact_rows.tags", "statistics of contact_rows.tags"}
        == set()
    )
    assert digest(lived)["public.contacts"] == contacts, "contacts is never touched"
    after = rows_of_others(lived, contact_id)
    assert all(rows <= after[name] for name, rows in others.items())
    assert {name.split(".")[1] for name, rows in others.items() if rows != after[name]} == {
        *("planned_rows", "field_changes", "erasures"),
        # what was said about somebody else, without the person
        *("protections", "merge_runs", "loads"),
    }
    assert lived.rows(by_rule) == written, "what a run did, by rule and field, is still true"
    assert {name: lived.one(f"select count(*) as n from kajabi_ledger.{name}")["n"] for name in blanked} == counts
    assert all(erased[name] for name in (
        "contact_rows", "planned_rows", "field_changes", "contact_field_sources", "open_conflicts", "overrides",
        "protections", "match_overrides", "merged_contacts", "plan_scope", "merge_runs", "loads",
    )), erased  # fmt: skip
    (tags,) = {row["tags"] for row in lived.rows("select tags from kajabi_raw.contact_rows where tags is not null")}
    assert tags == "friend of (erased), not of xcanary.quill@example.org"
    (because,) = [row["because"] for row in lived.rows("select because from kajabi_ledger.protections")]
    assert because == "sister of (erased), (erased)"


def test_the_record_says_who_when_why_and_how_much_and_not_whom(lived: World) -> None:
    contact_id = delete_contact(lived)
    with lived.connect() as connection:
        erasure = forget(connection, EMAIL, f"{EMAIL.upper()} asked us by letter")
    (record,) = lived.rows("select * from kajabi_ledger.erasures")
    assert record["erasure_id"] == erasure.erasure_id
    assert record["row_counts"] == erasure.row_counts
    assert record["because"] == "(erased) asked us by letter"
    assert record["erased_by"]
    assert record["erased_at"]
    assert not re.search("|".join((*MARKS, contact_id)), str({**record, "key_digests": ""}), re.IGNORECASE)
    assert all(re.fullmatch("[0-9a-f]{64}", each) for each in record["key_digests"])
    plain = {hashlib.sha256(text.encode()).hexdigest() for text in (EMAIL, EMAIL.lower(), CANARY_ID)}
    assert plain.isdisjoint(record["key_digests"]), "a list of digests made elsewhere fits"


@pytest.mark.parametrize("email", ["  CANARY.quill@EXAMPLE.org ", OLD_EMAIL, "young.canary@example.org"])
def test_any_email_that_ever_led_to_the_person_will_do(lived: World, email: str) -> None:
    delete_contact(lived)
    with lived.connect() as connection:
        keys = find_keys(connection, email)
    assert keys.emails == sorted([EMAIL.lower(), OLD_EMAIL, "young.canary@example.org"])
    assert keys.kajabi_ids == sorted([CANARY_ID, OLD_ID])
    assert EMAIL.lower() not in repr(keys)
    erase(lived, email)
    assert where_marked(lived, MARKED, CANARY_ID, OLD_ID) <= {"kajabi_raw.contact_rows.email"}


def test_who_is_gone_from_contacts_and_from_old_plans_is_found_in_the_ledger_all_the_same(lived: World) -> None:
    """What a run had written to them is known by the contact's id alone, once the exports and the plan are pruned."""
    contact_id = delete_contact(lived)
    with lived.connect() as connection:
        lived.run("update kajabi_ledger.merge_runs set finished_at = '2020-01-01'")
        prune_plans(connection, 365)
    lived.run("delete from kajabi_raw.contact_rows where load_id < 3")
    lived.run("delete from kajabi_ledger.planned_rows where contact_id = %(id)s", id=contact_id)
    # no id is among what was written, so nothing there says whose it was
    lived.run("delete from kajabi_ledger.field_changes where field in ('email', 'kajabi_id')")
    value = f"{MARKED} written"
    lived.run("update kajabi_ledger.field_changes set field = 'city', written_value = %(v)s where contact_id = %(id)s "
              "and field = 'kajabi_member_id'", v=value, id=contact_id)  # fmt: skip
    lived.run("delete from kajabi_ledger.merged_contacts where old_email = %(email)s", email=OLD_EMAIL)
    assert where_marked(lived, contact_id) >= {"kajabi_ledger.field_changes.contact_id"}
    assert not re.search("canary|9911223344", str(lived.rows("select * from kajabi_ledger.pruned_keys")))
    erased = erase(lived)
    assert erased["field_changes"] > 0
    assert erased["pruned_keys"] > 0
    assert where_marked(lived, value, contact_id) == set()


def test_an_email_is_matched_whole(lived: World) -> None:
    """Ann is not Joann: neither in the tables, nor in what is said, nor in files."""
    lived.run(
        "insert into kajabi_raw.contact_rows (load_id, row_number, email, kajabi_id) values "
        "(1, 201, 'ann@example.org', '12345'), (1, 202, 'joann@example.org', '123456'), "
        "(1, 203, 'ann@example.org.uk', '012345'), (1, 204, 'jo.ann@example.org', '12345-6')"
    )
    said = "Joann (joann@example.org, 123456), ann@example.org, 12345; ann@example.org.uk"
    lived.run("update kajabi_ledger.protections set because = %(said)s", said=said)
    with lived.connect() as connection:
        assert find_keys(connection, "ann@example.org").emails == ["ann@example.org"]
    erase(lived, "ann@example.org")
    left = lived.rows("select email from kajabi_raw.contact_rows where email ~ 'ann@' order by email")
    assert [row["email"] for row in left] == ["ann@example.org.uk", "jo.ann@example.org", "joann@example.org"]
    (because,) = {row["because"] for row in lived.rows("select because from kajabi_ledger.protections")}
    assert because == said.replace(" ann@example.org, 12345;", " (erased), (erased);")


def test_a_file_that_names_somebody_with_a_longer_email_is_left(tmp_path: Path) -> None:
    names = {
        "load 1 plan 00000001": "email\r\njoann@example.org\r\n", "load 1 plan 00000002": "ann@example.org.uk",
        "load 1 plan 00000003": "1123456", "load 2 plan 00000001": '{"said": "to\\nann@example.org"}',
        "load 2 plan 00000002": "mailto:x?to=%20ann@example.org", "load 2 plan 00000003": "see Ann@Example.org.",
        "load 2 plan 00000004": "a;12345;b",
    }  # fmt: skip
    for name, text in names.items():
        (tmp_path / "reports" / name).mkdir(parents=True)
        (tmp_path / "reports" / name / "a.txt").write_text(text, encoding="utf-8")
    found = find_files(["ann@example.org", "12345"], tmp_path / "reports", tmp_path / "state")
    assert [folder.name for folder in found.reports] == [name for name in names if name.startswith("load 2")]


def test_who_is_still_a_contact_is_not_erased_by_whatever_key(lived: World) -> None:
    before = digest(lived)
    for email in (EMAIL, OLD_EMAIL, OTHER_EMAIL, "young.canary@example.org"):
        with pytest.raises(KajabiGuardError, match="still in contacts") as refusal:
            erase(lived, email)
        assert "canary" not in str(refusal.value).lower()
    # another email by now, and no id: the ledger knows the contact
    lived.run("update public.contacts set email = 'new@example.org', paypal_email = null where email = %(e)s", e=EMAIL)
    lived.run("update public.contacts set kajabi_id = null, kajabi_member_id = null where email = 'new@example.org'")
    with pytest.raises(KajabiGuardError, match="still in contacts"):
        erase(lived)
    after = digest(lived)
    assert {name: after[name] for name in after if name != "public.contacts"} == {
        name: before[name] for name in before if name != "public.contacts"
    }
    # marked as deleted and emptied, it is nobody
    lived.run("update public.contacts set deleted_at = now() where email = 'new@example.org'")
    assert erase(lived)["overrides"] == 1


def test_a_contact_marked_as_deleted_that_still_holds_the_email_is_a_contact(lived: World) -> None:
    lived.run("update public.contacts set deleted_at = now() where email = %(email)s", email=EMAIL)
    with pytest.raises(KajabiGuardError, match="still in contacts"):
        erase(lived)


def test_a_rehearsal_counts_and_erases_nothing(lived: World) -> None:
    delete_contact(lived)
    before = digest(lived)
    rehearsed = erase(lived, dry_run=True)
    assert digest(lived) == before
    assert lived.rows("select * from kajabi_guard.plan_summary")
    assert erase(lived) == rehearsed


def test_an_unknown_email_is_recorded_as_answered_and_erases_nothing(lived: World) -> None:
    before = {name: value for name, value in digest(lived).items() if name != "kajabi_ledger.erasures"}
    assert set(erase(lived, "nobody@example.org").values()) == {0}
    after = {name: value for name, value in digest(lived).items() if name != "kajabi_ledger.erasures"}
    assert after == before
    assert lived.one("select count(*) as n from kajabi_ledger.erasures")["n"] == 1


def test_a_key_that_many_share_is_refused(lived: World) -> None:
    lived.run("""
        insert into kajabi_raw.contact_rows (load_id, row_number, email, kajabi_id)
        select 1, 100 + n, 'shared@example.org', '77000000' || n from generate_series(10, 30) as n
    """)
    with pytest.raises(KajabiGuardError, match="several people share a key"):
        erase(lived, "shared@example.org")


def test_a_placeholder_in_the_place_of_an_id_leads_to_nobody(lived: World) -> None:
    lived.run("update kajabi_raw.contact_rows set kajabi_member_id = 'N/A'")
    lived.run("update kajabi_raw.contact_rows set kajabi_id = '0' where email = 'person1@example.org'")
    with lived.connect() as connection:
        assert find_keys(connection, "young.canary@example.org").member_ids == [CANARY_MEMBER]
        assert find_keys(connection, "person1@example.org").emails == ["person1@example.org"]


def test_a_table_of_a_later_version_is_erased_by_its_contact_and_one_that_hides_a_key_is_refused(lived: World) -> None:
    contact_id = delete_contact(lived)
    lived.run("create table kajabi_ledger.corrections_sent_later (contact_id uuid, said text, facts jsonb)")
    add = "insert into kajabi_ledger.corrections_sent_later values (%(id)s, 'a', '{}'), (null, 'see %%s', %(facts)s)"
    lived.run(add.replace("%%s", EMAIL), id=contact_id, facts=f'{{"to": "{EMAIL}"}}')
    lived.run("create table kajabi_ledger.hidden (whom uuid)")
    lived.run("insert into kajabi_ledger.hidden values (%(id)s)", id=contact_id)
    before = digest(lived)
    with pytest.raises(KajabiGuardError, match="would be left in hidden"):
        erase(lived)
    assert digest(lived) == before
    lived.run("drop table kajabi_ledger.hidden")
    assert erase(lived)["corrections_sent_later"] == 3
    assert lived.rows("select * from kajabi_ledger.corrections_sent_later") == [
        {"contact_id": None, "said": "see (erased)", "facts": {"to": "(erased)"}}
    ]


def test_another_run_or_a_missing_reason_erases_nothing(lived: World) -> None:
    delete_contact(lived)
    before = digest(lived)
    with lived.connect() as busy, busy.transaction():
        busy.execute("select pg_try_advisory_xact_lock(7521962890)")
        with pytest.raises(Busy):
            erase(lived)
    with lived.connect() as connection:
        for email, because in ((EMAIL, " "), (" ", WHY), ("\u00a0", WHY)):
            with pytest.raises(Usage):
                forget(connection, email, because)
    assert digest(lived) == before


def test_who_is_in_the_next_export_again_is_held_and_a_contact_made_again_is_not_written(lived: World) -> None:
    delete_contact(lived)
    erase(lived)
    back = canary(first_name="Other", phone="(303) 555-0999")
    merged = canary(email="new.canary@example.org", kajabi_id=OLD_ID, kajabi_member_id="")
    lived.load(back, merged, other(1, phone="(303) 555-0101"), other(2, city="Lyons"))
    lived.plan()
    held = "select email, hold_reason from kajabi_guard.quarantined_rows order by 1"
    assert lived.rows(held) == [
        {"email": EMAIL, "hold_reason": "erased"}, {"email": "new.canary@example.org", "hold_reason": "erased"},
    ]  # fmt: skip
    assert not lived.rows("select from kajabi_guard.new_contacts where email ~* 'canary'")
    # they became a contact again, without any protection: nothing of Kajabi's is written to it
    lived.add_contacts({"email": EMAIL.lower(), "source_system": "manual"})
    lived.plan()
    assert {row["hold_reason"] for row in lived.rows(held)} == {"erased"}
    assert not lived.rows("select from kajabi_guard.merge_plan where email ~* 'canary'")
    # by their own wish: a person says so
    with lived.connect() as connection:
        assert overrides.decide(connection, EMAIL, "same-as", EMAIL, "came back") == "recorded"
    lived.plan()
    assert [row["email"] for row in lived.rows(held)] == ["new.canary@example.org"]


def test_the_command_shows_first_and_erases_only_with_yes(console: Console, lived: World) -> None:
    refused = console.run("forget", EMAIL, "--because", WHY)
    assert (refused.code, "canary" in refused.err.lower()) == (1, False)
    delete_contact(lived)
    folder = console.reports / "load 1 plan 0123abcd"
    mine = console.reports / "my notes.txt"
    other_folder = console.reports / "load 1 plan 4567abcd"
    for made in (folder, other_folder):
        made.mkdir(parents=True)
    (folder / "planned_changes.csv").write_text(f"email\n{EMAIL.upper()}\n", encoding="utf-8")
    (other_folder / "planned_changes.csv").write_text("email\nperson1@example.org\n", encoding="utf-8")
    mine.write_text(f"ask {EMAIL}", encoding="utf-8")
    logs = console.state / "dbt" / "logs"
    logs.mkdir(parents=True)
    (logs / "dbt.log").write_text("a value", encoding="utf-8")
    before = digest(lived)
    shown = console.run("forget", EMAIL, "--because", WHY)
    assert shown.code == 2
    assert "--yes" in shown.err
    rehearsed = console.run("forget", EMAIL, "--because", WHY, "--dry-run", "--yes")
    assert rehearsed.code == 0
    assert rehearsed.out == shown.out
    assert re.search(r"contact_rows +\d+", shown.out)
    assert "canary" not in (shown.out + shown.err).lower()
    assert folder.name in shown.out
    assert mine.name in shown.out
    assert digest(lived) == before
    assert folder.exists()
    done = console.run("forget", EMAIL, "--because", WHY, "--yes")
    assert (done.code, done.err) == (0, "")
    assert "as erasure 1" in done.out
    assert not folder.exists()
    assert not logs.exists()
    assert mine.exists()
    assert other_folder.exists()
    report = console.run("report")
    assert report.code == 5
    assert "no plan" in report.refusal


def test_files_are_found_by_any_key_whatever_its_case_and_ours_alone_are_deleted(tmp_path: Path) -> None:
    reports, state = tmp_path / "reports", tmp_path / "state"
    assert find_files(["a@example.org"], reports, state).reports == []
    ours = reports / "load 12 plan 0123abcd"
    ours.mkdir(parents=True)
    (ours / "held_rows.csv").write_bytes("email;id\r\n\xff;9911223344".encode("latin-1"))
    named = reports / "practice" / "2026-11-28 9911223344, load 3, plan 0123abcd"
    of_practice = reports / "practice" / "2026-11-28 week 48, load 4, plan 4567abcd"
    of_today = reports / "2026-11-28 week 48, from Ann, load 5, plan 89abcdef"
    for folder in (named, of_practice, of_today):
        folder.mkdir(parents=True)
        text = "" if folder == named else "jo\u0308rg@example.org,x"
        (folder / "planned_changes.csv").write_text(text, encoding="utf-8")
    (reports / "practice" / "mine.txt").write_text("id 9911223344", encoding="utf-8")
    (reports / "notes").mkdir()
    (reports / "notes" / "a.txt").write_text("ask JO\u0308RG@example.org", encoding="utf-8")
    found = find_files(["j\u00f6rg@example.org", "9911223344"], reports, state)
    assert sorted(found.reports) == sorted([ours, named, of_practice, of_today])
    assert found.others == [reports / "notes", reports / "practice" / "mine.txt"]
    delete_files(found)
    assert sorted(entry.name for entry in reports.iterdir()) == ["notes", "practice"]
    assert [entry.name for entry in (reports / "practice").iterdir()] == ["mine.txt"]
