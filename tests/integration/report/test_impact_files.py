"""The files beside the report: what the old import would have done, how addresses compare, and the list to fill in."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from loader.common.private_files import begun_lists
from loader.common.report_folders import entries, is_report
from loader.common.spreadsheet import as_before_spreadsheet, safe_for_spreadsheet
from loader.database.statements import statement
from loader.report import files as report_files
from loader.report.document import read_report
from loader.report.files import FILES, write_files
from loader.stewardship import overrides
from test_three_way import ADDRESS, MOVED, person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from world import World

WHY = "we asked them"
FORMULA = '=HYPERLINK("https://canary.example.org";"x")'


def files_of(world: World) -> tuple[Path, dict[str, Any]]:
    with world.connect() as connection:
        document = read_report(connection, world.target)
        return write_files(connection, document, "", world.folder / "reports"), document.as_json()


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def say(world: World, *words: str) -> str:
    email, field, last = (*words, None)[:3]
    with world.connect() as connection:
        return overrides.decide(connection, str(email), str(field), last, WHY)


def test_a_reports_folder_is_named_after_its_day_its_file_and_its_plan_and_practice_lies_apart(world: World) -> None:
    world.add_contacts(person(1))
    world.load(person(1))
    world.run("update kajabi_raw.loads set file_name = 'contacts week 48.csv', loaded_at = '2026-11-28 12:00+00'")
    world.plan()
    folder, document = files_of(world)
    reports = world.folder / "reports"
    name = f"2026-11-28 contacts week 48, load 1, plan {document['fingerprint'][:8]}"
    assert folder == reports / name
    assert is_report(folder.name)
    assert entries(reports) == [folder]
    world.target = replace(world.target, is_practice=True)
    practice, _ = files_of(world)
    assert practice == reports / "practice" / name
    assert {mode(path) for path in (reports, folder, practice.parent, practice)} == {"0o700"}
    assert entries(reports) == [folder, practice]


def test_the_impact_file_has_every_value_that_the_old_import_would_have_replaced(world: World) -> None:
    world.add_contacts(
        person(1, paypal_first_name="Ada", paypal_email="ada.pays@example.org", zoho_id="z1", city="Boulder"),
        person(2, phone="(303) 555-0102"),
        person(3),
    )
    world.load(
        person(1, first_name=FORMULA, city="southampton", phone="(720) 555-0111"),
        person(2, phone="(720) 555-0112"),
        person(3),
    )
    world.plan()
    folder, document = files_of(world)
    path = folder / "import_impact.csv"
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    lines = lines_of(path)
    assert [tuple(line.values()) for line in lines] == [
        ("person1@example.org", "first_name", "Ada", f"'{FORMULA}", "yes", "yes", "yes", "yes"),
        ("person1@example.org", "phone", "", "(720) 555-0111", "yes", "no", "yes", "yes"),
        ("person1@example.org", "city", "Boulder", "southampton", "yes", "no", "yes", "yes"),
        ("person2@example.org", "phone", "(303) 555-0102", "(720) 555-0112", "no", "no", "no", "no"),
    ]
    old = document["old_import"]
    assert (len(lines), len({line["email"] for line in lines})) == (old["values_changed"], old["contacts_changed"])
    assert len({line["email"] for line in lines if line["is_enriched"] == "yes"}) == old["enriched_contacts"]


def test_the_address_file_has_every_address_with_its_evaluation_as_the_report_counts_them(world: World) -> None:
    world.add_contacts(
        person(1, **ADDRESS),
        person(2, **{**ADDRESS, "address_line_1": "-1 Elm St"}),
        person(3, **ADDRESS),
        person(4, **ADDRESS),
        person(5),
    )
    world.load(person(1, **ADDRESS), person(2, **MOVED), person(3), person(5, **ADDRESS), person(6, **MOVED))
    world.plan()
    folder, document = files_of(world)
    lines = lines_of(folder / "address_evaluation.csv")
    found = {line["email"]: line["evaluation"] for line in lines}
    assert found == {
        "person1@example.org": "match",
        "person2@example.org": "needs_update",
        "person3@example.org": "missing_in_kajabi",
        "person4@example.org": "only_in_database",
        "person5@example.org": "missing_here",
        "person6@example.org": "only_in_export",
    }
    assert lines[0]["evaluation"] == "needs_update", "what needs somebody comes first"
    assert (lines[0]["our_address_line_1"], lines[0]["kajabi_address_line_1"]) == ("'-1 Elm St", "7 Oak Ave")
    assert (lines[0]["our_postal_code"], lines[0]["kajabi_postal_code"]) == ("80302", "80540")
    for name, number in document["addresses"].items():
        assert number == sum(evaluation == name for evaluation in found.values()), name


def test_every_file_is_private_and_no_cell_of_it_is_run(world: World) -> None:
    hostile = {"first_name": "@SUM(1)", "last_name": "\uff1d1+1", "address_line_1": "+1 Elm", "city": "-Boulder"}
    world.add_contacts(person(1), person(2, **hostile, billing_address_source="paypal"))
    world.load(person(1, **hostile), person(2, city="=2"), person(3, **hostile))
    world.plan()
    folder, _ = files_of(world)
    paths = list(folder.glob("*.csv"))
    assert {path.stem for path in paths} == {*FILES, "guard_findings"}
    assert {oct(path.stat().st_mode & 0o777) for path in paths} == {"0o600"}
    cells = [cell for path in paths for line in lines_of(path) for cell in line.values()]
    assert [cell for cell in cells if cell and cell[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"] == []


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_a_list_that_somebody_has_begun_is_never_overwritten(world: World) -> None:
    """An hour of somebody's work would be gone with the next report."""
    world.add_contacts(person(1, phone="(303) 555-0101"), person(2, phone="(303) 555-0102"))
    world.load(person(1, phone="(303) 555-0101"), person(2, phone="(303) 555-0102"), as_baseline=True)
    world.load(person(1, phone="(720) 555-0111"), person(2, phone="(720) 555-0112"))
    world.plan()
    folder, _ = files_of(world)
    path = folder / "to_decide.csv"
    written = path.read_bytes()
    files_of(world)
    assert begun_lists(folder, path.name) == [], "an untouched list is replaced quietly"

    lines = lines_of(path)
    lines[0] |= {"verdict": "kajabi", "because": WHY}
    path.write_text(as_excel(lines), encoding="utf-8")
    begun = path.read_bytes()
    assert say(world, "person2@example.org", "phone", "ours") == "recorded"
    files_of(world)
    (kept,) = begun_lists(folder, path.name)
    assert kept.read_bytes() == begun
    assert path.read_bytes() == written, "the new list stands under its own name"
    page = (folder / "impact.html").read_text(encoding="utf-8")
    assert kept.name in page
    assert f"decide --from &#39;{kept}&#39;" in page

    path.write_bytes(written.replace(b"person2", b"person9"))
    files_of(world)
    assert len(begun_lists(folder, path.name)) == 2, "nor one that was changed in another way, on the same day"
    assert kept.read_bytes() == begun
    with world.connect() as connection:
        accounts = overrides.decide_file(connection, kept, because="")
    assert [row["outcome"] for row in accounts] == ["recorded", "skipped"]


