"""The files that go back to Kajabi: who is in them, what they say to the byte, and what became of it a week later."""

from __future__ import annotations

import csv
import re
import stat
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from console import Console, console_in
from loader.common.errors import RefusedByGuard, StalePlan, Usage
from loader.common.paths import PROJECT
from loader.database.connection import connect
from loader.demo.story import fill_contacts
from loader.demo.synthetic.organisation import make_organisation, write_export, write_pairs
from loader.kajabi.inbound.export_file import load_column_map
from loader.kajabi.outbound.export import Request, export, exports_made
from loader.kajabi.outbound.import_files import HEADERS
from loader.report.document import read_report
from loader.report.screen import LISTS, render
from loader.stewardship import merged_contacts, overrides
from test_three_way import ADDRESS, MOVED, person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from loader.database.connection import Connection, Target
    from world import World

ONE, TWO, THREE = (f"person{number}@example.org" for number in (1, 2, 3))
WHY = "they told us"
PLACES = {header: column for column, header in HEADERS.items()}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console_in(tmp_path_factory.mktemp("kajabi files")) as console:
        yield console


def read(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Every file of an export, by name: its rows by our column names, as a CSV reader sees them."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        columns = [PLACES[header] for header in rows[0]]
        assert all(len(row) == len(columns) for row in rows)
        found[path.name] = [dict(zip(columns, row, strict=True)) for row in rows[1:]]
    return found


def people(folder: Path) -> dict[str, dict[str, str]]:
    """Every row of every file, by email; nobody is in two files."""
    rows = [row for rows in read(folder).values() for row in rows]
    assert len({row["email"] for row in rows}) == len(rows)
    return {row["email"]: row for row in rows}


def make(world: World, name: str, kind: str, **asked: Any) -> dict[str, Any]:
    with world.connect() as connection:
        return export(connection, world.target, Request(kind, **asked), world.folder / name)


def sent(world: World, kind: str, **asked: Any) -> dict[str, dict[str, str]]:
    """The rows of an export into a folder of its own."""
    name = f"{kind} {len(list(world.folder.iterdir()))}"
    document = make(world, name, kind, **asked)
    return people(world.folder / name) if document["rows"] else {}


def test_the_files_of_the_synthetic_organisation_have_the_handoffs_figures(
    console: Console, target: Target, tmp_path: Path
) -> None:
    organisation = make_organisation()
    write_export(organisation.export_rows, tmp_path / "export.csv")
    write_pairs(organisation.merged_away, tmp_path / "merged.csv")
    with connect(target) as connection:
        fill_contacts(connection, organisation)
        merged_contacts.record_file(connection, tmp_path / "merged.csv")
    assert console.run("load", tmp_path / "export.csv").code == 0
    plan = console.run("plan", "--json").document
    assert plan["corrections"] == {"sent": 0, "arrived": 0, "not_yet": 0, "otherwise": 0}

    made = {
        kind: console.run("export", kind, *options, "--out", tmp_path / kind, "--json").document
        for kind, *options in (
            ("corrections", "--batch", "100"),
            ("full",),
            ("new-contacts", "--include-unknown-consent"),
        )
    }
    addresses = plan["addresses"]
    assert made["corrections"]["rows"] == addresses["needs_update"] + addresses["missing_in_kajabi"] == 658
    assert made["full"]["rows"] == 5_387
    # 1,168 have no Kajabi id; one of them is in the export all the same
    assert made["new-contacts"]["rows"] == 1_167
    assert made["corrections"]["not_asked_for"] == {"name": 6, "phone": 809}
    known = console.run("export", "new-contacts", "--out", tmp_path / "known", "--json").document
    assert known["rows"] + known["left_out"]["unknown_consent"] == 1_167
    everything = console.run(
        "export", "corrections", "--also", "phone", "--also", "name", "--out", tmp_path / "all", "--json"
    ).document
    assert everything["rows"] == 1_357

    by_email = {str(contact["email"]).lower(): contact for contact in organisation.contacts}
    for kind, document in made.items():
        files = read(tmp_path / kind)
        assert [(name, len(rows)) for name, rows in files.items()] == [
            (file["file"], file["rows"]) for file in document["files"]
        ]
        assert next(iter(files)) == f"01-canary-{kind}.csv"
        assert len(files[f"01-canary-{kind}.csv"]) == 3
        assert max(map(len, files.values())) <= (100 if kind == "corrections" else 1_000)
        assert all(len(rows[0]) <= 50 for rows in files.values())
        rows = people(tmp_path / kind)
        assert len(rows) == document["rows"]
        assert [cell for row in rows.values() for cell in row.values() if not cell.strip()] == []
        for email, row in rows.items():
            contact = by_email[email.lower()]
            names = " ".join(str(contact[part]).strip() for part in ("first_name", "last_name") if contact[part])
            told = {**contact, "name": names, "email": email}
            assert {column: str(told[column]).strip() for column in row} == row
        private = [*(tmp_path / kind).iterdir(), tmp_path / kind]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600, 0o700}
    readme = (tmp_path / "corrections" / "README.txt").read_text(encoding="utf-8")
    assert "01-canary-corrections.csv" in readme
    assert "658 people" in readme
    assert [line for line in readme.split("\n") if len(line) > 100] == []
    by_hand = (tmp_path / "corrections" / "by-hand.txt").read_text(encoding="utf-8")
    assert (by_hand.count(": empty "), by_hand.count("\nFIRST  ")) == (69, 4)

    told = console.run("history", "--json").document
    assert Counter(row["kind"] for row in told) == {"corrections": 2, "full": 1, "new-contacts": 2}
    assert made["corrections"]["values_sent"] == 2_656
    assert console.run("export", "full", "--out", tmp_path / "full").code == 2