def test_a_list_without_its_note_is_taken_for_begun_unless_it_is_the_same(world: World) -> None:
    world.add_contacts(person(1))
    world.load(person(1))
    world.plan()
    folder, _ = files_of(world)
    path = folder / "to_decide.csv"
    (folder / ".to_decide.csv.sha256").unlink()
    files_of(world)
    assert begun_lists(folder, path.name) == []
    (folder / ".to_decide.csv.sha256").unlink()
    path.write_text("of another version\n", encoding="utf-8")
    files_of(world)
    assert [kept.read_text("utf-8") for kept in begun_lists(folder, path.name)] == ["of another version\n"]


def test_a_file_that_others_may_read_is_made_private_before_anything_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spreadsheet saves with the rights of the person's umask, and a killed run can leave half a file."""
    world.add_contacts(person(1))
    world.load(person(1))
    world.plan()
    folder, _ = files_of(world)
    outside = world.folder / "outside.txt"
    outside.write_text("of somebody else", encoding="utf-8")
    (folder / "report.part").symlink_to(outside)
    for path in (folder / "to_decide.csv", folder / "to_decide (begun 2026-01-01).csv", folder / "new_contacts.part"):
        path.write_text("email,verdict\n", encoding="utf-8")
        path.chmod(0o644)
    before_each: list[str] = []

    def watched(name: str) -> str:
        before_each.extend(mode(path) for path in folder.iterdir() if not path.is_symlink())
        return read(name)

    read = statement
    monkeypatch.setattr(report_files, "statement", lambda name: watched(name) if name in FILES else read(name))
    files_of(world)
    assert set(before_each) == {"0o600"}
    assert {mode(path) for path in folder.iterdir()} == {"0o600"}
    assert outside.read_text("utf-8") == "of somebody else", "nothing is written through a link"
    assert list(folder.glob("*.part")) == []