def test_kajabi_calls_every_column_as_its_own_export_does() -> None:
    """What is written is mapped back to the same column by our own reader of Kajabi's export."""
    known = load_column_map(PROJECT / "seeds" / "kajabi_columns.csv")
    found = {column: known.find(header) for column, header in HEADERS.items()}
    names = {column: place[0] if place else None for column, place in found.items()}
    assert names == {**{column: column for column in HEADERS}, "name": "full_name", "phone": "phone_number"}


# what the column is, what is in it, and the files that the two people of the test are in then
CONSENTS: tuple[tuple[str | None, object, set[str]], ...] = (
    (None, None, {"full", "corrections", "asked"}),  # column absent: unknown
    ("boolean default true", True, {"full", "corrections", "new", "asked"}),
    ("boolean default true", False, set()),  # opted out
    ("boolean default true", None, {"full", "corrections", "asked"}),
    ("boolean default false", False, {"full", "corrections", "asked"}),  # false by default: unknown
    ("boolean default false", True, {"full", "corrections", "new", "asked"}),
    ("boolean", False, set()),  # no default: somebody said it
    ("text default 'false'", "false", {"full", "corrections", "asked"}),
)


def test_who_opted_out_is_in_no_file_and_unknown_is_not_opted_out(world: World) -> None:
    """Asked at the export: the plan is the same all the time, and the column is changed under it."""
    world.run("alter table public.contacts drop column email_subscribed")
    world.add_contacts(person(1, **ADDRESS), person(2, kajabi_id=None, source_system="zoho"))
    world.load(person(1))
    world.plan()
    for column, value, kinds in CONSENTS:
        world.run("alter table public.contacts drop column if exists email_subscribed")
        if column:
            world.run(f"alter table public.contacts add column email_subscribed {column}")
            world.run("update public.contacts set email_subscribed = %(value)s", value=value)
        found = {
            "full": sent(world, "full"),
            "corrections": sent(world, "corrections"),
            "new": sent(world, "new-contacts"),
            "asked": sent(world, "new-contacts", includes_unknown=True),
        }
        assert {kind for kind, rows in found.items() if rows} == kinds, (column, value)


def test_an_opt_out_noted_by_a_person_holds_at_once_until_it_is_taken_back_by_name(world: World) -> None:
    world.add_contacts(person(1, **ADDRESS, email_subscribed=True), person(2, kajabi_id=None, email_subscribed=True))
    world.load(person(1))
    world.plan()
    assert set(sent(world, "corrections")) == {ONE}
    with world.connect() as connection:
        for email in (ONE, TWO):
            assert overrides.protect(connection, email, "email_subscribed", WHY) == "recorded"
        # nobody has planned since: the files ask the ledger themselves
        for kind in ("corrections", "full", "new-contacts"):
            document = make(world, f"none {kind}", kind)
            assert (document["rows"], document["left_out"], document["folder"]) == (0, {"opted_out": 1}, None)
            assert not (world.folder / f"none {kind}").exists()
        for email in (ONE, TWO):
            assert overrides.protect(connection, email, None, WHY) == "recorded"
            assert overrides.protect(connection, email, None, WHY, is_protected=False) == "recorded"
        before = world.decisions()
        world.plan()
        assert world.decisions().keys() == before.keys(), "the plan does not take it for a field"
        assert make(world, "none at all", "full")["left_out"] == {"opted_out": 1}, (
            "the nine fields were set free, not this"
        )
        assert set(world.verdict().values()) == {0}
        assert overrides.protect(connection, ONE, "email_subscribed", WHY, is_protected=False) == "recorded"
    assert set(sent(world, "corrections")) == {ONE}
    assert world.contacts()[ONE]["email_subscribed"] is True, "the import writes no consent"


def test_hostile_values_reach_the_file_as_they_are(world: World) -> None:
    hostile = {
        "first_name": '\'t "Ada"',
        "last_name": "=cmd|' /C calc'!A0",
        "phone": "+1 (303) 555-0101",
        "address_line_1": '12 "Elm", St\r\nBack\rdoor\nleft',
        "address_line_2": "@SUM(1;2)\t, #4",
        "city": "\u6771\u4eac \U0001f600 \u202eabc",
        "state": "-CO",
        "postal_code": "02134",
        "country": "u\u0308",
    }
    world.add_contacts(person(1, **hostile), person(2, first_name="Cher", last_name="  "), person(3, first_name="nan"))
    world.load(*(person(n, first_name="", last_name="") for n in (1, 2, 3)))
    world.plan()
    expected = {"email": ONE, "name": "'t \"Ada\" =cmd|' /C calc'!A0"} | {
        column: value for column, value in hostile.items() if column not in {"first_name", "last_name"}
    }
    assert sent(world, "full")[ONE] == expected
    found = sent(world, "corrections", also=("name", "phone"))
    assert found[ONE] == expected
    assert found[TWO] == {"email": TWO, "name": "Cher"}, "a name of one part is a name"
    assert found[THREE] == {"email": THREE, "name": "Brook3"}, "a placeholder is no value"
    (raw, *_) = sorted(path for path in world.folder.glob("full*/*.csv") if b"+1 (303)" in path.read_bytes())
    data = raw.read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b",+1 (303) 555-0101," in data, "no apostrophe, no quotes that nobody needs"


def test_one_file_per_set_of_columns_in_batches_after_a_canary(world: World) -> None:
    many = [person(n, **ADDRESS) for n in range(1, 10)]
    world.add_contacts(*many, person(10, **{**ADDRESS, "address_line_2": None}))
    world.load(*(person(n) for n in range(1, 11)))
    world.plan()
    document = make(world, "out", "corrections", batch=4)
    files = read(world.folder / "out")
    assert [(name, len(rows)) for name, rows in files.items()] == [
        ("01-canary-corrections.csv", 3),
        ("02-corrections.csv", 4),
        ("03-corrections.csv", 2),
        ("04-corrections.csv", 1),
    ]
    assert "address_line_2" not in files["04-corrections.csv"][0]
    assert len(people(world.folder / "out")) == document["rows"] == 10
    assert document["values_sent"] == 59
    with pytest.raises(Usage, match="not empty"):
        make(world, "out", "full")
    assert [path.name for path in world.folder.rglob("*.part")] == []