@pytest.mark.parametrize("value", ["=1", "'=1", "''+1", "'t Hooft", "-", "plain", "\uff1d1"])
def test_what_the_list_shows_comes_back_as_it_was(value: str) -> None:
    """Without the second apostrophe, a name that really begins with '= would come back as another one."""
    assert as_before_spreadsheet(safe_for_spreadsheet(value)) == value


def as_excel(lines: list[dict[str, str]]) -> str:
    """As a German Excel saves it: byte order mark, semicolons, CRLF, quotes only where needed, numbers as numbers."""

    def cell(text: str) -> str:
        text = text.lstrip("0") if text.isdigit() else text
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ';"\n') else text

    rows = [list(lines[0]), *(list(line.values()) for line in lines)]
    return "\ufeff" + "".join(";".join(map(cell, row)) + "\r\n" for row in rows)


def as_libreoffice(lines: list[dict[str, str]]) -> str:
    """As LibreOffice saves it: no byte order mark, commas, every text in quotes, blank lines left at the end."""
    rows = [list(lines[0]), *(list(line.values()) for line in lines)]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    return text + "," * (len(lines[0]) - 1) + "\n"


@pytest.mark.parametrize("save", [as_excel, as_libreoffice], ids=["excel", "libreoffice"])
def test_the_list_to_decide_survives_a_spreadsheet(world: World, save: Callable[[list[dict[str, str]]], str]) -> None:
    """Formula signs, quotes, semicolons, lost zeros and blanks around our value: every line finds its cell again."""
    baseline = [person(n, **ADDRESS, phone="(303) 555-0101") for n in range(1, 7)]
    here = [dict(row) for row in baseline]
    here[4]["state"] = here[5]["state"] = "CO "  # a blank that no spreadsheet keeps
    world.add_contacts(*here)
    world.load(*baseline, as_baseline=True)
    now = [dict(row) for row in baseline]
    now[0]["phone"] = "+1 720 555 0111"
    now[1]["first_name"] = FORMULA
    now[2]["last_name"] = 'Brook; the "elder"'
    now[3]["postal_code"] = "02134"
    now[4]["state"] = now[5]["state"] = "Colorado"
    world.load(*now)
    world.plan()
    folder, _ = files_of(world)
    path = folder / "to_decide.csv"
    lines = lines_of(path)
    assert {(line["email"], line["differs_in"], line["possible_verdicts"]) for line in lines} == {
        ("person1@example.org", "phone", "ours, kajabi"),
        ("person2@example.org", "first_name", "ours, kajabi"),
        ("person3@example.org", "last_name", "ours, kajabi"),
        ("person4@example.org", "postal_code", "ours, kajabi"),
        ("", "state", "ours, kajabi"),
    }
    for line in lines:
        line |= {"verdict": "kajabi", "because": WHY}
    path.write_bytes(save(lines).encode())
    with world.connect() as connection:
        accounts = overrides.decide_file(connection, path, because="")
    assert [row["outcome"] for row in accounts if row["outcome"] != "skipped"] == ["recorded"] * 5
    world.plan()
    assert {row["rule"] for row in world.decisions().values() if row["rule"] != "same"} == {"decided_kajabi"}
    world.apply()
    after = world.contacts()
    assert after["person1@example.org"]["phone"] == "+1 720 555 0111"
    assert after["person2@example.org"]["first_name"] == FORMULA
    assert after["person3@example.org"]["last_name"] == 'Brook; the "elder"'
    assert after["person4@example.org"]["postal_code"] == "02134", "what is written is Kajabi's, not the spreadsheet's"
    assert {after[f"person{n}@example.org"]["state"] for n in (5, 6)} == {"Colorado"}
    folder, _ = files_of(world)
    assert lines_of(folder / "to_decide.csv") == []


def ids_wait(world: World) -> None:
    """Two people whose ids in Kajabi are new and not ours: one found by email, one with another member id."""
    people = [person(1, kajabi_member_id="70"), person(2, kajabi_member_id="71")]
    world.add_contacts(*people)
    world.load(*people, as_baseline=True)
    world.load({**people[0], "kajabi_id": "2000000001"}, {**people[1], "kajabi_member_id": "99"})
    world.plan()