def test_what_is_newer_in_kajabi_is_not_sent_back_before_a_person_says_ours(world: World) -> None:
    world.add_contacts(
        person(1, phone="(303) 555-0101", **ADDRESS), person(2, phone="(303) 555-0199"), person(3, last_name="Ours")
    )
    world.load(*(person(n, phone=f"(303) 555-010{n}", **ADDRESS) for n in (1, 2, 3)), as_baseline=True)
    world.load(
        person(1, phone="(720) 555-0111", **MOVED),  # changed in Kajabi: kajabi_changed
        person(2, phone="(720) 555-0112"),  # changed on both sides: both_changed
        person(3),  # our name differs, as before: stale
    )
    world.plan()
    assert set(sent(world, "corrections", also=("phone", "name"))) == {THREE}
    full = sent(world, "full")
    assert full[ONE] == {"email": ONE, "name": "Ada Brook1"}
    assert full[THREE] == {"email": THREE, "name": "Ada Ours"}
    with world.connect() as connection:
        assert overrides.decide(connection, ONE, "address", "ours", WHY) == "recorded"
        assert overrides.decide(connection, TWO, "phone", "kajabi", WHY) == "recorded"
        with pytest.raises(StalePlan, match=r"recorded something since the plan was made \(2:"):
            make(world, "too early", "corrections")
    world.plan()
    found = sent(world, "corrections", also=("phone", "name"))
    assert found[ONE] == {"email": ONE, **ADDRESS}
    assert TWO not in found, "a person said: Kajabi's"


def test_nothing_is_sent_before_the_plan_knows_every_word(world: World) -> None:
    """A protection or a merged contact moves what is ours and who is who, as much as a decision does."""
    world.add_contacts(person(1, **ADDRESS), person(2, **ADDRESS))
    world.load(person(1), person(2))
    words: dict[str, Callable[[Connection], object]] = {
        "protected": lambda connection: overrides.protect(connection, ONE, "city", WHY),
        "set free": lambda connection: overrides.protect(connection, ONE, "city", WHY, is_protected=False),
        "nobody merged": lambda connection: merged_contacts.declare_none(connection, WHY),
        "somebody merged": lambda connection: merged_contacts.record(connection, "old@example.org", TWO),
    }
    world.plan()
    for said, word in words.items():
        assert set(sent(world, "corrections")) == {ONE, TWO}, said
        with world.connect() as connection:
            word(connection)
        with pytest.raises(StalePlan, match=r"recorded something since the plan was made \(1:"):
            make(world, f"too early: {said}", "corrections")
        world.plan()


def test_a_blank_of_ours_never_takes_anything_from_kajabi(world: World) -> None:
    """Kajabi's last name is not lost with our half of a name, nor does half of its address stay beside half of ours."""
    world.add_contacts(
        person(1, first_name="Grace", last_name=None, paypal_first_name="Grace"),
        person(2, **{**ADDRESS, "city": None}, billing_address_source="zoho"),
        person(3, **{**ADDRESS, "address_line_2": None}, billing_address_source="manual"),
    )
    world.load(
        person(1), person(2, **MOVED), person(3, **{**ADDRESS, "address_line_1": "7 Oak", "address_line_2": "Boulder"})
    )
    world.plan()
    document = make(world, "out", "corrections", also=("name",))
    rows = people(world.folder / "out")
    assert set(rows) == {THREE}
    assert document["left_out"] == {"incomplete": 2}
    assert (document["by_hand"], document["by_hand_first"]) == (1, 1)
    assert "address_line_2" not in rows[THREE]
    told = (world.folder / "out" / "by-hand.txt").read_text(encoding="utf-8")
    assert f"FIRST  {THREE}: empty Address Line 2 (now: Boulder)" in told


def test_people_go_under_the_email_that_kajabi_has_and_never_two_under_one(world: World) -> None:
    known = [person(n, **ADDRESS) for n in (1, 2, 3, 6, 7)]
    world.add_contacts(*known, person(4, kajabi_id=None, phone="(303) 555-0104"))
    world.load(
        person(1, email="Other.Email@example.org"),  # matched by id
        person(2, email=""),  # Kajabi has no email: nothing to match by
        person(3, email="both@example.org"),
        person(6, email="both@example.org"),  # the same for two people
        person(7, email=ONE),  # its id is one person's, its email another's: held
        person(5, kajabi_id="", email="person4@example.org"),
    )
    world.plan()
    document = make(world, "out", "full")
    assert set(people(world.folder / "out")) == {"Other.Email@example.org"}
    assert document["left_out"] == {"no_email": 1, "shared_email": 2, "held_row": 1}
    assert not sent(world, "new-contacts", includes_unknown=True), "person 4 is in the export"


def test_nothing_is_sent_that_has_moved_or_from_a_file_that_looks_damaged(world: World, tmp_path: Path) -> None:
    with pytest.raises(StalePlan):
        make(world, "out", "full")
    world.add_contacts(*(person(n, **{**ADDRESS, "postal_code": f"0213{n}"}) for n in range(1, 7)))
    rows = [person(n) for n in range(1, 7)]
    world.load(*rows)
    world.plan()
    world.run("update public.contacts set city = 'Lyons' where email = %(email)s", email=ONE)
    with pytest.raises(StalePlan, match="city of contact") as refusal:
        make(world, "out", "corrections")
    assert "Lyons" not in str(refusal.value)
    world.run("update public.contacts set city = 'Boulder', phone = '1' where email = %(email)s", email=ONE)
    assert len(sent(world, "corrections")) == 6, "the phone is not in these files"
    world.run("update public.contacts set deleted_at = now() where email = %(email)s", email=ONE)
    with pytest.raises(StalePlan, match="id of contact"):
        make(world, "out", "corrections")
    world.load(*rows, person(9))
    with pytest.raises(StalePlan, match="was loaded since"):
        make(world, "out", "corrections")
    world.load(*(person(n, **{**ADDRESS, "postal_code": f"213{n}"}) for n in range(1, 7)))
    world.plan()
    with pytest.raises(RefusedByGuard, match="guard_spreadsheet_damage"):
        make(world, "out", "full")
    assert not (tmp_path / "out").exists()
    assert len(world.rows("select * from kajabi_ledger.exports_made")) == 1


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update kajabi_guard.made set phone = ' N/A'", "blank or placeholder: 1 (full)"),
        ("update kajabi_guard.made set city = ''", "blank or placeholder: 1 (full)"),
        ("update kajabi_guard.made set email = null", "no email: 1 (full)"),
        ("insert into kajabi_guard.made table kajabi_guard.made", "contact twice: 1 (full); email twice: 1 (full)"),
        ("delete from kajabi_guard.made", "not in the file: 1 (full)"),
        ("update kajabi_guard.made set contact_id = gen_random_uuid()", "should not be in the file: 1 (full)"),
        ("update public.contacts set email_subscribed = false", "opted out: 1 (full)"),
    ],
)
def test_no_file_is_made_with_a_fault_in_it(world: World, harm: str, found: str) -> None:
    """Asked when it is made: the rules for the files could be wrong, and consent moves after the plan."""
    world.run("alter table public.contacts alter column email_subscribed set default true")
    world.add_contacts(person(1))
    world.run("update public.contacts set email_subscribed = true")
    world.load(person(1))
    world.plan()
    assert list(sent(world, "full")) == [ONE]
    world.run("create table kajabi_guard.made as table kajabi_guard.kajabi_full_export")
    world.run("create or replace view kajabi_guard.kajabi_full_export as table kajabi_guard.made")
    assert list(sent(world, "full")) == [ONE]
    world.run(harm)
    with pytest.raises(RefusedByGuard, match=re.escape(found)):
        make(world, "faulty", "full")
    assert not (world.folder / "faulty").exists()