def test_an_id_that_differs_is_in_the_list_and_a_persons_word_closes_it_for_this_id(world: World) -> None:
    ids_wait(world)
    one, two = "person1@example.org", "person2@example.org"
    folder, document = files_of(world)
    lines = lines_of(folder / "to_decide.csv")
    assert len(lines) == document["needs_review"] == 2
    assert [(line["email"], line["field"], line["possible_verdicts"]) for line in lines] == [
        (one, "kajabi_id", "ours"),
        (two, "kajabi_member_id", "ours"),
    ]
    assert all("correct it on the contact" in line["what_to_do"] for line in lines)
    assert say(world, one, "kajabi_id", "kajabi") == "id_stays"
    assert say(world, one, "kajabi_member_id", "ours") == "no_difference"
    assert say(world, one, "kajabi_id", "ours") == "recorded"
    lines[1] |= {"verdict": "ours", "because": WHY}
    path = folder / "filled.csv"
    path.write_text(as_excel(lines), encoding="utf-8")
    with world.connect() as connection:
        accounts = overrides.decide_file(connection, path, because="")
    assert [row["outcome"] for row in accounts] == ["skipped", "recorded"]
    world.plan()
    assert {row["rule"] for row in world.decisions().values()} == {"decided_ours"}
    folder, document = files_of(world)
    assert (lines_of(folder / "to_decide.csv"), document["needs_review"]) == ([], 0)
    world.apply()
    assert world.contacts()[one]["kajabi_id"] == "1000000001"
    assert world.rows("select * from kajabi_ledger.open_conflicts") == []
    # yet another id is asked again
    people = [person(1, kajabi_member_id="70", kajabi_id="3000000001"), person(2, kajabi_member_id="99")]
    world.load(*people)
    world.plan()
    assert {key for key, row in world.decisions().items() if row["needs_review"]} == {(one, "kajabi_id")}


def test_an_id_waits_until_somebody_says_so_and_never_silently_goes(world: World) -> None:
    ids_wait(world)
    world.apply()
    assert len(world.rows("select * from kajabi_ledger.open_conflicts")) == 2
    folder, _ = files_of(world)
    world.plan()
    folder, _ = files_of(world)
    assert [line["is_new"] for line in lines_of(folder / "to_decide.csv")] == ["no", "no"]


def test_one_member_id_on_two_people_is_two_lines(world: World) -> None:
    """As one line of `people 2` it would have no email, and nobody could decide it."""
    world.add_contacts(person(1), person(2))
    world.load(person(1), person(2), as_baseline=True)
    world.load(person(1, kajabi_member_id="77"), person(2, kajabi_member_id="77"))
    world.plan()
    folder, _ = files_of(world)
    lines = lines_of(folder / "to_decide.csv")
    assert [(line["email"], line["people"]) for line in lines] == [
        ("person1@example.org", "1"),
        ("person2@example.org", "1"),
    ]
    assert [say(world, line["email"], line["field"], "ours") for line in lines] == ["recorded", "recorded"]
    world.plan()
    assert {row["rule"] for row in world.decisions().values()} == {"decided_ours"}


def test_no_list_is_read_whole_before_it_is_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a million contacts a list read whole took hundreds of megabytes: rows come from the server in portions."""
    people = [person(number, city="Lyons") for number in range(1, 8)]
    world.add_contacts(*(person(number, city="Boulder") for number in range(1, 8)))
    world.load(*people)
    world.plan()
    read_whole: list[str] = []
    execute = psycopg.Cursor.execute

    def heard(cursor: psycopg.Cursor[Any], query: Any, *given: Any, **named: Any) -> psycopg.Cursor[Any]:
        outcome = execute(cursor, query, *given, **named)
        read_whole.extend(name for name in FILES if query == statement(name) and cursor.rowcount > 0)
        return outcome

    monkeypatch.setattr(report_files, "ROWS_AT_ONCE", 2)
    with world.connect() as connection:
        document = read_report(connection, world.target)
        monkeypatch.setattr(psycopg.Cursor, "execute", heard)
        folder = write_files(connection, document, "", world.folder / "reports")
    assert read_whole == []
    assert len(lines_of(folder / "address_evaluation.csv")) == len(people)