def test_a_write_that_fails_leaves_no_file_and_no_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add_contacts(person(1, **ADDRESS))
    world.load(person(1))
    world.plan()

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loader.kajabi.outbound.export.readme", fail)
    with pytest.raises(OSError, match="No space left"):
        make(world, "out", "corrections")
    assert not (world.folder / "out").exists()
    assert world.rows("select * from kajabi_ledger.exports_made") == []


def test_a_correction_is_followed_until_kajabi_agrees(world: World) -> None:
    """Sent; a week later arrived, not yet, or otherwise; and what has arrived is no difference any more."""
    emails = [f"person{n}@example.org" for n in range(1, 5)]
    phones = {email: f"+1 303 555 010{n}" for n, email in enumerate(emails, start=1)}
    world.add_contacts(*(person(n, phone=phones[emails[n - 1]]) for n in range(1, 5)))
    old = [person(n, phone=f"(720) 555-011{n}") for n in range(1, 5)]
    world.load(*old, as_baseline=True)
    newer = [{**row, "phone": f"(720) 555-012{n}"} for n, row in enumerate(old, start=1)]
    world.load(*newer)
    world.apply(world.plan()["fingerprint"])
    assert len(world.rows("select * from kajabi_ledger.open_conflicts")) == 4
    with world.connect() as connection:
        for email in emails:
            assert overrides.decide(connection, email, "phone", "ours", WHY) == "recorded"
    world.plan()
    assert set(sent(world, "corrections", also=("phone",))) == set(emails)
    world.plan()
    assert figures(world) == {"sent": 4, "arrived": 0, "not_yet": 4, "otherwise": 0}

    world.load(
        {**newer[0], "phone": phones[ONE]},
        {**newer[1], "phone": "1.303.555.0102"},  # Kajabi writes it in its own way
        newer[2],
        {**newer[3], "phone": "(720) 555-0199"},
    )
    world.plan()
    assert figures(world) == {"sent": 4, "arrived": 2, "not_yet": 1, "otherwise": 1}
    outcomes = {
        row["email"]: row["outcome"]
        for row in world.rows(
            "select c.email, r.outcome from kajabi_guard.correction_outcomes as r "
            "inner join public.contacts as c on r.contact_id = c.id"
        )
    }
    assert outcomes == {ONE: "arrived", TWO: "arrived", THREE: "not_yet", emails[3]: "otherwise"}
    decisions = world.decisions()
    assert (ONE, "phone") not in decisions, "what has arrived is no difference"
    assert decisions[TWO, "phone"]["rule"] in {"cosmetic", "decided_ours"}
    assert decisions[emails[3], "phone"]["needs_review"], "Kajabi has something newer: a person looks"
    assert set(sent(world, "corrections", also=("phone",))) == {THREE}, "only what has not arrived is sent again"
    world.apply()
    waiting = world.rows(
        "select c.email from kajabi_ledger.open_conflicts as o inner join public.contacts as c on o.contact_id = c.id"
    )
    # what has arrived is closed; another way of writing is new in Kajabi, and is shown once like anything new
    assert {row["email"] for row in waiting} == {TWO, emails[3]}
    with world.connect() as connection:
        document = read_report(connection, world.target)
        text = " ".join(render(document, dict.fromkeys((*LISTS, "plan_difference"), ())).split())
        told = "values sent 4 arrived in Kajabi 2 not in Kajabi yet 1 different in Kajabi, or the person is gone 1"
        assert told in text
        newest, first = exports_made(connection, 20)
    assert newest["corrections"] == {}, "sent after the plan that stands"
    assert first["corrections"] == {"sent": 4, "arrived": 2, "not_yet": 1, "otherwise": 1}


def figures(world: World) -> Mapping[str, int]:
    with world.connect() as connection:
        return read_report(connection, world.target).corrections
